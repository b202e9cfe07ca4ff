"""Find the files of a run: which there are and where their results go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dicomedit.errors import DicomFileError


@dataclass(frozen=True, slots=True)
class Job:
    """One file to edit, and the path of its result."""

    source: Path
    destination: Path


def plan(source: Path, destination: Path) -> tuple[Job, ...]:
    """Return what to do, in a stable order; raise DicomFileError when it would harm the input.

    A folder is read recursively and mirrored. For a single file the destination is a folder, or
    the name of the result when it has a suffix or exists as a file.
    """
    if not source.exists():
        raise DicomFileError(str(source), "there is no such file or folder")
    if source.is_dir():
        _check_folders(source, destination)
        return tuple(
            Job(found, destination / found.relative_to(source)) for found in find_files(source)
        )
    is_name = destination.is_file() or (destination.suffix and not destination.is_dir())
    target = destination if is_name else destination / source.name
    if target.exists() and os.path.samefile(source, target):
        raise DicomFileError(str(target), "the output would replace the input")
    return (Job(source, target),)


def _check_folders(source: Path, destination: Path) -> None:
    if destination.is_file():
        raise DicomFileError(str(destination), "the output is a file, but the input is a folder")
    real_in, real_out = source.resolve(), destination.resolve()
    if real_in == real_out:
        raise DicomFileError(str(destination), "the output folder is the input folder")
    if real_out.is_relative_to(real_in):
        raise DicomFileError(str(destination), "the output folder lies inside the input folder")
    if real_in.is_relative_to(real_out):
        raise DicomFileError(str(destination), "the input folder lies inside the output folder")


def find_files(folder: Path) -> Iterator[Path]:
    """Yield the regular files below a folder, sorted; links are followed to files inside only.

    A link that leads out of the folder would bring in, or overwrite, what nobody named.
    """
    root = folder.resolve()
    for path, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            found = Path(path, name)
            if found.is_symlink() and not found.resolve().is_relative_to(root):
                continue
            if found.is_file():
                yield found


def prepare_folder(folder: Path) -> None:
    """Create an output folder and prove that it can be written to; raise DicomFileError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DicomFileError(str(folder), f"cannot be created: {error.strerror}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DicomFileError(str(folder), "cannot be written to")
