"""Large values as views of mapped files: made and read piece by piece, never all in memory."""

from __future__ import annotations

import mmap
from collections.abc import Iterator

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from io import FileIO
    from tempfile import SpooledTemporaryFile


class MappedFile(mmap.mmap):
    """A file in memory as far as it is looked at, which remembers the file."""

    file: FileIO


def map_file(file: FileIO) -> MappedFile:
    """Return the content of an open file, which stays open as long as somebody uses it."""
    mapped = MappedFile(file.fileno(), 0, access=mmap.ACCESS_READ)
    mapped.file = file
    return mapped


class FilePart:
    """A part of a mapped file that is to be copied, and need not be looked at."""

    __slots__ = ("end", "source", "start")

    def __init__(self, source: MappedFile, start: int, end: int) -> None:
        self.source = source
        self.start = start
        self.end = end

    def __len__(self) -> int:
        return self.end - self.start

    def view(self) -> memoryview:
        """Return the bytes."""
        return memoryview(self.source)[self.start : self.end]


Buffer = bytes | memoryview | FilePart
"""Bytes to be written."""

PART_FROM = 1 << 20
"""Parts of a mapped file of at least this many bytes are copied without being looked at."""


def part_of(data: bytes | mmap.mmap, start: int, end: int) -> Buffer:
    """Return a part of a file's content, for writing."""
    if isinstance(data, MappedFile) and end - start >= PART_FROM:
        return FilePart(data, start, end)
    return memoryview(data)[start:end]


PIECE = 8 << 20
"""Bytes of a view that are handed on at once."""


def release_pages(view: bytes | memoryview) -> None:
    """Let go of the memory behind a view of a mapped file; what is needed again is read again."""
    source = view.obj if isinstance(view, memoryview) else None
    if isinstance(source, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        source.madvise(mmap.MADV_DONTNEED)


def pieces(value: Buffer) -> Iterator[bytes | memoryview]:
    """Yield a value in pieces; one that is a view of a file does not stay in memory."""
    if isinstance(value, FilePart):
        value = value.view()
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
