"""Processes that never hear of Ctrl-C: it is for the run alone, which ends them in order."""

from __future__ import annotations

from contextlib import contextmanager

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def starting_deaf() -> Iterator[None]:
    """Have processes that `multiprocessing` starts in here, and in threads begun here, be deaf.

    A terminal sends SIGINT to all processes of a command. One that is not yet through its start
    would die of it with a traceback, before it could choose to ignore the signal. It inherits,
    however, which signals are blocked. What comes meanwhile for this process is heeded afterwards.
    """
    import signal

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # whose start would let the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
