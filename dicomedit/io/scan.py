"""Find the files of a run: which there are and where their results go."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from dicomedit.errors import DicomFileError
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.io.places import Place, Target

_PART = r"\.[0-9a-f]{16}\.part"
"""The temporary names of files that are being written; see `write_atomically`."""


_FORMS = {
    ".zip": "zip",
    ".tar": "tar",
    ".tar.gz": "gz",
    ".tgz": "gz",
    ".tar.bz2": "bz2",
    ".tbz2": "bz2",
    ".tar.xz": "xz",
    ".txz": "xz",
}
"""What archives are known by."""

_URL = r"[A-Za-z][A-Za-z0-9+.-]+://"
_SPECIAL = rf"[*?\[]|{_URL}"
"""What patterns and addresses of stores are known by."""


def form_of(path: Path) -> str | None:
    """Return what kind of archive a file is by its name, or None."""
    name = path.name.lower()
    return next((form for suffix, form in _FORMS.items() if name.endswith(suffix)), None)


def is_url(text: object) -> bool:
    """Whether a text is the address of a store, and not a path of this machine."""
    return isinstance(text, str) and "://" in text and re.match(_URL, text) is not None


def masked(text: str) -> str:
    """Return an address without what may be secret in it: user, password, query."""
    start, mark, rest = text.partition("://")
    if not mark:
        return text
    rest, query, _ = rest.partition("?")
    host, slash, path = rest.partition("/")
    if "@" in host:
        rest = f"***@{host.rpartition('@')[2]}{slash}{path}"
    elif ":" in host and "@" in path:  # perhaps a password with a slash in it
        rest = f"***@{path.rpartition('@')[2]}"
    return f"{start}://{rest}{query and '?***'}"


def is_plain(source: object) -> bool:
    """Whether an input is one path of this machine, and no archive, pattern or address."""
    if not isinstance(source, str | os.PathLike):
        return False
    if os.path.isdir(source):
        return True
    if form_of(Path(source)) is not None:
        return False
    if not isinstance(source, str) or os.path.exists(source):
        return True
    return re.search(_SPECIAL, source) is None


class Job(Record):
    """One file to edit, and the path of its result."""

    source: Path | Place
    destination: Path | Target


class Plan(Record):
    """What a run is about to do: how many files there are, the folder of the results, the jobs.

    The jobs are found as they are asked for, so that there may be any number. `inputs` are the
    folders that are read when they are not simply the one that was named: no result may get there.
    """

    count: int
    folder: Path | Target
    jobs: Iterator[Job] = field(repr=False)
    inputs: tuple[Path, ...] | None = None


def plan(source: Path, destination: Path) -> Plan:
    """Return what to do, in a stable order.

    A folder is read recursively and mirrored. For a single file the destination is a folder, or
    the name of the result when it has a suffix or exists as a file. Files that come or go in the
    meantime make a difference between the count and the jobs.

    Raises DicomFileError when the results would harm the input or some folder cannot be read.
    """
    try:
        if source.is_dir():
            check_folders(source, destination)
            return Plan(_count(source), destination, _jobs(source, destination))
        job = _single(source, destination)
        return Plan(1, job.destination.parent, iter((job,)))
    except OSError as error:
        raise DicomFileError(str(error.filename or source), error.strerror or "unusable") from None


def plan_delivery(source: Path, name: str) -> Plan:
    """Return what to do, in a stable order, when results do not become files.

    Each result is named below `name`, for those who read of it; the folder of the plan is one that
    there is not, beside the source: what is noted of the run goes beside it. Raises DicomFileError.
    """
    folder = folder_of_delivery(source, name)
    try:
        if source.is_dir():
            return Plan(_count(source), folder, _jobs(source, Path(name)))
        return Plan(1, folder, iter((_single(source, Path(name)),)))
    except OSError as error:
        raise DicomFileError(str(error.filename or source), error.strerror or "unusable") from None


def folder_of_delivery(source: Path, name: str) -> Path:
    """Return a folder that there is not, beside an input, for what is noted of a delivery."""
    whole = Path(os.path.abspath(source))
    return whole.with_name(f"{whole.name}.to-{re.sub('[^0-9A-Za-z.-]+', '-', name)}")


def _count(source: Path) -> int:
    """Return how many files `find_files` would yield; raise DicomFileError as it does."""
    return sum(len(names) for _, names in _folders(source, _refuse))


def _jobs(source: Path, destination: Path) -> Iterator[Job]:
    lost: list[OSError] = []
    for folder, names in _folders(source, lost.append):
        target = destination / folder.relative_to(source)
        for name in names:
            yield Job(folder / name, target / name)
    for error in lost:
        # They were there when the files were counted: jobs that fail tell of it.
        gone = Path(error.filename)
        yield Job(gone, destination / gone.relative_to(source))


def _single(source: Path, destination: Path) -> Job:
    if not source.exists():
        raise DicomFileError(str(source), "there is no such file or folder")
    if not source.is_file():
        raise DicomFileError(str(source), "it is neither a file nor a folder")
    is_name = destination.is_file() or (destination.suffix and not destination.is_dir())
    target = destination if is_name else destination / source.name
    if target.exists() and os.path.samefile(source, target):
        raise DicomFileError(str(target), "the output would replace the input")
    return Job(source, target)


def check_folders(source: Path, destination: Path) -> None:
    """Raise DicomFileError unless input and output are folders apart from each other."""
    if destination.is_file():
        raise DicomFileError(str(destination), "the output is a file, but the input is a folder")
    real_in, real_out = _real(source), _real(destination)
    if real_in == real_out:
        raise DicomFileError(str(destination), "the output folder is the input folder")
    if real_out.is_relative_to(real_in):
        raise DicomFileError(str(destination), "the output folder lies inside the input folder")
    if real_in.is_relative_to(real_out):
        raise DicomFileError(str(destination), "the input folder lies inside the output folder")


def _real(path: Path) -> Path:
    """Return a path with its links followed; a link that leads nowhere, or to itself, is kept."""
    return Path(os.path.realpath(path))


def find_files(
    folder: Path, leads: Callable[[str], object] = lambda _folder: True
) -> Iterator[Path]:
    """Yield the regular files below a folder, sorted; links are followed to files inside only.

    A link that leads out of the folder would bring in, or overwrite, what nobody named. Raises
    DicomFileError for a folder that cannot be read: passing over it would look like success.
    Folders that do not `lead` to what is looked for are passed over.
    """
    for path, names in _folders(folder, _refuse, leads):
        for name in names:
            yield path / name


def _folders(
    folder: Path,
    on_error: Callable[[OSError], None],
    leads: Callable[[str], object] = lambda _folder: True,
) -> Iterator[tuple[Path, list[str]]]:
    """Yield each folder with its files, sorted, before the folders in it.

    Unlike `os.walk` this asks the system about links only: what else an entry is, is known from
    the folder.
    """
    root = _real(folder)
    waiting = [os.fspath(folder)]
    while waiting:
        path = waiting.pop()
        try:
            folders, names = _listed(path, root)
        except OSError as error:
            on_error(error)
            continue
        yield Path(path), names
        waiting += filter(leads, reversed(folders))


def _listed(path: str, root: Path) -> tuple[list[str], list[str]]:
    """Return the paths of the folders and the names of the files in a folder, both sorted."""
    folders: list[str] = []
    names: list[str] = []
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_symlink():
                if _is_wanted(entry.path, root):
                    names.append(entry.name)
            elif entry.is_file(follow_symlinks=False):
                names.append(entry.name)
            elif entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
    return sorted(folders), sorted(names)


def _is_wanted(path: str, root: Path) -> bool:
    """Whether a link leads to a file inside."""
    return _real(Path(path)).is_relative_to(root) and os.path.isfile(path)


def _refuse(error: OSError) -> None:
    raise DicomFileError(str(error.filename), error.strerror or "cannot be read")


def check_outside(destination: Path | Target, source: Path | Place) -> None:
    """Raise DicomFileError when links bring a result back into the folder of the input."""
    if not isinstance(destination, Path):
        return
    if not isinstance(source, Path):
        source.check_result(destination)
    elif source.is_dir() and _real(destination.parent).is_relative_to(_real(source)):
        reason = "a link leads from the output back into the input"
        raise DicomFileError(str(destination), reason, code="leads-into-input")


def prepare_folder(folder: Path | Target) -> None:
    """Create an output folder and prove that it can be written to; raise DicomFileError.

    Stores have no folders.
    """
    if not isinstance(folder, Path):
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"cannot be created: {error.strerror}"
        raise DicomFileError(str(folder), reason, code="cannot-write") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DicomFileError(str(folder), "cannot be written to", code="cannot-write")


def remove_parts(folder: Path | Target, *, below: bool = False) -> None:
    """Remove what processes that were killed have left half written in a folder, or `below` it.

    Nobody may be writing there at the time. Other files, and links, are left alone. In a store
    nothing is half written.
    """
    if not isinstance(folder, Path):
        return
    for path, folders, names in os.walk(folder):
        if not below:
            folders.clear()
        for name in names:
            if re.fullmatch(_PART, name):
                with contextlib.suppress(OSError):
                    os.unlink(f"{path}/{name}")
