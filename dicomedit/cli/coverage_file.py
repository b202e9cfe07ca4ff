"""The file into which a command writes what was reached of scripts."""

from __future__ import annotations

import os
from pathlib import Path

from dicomedit.errors import DicomFileError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable

_INPUT = "this would replace an input; the name of another file is needed after --coverage"
_SUFFIXES = frozenset((".das", ".dcm", ".toml"))


def checked(name: str, inputs: Iterable[str | os.PathLike[str]]) -> Path:
    """Return the path of the file, before any work is done; raise DicomFileError.

    It is never one of the `inputs`, nor what looks like a script, an image or tests.
    """
    path = Path(name)
    if path.is_dir() or not path.parent.is_dir():
        raise DicomFileError(name, "the name of a file to write is needed after --coverage")
    if path.suffix.lower() in _SUFFIXES:
        raise DicomFileError(name, _INPUT)
    for each in map(Path, inputs):
        if path.exists() and each.exists() and path.samefile(each):
            raise DicomFileError(name, _INPUT)
    return path
