"""The interface between the language and a data set: one level of elements at a time.

A level is the root data set, one sequence item, or the file meta information. Everything the
language does is written once against this interface; what lies behind it knows no scripts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from dicomedit.dicom.dictionary import tag_name, tag_text
from dicomedit.dicom.encoding import Encoding
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object


class Place:
    """Where an item stands: the level of its sequence, the sequence's tag, the item's number."""

    __slots__ = ("item", "level", "tag")

    def __init__(self, level: Level, tag: int, item: int) -> None:
        self.level = level
        self.tag = tag
        self.item = item


class Level(Protocol):
    """Elements of one level. Values are the stored bytes; text is made of them above."""

    @property
    def place(self) -> Place | None:
        """The sequence this item belongs to, or None at the root."""

    @property
    def encoding(self) -> Encoding | None:
        """How the elements are laid out in the file they are from; None when there is none."""

    @property
    def little_endian(self) -> bool:
        """Byte order of the values."""

    @property
    def is_signed(self) -> bool:
        """Whether numbers that may be US or SS are SS here (PS3.5 Annex A)."""

    @property
    def is_delimited(self) -> bool:
        """Whether a delimiter, not a length, ends this item when it is written."""

    def tags(self) -> Sequence[int]:
        """Return the tags of all elements in ascending order."""

    def present(self, tags: Set[int]) -> Set[int]:
        """Return those of `tags` that this level has an element for."""

    def present_below(self, tags: Set[int]) -> Set[int]:
        """Return those of `tags` that any level has, or once had, an element for; root only."""

    def sequences(self) -> Set[int]:
        """Return the tags of all elements that hold items; a view of what is known now."""

    def having(self, tag: int) -> Iterator[Level]:
        """Yield the levels that have an element, this one and all below it; for the root only."""

    def having_private(self) -> Iterator[Level]:
        """Yield the levels that have, or once had, private elements; for the root only."""

    def __contains__(self, tag: object) -> bool:
        """Whether there is an element with this tag."""

    def vr(self, tag: int) -> str:
        """Return the VR of a present element; UN when neither file nor dictionary knows it."""

    def stored_vr(self, tag: int) -> str:
        """Return the VR a present element is written with."""

    def has_undefined_length(self, tag: int) -> bool:
        """Whether a delimiter ends the value of a present element when it is written."""

    def value(self, tag: int) -> bytes:
        """Return the stored bytes of a present element that is not a sequence."""

    def buffer(self, tag: int) -> bytes | memoryview:
        """Return the same bytes, as a view when they are many."""

    def is_encapsulated(self, tag: int) -> bool:
        """Whether the value of a present element is a chain of fragments (PS3.5 §A.4)."""

    def is_sequence(self, tag: int) -> bool:
        """Whether a present element holds items; sequences stored as UN included."""

    def is_wrapped(self, tag: int) -> bool:
        """Whether a present element is a sequence stored as UN (PS3.5 §6.2.2)."""

    @property
    def is_in_unknown(self) -> bool:
        """Whether this item stands, at whatever distance, in a sequence stored as UN."""

    def unwrap(self, tag: int) -> None:
        """Turn a sequence stored as UN into one that can be changed."""

    def items(self, tag: int) -> Sequence[Level]:
        """Return the items of a present sequence."""

    def put(self, tag: int, vr: str, value: bytes | memoryview) -> None:
        """Create or replace an element."""

    def remove(self, tag: int) -> None:
        """Remove a present element, with all its items when it is a sequence."""

    def add_item(self, tag: int) -> Level:
        """Append an empty item, creating the sequence when it is absent."""

    def remove_item(self, tag: int, number: int) -> None:
        """Remove one item of a sequence that is not wrapped."""

    def leave_out_group_lengths(self) -> None:
        """Prepare for writing, since files go out without group lengths; for the root only."""

    def snapshot(self, tag: int) -> object:
        """Return what `restore` needs to bring an element back to how it is now."""

    def restore(self, tag: int, snapshot: object) -> None:
        """Bring an element back to a snapshot; used only to undo."""

    def differs_from_file(self, tag: int) -> bool:
        """Whether an element is another than in the file it is from; encoded levels know."""

    def change_since(self, tag: int, snapshot: object) -> str | None:
        """Return how an element differs from a snapshot: added, changed, removed or not at all."""


class Notice(Record):
    """Something worth telling that happened while elements were stored."""

    code: str
    message: str


class Instance(Record):
    """One SOP Instance to be edited: its data set, its file meta and the record of changes."""

    root: Level
    meta: Level
    journal: Journal
    notices: list[Notice]


class Changed(Protocol):
    """What was changed, as far as a journal has to know it."""

    def differs_from_file(self, tag: int) -> bool:
        """Whether an element is another than in the file it is from."""


class Entry:
    """One element about to be changed by the statement on `line`.

    An unwrapping changes how a sequence is stored, not what it says.
    """

    __slots__ = ("before", "is_unwrapping", "level", "line", "tag")

    def __init__(
        self, level: Level, tag: int, before: object, line: int, *, is_unwrapping: bool = False
    ) -> None:
        self.level = level
        self.tag = tag
        self.before = before
        self.line = line
        self.is_unwrapping = is_unwrapping


class Change(Record):
    """What became of one element: ``added``, ``changed`` or ``removed``, by which line.

    `path` is ``(GGGG,EEEE)[item]/(GGGG,EEEE)`` with items counted from 0.
    """

    path: str
    kind: str
    line: int


class Journal(Record, frozen=False):
    """What was changed so far, in order: enough to undo all of it and to tell what happened.

    `created` grows whenever an element comes into being. A journal that is not `complete` costs
    less: it knows which elements were changed, but can neither undo nor list the changes. It is
    for instances that are given up when something goes wrong.
    """

    line: int = 0
    entries: list[Entry] = field(factory=list)
    created: int = 0
    complete: bool = True
    changed: list[tuple[Changed, int]] = field(factory=list)

    def record(self, level: Level, tag: int) -> None:
        """Note an element's state before it changes; make the sequences it is in changeable."""
        if level.is_in_unknown:
            self._unwrap_around(level)
        if self.complete:
            self.entries.append(Entry(level, tag, level.snapshot(tag), self.line))
        else:
            self.changed.append((level, tag))

    def tags_of(self, level: Level) -> set[int]:
        """Return the tags of all elements of a level that were changed."""
        entries = ((entry.level, entry.tag) for entry in self.entries)
        return {tag for where, tag in (*self.changed, *entries) if where is level}

    def _unwrap_around(self, level: Level) -> None:
        place = level.place
        if place is None:
            return
        self._unwrap_around(place.level)
        outer, tag = place.level, place.tag
        if outer.is_wrapped(tag):
            self.entries.append(
                Entry(outer, tag, outer.snapshot(tag), self.line, is_unwrapping=True)
            )
            outer.unwrap(tag)

    def undo(self) -> None:
        """Bring every element back, the last change first; for a complete journal only."""
        while self.entries:
            entry = self.entries.pop()
            entry.level.restore(entry.tag, entry.before)

    @property
    def has_changes(self) -> bool:
        """Whether anything is different now."""
        if any(level.differs_from_file(tag) for level, tag in self.changed):
            return True
        seen: set[tuple[int, int]] = set()
        for entry in self.entries:
            level, tag = entry.level, entry.tag
            key = id(level), tag
            if not entry.is_unwrapping and key not in seen:
                seen.add(key)
                if level.change_since(tag, entry.before) is not None:
                    return True
        return False

    def changes(self) -> tuple[Change, ...]:
        """Return what is different now, each element once, in the order of the first change."""
        first: dict[str, Entry] = {}
        for entry in self.entries:
            if not entry.is_unwrapping:
                first.setdefault(element_path(entry.level, entry.tag), entry)
        kinds = ((path, e, e.level.change_since(e.tag, e.before)) for path, e in first.items())
        return tuple(Change(path, kind, e.line) for path, e, kind in kinds if kind is not None)


def element_path(level: Level, tag: int) -> str:
    """Return the place of an element as ``(GGGG,EEEE)[item]/(GGGG,EEEE)``."""
    place = level.place
    if place is None:
        return tag_text(tag)
    return f"{element_path(place.level, place.tag)}[{place.item}]/{tag_text(tag)}"


def element_name(level: Level, tag: int) -> str:
    """Return the place of an element with its keyword, as messages show it."""
    place = level.place
    if place is None:
        return tag_name(tag)
    return f"{element_path(place.level, place.tag)}[{place.item}]/{tag_name(tag)}"
