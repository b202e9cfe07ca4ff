"""How a worker of a cluster that the run has started begins: silent, and deaf to Ctrl-C."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any


def quiet_worker(*given: Any, **options: Any) -> Any:
    """Return a Dask worker, in a process that prints nothing and leaves Ctrl-C to the run.

    What a busy machine makes Dask warn of says nothing of files, and a traceback could show what a
    file holds; the run says what became of each.
    """
    import os
    import signal

    from distributed import Worker

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.close(nothing)
    return Worker(*given, **options)
