"""What became of the objects of an association, for the log and the journal."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from pathlib import Path

from dicomedit.errors import DicomFileError
from dicomedit.net.intake import Reply
from dicomedit.net.statuses import REJECTED, SUCCESS, code_of, is_warning
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.net.outlets import Outlet


class Visit(Record, frozen=False):
    """One association: who called, what it brought."""

    number: int
    calling: str
    host: str
    outlet: Outlet = field(repr=False)
    counts: Counter[str] = field(factory=Counter)
    began: float = field(factory=time.monotonic)

    def note(self, reply: Reply) -> None:
        """Count an object."""
        self.counts[outcome_of(reply.status)] += 1

    def summary(self, end: str) -> str:
        """Return the association as one line, without patient data."""
        seconds = time.monotonic() - self.began
        kinds = ("stored", "rejected", "failed")
        counts = ", ".join(f"{self.counts[kind]} {kind}" for kind in kinds)
        return f"{self.name}: {counts}; {end} after {seconds:.1f} s"

    @property
    def name(self) -> str:
        """Number, title and address."""
        return f"association {self.number} of {self.calling} at {self.host}"


def outcome_of(status: int) -> str:
    """Return what became of an object, by the status of the answer."""
    if status == SUCCESS or is_warning(status):
        return "stored"
    return "rejected" if status == REJECTED else "failed"


class ReceiptJournal:
    """A text file with one JSON object for each object that arrived. No values are in it."""

    def __init__(self, path: Path) -> None:
        """Open the file, to append to it; raise DicomFileError."""
        self._writing = threading.Lock()
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        except OSError as error:
            reason = f"the journal cannot be written: {error.strerror}"
            raise DicomFileError(str(path), reason) from None

    def add(self, visit: Visit, reply: Reply) -> None:
        """Append an object, before its sender is answered; raise OSError if it cannot be."""
        from datetime import datetime, timezone
        from json import dumps

        entry = {
            "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "calling": visit.calling,
            "address": visit.host,
            "association": visit.number,
            "status": code_of(reply.status),
            "outcome": outcome_of(reply.status),
            "output": reply.output,
            "reason": reply.reason,
        }
        line = dumps({name: value for name, value in entry.items() if value is not None})
        with self._writing:
            os.write(self._descriptor, f"{line}\n".encode())

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
