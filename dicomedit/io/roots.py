"""Several inputs and where their files go: the tree of each below the name of its root.

A root is an input folder, or the folder of a file that was named. The longest one that a file is
in counts.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from dicomedit.errors import DicomFileError
from dicomedit.io.scan import Job, Plan, find_files, folder_of_delivery
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator


class Inputs(Record):
    """Files and folders to be read. `roots` are the names of their outputs by their real paths.

    `folders` are walked through; those inside others are left out, as are files inside folders.
    """

    folders: tuple[Path, ...]
    files: tuple[Path, ...]
    roots: dict[Path, str] = field(repr=False)

    @classmethod
    def of(cls, paths: Sequence[Path]) -> Inputs:
        """Return the inputs; raise DicomFileError for one that is neither file nor folder."""
        for path in paths:
            if not path.exists():
                raise DicomFileError(str(path), "there is no such file or folder")
            if not (path.is_dir() or path.is_file()):
                raise DicomFileError(str(path), "it is neither a file nor a folder")
        named = {real(path): path for path in paths if path.is_dir()}
        folders = [path for place, path in named.items() if not _is_inside(place, named)]
        files = {
            _place(path): path
            for path in paths
            if path.is_file() and not _is_inside(_place(path), named)
        }
        places = [real(path) if path.is_dir() else real(path.parent) for path in paths]
        return cls(tuple(folders), tuple(files.values()), _names(places))

    def find(self) -> Iterator[Path]:
        """Yield every file, each once; raise DicomFileError for a folder that cannot be read."""
        for folder in self.folders:
            yield from find_files(folder)
        yield from self.files

    def relative(self, file: Path) -> Path:
        """Return where a file goes below the output folder."""
        place = _place(file)
        root = next(each for each in place.parents if each in self.roots)
        return self.roots[root] / place.relative_to(root)

    @property
    def common(self) -> Path:
        """The folder that all inputs are in."""
        places = [*self.folders, *(file.parent for file in self.files)]
        return Path(os.path.commonpath([os.path.abspath(place) for place in places]))


def real(path: Path) -> Path:
    """Return a path with its links followed; a link that leads nowhere, or to itself, is kept."""
    return Path(os.path.realpath(path))


def _is_inside(place: Path, folders: dict[Path, Path]) -> bool:
    return any(each in folders for each in place.parents)


def _place(file: Path) -> Path:
    """Return a file's path with the links of its folder followed, and none of its own."""
    return real(file.parent) / file.name


def _names(places: Sequence[Path]) -> dict[Path, str]:
    """Return the last name of each root; of equal ones the second gets ``_1``, and so on."""
    names: dict[Path, str] = {}
    for place in places:
        if place not in names:
            last = name = place.name or "root"
            number = 0
            while name in names.values():
                number += 1
                name = f"{last}_{number}"
            names[place] = name
    return names


def plan_inputs(inputs: Inputs, destination: Path) -> Plan:
    """Return what to do with several inputs; see `plan`.

    Raises DicomFileError when an output path could be an input path.
    """
    if destination.is_file():
        raise DicomFileError(str(destination), "the output is a file; it has to be a folder")
    _check(inputs, real(destination), destination)
    try:
        count = sum(1 for _ in inputs.find())
    except OSError as error:
        raise DicomFileError(str(error.filename), error.strerror or "cannot be read") from None
    jobs = (Job(file, destination / inputs.relative(file)) for file in inputs.find())
    return Plan(count, destination, jobs, inputs.folders)


def plan_inputs_delivery(inputs: Inputs, name: str) -> Plan:
    """Return what to do with several inputs when results do not become files.

    See `plan_delivery` for `name` and for the folder.
    """
    count = sum(1 for _ in inputs.find())
    jobs = (Job(file, Path(name) / inputs.relative(file)) for file in inputs.find())
    return Plan(count, folder_of_delivery(inputs.common, name), jobs, inputs.folders)


def _check(inputs: Inputs, out: Path, shown: Path) -> None:
    for folder in inputs.folders:
        place = real(folder)
        if out == place:
            raise DicomFileError(str(shown), f"the output folder is the input folder {folder}")
        if out.is_relative_to(place):
            reason = f"the output folder lies inside the input folder {folder}"
            raise DicomFileError(str(shown), reason)
        for name in inputs.roots.values():
            result = real(out / name)
            if result.is_relative_to(place) or place.is_relative_to(result):
                reason = f"results would get among the inputs in {folder}; choose another folder"
                raise DicomFileError(str(shown / name), reason)
    places = {real(file) for file in inputs.files}
    for file in inputs.files:
        result = shown / inputs.relative(file)
        if real(result) in places:
            raise DicomFileError(str(result), "the output would replace the input")
