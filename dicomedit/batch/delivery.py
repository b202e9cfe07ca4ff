"""Results that do not become files: who takes them, and how they get there.

The rooms above say who that may be. A `Delivery` describes it, and can travel between processes;
each process opens it once, and hands its results to the `Courier` that it gets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from dicomedit.batch.program import (
    Options,
    Step,
    check_unchanged,
    edit_instance,
    read_as,
    stamp_of,
    stat_of,
    wanted_by,
)
from dicomedit.batch.rows import Stamp
from dicomedit.dicom.dictionary import SOP_CLASS_UID, SOP_INSTANCE_UID, TRANSFER_SYNTAX_UID
from dicomedit.dicom.encoding import DEFLATED_UID, EXPLICIT_LITTLE_UID, encoding_of
from dicomedit.dicom.levels import Instance
from dicomedit.dicom.lookout import Lookout
from dicomedit.dicom.text import read_text
from dicomedit.dicom.views import Buffer, part_of
from dicomedit.errors import Diagnostic, DicomFileError, Severity, Source, Span
from dicomedit.io.read import DicomFile
from dicomedit.io.write import encode_data_set
from dicomedit.lang.program import Outcome
from dicomedit.records import Record, field, replace

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Protocol

    from dicomedit.batch.audit import Observer

    class Courier(Protocol):
        """Hands results on. Used by one thread at a time."""

        def take(self, result: Result) -> Answer:
            """Hand a result on; return what was said of it.

            Raises DicomFileError when it was not taken, UndeliverableError when no other would be.
            """

        def close(self) -> None:
            """Say that there will be no more."""

    class Delivery(Protocol):
        """Where results go. Can be pickled."""

        @property
        def name(self) -> str:
            """Its name in journals and messages; the same for the same destination."""

        def open(self) -> Courier:
            """Return what hands results on; raise DicomEditError when it cannot be used."""


_STANDARD = "1.2.840.10008.1."


class Result(Record):
    """An encoded data set, what it is called outside, and the name of the file it came from.

    The bytes can be read as often as needed. `check` is called after the last one was read and
    before anybody may believe in them; it raises DicomFileError.
    """

    name: str
    sop_class: str
    sop_instance: str = field(repr=False)
    transfer_syntax: str
    parts: Sequence[Buffer] = field(repr=False)
    check: Callable[[], None] = field(repr=False)

    def checked(self) -> Iterator[Buffer]:
        """Yield the bytes, and raise DicomFileError when they are not to be trusted."""
        yield from self.parts
        self.check()


class Answer(Record):
    """What was said of a result that was taken: a status, and what it warns of if it does."""

    status: str
    warning: str | None = None


def deliver_file(
    steps: Sequence[Step],
    source: Path,
    courier: Courier,
    options: Options,
    digest_of: Callable[[Path], str] | None = None,
    observer: Observer | None = None,
    lookout: Lookout | None = None,
) -> tuple[Outcome, Stamp, str | None]:
    """Apply scripts in order to one file and hand on the result.

    Without scripts the file is handed on as it is. Nothing is handed on when a script fails or
    rejects the file. Also returns what tells the input from a changed one, and the status of the
    answer. Raises EvaluationError or DicomFileError.
    """
    before = stat_of(source)
    with read_as(source, lookout or Lookout(wanted_by(steps)), options) as file:
        digest = None if digest_of is None else digest_of(source)
        stamp = stamp_of(before, digest)

        def check() -> None:
            check_unchanged(source, before)

        outcome = Outcome()
        if steps:
            instance = file.open(complete=False)
            if observer is not None:
                instance = observer.opened(instance)
            outcome = edit_instance(steps, instance, options, tell_changes=False, observer=observer)
            if outcome.rejected:
                check()
                return outcome, stamp, None
            result = result_of(instance, str(source), check)
        else:
            result = as_it_is(file, str(source), check)
        if observer is not None:
            for _ in observer.written(result.parts):
                pass
        answer = courier.take(result)
        return with_warning(outcome, answer, source), stamp, answer.status


def result_of(instance: Instance, name: str, check: Callable[[], None]) -> Result:
    """Return an edited instance as what is handed on; raise DicomFileError without identity."""
    syntax = read_text(instance.meta, TRANSFER_SYNTAX_UID) or EXPLICIT_LITTLE_UID
    return _result(instance, name, syntax, encode_data_set(instance), check)


def as_it_is(file: DicomFile, name: str, check: Callable[[], None]) -> Result:
    """Return a file as what is handed on, with the bytes it has."""
    syntax, content = file.transfer_syntax, file.meta.content
    if syntax.startswith(_STANDARD) and encoding_of(syntax) != file.root.encoding:
        reason = "the data set is not encoded as its transfer syntax says; edit it to correct this"
        raise DicomFileError(name, reason, code="cannot-be-sent")
    data = content.scanner.data
    parts = [part_of(data, content.end, len(data))]
    return _result(file.open(), name, syntax, parts, check)


def _result(
    instance: Instance,
    name: str,
    syntax: str,
    parts: Iterable[Buffer],
    check: Callable[[], None],
) -> Result:
    uids = [(read_text(instance.root, tag) or "") for tag in (SOP_CLASS_UID, SOP_INSTANCE_UID)]
    for uid, what in zip(uids, ("SOP Class UID", "SOP Instance UID"), strict=True):
        if not uid:
            reason = f"it has no {what}, without which it cannot be sent"
            raise DicomFileError(name, reason, code="cannot-be-sent")
    return Result(name, uids[0], uids[1], syntax, _even(list(parts), syntax, name), check)


def _even(parts: list[Buffer], syntax: str, name: str) -> list[Buffer]:
    """Return parts whose length is even, as fragments have to be (PS3.8 §9.3.5.1, PS3.5 §A.5)."""
    if not sum(map(len, parts)) % 2:
        return parts
    if syntax != DEFLATED_UID:
        reason = "the data set has an odd number of bytes, which is not allowed and cannot be sent"
        raise DicomFileError(name, reason, code="cannot-be-sent")
    return [*parts, b"\0"]


def with_warning(outcome: Outcome, answer: Answer, source: Path) -> Outcome:
    """Return an outcome with the warning of whoever took the result."""
    if answer.warning is None:
        return outcome
    message = f"the peer stored it with a warning: {answer.warning}"
    notice = Diagnostic(
        "peer-warning", message, Source(str(source), ""), Span(0, 0), None, Severity.WARNING
    )
    return replace(outcome, notices=(*outcome.notices, notice))
