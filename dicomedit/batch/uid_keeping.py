"""The UID map of a run from its beginning to its end: loaded, saved while it grows, kept or not."""

from __future__ import annotations

from pathlib import Path

from dicomedit.batch.shared import SavedUidMap, UidLog
from dicomedit.dicom.uids import UidMap
from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.batch.journal import Journal

_LOST = (
    "the UIDs that the earlier run made are gone, because it was complete: new ones would not fit;"
    " begin anew without --resume, and with --uid-map to keep UIDs"
)


class UidKeeping(Record, frozen=False):
    """Keeps the UID map `map` in `file`, if there is one, and in a log while the run lasts."""

    map: SavedUidMap
    file: Path | None
    log: UidLog | None = None
    _known: int = 0

    @classmethod
    def of(cls, given: UidMap | None, file: Path | None) -> UidKeeping:
        """Return the keeping of the map in a file, of a `given` one, or of an empty one.

        A given map gets to know the new entries. Raises DicomFileError.
        """
        if given is not None and file is not None:
            raise ValueError("there can be uid_map or uid_map_file, not both")
        found = given if file is None else _loaded(file)
        entries = {} if found is None else found._uids
        return cls(SavedUidMap(entries), file)

    def prove(self) -> None:
        """Prove that the file can be written; raise DicomFileError."""
        if self.file is not None:
            _save(self.map, self.file)

    def begin(self, journal: Journal | None, *, resume: bool) -> None:
        """Take up what a run that is resumed has logged; from now on new entries are logged."""
        if journal is None:
            return
        from dicomedit.batch.journal import uid_log_path

        self.log = UidLog(uid_log_path(journal.path))
        if resume:
            self.map._uids.update(UidMap.from_rows(self.log.rows())._uids)
            if journal.has_lost_uids and not len(self.map):
                self.map.lost = _LOST
        else:
            self.log.remove()
        self.map.log = self.log

    def end(self, *, is_complete: bool) -> int:
        """Save the map in its file; return how many UIDs are kept nowhere from now on.

        The log stays when the run can be resumed and would need it. Raises DicomFileError.
        """
        if self.file is not None:
            _save(self.map, self.file)
        if self.log is None:
            return 0
        if self.file is None and not is_complete:
            self.log.close()
            return 0
        self.log.remove()
        return len(self.map) if self.file is None else 0


# Only who keeps UIDs in a file waits for what it needs.


def _loaded(file: Path) -> UidMap:
    from dicomedit.io.uid_map import load_uid_map

    return load_uid_map(file)


def _save(uid_map: UidMap, file: Path) -> None:
    from dicomedit.io.uid_map import save_uid_map

    save_uid_map(uid_map, file)
