"""A worker as the run sees it: a process, the jobs it has in hand, a thread that listens to it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections import deque
from queue import SimpleQueue

from dicomedit.batch.wire import CHUNK, Messages, send, sent
from dicomedit.batch.worker import COMMAND

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from dicomedit.batch.work import Work
    from dicomedit.io.scan import Job

    Event = tuple["PoolWorker", list[tuple[Any, ...]] | None]
    """What a worker says, or None when it has come to its end."""

LULL = 0.01
"""Seconds for which rows may wait, so that there are several at a time."""

BUSY_ASKING = 1.0
"""Seconds after a question during which nothing waits: the next one may be near."""


class PoolWorker:
    """One worker. What it says goes into `events` from a thread of its own."""

    def __init__(self, events: SimpleQueue[Event], inherited: tuple[int, ...]) -> None:
        self.in_hand: deque[tuple[int, Job]] = deque()
        self.is_ready = False
        self.since = time.monotonic()
        self._assigned: list[tuple[int, tuple[object, object]]] = []
        options: dict[str, Any] = {}
        if os.name == "posix":
            # Ctrl-C on the terminal is for the run alone, which ends its workers in order.
            options = {"pass_fds": inherited, "start_new_session": True}
        self._process = subprocess.Popen(
            [sys.executable, "-c", COMMAND.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            **options,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to = self._process.stdin
        self._from = self._process.stdout
        self._thread = threading.Thread(target=self._listen, args=(events,), daemon=True)
        self._thread.start()

    def _listen(self, events: SimpleQueue[Event]) -> None:
        """Pass on what the worker says; rows are given a moment to become several."""
        messages, asked = Messages(), 0.0
        while chunk := os.read(self._from.fileno(), CHUNK):
            found = list(messages.feed(chunk))
            events.put((self, found))
            if any(message[0] == "ask" for message in found):
                asked = time.monotonic()
            elif time.monotonic() - asked > BUSY_ASKING:
                time.sleep(LULL)
        events.put((self, None))

    def tell(self, work: Work) -> None:
        """Send the worker what is to be done to each file."""
        self._send(work)

    def assign(self, number: int, job: Job) -> None:
        """Put a job into the worker's hand; it is sent with the next `flush`."""
        if not self.in_hand:
            self.since = time.monotonic()
        self.in_hand.append((number, job))
        self._assigned.append((number, (sent(job.source), sent(job.destination))))

    def flush(self) -> None:
        """Send the jobs that were assigned."""
        if self._assigned:
            self._send("jobs", self._assigned)
            self._assigned = []

    def answer(self, kind: str, answer: object) -> None:
        """Send what the worker asked for."""
        self._send(kind, answer)

    def _send(self, *message: object) -> None:
        # Of one that is gone the listening thread tells.
        if not self._to.closed:
            with contextlib.suppress(BrokenPipeError):
                send(self._to.fileno(), *message)

    def ask_to_stop(self) -> None:
        """Ask the worker to finish the file it has in hand, and no other.

        It may have questions about this one, so that the line stays open as long.
        """
        self._process.terminate()
        if not self.in_hand:
            self.hang_up()

    def hang_up(self) -> None:
        """Let the worker know that there will be no more."""
        with contextlib.suppress(OSError):
            self._to.close()

    def kill(self) -> None:
        """End the worker at once."""
        self._process.kill()

    def has_ended(self, patience: float) -> bool:
        """Whether the worker has come to its end, at once or within some seconds."""
        self._thread.join(patience)
        return not self._thread.is_alive()

    def wait(self) -> int:
        """Return the exit status of a worker that has come to its end, below 0 for a signal."""
        self._thread.join()
        self.hang_up()
        self._from.close()
        return self._process.wait()
