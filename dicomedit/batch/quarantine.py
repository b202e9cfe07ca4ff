"""Copies of the files that failed, each with the reason beside it, for whoever looks into them."""

from __future__ import annotations

import os
from pathlib import Path

from dicomedit.batch.rows import Row, Status
from dicomedit.errors import DicomEditError, DicomFileError
from dicomedit.io.places import below
from dicomedit.io.scan import prepare_folder
from dicomedit.io.write import write_atomically
from dicomedit.records import Record, replace

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomedit.io.places import Place, Target

REASON = ".reason.txt"


class Quarantine(Record):
    """A folder for failed inputs. They hold what identifies patients: only their owner can read."""

    folder: Path
    source: Path | Place
    inputs: tuple[Path | Place, ...]

    def check(self, destination: Path | Target) -> None:
        """Raise DicomFileError when copies would get among the inputs or the results."""
        if not isinstance(self.source, Path):
            self.source.check_beside(self.folder, "the quarantine folder")
        inside = _real(self.folder)
        for path, what in (*((each, "input") for each in self.inputs), (destination, "output")):
            if isinstance(path, Path) and inside.is_relative_to(_real(path)):
                reason = f"the quarantine folder lies inside the {what} folder"
                raise DicomFileError(str(self.folder), reason)

    def prepare(self) -> None:
        """Create the folder and prove that it can be written to; raise DicomFileError."""
        prepare_folder(self.folder)

    def take(self, row: Row) -> Row:
        """Copy a failed input; return its row, which tells when there could be no copy."""
        if row.status is not Status.FAILED:
            return row
        try:
            self._copy(row)
        except (OSError, DicomEditError) as error:
            why = error.strerror if isinstance(error, OSError) else getattr(error, "reason", "")
            return replace(row, reason=f"{row.reason}; it is not in quarantine: {why}")
        return row

    def _copy(self, row: Row) -> None:
        target = self.folder / below(row.source, self.source)
        prepare_folder(target.parent)
        write_atomically(target, _pieces(row.source), mode=0o600)
        reason = f"{row.reason}\n".encode("utf-8", "backslashreplace")
        write_atomically(target.with_name(target.name + REASON), [reason], mode=0o600)


def _pieces(path: Path | Place) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while piece := file.read(1 << 20):
            yield piece


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
