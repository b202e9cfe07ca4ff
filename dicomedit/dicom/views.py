"""Large values as views of mapped files: made and read piece by piece, never all in memory."""

from __future__ import annotations

import mmap
from collections.abc import Iterator

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from tempfile import SpooledTemporaryFile

PIECE = 8 << 20
"""Bytes of a view that are handed on at once."""


def release_pages(view: bytes | memoryview) -> None:
    """Let go of the memory behind a view of a mapped file; what is needed again is read again."""
    source = view.obj if isinstance(view, memoryview) else None
    if isinstance(source, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        source.madvise(mmap.MADV_DONTNEED)


def pieces(value: bytes | memoryview) -> Iterator[bytes | memoryview]:
    """Yield a value in pieces; one that is a view of a file does not stay in memory."""
    if len(value) <= PIECE:
        yield value
        return
    for start in range(0, len(value), PIECE):
        yield value[start : start + PIECE]
        release_pages(value)


SPOOL_FROM = 16 << 20
"""Data of more bytes than this is made in a temporary file instead of in memory."""


def open_spool() -> SpooledTemporaryFile[bytes]:
    """Return a file for data that may become large; see `spooled`."""
    import tempfile

    return tempfile.SpooledTemporaryFile(max_size=SPOOL_FROM)


def spooled(spool: SpooledTemporaryFile[bytes]) -> bytes | mmap.mmap:
    """Return what was written; a file on disk is mapped, and goes with the last use of it."""
    if spool.tell() <= SPOOL_FROM:
        spool.seek(0)
        return spool.read()
    spool.flush()
    return mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ)
