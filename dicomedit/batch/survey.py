"""A look at the headers of many files, in several processes, a bounded number of files ahead."""

from __future__ import annotations

from collections import deque
from itertools import islice
from pathlib import Path

from dicomedit.batch.deaf import starting_deaf
from dicomedit.batch.work import cores
from dicomedit.errors import DicomFileError
from dicomedit.remap.reading import Header, HeaderReader

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

CHUNK = 50
"""Files that are given to a process at once."""

FEW_FILES = 400
"""What a single process has read before others could be started."""


def survey(
    reader: HeaderReader, files: Iterable[Path], *, jobs: int | None = 1
) -> Iterator[Header]:
    """Yield what a reader finds in each file, in their order.

    `jobs` is the number of processes; None uses all cores when there are files enough.
    """
    waiting = iter(files)
    count = cores() if jobs is None else jobs
    if count > 1:
        first = list(islice(waiting, FEW_FILES if jobs is None else CHUNK))
        yield from reader.read_all(first)
    if count > 1 and (following := list(islice(waiting, CHUNK))):
        yield from _in_processes(reader, following, waiting, count)
    else:
        yield from map(reader.read, waiting)


def _in_processes(
    reader: HeaderReader, first: list[Path], files: Iterator[Path], count: int
) -> Iterator[Header]:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import active_children, get_context

    # Fresh processes: a fork of one with threads may stop dead.
    pool = ProcessPoolExecutor(count, get_context("spawn"), initializer=_leave_interrupts)
    others = active_children()
    pending: deque[tuple[Path, Future[list[Header]]]] = deque()
    chunk, path = first, first[0]
    try:
        while chunk or pending:
            if chunk:
                with starting_deaf():
                    pending.append((chunk[0], pool.submit(reader.read_all, chunk)))
                chunk = list(islice(files, CHUNK))
            if not chunk or len(pending) > 3 * count:
                path, result = pending.popleft()
                yield from result.result()
    except BrokenProcessPool:
        reason = "a process that read this file, or one after it, was killed; try --jobs 1"
        raise DicomFileError(str(path), reason) from None
    except BaseException:
        # Nobody wants to know any more what they would still read.
        for process in active_children():
            if process not in others:
                process.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_interrupts() -> None:
    """Leave Ctrl-C to the process that has started this one."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
