"""What Ctrl-C does to a command, from its first moment to its last."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from time import monotonic

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomedit.batch.serial import Stop

LULL = 1.0
"""Seconds after a KeyboardInterrupt during which no other is raised."""


class Interrupts:
    """The handler of SIGINT, which knows what a command is at.

    KeyboardInterrupt is raised only where the command can be left, and not again while one is
    seen to: raised anywhere, it would lose what was printed, or show a traceback. The lull has an
    end, because some places of Python swallow exceptions, such as finalizers.
    """

    def __init__(self) -> None:
        self.is_breakable = False
        """Whether a press ends the command where it is."""

        self.stop: Stop | None = None
        """The end of a run, while there is one: a first press is for it."""

        self._is_pressed = False
        self._raised = -LULL

    def __call__(self, _number: int, _frame: object) -> None:
        """Heed one press."""
        self._is_pressed = True
        is_breakable = self.is_breakable if self.stop is None else self.stop.press()
        if is_breakable and monotonic() - self._raised > LULL:
            self._raised = monotonic()
            raise KeyboardInterrupt

    def begin(self) -> None:
        """Let a press end the command; raise KeyboardInterrupt if there was one already."""
        self.is_breakable = True
        if self._is_pressed:
            self.is_breakable = False
            raise KeyboardInterrupt


@contextmanager
def heeding_interrupts(*, to_the_end: bool) -> Iterator[Interrupts]:
    """Give the handler of SIGINT, in place unless somebody has decided otherwise.

    Afterwards the one before is back. `to_the_end`: the process has nothing else to do; from there
    on Ctrl-C changes nothing, neither its exit status nor what it has printed.
    """
    interrupts = Interrupts()
    before = signal.getsignal(signal.SIGINT)
    is_ours = before is signal.default_int_handler and _set(interrupts)
    try:
        yield interrupts
    finally:
        interrupts.is_breakable = False
        if is_ours:
            _set(signal.SIG_IGN if to_the_end else before)
            # An exception that has passed code made of text, as named tuples are, is remembered
            # until other such code is run, and would have "python -m" end by SIGINT.
            exec("")


def _set(handler: object) -> bool:
    try:
        signal.signal(signal.SIGINT, handler)  # type: ignore[arg-type]
    except ValueError:  # not in the main thread, to which no signal comes
        return False
    return True


@contextmanager
def stopping_on_interrupt() -> Iterator[Stop]:
    """Let Ctrl-C end a run after the files in hand, and a second one end it at once.

    Once the run has ended the command does soon, and Ctrl-C changes nothing any more.
    """
    from dicomedit.batch.serial import Stop

    stop = Stop()
    interrupts = signal.getsignal(signal.SIGINT)
    if not isinstance(interrupts, Interrupts):  # somebody has decided otherwise
        yield stop
        return
    interrupts.stop = stop
    try:
        yield stop
    finally:
        interrupts.is_breakable = False
        interrupts.stop = None


def leave_interrupts() -> None:
    """Let Ctrl-C no longer end the command by itself: it has a handler of its own."""
    interrupts = signal.getsignal(signal.SIGINT)
    if isinstance(interrupts, Interrupts):
        interrupts.is_breakable = False
