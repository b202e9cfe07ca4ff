"""The names of the results of a run: each is claimed by one input, before anything is written.

What inputs have claimed is kept beside the journal, so that a later run knows which files are
results of an earlier one, and of which input. A claim is in that file before it is granted.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from dicomedit.errors import DicomFileError
from dicomedit.io.file_names import name_key
from dicomedit.io.scan import Job
from dicomedit.io.write import write_atomically
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicomedit.batch.rows import Row
    from dicomedit.io.places import Place

TAKEN = (
    "another input has a result with the same name (names that differ in upper and lower case only"
    " are the same on some systems); let the layout use an element that tells them apart"
)
IN_USE = (
    "there is a file with the name of the result, and no journal says that an earlier run over the"
    " same input made it; it is not replaced"
)


def names_path(journal: Path) -> Path:
    """Return where names are kept: beside the journal."""
    return journal.with_name(journal.name.removesuffix(".dicomedit-journal") + ".dicomedit-names")


def input_name(path: Path | Place, base: Path | Place) -> str:
    """Return the name of an input below the folder of a run."""
    return str(path).removeprefix(f"{base}{os.sep}")


class Claim(Record):
    """The name of a result, claimed by an input of a run over everything below `base`."""

    base: str
    source: str
    name: str


class AskedNames(Record):
    """The names of a run that another process keeps."""

    ask: Callable[[str, tuple[str, ...]], str] = field(repr=False)

    def claim(self, source: str, path: str) -> None:
        """Have an input claim the name of its result; raise DicomFileError."""
        self.ask("name", (source, path))

    def placed(self, job: Job) -> Job:
        """Return a job as it is: only the run knows better."""
        return job


class Names(Record, frozen=False):
    """Who has claimed which name below a folder; digests stand for names and inputs in memory.

    Paths are known of inputs in hand, and of what earlier runs did.
    """

    folder: Path
    source: Path | Place
    path: Path | None = None
    """The file in which claims are kept."""

    results: dict[str, str] = field(factory=dict, repr=False)
    """By input, the result that an interrupted run has claimed for it, or made."""

    _owners: dict[bytes, bytes] = field(factory=dict, repr=False)
    _replaceable: set[bytes] = field(factory=set, repr=False)
    _made: dict[str, list[str]] = field(factory=dict, repr=False)
    _in_hand: dict[str, str] = field(factory=dict, repr=False)
    _left: set[Path] = field(factory=set, repr=False)
    """Folders that results were removed from: they may be empty, and be named for a patient."""

    _descriptor: int = -1

    # --- claims -------------------------------------------------------------------------------

    def claim(self, source: str, path: str) -> None:
        """Have an input claim the name of its result; raise DicomFileError.

        An input may claim again, the same name or another one.
        """
        key, claimant = name_key(path), name_key(source)
        owner = self._owners.get(key)
        if owner not in (None, claimant):
            raise DicomFileError(source, TAKEN)
        is_known = owner is not None or key in self._replaceable
        if not is_known and os.path.lexists(self.folder / path):
            raise DicomFileError(source, IN_USE)
        self._append([source, path])
        self._owners[key] = claimant
        self._in_hand[source] = path

    def reserve(self, path: str) -> None:
        """Let no input have a name."""
        self._owners[name_key(path)] = b""

    def placed(self, job: Job) -> Job:
        """Return a job with the place that its result has, as far as this is known."""
        source = input_name(job.source, self.source)
        path = self._in_hand.get(source) or self.results.get(source)
        return job if path is None else Job(job.source, self.folder / path)

    def finish(self, row: Row) -> None:
        """Take up what became of an input: what was made of it before, elsewhere, is removed."""
        source = input_name(row.source, self.source)
        path = self._in_hand.pop(source, None)
        if path is None or row.stamp is None or row.stamp.output_size is None:
            return
        key, claimant = name_key(path), name_key(source)
        for old in self._made.pop(source, ()):
            other = name_key(old)
            if other != key and self._owners.get(other) in (None, claimant):
                self._remove(source, old)
                self._owners.pop(other, None)
                self._replaceable.discard(other)

    def _remove(self, source: str, old: str) -> None:
        path, root = self.folder / old, os.path.realpath(self.folder)
        if self.path is None or not Path(os.path.realpath(path.parent)).is_relative_to(root):
            return
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            self._left.add(path.parent)
            self._append([source, old, "removed"])

    # --- the file -----------------------------------------------------------------------------

    def open(self, path: Path, *, resume: bool, writes: bool) -> None:
        """Take up what earlier runs have claimed; raise DicomFileError.

        Runs over other inputs made results that this one neither replaces nor removes. Without
        `writes` nothing is kept. The run that is at work holds the journal beside it.
        """
        base = self._identity()
        earlier, current = _load(path)
        goes_on = resume and bool(current) and current[0].base == base
        if goes_on:
            for each in current:
                self._owners[name_key(each.name)] = name_key(each.source)
                self.results[each.source] = each.name
        for each in (*earlier, *current):
            if each.base == base:
                self._replaceable.add(name_key(each.name))
                self._made.setdefault(each.source, []).append(each.name)
        if not writes:
            return
        self.path = path
        if not goes_on:
            self._renew([*earlier, *current], base)

    def _renew(self, claims: list[Claim], base: str) -> None:
        """Write the file anew, with the results that are still there; a new run begins."""
        assert self.path is not None
        lines: list[object] = []
        before = None
        for each in claims:
            if os.path.lexists(self.folder / each.name):
                if each.base != before:
                    lines.append({"begin": each.base})
                    before = each.base
                lines.append([each.source, each.name])
        lines.append({"begin": base})
        write_atomically(self.path, (_line(each).encode() for each in lines))

    def _identity(self) -> str:
        base = self.source
        return os.path.realpath(base) if isinstance(base, Path) else base.identity()

    def _append(self, values: list[str]) -> None:
        """Append a line; when this returns, it survives the end of the process."""
        if self.path is None:
            return
        # The line end comes first, too: a line that a kill has torn off spoils no other.
        data = f"\n{_line(values)}".encode()
        try:
            if self._descriptor < 0:
                self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            if os.write(self._descriptor, data) < len(data):
                raise OSError(0, "it was written in part only; perhaps the disk is full")
        except OSError as error:
            reason = f"the name of a result cannot be noted: {error.strerror}"
            raise DicomFileError(str(self.path), reason) from None

    def close(self) -> None:
        """Close the file, after the last result: folders that were left empty go."""
        for folder in self._left:
            _remove_empty(folder, self.folder)
        self._left.clear()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _remove_empty(folder: Path, base: Path) -> None:
    """Remove a folder, and those around it up to a base, as long as nothing is in them."""
    with contextlib.suppress(OSError):
        for name in (folder, *folder.parents):
            if name == base:
                return
            name.rmdir()


def _load(path: Path) -> tuple[list[Claim], list[Claim]]:
    """Return what was claimed before the last run, and by it; what is removed is left out."""
    earlier: dict[Claim, None] = {}
    current: dict[Claim, None] = {}
    base = ""
    for values in _lines(path):
        match values:
            case {"begin": str(base)}:
                earlier |= current
                current = {}
            case [str(source), str(name)]:
                # The last claim of an input counts: it goes to the end.
                current.pop(Claim(base, source, name), None)
                current[Claim(base, source, name)] = None
            case [str(source), str(name), "removed"]:
                current.pop(Claim(base, source, name), None)
                earlier.pop(Claim(base, source, name), None)
    return list(earlier), list(current)


def _line(values: object) -> str:
    from json import dumps

    return f"{dumps(values)}\n"


def _lines(path: Path) -> Iterator[object]:
    """Yield the lines of a file, if there is one; what a kill has torn off is passed over."""
    from json import loads

    try:
        with path.open("rb") as file:
            for line in file:
                with contextlib.suppress(ValueError):
                    yield loads(line)
    except FileNotFoundError:
        return
    except OSError as error:
        raise DicomFileError(str(path), error.strerror or "cannot be read") from None
