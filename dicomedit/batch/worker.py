"""A worker: a process that edits the files it is told to, until it is told no more.

Workers are programs of their own, started afresh, and not forks: a fork of a process with threads
may stop dead, and the usual process pools cannot be started from scripts without a main guard,
nor from the daemons in which pipelines run. What a worker reads and writes goes through its
standard streams; whatever else wants to print is led to standard error.
"""

from __future__ import annotations

import os
from collections import deque

from dicomedit.batch.shared import AskedUidMap, AskedWeb, asked_names
from dicomedit.batch.wire import CHUNK, Messages, Packer, job_of, send
from dicomedit.batch.work import Editor, Shared, Work, counted_by

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

COMMAND = "import sys; sys.path = {path!r}; from dicomedit.batch.worker import main; main()"
"""What the interpreter is told, so that it finds the same modules as the process that says so."""


class HungUp(BaseException):
    """The run is gone, or wants no more: the file in hand is dropped, and is no failure."""


class Line:
    """The line to the process that runs the show."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._messages = Messages()
        self._waiting: deque[tuple[Any, ...]] = deque()

    def next(self) -> tuple[Any, ...]:
        """Return the next message in turn; raise HungUp when the other end is gone."""
        return self._waiting.popleft() if self._waiting else self._receive()

    def ask(self, what: str, given: tuple[str, ...]) -> str:
        """Return what the run knows; jobs that arrive before the answer wait."""
        self.say("ask", what, given)
        put_back = []
        while (message := self.next())[0] not in ("told", "refused"):
            put_back.append(message)
        self._waiting.extendleft(reversed(put_back))
        kind, answer = message
        if kind == "refused":
            raise answer
        return str(answer)

    def say(self, *message: object) -> None:
        """Send a message; raise HungUp when nobody listens."""
        try:
            send(self._outgoing, *message)
        except BrokenPipeError:
            raise HungUp from None

    def _receive(self) -> tuple[Any, ...]:
        while not self._waiting:
            chunk = os.read(self._incoming, CHUNK)
            if not chunk:
                raise HungUp
            self._waiting += self._messages.feed(chunk)
        return self._waiting.popleft()


def main() -> None:
    """Work until the other end has no more to do, or is gone.

    Nothing is printed whatever happens: a traceback could show what a file holds.
    """
    import gc

    gc.set_threshold(50_000)  # as in the command
    stop = _obey()
    line = _line()
    try:
        _work(line, stop)
    except HungUp:
        os._exit(0)
    except BaseException:
        os._exit(70)
    os._exit(0)


def _obey() -> list[int]:
    """Leave Ctrl-C to the run, which asks for an end by a signal; return what that fills."""
    import signal

    stop: list[int] = []
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, _frame: stop.append(number))
    return stop


def _line() -> Line:
    incoming, outgoing = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return Line(incoming, outgoing)


def _work(line: Line, stop: list[int]) -> None:
    work: Work
    (work,) = line.next()
    shared = Shared(
        AskedUidMap(ask=line.ask), AskedWeb(line.ask).fetch, asked_names(work, line.ask)
    )
    editor = work.editor(shared)
    try:
        _edit_all(line, editor, Packer(work.sources(), work.folder), stop)
    finally:
        editor.close()


def _edit_all(line: Line, editor: Editor, packer: Packer, stop: list[int]) -> None:
    counted = counted_by(editor.work)
    line.say("ready")
    while True:
        _, jobs = line.next()
        for number, names in jobs:
            if stop:
                return
            row = editor.edit(job_of(names))
            if counted:
                line.say("counted", [coverage.take() for coverage in counted])
            # At once: whatever is not told when this process is killed is done again, or is the
            # one file that it costs.
            line.say("row", number, packer.pack(row))
