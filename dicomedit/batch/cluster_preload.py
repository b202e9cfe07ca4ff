"""What workers of a cluster that the run has started do first."""

from __future__ import annotations


def dask_setup(_worker: object) -> None:
    """Leave Ctrl-C on the terminal to the run, which ends its workers in order."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
