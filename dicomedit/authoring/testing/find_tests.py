"""Find the files of tests that somebody names, or that stand below a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from dicomedit.authoring.testing.cases import SUFFIX
from dicomedit.errors import DicomFileError


def find_test_files(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Return the files in a stable order, each once.

    Raises DicomFileError for a path that is not there, or is no file of tests.
    """
    found: dict[Path, None] = {}
    for each in map(Path, paths):
        if each.is_dir():
            found.update(dict.fromkeys(sorted(_below(each))))
        elif not each.exists():
            raise DicomFileError(str(each), "there is no such file or folder")
        elif not each.name.endswith(SUFFIX):
            raise DicomFileError(str(each), f"the name of a file of tests ends in {SUFFIX}")
        else:
            found[each] = None
    return list(found)


def _below(folder: Path) -> Iterable[Path]:
    """Yield the files of tests below a folder.

    Hidden folders are passed over, and virtual environments: packages come with tests of theirs.
    """
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not _is_passed_over(place, name)]
        for name in names:
            if name.endswith(SUFFIX) and not name.startswith("."):
                yield Path(place, name)


def _is_passed_over(place: str, name: str) -> bool:
    return name.startswith(".") or os.path.exists(os.path.join(place, name, "pyvenv.cfg"))
