"""What is done to an object that arrives: read, edited, kept, and the answer to its sender."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Sequence

from dicomedit.batch.program import Options, Step, edit_instance, wanted_by
from dicomedit.batch.rows import UndeliverableError, summary_of
from dicomedit.dicom.dictionary import SOP_CLASS_UID, SOP_INSTANCE_UID
from dicomedit.dicom.levels import Instance, Level
from dicomedit.dicom.lookout import Lookout
from dicomedit.dicom.text import read_text
from dicomedit.errors import DicomEditError, DicomFileError, EvaluationError
from dicomedit.io.read import locate_data_set
from dicomedit.lang.program import Outcome
from dicomedit.net import statuses
from dicomedit.net.sender import StatusError
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.net.outlets import Outlet

MOST_HELD = 16 << 20
"""Bytes of objects that are done with and may wait for the garbage collector; see `Editor`."""

LONGEST_COMMENT = 64
"""Characters of an Error Comment (0000,0902), which is LO (PS3.7 §C.4.2)."""


class Received(Record):
    """A C-STORE request: what it says of its data set, and the data set as it was encoded."""

    calling: str
    sop_class: str
    sop_instance: str = field(repr=False)
    transfer_syntax: str
    data_set: bytes = field(repr=False)


class Reply(Record):
    """What the sender is told. `reason` says more, for the log; neither holds values."""

    status: int
    comment: str | None = None
    reason: str | None = None
    output: str | None = None


class Intake:
    """Edits objects and hands results to outlets. May be used by several threads.

    One object is edited at a time, so that scripts share lookup tables and UID maps safely.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        options: Options,
        on_outcome: Callable[[Outcome], None] | None = None,
    ) -> None:
        self._steps = steps
        self._options = options
        self._on_outcome = on_outcome
        self._lookout = Lookout(wanted_by(steps))
        self._editing = threading.Lock()
        self._held = 0

    def take(self, received: Received, outlet: Outlet) -> Reply:
        """Edit an object and keep the result; whatever goes wrong becomes the reply."""
        reply = self._taken(received, outlet)
        with self._editing:
            self._held += len(received.data_set)
            is_much, self._held = self._held > MOST_HELD, self._held % MOST_HELD
        if is_much:
            from gc import collect

            collect(1)
        return reply

    def _taken(self, received: Received, outlet: Outlet) -> Reply:
        try:
            instance = self._read(received)
            with self._editing:
                outcome = edit_instance(self._steps, instance, self._options, tell_changes=False)
                if self._on_outcome is not None:
                    self._on_outcome(outcome)
            if outcome.rejected:
                return _reply(statuses.REJECTED, "rejected by the script", outcome.reason)
        except Exception as error:
            return reply_to_failure(error)
        try:
            stored = outlet.take(instance)
        except Exception as error:
            return reply_to_loss(error)
        return Reply(stored.status, None, stored.warning, stored.output)

    def _read(self, received: Received) -> Instance:
        file = locate_data_set(head_of(received), received.data_set, "the object", self._lookout)
        for tag, uid in (
            (SOP_CLASS_UID, received.sop_class),
            (SOP_INSTANCE_UID, received.sop_instance),
        ):
            if not _has_uid(file.root, tag, uid):
                raise _MismatchError
        return file.open(complete=False)


class _MismatchError(DicomEditError):
    """The data set is not the one that the request speaks of."""


def _has_uid(root: Level, tag: int, uid: str) -> bool:
    try:
        return tag in root and read_text(root, tag) == uid
    except EvaluationError:
        return False


def reply_to_failure(error: Exception) -> Reply:
    """Return what to say of an object that could not be read or edited."""
    if isinstance(error, EvaluationError):
        return _reply(statuses.EDIT_FAILED, f"the script failed: {error.code}", summary_of(error))
    if isinstance(error, _MismatchError):
        return _reply(statuses.NO_MATCH, "the UIDs of request and data set differ")
    if isinstance(error, DicomEditError):
        return _reply(statuses.NOT_UNDERSTOOD, "the data set is broken", summary_of(error))
    return _defect(error)


def reply_to_loss(error: Exception) -> Reply:
    """Return what to say of a result that could not be kept."""
    if isinstance(error, EvaluationError):
        return _reply(statuses.NO_MATCH, f"no result: {error.code}", summary_of(error))
    if isinstance(error, StatusError):
        return _reply(error.status, "the next peer refuses it", error.reason)
    if isinstance(error, UndeliverableError):
        return _reply(statuses.OUT_OF_RESOURCES, "the next peer takes nothing", error.reason)
    if isinstance(error, DicomFileError):
        status, words = statuses.NOT_TAKEN, "the next peer does not take it"
        if error.path != "the object":
            status, words = statuses.OUT_OF_RESOURCES, "the result cannot be stored"
        return _reply(status, words, error.reason)
    return _defect(error)


def _defect(error: Exception) -> Reply:
    """Return what to say of an error in this program; its text is withheld."""
    name = type(error).__name__
    return _reply(statuses.DEFECT, f"internal error: {name}", f"internal error: {name}")


def _reply(status: int, comment: str, reason: str | None = None) -> Reply:
    return Reply(status, comment[:LONGEST_COMMENT], reason or comment)


def head_of(received: Received) -> bytes:
    """Return the head of a file for a data set: preamble, prefix, file meta (PS3.10 §7.1)."""
    elements = (
        (0x00020001, b"OB\0\0" + struct.pack("<L", 2) + b"\0\1"),
        (0x00020002, _text("UI", received.sop_class, b"\0")),
        (0x00020003, _text("UI", received.sop_instance, b"\0")),
        (0x00020010, _text("UI", received.transfer_syntax, b"\0")),
        (0x00020016, _text("AE", received.calling, b" ")),
    )
    return bytes(128) + b"DICM" + b"".join(_tag(tag) + rest for tag, rest in elements)


def _tag(tag: int) -> bytes:
    return struct.pack("<HH", tag >> 16, tag & 0xFFFF)


def _text(vr: str, text: str, padding: bytes) -> bytes:
    value = text.encode("ascii", "replace")
    value += padding * (len(value) % 2)
    return vr.encode("ascii") + struct.pack("<H", len(value)) + value
