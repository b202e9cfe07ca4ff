"""What became of the files of a run: one row each, which can travel between processes."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from dicomedit.errors import DicomEditError, DicomFileError, EvaluationError, failed
from dicomedit.io.scan import Job
from dicomedit.lang.program import Outcome
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.batch.facts import Facts
    from dicomedit.io.places import Place, Target


class Status(Enum):
    """What became of one file; an unchanged one is written, too, as a copy."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    FAILED = "failed"
    SKIPPED = "skipped"


WITH_OUTPUT = (Status.WRITTEN, Status.UNCHANGED)


class UndeliverableError(DicomFileError):
    """A result that could not be handed on, and the next ones could not be either."""

    code = "undeliverable"

    def __reduce__(self) -> tuple[object, ...]:
        """Let the error travel between processes as what it is."""
        return UndeliverableError, (self.path, self.reason)


class Stamp(Record):
    """What tells an input from a changed one, and how long its result is if there is one.

    Times are those of the file system in nanoseconds. Every write to a file renews `changed`,
    whatever is done to `modified` afterwards.
    """

    size: int
    modified: int
    changed: int
    digest: str | None = None
    output_size: int | None = None


class Row(Record):
    """One file of a run. `reason` says why there is no output, without values.

    `is_kept`: an earlier run did the file, and this one found nothing to do again.
    """

    source: Path | Place
    destination: Path | Target
    status: Status
    outcome: Outcome | None = None
    reason: str | None = None
    error: DicomEditError | None = None
    is_kept: bool = False
    stamp: Stamp | None = field(default=None, repr=False, compare=False)
    answer: str | None = None
    """The status with which a peer has taken the result, such as ``0000``."""

    facts: Facts | None = field(default=None, repr=False, compare=False)
    """What a report tells beyond this, when there is one."""

    @property
    def code(self) -> str | None:
        """The stable name of the reason why there is no output."""
        if self.error is not None:
            return getattr(self.error, "code", "error")
        if self.facts is not None and self.facts.code is not None:
            return self.facts.code
        return self.status.value if self.status not in WITH_OUTPUT else None


def summary_of(error: DicomEditError, *, show_values: bool = False) -> str:
    """Return an error as one line without the path of the file."""
    if isinstance(error, EvaluationError):
        return error.summary(show_values=show_values)
    summary = getattr(error, "summary", None)
    return summary() if callable(summary) else str(error)


def edited_row(job: Job, outcome: Outcome, stamp: Stamp, answer: str | None = None) -> Row:
    """Return the row of a file that scripts have edited, or rejected."""
    if outcome.rejected:
        status = Status.REJECTED
    else:
        status = Status.WRITTEN if outcome.is_changed else Status.UNCHANGED
    return Row(
        job.source, job.destination, status, outcome, outcome.reason, stamp=stamp, answer=answer
    )


def failed_row(job: Job, error: DicomEditError) -> Row:
    """Return the row of a file with an error."""
    # Without the way the error came: that would keep the file it is about in memory.
    error.__traceback__ = error.__context__ = error.__cause__ = None
    reason = summary_of(error)
    return Row(job.source, job.destination, Status.FAILED, None, reason, error)


def defect_row(job: Job, error: Exception) -> Row:
    """Return the row of a file on which the program itself failed; the error's text is withheld."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" in {Path(trace.tb_frame.f_code.co_filename).name}"
    known = failed("internal-error", f"{type(error).__name__}{where}", help="please report this")
    return failed_row(job, known)


def lost_row(job: Job, reason: str) -> Row:
    """Return the row of a file that was in hand when its worker came to an end."""
    return failed_row(job, DicomFileError(str(job.source), reason, code="worker-lost"))
