"""What a run reads beyond one file or one folder: archives, patterns, lists, several of them.

Results keep the path of their input below the folder all inputs have in common. A pattern brings
in the folder before its first wildcard. An archive stands for a folder of its name, unless it is
the only input.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from dicomedit.errors import DicomFileError
from dicomedit.io.archives import members
from dicomedit.io.places import Place
from dicomedit.io.scan import Job, Plan, check_folders, find_files, form_of, is_url, plan
from dicomedit.io.unusable import Unusable
from dicomedit.records import Record

_WILDCARDS = re.compile(r"[*?\[]")

Given = str | os.PathLike[str]


class Several(Place):
    """The inputs of a run as one: what is in common is the folder `base`."""

    base: Path
    destination: Path
    folders: tuple[_Entry, ...]
    """The folders among the inputs, and the patterns."""

    def __str__(self) -> str:
        return str(self.base)

    def identity(self) -> str:
        """Return the folder all inputs have in common, by its real path."""
        return f"inputs below {os.path.realpath(self.base)}"

    def check_result(self, destination: Path) -> None:
        """Raise DicomFileError when links lead a result out of the output: inputs may be there."""
        if not _real(destination.parent).is_relative_to(_real(self.destination)):
            raise DicomFileError(str(destination), "a link leads out of the output folder")

    def check_beside(self, path: Path, what: str) -> None:
        """Raise DicomFileError when a folder or file of a run would get among the inputs."""
        if any(_looks_at(folder, path) for folder in self.folders):
            raise DicomFileError(str(path), f"{what} lies inside the input folder")


class _Entry(Record):
    """One input: a file, a folder, or what a pattern finds in one."""

    path: Path
    """For a pattern the folder before the first wildcard."""

    pattern: tuple[str, ...] = ()
    """The names of a pattern from its first wildcard on."""


def read_list(data: bytes) -> list[Path]:
    """Return the paths in a list: one a line, or ended by NULs when there is one in it."""
    separator = b"\0" if b"\0" in data else b"\n"
    lines = (line if separator == b"\0" else line.rstrip(b"\r") for line in data.split(separator))
    return [Path(os.fsdecode(line)) for line in lines if line]


def given_inputs(names: Sequence[str]) -> str | list[Given]:
    """Return what names on the command line stand for: ``@FILE`` and ``-`` are lists of paths."""
    if len(names) == 1 and not _is_list(names[0]):
        return names[0]
    found: list[Given] = []
    for name in names:
        found += _listed(name) if _is_list(name) else [name]
    return found


def _is_list(name: str) -> bool:
    return name == "-" or (name.startswith("@") and not os.path.exists(name))


def _listed(name: str) -> list[Path]:
    try:
        if name == "-":
            return read_list(sys.stdin.buffer.read())
        return read_list(Path(name[1:]).read_bytes())
    except OSError as error:
        raise DicomFileError(name, error.strerror or "the list cannot be read") from None


def plan_inputs(
    source: Given | Sequence[Given], destination: Path, *, archives: bool = False
) -> tuple[Path | Place, Plan]:
    """Return what stands for the inputs as one, and what to do; see `plan`.

    With `archives` those in folders are opened; one that is named is always opened. An input that
    is not there has a job, which will fail, unless it is the only one. Raises DicomFileError.
    """
    given = [source] if isinstance(source, str | os.PathLike) else list(source)
    if any(is_url(each) for each in given):
        raise DicomFileError(str(given[0]), "only one address, and nothing beside it, can be read")
    if len(given) == 1 and (_is_pattern(given[0]) or isinstance(source, str | os.PathLike)):
        path = Path(given[0])
        if path.is_dir():
            return path, _plan_folder(path, destination) if archives else plan(path, destination)
        if form_of(path) is not None and path.exists():
            return path, _plan_archive(path, destination)
        if not _is_pattern(given[0]):
            return path, plan(path, destination)
    return _plan_several(given, destination, archives)


def _plan_folder(source: Path, destination: Path) -> Plan:
    check_folders(source, destination)

    def jobs() -> Iterator[Job]:
        for path in find_files(source):
            yield from _jobs_of(path, source, destination, opens=True)

    return Plan(sum(1 for _ in jobs()), destination, jobs())


def _plan_archive(source: Path, destination: Path) -> Plan:
    if destination.is_file():
        raise DicomFileError(str(destination), "the output is a file, but the input an archive")
    count = sum(1 for _ in members(source))
    return Plan(count, destination, _members(source, source, destination))


def _plan_several(
    given: Sequence[Given], destination: Path, archives: bool
) -> tuple[Several, Plan]:
    if destination.is_file():
        raise DicomFileError(str(destination), "the output is a file, but there are several inputs")
    entries = _without_doubles(_entry(each) for each in given)
    folders = tuple(entry for entry in entries if entry.pattern or entry.path.is_dir())
    base = _base(entries, folders)
    for folder in folders:
        _check_output(folder, destination)
    output = _real(destination)
    for entry in entries:
        if _real(entry.path).is_relative_to(output):
            raise DicomFileError(str(entry.path), "the input lies inside the output folder")

    def jobs() -> Iterator[Job]:
        for entry in entries:
            for path in _files(entry):
                opens = archives or path == entry.path or _names_archives(entry)
                yield from _jobs_of(path, base, destination, opens=opens)

    planned = Plan(sum(1 for _ in jobs()), destination, jobs())
    return Several(base, destination, folders), planned


def _entry(given: Given) -> _Entry:
    if not _is_pattern(given):
        return _Entry(Path(os.path.abspath(given)))
    parts = Path(given).parts
    first = next(number for number, part in enumerate(parts) if _WILDCARDS.search(part))
    folder = Path(os.path.abspath(os.path.join(*parts[:first]) if first else "."))
    if not folder.is_dir():
        raise DicomFileError(str(given), "there is no such folder before the first wildcard")
    return _Entry(folder, parts[first:])


def _is_pattern(given: Given) -> bool:
    return isinstance(given, str) and bool(_WILDCARDS.search(given)) and not os.path.exists(given)


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a path fits: ``**`` are any folders; no wildcard matches a dot that begins a name."""
    from fnmatch import fnmatchcase

    if not pattern or not parts:
        return not pattern and not parts
    first, *rest = pattern
    is_hidden = parts[0].startswith(".")
    if first == "**":
        here = _matches(parts, rest or ["*"])
        return here or (not is_hidden and _matches(parts[1:], pattern))
    if is_hidden and not first.startswith("."):
        return False
    return fnmatchcase(parts[0], first) and _matches(parts[1:], rest)


def _leads(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether there may be something in a folder that fits a pattern."""
    if "**" in pattern[: len(parts)]:
        return True
    return len(parts) < len(pattern) and _matches(parts, pattern[: len(parts)])


def _check_output(entry: _Entry, destination: Path) -> None:
    """Raise DicomFileError when results would be found, or be written among what is read whole."""
    base, output = _real(entry.path), _real(destination)
    is_inside = output.is_relative_to(base) and output != base
    if not (entry.pattern and is_inside and not _looks_at(entry, destination)):
        check_folders(entry.path, destination)


def _looks_at(entry: _Entry, path: Path) -> bool:
    """Whether a folder or pattern would find a path, or what is below it."""
    base, real = _real(entry.path), _real(path)
    if not real.is_relative_to(base):
        return False
    parts = real.relative_to(base).parts
    return not entry.pattern or _matches(parts, entry.pattern) or _leads(parts, entry.pattern)


def _without_doubles(entries: Iterator[_Entry]) -> list[_Entry]:
    """Return entries once each, and none that is inside a folder which is another one."""
    found = dict.fromkeys(entries)
    whole = {entry.path for entry in found if not entry.pattern and entry.path.is_dir()}
    return [entry for entry in found if not (whole and _is_inside(entry, whole))]


def _is_inside(entry: _Entry, folders: set[Path]) -> bool:
    inside = any(parent in folders for parent in entry.path.parents)
    return inside or (bool(entry.pattern) and entry.path in folders)


def _base(entries: Sequence[_Entry], folders: Sequence[_Entry]) -> Path:
    if not entries:
        return Path.cwd()
    only = len(entries) == 1 and bool(folders)
    starts = {each.path if only or each.pattern else each.path.parent for each in entries}
    try:
        return Path(os.path.commonpath(starts))
    except ValueError:
        first = str(entries[0].path)
        raise DicomFileError(first, "the inputs are on several drives") from None


def _files(entry: _Entry) -> Iterator[Path]:
    if not entry.pattern:
        yield from find_files(entry.path) if entry.path.is_dir() else (entry.path,)
        return

    def leads(folder: str) -> bool:
        return _leads(Path(folder).relative_to(entry.path).parts, entry.pattern)

    for path in find_files(entry.path, leads):
        if _matches(path.relative_to(entry.path).parts, entry.pattern):
            yield path


def _names_archives(entry: _Entry) -> bool:
    """Whether a pattern asks for archives by the end of their names."""
    return bool(entry.pattern) and form_of(Path(entry.pattern[-1])) is not None


def _jobs_of(path: Path, base: Path, destination: Path, *, opens: bool) -> Iterator[Job]:
    if opens and form_of(path) is not None and path.is_file():
        yield from _members(path, base, destination)
    else:
        yield Job(path, destination / path.relative_to(base))


def _members(archive: Path, base: Path, destination: Path) -> Iterator[Job]:
    """Yield a job for each member of an archive; for one that is broken a job that will fail."""
    folder = destination / archive.relative_to(base)
    try:
        for member in members(archive):
            yield Job(member, folder / os.path.relpath(str(member), archive))
    except DicomFileError as error:
        yield Job(Unusable(str(archive), error.reason), folder)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
