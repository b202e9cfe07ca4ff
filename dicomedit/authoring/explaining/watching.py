"""What changes in a data set while a statement works."""

from __future__ import annotations

from dicomedit.dicom.dictionary import attribute_name
from dicomedit.dicom.levels import Journal, Level, element_path
from dicomedit.dicom.text import read_text
from dicomedit.errors import EvaluationError
from dicomedit.records import Record, field

MOST_SHOWN = 80
"""Most characters of a value that are shown."""

_MOST_READ = 4096
"""Most bytes of a value that are read to be shown."""


class ElementChange(Record):
    """One element that a statement ``added``, ``changed`` or ``removed``.

    `before` and `after` are its values, where they may be shown. `lost_to` is the line of the
    statement whose change of the same element counts instead.
    """

    path: str
    name: str
    kind: str
    before: str | None = field(default=None, repr=False)
    after: str | None = field(default=None, repr=False)
    lost_to: int | None = None


class WatchedJournal(Journal, frozen=False):
    """A journal that also keeps, when asked, the values that elements had before each change."""

    shows_values: bool = False
    befores: list[str | None] = field(factory=list, repr=False)

    def record(self, level: Level, tag: int) -> None:
        """Note an element's state, and its value, before it changes."""
        before = shown_value(level, tag) if self.shows_values else None
        super().record(level, tag)
        self.befores += [None] * (len(self.entries) - len(self.befores) - 1)
        self.befores.append(before)


class Watch:
    """Tells what changed since it last began; `printed` is how much had been printed then."""

    def __init__(self, journal: WatchedJournal) -> None:
        self._journal, self._first, self.printed = journal, 0, 0

    def begin(self, printed: int) -> None:
        """Begin anew."""
        self._first, self.printed = len(self._journal.entries), printed

    def changes(self) -> tuple[ElementChange, ...]:
        """Return what is different now, each element once, in the order of the first change."""
        journal = self._journal
        found: dict[str, ElementChange] = {}
        for number in range(self._first, len(journal.entries)):
            entry = journal.entries[number]
            path = element_path(entry.level, entry.tag)
            if entry.is_unwrapping or path in found:
                continue
            kind = entry.level.change_since(entry.tag, entry.before)
            after = shown_value(entry.level, entry.tag) if journal.shows_values else None
            before = journal.befores[number]
            change = ElementChange(path, attribute_name(entry.tag), kind or "", before, after)
            found[path] = change
        return tuple(change for change in found.values() if change.kind)


def shown_value(level: Level, tag: int) -> str | None:
    """Return the value of an element as people can read it, or None when it is absent."""
    if tag not in level:
        return None
    if level.is_sequence(tag):
        count = len(level.items(tag))
        return f"({count} item{'' if count == 1 else 's'})"
    length = len(level.buffer(tag))
    if length > _MOST_READ:
        return f"({length} bytes)"
    try:
        text = read_text(level, tag) or ""
    except EvaluationError:
        return "(not text)"
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
