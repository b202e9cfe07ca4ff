"""The journal of a run: what is done, so that a run that was broken off can be resumed.

A text file beside the output, one JSON object a line: first what the run was to do, then a line
for each file that is done, appended once its result has its name, and at last how the run ended.
It names paths, never values of elements. Whoever holds the file open keeps other runs away from
the same output.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from dicomedit.batch.rows import Row, Stamp, Status
from dicomedit.batch.version import VERSION
from dicomedit.dicom.hashes import hash_function
from dicomedit.errors import DicomFileError
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from dicomedit.batch.facts import Facts
    from dicomedit.batch.work import Work
    from dicomedit.io.places import Place, Target
    from dicomedit.io.scan import Job

FORMAT = 1
PATIENCE = 10.0
"""Seconds to wait for the workers of a run that was killed: they finish the file in hand."""

LULL = 0.02
"""Seconds for which lines may wait, so that several are written at once.

When the run is killed meanwhile their files are done again, with the same result.
"""

_KEPT = {status.value: status for status in Status if status is not Status.FAILED}
"""What is not done again: failed files are."""


class NoJournalError(DicomFileError):
    """A journal that cannot be written where it should be."""


def journal_path(destination: Path | Target) -> Path:
    """Return where the journal of an output folder is: beside it, so that it is not handed on.

    That of a store is in the working folder, under a name made of the address.
    """
    if not isinstance(destination, Path):
        return Path(f"{destination.file_name()}.dicomedit-journal")
    whole = Path(os.path.abspath(destination))
    return whole.with_name(f"{whole.name}.dicomedit-journal")


def uid_log_path(journal: Path) -> Path:
    """Return where new UIDs are saved while a run lasts: beside its journal."""
    return journal.with_name(journal.name.removesuffix(".dicomedit-journal") + ".dicomedit-uids")


class Header(Record):
    """What a run was to do; a run may be resumed only by one that does the same."""

    version: str
    scripts: str
    settings: str
    source: str
    destination: str

    def difference(self, other: Header) -> str | None:
        """Return what is not the same, in words, or None."""
        for name, words in (
            ("scripts", "other scripts"),
            ("settings", "other variables, lookup tables or options"),
            ("version", f"version {self.version} of dicomedit (this is {other.version})"),
            ("source", "another input folder"),
            ("destination", "another output folder"),
        ):
            if getattr(self, name) != getattr(other, name):
                return words
        return None


def header_of(work: Work, destination: Path | Target, allow_urls: tuple[str, ...]) -> Header:
    """Return what a run is to do, as digests: tables and variables may identify patients."""
    scripts = [
        (each.text, program.recipe.dialect, program.recipe.newer_versions)
        for program in work.programs
        for each in program.recipe.sources()
    ]
    options = [getattr(work.options, name) for name in type(work.options)._fields]
    tables = [sorted(table.entries.items()) for table in work.tables]
    layout = () if work.layout is None else (work.layout.text,)
    settings = (sorted(work.variables.items()), options, tables, allow_urls, *layout)
    source, output = (
        os.path.realpath(path) if isinstance(path, Path) else path.identity()
        for path in (work.source, destination)
    )
    if work.delivery is not None:
        output = work.delivery.name
    return Header(VERSION, _digest(scripts), _digest(settings), source, output)


def _digest(values: object) -> str:
    text = repr(values).encode("utf-8", "surrogatepass")
    digest: str = hash_function("sha256")(text).hexdigest()
    return digest


class Entry(Record):
    """What the journal says of one file."""

    status: Status
    stamp: Stamp
    reason: str | None
    answer: str | None = None
    facts: Facts | None = None


class Journal(Record, frozen=False):
    """An open journal. `entries` are the files that are done, by path below the input."""

    path: Path
    source: Path | Place
    entries: dict[str, Entry] = field(factory=dict, repr=False)
    was_cut: bool = False
    """The run before this one did not come to its end: it may have left unfinished files."""

    has_lost_uids: bool = False
    """An earlier run mapped UIDs and was complete, so that they were not kept."""

    lost_rows: int = 0
    """Rows that could not be written: their files will be done again by the next run."""

    descriptor: int = -1
    _waiting: list[str] = field(factory=list, repr=False)
    _written: float = 0.0

    def kept(self, job: Job) -> Row | None:
        """Return the row of a file that is done already, and as it was; None to do it."""
        entry = self.entries.get(self.name_of(job.source)) if self.entries else None
        if entry is None or not _is_same(job, entry.stamp):
            return None
        return Row(
            job.source,
            job.destination,
            entry.status,
            reason=entry.reason,
            is_kept=True,
            stamp=entry.stamp,
            answer=entry.answer,
            facts=entry.facts,
        )

    def take(self, line: dict[str, Any]) -> None:
        """Take up what a line of an earlier run says; of a file the last line counts."""
        self.has_lost_uids |= bool(line.get("removed_uids"))
        name = line.get("file")
        if isinstance(name, str):
            entry = _entry(line)
            if entry is None:
                self.entries.pop(name, None)
            else:
                self.entries[name] = entry

    def add(self, row: Row) -> None:
        """Append what became of a file; a journal that cannot be written costs time, not files."""
        from json.encoder import encode_basestring_ascii as quoted

        # By hand: this is done for every file, and takes a fraction of what `dumps` would.
        line = f'{{"file": {quoted(self.name_of(row.source))}, "status": "{row.status.value}"'
        stamp = row.stamp
        if stamp is not None:
            line += f', "input": [{stamp.size}, {stamp.modified}, {stamp.changed}]'
            if stamp.digest is not None:
                line += f', "sha256": "{stamp.digest}"'
            if stamp.output_size is not None:
                line += f', "output": {stamp.output_size}'
        if row.answer is not None:
            line += f', "answer": {quoted(row.answer)}'
        if row.reason is not None:
            line += f', "reason": {quoted(row.reason)}'
        if row.facts is not None:
            line += _facts_line(row.facts)
        self._waiting.append(line + "}\n")
        if time.monotonic() - self._written > LULL:
            self._flush()

    def name_of(self, path: Path | Place) -> str:
        """Return the name of an input below the folder of the run."""
        return str(path).removeprefix(f"{self.source}{os.sep}")

    def end(self, how: str, removed_uids: int) -> None:
        """Append how the run ended: ``complete``, or ``stopped`` or ``failures`` otherwise."""
        from json import dumps

        self._waiting.append(f"{dumps({'end': how, 'removed_uids': removed_uids})}\n")
        self._flush()

    def begin(self, header: Header) -> None:
        """Empty the journal and write what the run is to do; raise OSError if it cannot be."""
        from json import dumps

        os.ftruncate(self.descriptor, 0)
        values = {name: getattr(header, name) for name in Header._fields}
        self._append(f"{dumps({'dicomedit-journal': FORMAT, **values})}\n")

    def close(self) -> None:
        """Close the journal, and with it leave the output to others."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def _flush(self) -> None:
        try:
            self._append("".join(self._waiting))
        except OSError:
            self.lost_rows += len(self._waiting)
        self._waiting.clear()
        self._written = time.monotonic()

    def _append(self, text: str) -> None:
        """Append lines, all of them or none."""
        data = text.encode()
        before = os.lseek(self.descriptor, 0, os.SEEK_END)
        written = 0
        try:
            written = os.write(self.descriptor, data)
        finally:
            if written < len(data):
                os.ftruncate(self.descriptor, before)
        if written < len(data):
            raise OSError("the disk is full")


def _facts_line(facts: Facts) -> str:
    """Return what is kept of the facts of a file: all but UIDs, which may identify patients."""
    from json import dumps

    return f', "facts": {dumps(facts.values(with_uids=False))}'


def _is_same(job: Job, stamp: Stamp) -> bool:
    """Whether input and result of a file are what they were; neither is read without need."""
    try:
        now = job.source.stat()
        if stamp.output_size is not None and job.destination.stat().st_size != stamp.output_size:
            return False
    except OSError:
        return False
    if now.st_size != stamp.size:
        return False
    if (now.st_mtime_ns, now.st_ctime_ns) == (stamp.modified, stamp.changed):
        return True
    return stamp.digest is not None and _has_digest(job.source, stamp.digest)


def _has_digest(path: Path | Place, digest: str) -> bool:
    from dicomedit.batch.work import digest_of

    try:
        return digest_of(path) == digest
    except (OSError, DicomFileError):
        return False


# --- opening ------------------------------------------------------------------------------------


def open_journal(path: Path, header: Header, source: Path | Place, *, resume: bool) -> Journal:
    """Open the journal of an output for a new run, or to `resume` the one it tells of.

    A resumed run that is to do something else than the one before, and a run while another one is
    at work on the same output, are refused with a DicomFileError.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        reason = f"the journal cannot be written: {error.strerror}"
        raise NoJournalError(str(path), reason) from None
    journal = Journal(path, source, descriptor=descriptor)
    try:
        _lock(descriptor, path)
        _begin(journal, header, resume)
    except OSError as error:
        journal.close()
        raise DicomFileError(str(path), f"the journal cannot be used: {error.strerror}") from None
    except BaseException:
        journal.close()
        raise
    return journal


def _begin(journal: Journal, header: Header, resume: bool) -> None:
    with open(journal.descriptor, "rb", closefd=False) as file:
        lines = _Lines(file)
        first = last = next(lines, None)
        if resume and first is not None:
            _check_same(_header(first, journal.path), header, journal.path)
        for last in lines:
            if resume:
                journal.take(last)
    journal.was_cut = last is not None and "end" not in last
    if resume and first is not None:
        os.ftruncate(journal.descriptor, lines.length)
    else:
        journal.begin(header)


def _check_same(before: Header, now: Header, path: Path) -> None:
    different = before.difference(now)
    if different is not None:
        raise DicomFileError(
            str(path),
            f"the run cannot be resumed: it was begun with {different}, and results would be"
            " mixed; do without --resume to begin anew, best into another folder",
        )


class _Lines:
    """The lines of a journal; `length` is that of the lines so far, all of them whole."""

    def __init__(self, file: BinaryIO) -> None:
        from json import loads

        self._loads = loads
        self._file = file
        self.length = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> dict[str, Any]:
        line = self._file.readline()
        if not line.endswith(b"\n"):  # nothing, or what a kill has torn off
            raise StopIteration
        self.length += len(line)
        try:
            values = self._loads(line)
        except ValueError:
            values = None
        return values if isinstance(values, dict) else {}


def _header(values: dict[str, Any], path: Path) -> Header:
    texts = [values.get(name) for name in Header._fields]
    if values.get("dicomedit-journal") != FORMAT or not all(isinstance(t, str) for t in texts):
        reason = "the run cannot be resumed: the file is no journal of this version of dicomedit"
        raise DicomFileError(str(path), reason)
    return Header(*texts)  # type: ignore[arg-type]


def _entry(values: dict[str, Any]) -> Entry | None:
    try:
        size, modified, changed = values["input"]
        stamp = Stamp(size, modified, changed, values.get("sha256"), values.get("output"))
        status = _KEPT[values["status"]]
        facts = _facts(values["facts"]) if "facts" in values else None
        return Entry(status, stamp, values.get("reason"), values.get("answer"), facts)
    except (KeyError, TypeError, ValueError):
        return None


def _facts(values: object) -> Facts | None:
    from dicomedit.batch.facts import facts_of

    return facts_of(values)


def _lock(descriptor: int, path: Path) -> None:
    """Take the output for this run; workers hold on to it until they are gone.

    Where the system or the file system knows no such locks there is none.
    """
    try:
        import fcntl
    except ImportError:
        return
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > limit:
                reason = "another run is at work on the same output"
                raise DicomFileError(str(path), reason) from None
        except OSError:
            return
        time.sleep(0.05)
