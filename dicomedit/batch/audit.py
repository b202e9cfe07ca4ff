"""Collects what a report tells of a file, where the file is edited."""

from __future__ import annotations

import time
from collections import Counter

from dicomedit.batch.facts import Facts
from dicomedit.batch.rows import WITH_OUTPUT, Row
from dicomedit.dicom.levels import Instance, Journal, Level, element_path
from dicomedit.dicom.text import read_text
from dicomedit.dicom.views import Buffer, pieces
from dicomedit.errors import DicomEditError
from dicomedit.records import Record, field, replace

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Audit(Record):
    """That facts are collected of each file; `uids`: with the UIDs that changed."""

    uids: bool = False

    def observer(self) -> Observer:
        """Return what observes how one file is edited."""
        return Observer(self.uids)

    def completed(self, row: Row, observer: Observer | None, started: float) -> Row:
        """Return the row of a file with its facts, and with the digest of its input."""
        seconds = round(time.perf_counter() - started, 6)
        has_result = row.status in WITH_OUTPUT
        facts = Facts() if observer is None or not has_result else observer.facts()
        return replace(row, facts=replace(facts, seconds=seconds, code=row.code))


class UidJournal(Journal, frozen=False):
    """A journal that keeps the text of UI elements as they were before their first change."""

    uids: dict[tuple[int, int], tuple[Level, str]] = field(factory=dict, repr=False)

    def record(self, level: Level, tag: int) -> None:
        """Note an element's state before it changes."""
        key = id(level), tag
        if key not in self.uids and tag in level and level.vr(tag) == "UI":
            text = _text(level, tag)
            if text:
                self.uids[key] = level, text
        super().record(level, tag)

    def pairs(self) -> tuple[tuple[str, str, str], ...]:
        """Return path, old and new value of each UI element that has another value now."""
        found = []
        for (_, tag), (level, old) in self.uids.items():
            new = _text(level, tag) if tag in level else None
            if new and new != old:
                found.append((element_path(level, tag), old, new))
        return tuple(found)


def _text(level: Level, tag: int) -> str | None:
    try:
        return read_text(level, tag)
    except DicomEditError:
        return None


class Observer:
    """Sees one file from its opening until its result is written."""

    def __init__(self, uids: bool) -> None:
        self._wants_uids = uids
        self._fired: dict[tuple[int, int], None] = {}
        self._counts: Counter[str] = Counter()
        self._uids: tuple[tuple[str, str, str], ...] = ()
        self._scripts = self._seen = 0
        self._digest: str | None = None
        self._size: int | None = None

    def opened(self, instance: Instance) -> Instance:
        """Return the instance to edit, with a journal that knows all changes."""
        journal = UidJournal() if self._wants_uids else Journal()
        return replace(instance, journal=journal)

    def applied(self, instance: Instance, *, is_last: bool) -> None:
        """Note what one more script has done."""
        journal = instance.journal
        self._scripts += 1
        entries = journal.entries
        for number in range(self._seen, len(entries)):
            self._fired[self._scripts, entries[number].line] = None
        self._seen = len(entries)
        if is_last:
            self._counts.update(change.kind for change in journal.changes())
            if isinstance(journal, UidJournal):
                self._uids = journal.pairs()

    def written(self, parts: Iterable[Buffer]) -> Iterator[Buffer]:
        """Yield the parts of the result, noting their digest once all were taken."""
        from hashlib import sha256

        digest, size = sha256(), 0
        for part in parts:
            size += len(part)
            for piece in pieces(part):
                digest.update(piece)
            yield part
        self._digest, self._size = digest.hexdigest(), size

    def facts(self) -> Facts:
        """Return what was seen."""
        counts = self._counts
        return Facts(
            tuple(self._fired),
            counts["added"],
            counts["changed"],
            counts["removed"],
            self._digest,
            self._size,
            uids=self._uids,
        )
