"""Large values as views of mapped files: read piece by piece, without staying in memory."""

from __future__ import annotations

import mmap
from collections.abc import Iterator

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
