"""Read the text files that go with a run: scripts and lookup tables, in UTF-8."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from dicomedit.errors import Diagnostic, ScriptError, Source, Span

MAX_BYTES = 16 << 20
"""Largest script or table that is read."""


def read_source(path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> Source:
    """Return a file's text under its name; raise ScriptError when it is no UTF-8 text."""
    name = os.fspath(path)
    try:
        with Path(path).open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise _unreadable(name, error.strerror or "cannot be read") from None
    if len(data) > max_bytes:
        raise _unreadable(name, f"the file is larger than {max_bytes} bytes")
    try:
        return Source(name, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        reason = f"the file is not text in UTF-8 (byte {error.start})"
        raise _unreadable(name, reason) from None


def _unreadable(name: str, reason: str) -> ScriptError:
    return ScriptError([Diagnostic("unreadable-file", reason, Source(name, ""), Span(0, 0))])


def include_loader(folder: str | os.PathLike[str]) -> Callable[[str, Source], Source]:
    """Return what reads included files: only from below `folder`, links resolved.

    A location is relative to `folder`, or absolute, or a ``file:`` URL.
    """
    root = Path(folder).resolve()

    def load(location: str, including: Source) -> Source:
        path = Path(_local_path(location))
        found = (path if path.is_absolute() else root / path).resolve()
        if not found.is_relative_to(root):
            raise _unreadable(location, f"it is not below the allowed folder {root}")
        return read_source(found)

    return load


def _local_path(location: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(location)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        from urllib.request import url2pathname

        return url2pathname(parts.path)
    if "://" in location or parts.scheme == "file":
        raise _unreadable(location, "only local files can be included")
    return location
