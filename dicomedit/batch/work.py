"""What is done to each file of a run: a description that can travel, and what carries it out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from dicomedit.batch.identity import Watch
from dicomedit.batch.placing import Placing
from dicomedit.batch.program import Options, Program, Step, edit_file, stamp_of, wanted_by
from dicomedit.batch.rows import Row, Stamp, Status, defect_row, edited_row, failed_row
from dicomedit.dicom.lookout import Lookout
from dicomedit.dicom.uids import UidMap
from dicomedit.errors import DicomEditError, DicomFileError, EvaluationError, Source
from dicomedit.io.read import SkippedFileError
from dicomedit.io.scan import Job, check_outside, prepare_folder
from dicomedit.lang.lookup import LookupTable
from dicomedit.lang.program import Resources
from dicomedit.records import Record, field, replace

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.batch.audit import Audit, Observer
    from dicomedit.batch.delivery import Courier, Delivery
    from dicomedit.batch.layout import Layout
    from dicomedit.batch.names import AskedNames, Names
    from dicomedit.io.places import Loaded, Opened, Place, Target
    from dicomedit.lang.coverage import Coverage

PAUSES = (0.2, 1.0, 3.0)
"""Seconds to wait before each repetition; the last one counts for all that follow."""

_TRANSIENT = [
    "EAGAIN",
    "EBUSY",
    "ECONNABORTED",
    "ECONNRESET",
    "EHOSTDOWN",
    "EHOSTUNREACH",
    "EINTR",
    "EIO",
    "EMFILE",
    "ENETDOWN",
    "ENETRESET",
    "ENETUNREACH",
    "ENFILE",
    "ENOBUFS",
    "EREMOTEIO",
    "ESTALE",
    "ETIMEDOUT",
]
"""Errors, by name, that may be gone in a moment: of network file systems and busy machines."""


class Shared(Record):
    """What all files of a run have in common, wherever they are edited."""

    uid_map: UidMap
    fetch: Callable[[str], str]
    names: Names | AskedNames | None = None
    """Who has claimed which name, when a layout names the results."""

    def answer(self, what: str, given: tuple[str, ...]) -> str:
        """Return what a worker asks for; raise DicomEditError."""
        if what == "uid":
            text, prefix = given
            return self.uid_map.uid_for(text, prefix)
        if what == "name" and self.names is not None:
            source, path = given
            self.names.claim(source, path)
            return ""
        return self.fetch(*given)

    def placed(self, job: Job) -> Job:
        """Return a job with the place that its result has, as far as this is known."""
        names = self.names
        return job if names is None else names.placed(job)


class Work(Record):
    """All that is done to each file of a run. Can be pickled: programs are compiled on arrival."""

    programs: tuple[Program, ...]
    tables: tuple[LookupTable, ...] = field(repr=False)
    variables: Mapping[str, str] = field(repr=False)
    options: Options
    source: Path | Place
    """The folder all inputs are below, or the only input."""

    dry_run: bool = False
    tell_changes: bool = True
    show_values: bool = False
    """Errors keep the value at fault; otherwise it is dropped where the file is edited."""

    retries: int = 0
    digests: bool = False
    delivery: Delivery | None = None
    """Where results go when they do not become files."""

    folders: tuple[Path, ...] | None = None
    """The folders that are read, when `source` only stands for what they have in common."""

    layout: Layout | None = None
    """How results are named; without one as their inputs."""

    audit: Audit | None = None
    """Whether facts are collected for a report."""

    @property
    def inputs(self) -> tuple[Path | Place, ...]:
        """What is read, and no result may get into."""
        return (self.source,) if self.folders is None else self.folders

    def editor(self, shared: Shared) -> Editor:
        """Return what edits files, with what they share."""
        steps = [
            Step(
                program,
                self.variables,
                Resources(
                    lookup=table,
                    uid_map=shared.uid_map,
                    fetch=shared.fetch,
                    strict_lookup=self.options.strict_lookup,
                    honour_fill=self.options.honour_fill,
                    allow_unset=self.options.allow_unset,
                    uid_root=self.options.uid_root,
                ),
            )
            for program, table in zip(self.programs, self.tables, strict=True)
        ]
        lookout = Lookout(wanted_by(steps))
        if self.delivery is None or self.dry_run:
            return Editor(self, steps, names=shared.names, lookout=lookout)
        return Editor(self, steps, courier=self.delivery.open(), lookout=lookout)

    @property
    def folder(self) -> Path | None:
        """The folder of the results, when a layout names them."""
        return None if self.layout is None else self.layout.folder

    def sources(self) -> Iterator[Source]:
        """Yield the texts that messages may point into, always in the same order."""
        for program in self.programs:
            yield from program.recipe.sources()


def counted_by(work: Work) -> tuple[Coverage, ...]:
    """Return what the programs of a run count, of those that do."""
    found = (program.coverage for program in work.programs)
    return tuple(coverage for coverage in found if coverage is not None)


class Editor(Record, frozen=False):
    """Edits files of one input; `folders` are those of results that were found fit."""

    work: Work
    steps: list[Step]
    folders: set[Path | Target] = field(factory=set, repr=False)
    courier: Courier | None = None
    opened: Opened | None = field(default=None, repr=False)
    """The archive in hand, once there is one."""

    names: Names | AskedNames | None = None
    watch: Watch = field(factory=Watch, repr=False)
    lookout: Lookout | None = field(default=None, repr=False)
    observer: Observer | None = field(default=None, repr=False)
    """What sees the file in hand, when facts are collected."""

    def close(self) -> None:
        """Let go of whoever takes the results."""
        if self.courier is not None:
            self.courier.close()

    def edit(self, job: Job) -> Row:
        """Edit one file; whatever goes wrong becomes a row, and leaves no output.

        What a network or a busy machine got wrong is tried again.
        """
        audit = self.work.audit
        return self._try(job) if audit is None else self._observed(job, audit)

    def _observed(self, job: Job, audit: Audit) -> Row:
        from time import perf_counter

        started = perf_counter()
        self.observer = None
        row = audit.completed(self._try(job), self.observer, started)
        return row if row.stamp is not None else replace(row, stamp=_stamp(job, True))

    def _try(self, job: Job) -> Row:
        for attempt in range(self.work.retries + 1):
            try:
                return self._edit(job)
            except DicomEditError as error:
                self.folders.discard(job.destination.parent)  # it may be gone: look again
                if attempt == self.work.retries or not is_transient(error):
                    return self._failed(job, error)
            except Exception as error:
                # The one place where anything is caught: a defect of ours on a broken file must
                # not cost the run, and must not show what the file holds.
                return defect_row(job, error)
            _pause(attempt)
        raise AssertionError("the last attempt returns")

    def _edit(self, job: Job) -> Row:
        work, folder = self.work, job.destination.parent
        digest = digest_of if self._wants_digests else None
        self.observer = None if work.audit is None else work.audit.observer()
        if self.courier is not None:
            from dicomedit.batch.delivery import deliver_file

            assert isinstance(job.source, Path)  # nothing else is planned for a delivery
            return edited_row(
                job,
                *deliver_file(
                    self.steps,
                    job.source,
                    self.courier,
                    work.options,
                    digest,
                    self.observer,
                    self.lookout,
                ),
            )
        if work.delivery is None and work.layout is None and folder not in self.folders:
            for each in work.inputs:
                check_outside(job.destination, each)
            if not work.dry_run:
                prepare_folder(folder)
            self.folders.add(folder)
        placing = None
        if work.delivery is None:
            name = str(job.source).removeprefix(f"{work.source}{os.sep}")
            placing = Placing(job, work.source, name, work.layout, self.names, self.watch)
        outcome, stamp = edit_file(
            self.steps,
            job.source if isinstance(job.source, Path) else self._loaded(job.source),
            None if work.dry_run else job.destination,
            work.options,
            tell_changes=work.tell_changes,
            digest_of=digest,
            placing=placing,
            observer=self.observer,
            lookout=self.lookout,
        )
        if placing is None:
            return edited_row(job, outcome, stamp)
        return edited_row(placing.job, placing.told(outcome), stamp)

    @property
    def _wants_digests(self) -> bool:
        return self.work.digests or self.work.audit is not None

    def _loaded(self, place: Place) -> Loaded:
        from dicomedit.io.places import Opened

        if self.opened is None:
            self.opened = Opened()
        return place.load(self.opened)

    def _is_named(self, job: Job) -> bool:
        """Whether somebody named the file itself, and not a folder that it is in."""
        folders, source = self.work.folders, job.source
        if folders is None or not isinstance(source, Path):
            return source == self.work.source
        return not any(source.is_relative_to(each) for each in folders)

    def _failed(self, job: Job, error: DicomEditError) -> Row:
        if isinstance(error, EvaluationError) and not self.work.show_values:
            failure = replace(error.failure, shown_value=None)
            error = EvaluationError(failure, source=error.source, span=error.span)
        row = failed_row(job, error)
        # Whoever names a single file wants it edited: passing over it is a failure.
        if isinstance(error, SkippedFileError) and not self._is_named(job):
            return replace(row, status=Status.SKIPPED, stamp=_stamp(job, self._wants_digests))
        return row


def _stamp(job: Job, digests: bool) -> Stamp | None:
    try:
        digest = digest_of(job.source) if digests else None
        return stamp_of(job.source.stat(), digest)
    except (OSError, DicomFileError):
        return None


def digest_of(path: Path | Place | Loaded) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    from hashlib import sha256

    digest = sha256()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def is_transient(error: BaseException) -> bool:
    """Whether an error may be gone in a moment: what the system said first decides."""
    import errno

    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__context__
    return cause is not None and errno.errorcode.get(cause.errno or 0) in _TRANSIENT


def _pause(attempt: int) -> None:
    from time import sleep

    sleep(PAUSES[min(attempt, len(PAUSES) - 1)])


def cores() -> int:
    """Return how many processes can work at the same time on this machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
