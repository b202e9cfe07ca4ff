"""Scripts over a file or a folder: what `dicomedit run` does, as a library call."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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

Script = str | os.PathLike[str] | Program
"""A script's text, the path of its file, or a compiled one."""


class Status(Enum):
    """What became of one file; an unchanged one is written, too, as a copy."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Row:
    """One file of a run. `reason` says why there is no output, without values."""

    source: Path
    destination: Path
    status: Status
    outcome: Outcome | None = None
    reason: str | None = None
    error: DicomEditError | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, file by file, in the order of the input."""

    rows: tuple[Row, ...]

    def count(self, status: Status) -> int:
        """Return how many files have a status."""
        return Counter(row.status for row in self.rows)[status]

    @property
    def failed(self) -> bool:
        """Whether some file failed."""
        return any(row.status is Status.FAILED for row in self.rows)


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
    on_row: Callable[[int, int, Row], None] | None = None,
) -> Report:
    """Apply scripts, in order, to a file or to every DICOM file below a folder.

    Each result is written whole under the input's relative path, or not at all: not when a
    script fails, not when it rejects the file, and never over an input. Files that are not DICOM
    are skipped. `lookup` is one table for all scripts, or a sequence with one for each. With
    `dry_run` nothing is written. `on_row` hears of each file, as its number, their count and its
    row.

    Raises ScriptError or DicomFileError before anything is touched when a script, the input or
    the output cannot be used; what happens to a single file is told in the report.
    """
    steps = _steps(scripts, variables or {}, lookup, uid_map, allow_urls, options, dialect)
    jobs = plan(Path(source), Path(destination))
    if not dry_run:
        prepare_folder(_output_folder(jobs, Path(source), Path(destination)))
    rows = []
    for number, job in enumerate(jobs, 1):
        rows.append(run_job(steps, job, Path(source), options, dry_run=dry_run))
        if rows[-1].status is Status.SKIPPED and not Path(source).is_dir():
            # Whoever names a single file wants it edited: passing over it is a failure.
            rows[-1] = replace(rows[-1], status=Status.FAILED)
        if on_row is not None:
            on_row(number, len(jobs), rows[-1])
    return Report(tuple(rows))


def _output_folder(jobs: Sequence[Job], source: Path, destination: Path) -> Path:
    return destination if source.is_dir() else jobs[0].destination.parent


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


def run_job(
    steps: Sequence[Step], job: Job, source: Path, options: Options, *, dry_run: bool
) -> Row:
    """Edit one file of `source`; whatever goes wrong becomes a row, and leaves no output."""
    destination = None if dry_run else job.destination
    try:
        check_outside(job.destination, source)
        outcome = edit_file(steps, job.source, destination, options)
    except SkippedFileError as error:
        return Row(job.source, job.destination, Status.SKIPPED, None, error.summary(), error)
    except DicomEditError as error:
        return Row(job.source, job.destination, Status.FAILED, None, summary_of(error), error)
    except Exception as error:
        # The one place where anything is caught: a defect of ours on a broken file must not cost
        # the run, and must not show what the file holds.
        return _defect(job, error)
    return Row(job.source, job.destination, _status(outcome), outcome, outcome.reason)


def _status(outcome: Outcome) -> Status:
    if outcome.rejected:
        return Status.REJECTED
    return Status.WRITTEN if outcome.changes else Status.UNCHANGED


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
