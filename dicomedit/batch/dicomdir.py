"""A new DICOMDIR for the results of a run (PS3.3 Annex F, PS3.10 §8)."""

from __future__ import annotations

import re
from pathlib import Path

from dicomedit.batch.rows import Row, Status
from dicomedit.errors import DicomFileError
from dicomedit.io.media_directory import write_directory
from dicomedit.records import Record, field

_COMPONENT = re.compile(r"[A-Z0-9_]{1,8}")
_MOST_COMPONENTS = 8
_WRITTEN = (Status.WRITTEN, Status.UNCHANGED)


class MediaDirectory(Record, frozen=False):
    """Collects the results below a folder, and lists them in its DICOMDIR at the end."""

    folder: Path
    files: list[tuple[str, ...]] = field(factory=list, repr=False)

    def take(self, row: Row) -> None:
        """Take up a result; raise DicomFileError when no DICOMDIR could name it (PS3.10 §8.2)."""
        if row.status not in _WRITTEN:
            return
        parts = Path(str(row.destination)).relative_to(self.folder).parts
        if len(parts) > _MOST_COMPONENTS or not all(map(_COMPONENT.fullmatch, parts)):
            reason = (
                "a DICOMDIR cannot name this result: at most 8 names of at most 8 characters A-Z,"
                " 0-9 and _ are allowed (PS3.10 §8.2); rename the inputs, or do without --dicomdir"
            )
            raise DicomFileError(str(row.destination), reason)
        self.files.append(parts)

    def write(self) -> None:
        """Write the DICOMDIR in one step; raise DicomFileError when some result does not fit."""
        if self.files:
            write_directory(self.folder, self.files)
