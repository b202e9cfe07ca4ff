"""Scripts over a file or a folder: what `dicomedit run` does, as a library call."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path

from dicomedit.batch.program import (
    DEFAULTS,
    Lookup,
    Options,
    Program,
    Step,
    compile_script,
    edit_file,
    resources_of,
)
from dicomedit.dicom.uids import UidMap
from dicomedit.errors import DicomEditError, EvaluationError, failed
from dicomedit.io.fetch import UrlFetcher
from dicomedit.io.read import SkippedFileError
from dicomedit.io.scan import Job, check_outside, plan, prepare_folder
from dicomedit.lang.program import Outcome
from dicomedit.records import Record, field

Script = str | os.PathLike[str] | Program
"""A script's text, the path of its file, or a compiled one."""


class Status(Enum):
    """What became of one file; an unchanged one is written, too, as a copy."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    FAILED = "failed"
    SKIPPED = "skipped"


class Row(Record):
    """One file of a run. `reason` says why there is no output, without values."""

    source: Path
    destination: Path
    status: Status
    outcome: Outcome | None = None
    reason: str | None = None
    error: DicomEditError | None = None


class Report(Record):
    """What a run did, file by file, in the order of the input.

    `rows` is empty when the caller did not want to keep them; `counts` says how many there were of
    each status, `notices` in how many files each kind of notice was given.
    """

    rows: tuple[Row, ...]
    counts: Mapping[Status, int]
    notices: Mapping[str, int]

    def count(self, status: Status) -> int:
        """Return how many files have a status."""
        return self.counts.get(status, 0)

    @property
    def total(self) -> int:
        """How many files there were."""
        return sum(self.counts.values())

    @property
    def failed(self) -> bool:
        """Whether some file failed."""
        return self.count(Status.FAILED) > 0


def run(
    scripts: Script | Sequence[Script],
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str],
    *,
    variables: Mapping[str, str] | None = None,
    lookup: Lookup | Sequence[Lookup | None] | None = None,
    uid_map: UidMap | None = None,
    allow_urls: Sequence[str] = (),
    options: Options = DEFAULTS,
    dialect: int | None = None,
    dry_run: bool = False,
    tell_changes: bool = True,
    keep_rows: bool = True,
    on_row: Callable[[int, int, Row], None] | None = None,
) -> Report:
    """Apply scripts, in order, to a file or to every DICOM file below a folder.

    Each result is written whole under the input's relative path, or not at all: not when a
    script fails, not when it rejects the file, and never over an input. Files that are not DICOM
    are skipped. `lookup` is one table for all scripts, or a sequence with one for each. With
    `dry_run` nothing is written. `on_row` hears of each file, as its number, their count and its
    row. Without `tell_changes` outcomes do not list changes, which takes time; without
    `keep_rows` the report only counts files, so that memory does not grow with their number.

    Raises ScriptError or DicomFileError before anything is touched when a script, the input or
    the output cannot be used; what happens to a single file is told in the report.
    """
    steps = _steps(scripts, variables or {}, lookup, uid_map, allow_urls, options, dialect)
    planned = plan(Path(source), Path(destination))
    if not dry_run:
        prepare_folder(planned.folder)
    editor = Editor(steps, Path(source), options, dry_run, tell_changes)
    rows: list[Row] = []
    counts: Counter[Status] = Counter()
    notices: Counter[str] = Counter()
    for number, job in enumerate(planned.jobs, 1):
        row = editor.edit(job)
        counts[row.status] += 1
        if row.outcome is not None and row.outcome.notices:
            notices.update({notice.code for notice in row.outcome.notices})
        if keep_rows:
            rows.append(row)
        if on_row is not None:
            on_row(number, planned.count, row)
    return Report(tuple(rows), counts, notices)


def _steps(
    scripts: Script | Sequence[Script],
    variables: Mapping[str, str],
    lookup: Lookup | Sequence[Lookup | None] | None,
    uid_map: UidMap | None,
    allow_urls: Sequence[str],
    options: Options,
    dialect: int | None,
) -> list[Step]:
    given = [scripts] if isinstance(scripts, str | os.PathLike | Program) else list(scripts)
    if not given:
        raise ValueError("at least one script is needed")
    programs = [
        each if isinstance(each, Program) else compile_script(each, dialect=dialect)
        for each in given
    ]
    if isinstance(lookup, Sequence):
        if len(lookup) != len(programs):
            raise ValueError("there must be one lookup table, or one for each script")
        tables = list(lookup)
    else:
        tables = [lookup] * len(programs)
    fetcher = UrlFetcher(allow_urls)
    uids = UidMap() if uid_map is None else uid_map
    return [
        Step(program, variables, resources_of(table, uids, fetcher, options))
        for program, table in zip(programs, tables, strict=True)
    ]


class Editor(Record):
    """Edits files of one input; `folders` are those of results that were found fit."""

    steps: Sequence[Step]
    source: Path
    options: Options
    dry_run: bool
    tell_changes: bool
    folders: set[Path] = field(factory=set, repr=False)

    def edit(self, job: Job) -> Row:
        """Edit one file; whatever goes wrong becomes a row, and leaves no output."""
        try:
            outcome = self._edit(job)
        except DicomEditError as error:
            self.folders.discard(job.destination.parent)  # it may be gone: look again
            # Whoever names a single file wants it edited: passing over it is a failure.
            is_skipped = isinstance(error, SkippedFileError) and self.source.is_dir()
            status = Status.SKIPPED if is_skipped else Status.FAILED
            return Row(job.source, job.destination, status, None, summary_of(error), _bare(error))
        except Exception as error:
            # The one place where anything is caught: a defect of ours on a broken file must not
            # cost the run, and must not show what the file holds.
            return _defect(job, error)
        return Row(job.source, job.destination, _status(outcome), outcome, outcome.reason)

    def _edit(self, job: Job) -> Outcome:
        folder = job.destination.parent
        if folder not in self.folders:
            check_outside(job.destination, self.source)
            if not self.dry_run:
                prepare_folder(folder)
            self.folders.add(folder)
        destination = None if self.dry_run else job.destination
        return edit_file(
            self.steps, job.source, destination, self.options, tell_changes=self.tell_changes
        )


def _status(outcome: Outcome) -> Status:
    if outcome.rejected:
        return Status.REJECTED
    return Status.WRITTEN if outcome.is_changed else Status.UNCHANGED


def _bare(error: DicomEditError) -> DicomEditError:
    """Return an error without the way it came: that would keep the file it is about in memory."""
    error.__traceback__ = error.__context__ = error.__cause__ = None
    return error


def _defect(job: Job, error: Exception) -> Row:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" in {Path(trace.tb_frame.f_code.co_filename).name}"
    known = failed("internal-error", f"{type(error).__name__}{where}", help="please report this")
    return Row(job.source, job.destination, Status.FAILED, None, known.summary(), known)


def summary_of(error: DicomEditError, *, show_values: bool = False) -> str:
    """Return an error as one line without the path of the file."""
    if isinstance(error, EvaluationError):
        return error.summary(show_values=show_values)
    summary = getattr(error, "summary", None)
    return summary() if callable(summary) else str(error)
