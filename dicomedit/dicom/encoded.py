"""The level-of-elements interface over the bytes of a file.

Elements are located, not decoded. What a script changes is kept beside the file's bytes; what it
does not is never looked at, and goes out as it came in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from dicomedit.dicom.content import Content, Contents, Entry, NewElement
from dicomedit.dicom.dictionary import (
    PIXEL_DATA_TAGS,
    PIXEL_REPRESENTATION,
    dictionary_vr,
    is_private,
)
from dicomedit.dicom.encoding import ITEM_START, UNDEFINED_LENGTH, Encoding
from dicomedit.dicom.findings import sequence_in_root
from dicomedit.dicom.levels import Place

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.dicom.findings import Spot

VIEW_FROM = 1 << 16
"""Values of at least this many bytes stay views of the file instead of being copied."""


class DataSet(Contents):
    """What all levels of one data set know together.

    `levels`: those that were asked for so far, by the position of their content in the file.
    `added`: the levels at which an element was created, by its tag; `index`: those at which the
    file had one, as far as somebody asked; `private`: those at which it has private elements.
    """

    __slots__ = ("added", "index", "levels", "private", "root")

    def __init__(self, root: EncodedLevel) -> None:
        super().__init__()
        self.root = root
        self.levels: dict[int, EncodedLevel] = {}
        self.added: dict[int, list[EncodedLevel]] = {}
        self.index: dict[int, list[EncodedLevel]] = {}
        self.private: list[EncodedLevel] | None = None

    def level_at(self, spot: Spot) -> EncodedLevel:
        """Return the level of an item in the file."""
        if spot is None:
            return self.root
        _, tag, number, start, _, _ = spot
        known = self.levels.get(start)
        if known is None:
            known = self.levels[start] = EncodedLevel(self.at(spot), self, None, tag, number)
        return known

    def release(self) -> None:
        """Let go of the file: what is known of it refers to itself in circles."""
        self.root.content.scanner.release()
        for table in (self.of_items, self.levels, self.added, self.index):
            table.clear()
        self.changed.clear()
        self.private = None
        del self.root


_Items = list["EncodedLevel"]
_Snapshot = tuple["Entry | None", "tuple[Content, ...] | None"]


class EncodedLevel:
    """One level of a data set that is still encoded."""

    __slots__ = ("_above", "_content", "_data_set", "_item", "_levels", "_tag")

    def __init__(
        self,
        content: Content,
        data_set: DataSet | None = None,
        above: EncodedLevel | None = None,
        tag: int = 0,
        item: int = 0,
    ) -> None:
        """Show `content`; `above`, `tag` and `item` say where it stands when it is an item.

        Without `above` an item's place is looked up when somebody wants to know.
        """
        self._content = content
        self._data_set = DataSet(self) if data_set is None else data_set
        self._above = above
        self._tag = tag
        self._item = item
        self._levels: dict[int, _Items] = {}

    @property
    def content(self) -> Content:
        """The elements of this level, in the file and now."""
        return self._content

    @property
    def place(self) -> Place | None:
        """The sequence this item belongs to, or None at the root."""
        above = self.above
        return None if above is None else Place(above, self._tag, self._item)

    @property
    def above(self) -> EncodedLevel | None:
        """The level of the sequence this item belongs to, or None at the root."""
        if self._above is None and self._content.spot is not None:
            self._above = self._data_set.level_at(self._content.spot[0])
        return self._above

    @property
    def is_stored(self) -> bool:
        """Whether this level stands in the file, changed or not."""
        return self._content.spot is not None or self._data_set.root is self

    @property
    def data_set(self) -> DataSet:
        """What this level has in common with all others of its data set."""
        return self._data_set

    @property
    def encoding(self) -> Encoding:
        """How the elements of this level are laid out in the file."""
        return self._content.scanner.encoding

    @property
    def little_endian(self) -> bool:
        """Byte order of the values."""
        return self._content.scanner.encoding.little

    @property
    def is_delimited(self) -> bool:
        """Whether a delimiter, not a length, ends this item."""
        return self._content.is_delimited

    def tags(self) -> Sequence[int]:
        """Return the tags of all elements in ascending order."""
        return sorted(self._content.elements)

    def sequences(self) -> Set[int]:
        """Return the tags of all elements that hold items."""
        content = self._content
        if content.sequences is None:
            content.sequences = set(filter(self.is_sequence, content.elements))
        return content.sequences

    def present(self, tags: Set[int]) -> Set[int]:
        """Return those of `tags` that this level has an element for."""
        return self._content.elements.keys() & tags

    def present_below(self, tags: Set[int]) -> Set[int]:
        """Return those of `tags` that some level has, or once had, an element for."""
        content, added = self._content, self._data_set.added
        if not tags <= content.scanner.findings.wanted:
            content.scanner.look_out_for(tags, content.start)
        present = content.elements.keys() & tags
        present |= content.scanner.findings.nested.keys() & tags
        return present | added.keys() & tags if added else present

    def having(self, tag: int) -> Iterator[EncodedLevel]:
        """Yield the levels that have an element, this one and all below it; for the root only."""
        for level in self._index(tag):
            if tag in level._content.elements and level._is_attached():
                yield level

    def _index(self, tag: int) -> list[EncodedLevel]:
        """Return the levels that have, or once had, an element, each once."""
        data_set = self._data_set
        if data_set.is_rearranged:
            return [level for level in self._all_levels() if tag in level]
        known = data_set.index.get(tag)
        if known is None:
            findings = self._content.scanner.findings
            if tag not in findings.wanted:
                self._content.scanner.look_out_for({tag}, self._content.start)
            spots = [spot for spot, _ in findings.nested.get(tag, ())]
            before = sum(sequence_in_root(spot) < tag for spot in spots)
            known = list(map(data_set.level_at, spots))
            known.insert(before, self)
            data_set.index[tag] = known
        added = data_set.added.get(tag)
        return list(dict.fromkeys((*known, *added))) if added else known

    def having_private(self) -> Iterator[EncodedLevel]:
        """Yield the levels that have, or once had, private elements; for the root only."""
        data_set = self._data_set
        if data_set.is_rearranged:
            yield from self._all_levels()
            return
        if data_set.private is None:
            spots = self._content.scanner.findings.private
            data_set.private = [self, *map(data_set.level_at, spots)]
        added = (level for tag, row in data_set.added.items() if is_private(tag) for level in row)
        for level in dict.fromkeys((*data_set.private, *added)):
            if level._is_attached():
                yield level

    def _all_levels(self) -> Iterator[EncodedLevel]:
        yield self
        for tag in sorted(self.sequences()):
            for item in self.items(tag):
                yield from item._all_levels()

    def _is_attached(self) -> bool:
        """Whether this level still stands where it stood, all the way up."""
        gone, content, above = self._data_set.gone, self._content, self._above
        if content.spot is not None:
            return not (gone and any(start < content.start <= end for start, end in gone))
        if above is None:
            return True
        items = above._levels.get(self._tag, ())
        is_there = self._item < len(items) and items[self._item] is self
        return is_there and above._is_attached()

    def __contains__(self, tag: object) -> bool:
        return tag in self._content.elements

    # --- one element ----------------------------------------------------------------------------

    def vr(self, tag: int) -> str:
        """Return the VR of a present element; UN when neither file nor dictionary knows it.

        A public element stored as UN has the dictionary's VR (PS3.5 §6.2.2), unless it would be a
        sequence: those are told by `is_wrapped`.
        """
        stored = self.stored_vr(tag)
        if stored != "UN" or is_private(tag) or not self.little_endian:
            return stored
        listed = dictionary_vr(tag, signed=self.is_signed)
        return "UN" if listed == "SQ" else listed

    def stored_vr(self, tag: int) -> str:
        """Return the VR a present element is written with."""
        entry = self._content.elements[tag]
        if isinstance(entry, NewElement):
            return entry.vr
        scanner = self._content.scanner
        vr = scanner.vr(entry)
        if vr is not None:
            return vr
        if scanner.locate(entry)[2] == UNDEFINED_LENGTH:
            return "OB" if tag in PIXEL_DATA_TAGS else "SQ"  # PS3.5 §A.4
        return dictionary_vr(tag, signed=self.is_signed)

    @property
    def is_signed(self) -> bool:
        """Whether ambiguous numbers are signed, by the nearest Pixel Representation."""
        level: EncodedLevel | None = self
        while level is not None:
            if PIXEL_REPRESENTATION in level:
                return b"\x01" in level.value(PIXEL_REPRESENTATION)
            level = level.above
        return False

    def value(self, tag: int) -> bytes:
        """Return the stored bytes of a present element that is not a sequence."""
        return bytes(self.buffer(tag))

    def buffer(self, tag: int) -> bytes | memoryview:
        """Return the stored bytes of a present element, as a view when they are many."""
        entry = self._content.elements[tag]
        return entry.value if isinstance(entry, NewElement) else self._stored_value(entry)

    def _stored_value(self, position: int) -> bytes | memoryview:
        scanner = self._content.scanner
        _, start, length = scanner.locate(position)
        if length == UNDEFINED_LENGTH:
            length = scanner.end(position) - 8 - start
        if length >= VIEW_FROM:
            return memoryview(scanner.data)[start : start + length]
        return scanner.data[start : start + length]

    def has_undefined_length(self, tag: int) -> bool:
        """Whether a delimiter ends the value of a present element."""
        entry = self._content.elements[tag]
        if isinstance(entry, NewElement):
            return entry.is_delimited
        return self._content.scanner.locate(entry)[2] == UNDEFINED_LENGTH

    def is_encapsulated(self, tag: int) -> bool:
        """Whether the value of a present element is a chain of fragments (PS3.5 §A.4)."""
        return tag in PIXEL_DATA_TAGS and self.has_undefined_length(tag)

    def is_sequence(self, tag: int) -> bool:
        """Whether a present element holds items; sequences stored as UN included."""
        entry, scanner = self._content.elements[tag], self._content.scanner
        if isinstance(entry, NewElement):
            return entry.vr == "SQ"
        if not scanner.encoding.implicit:
            # Of most elements the two letters in the header are all that is looked at.
            name = scanner.data[entry + 4 : entry + 6]
            return name == b"SQ" or (name == b"UN" and self.is_wrapped(tag))
        return self.stored_vr(tag) == "SQ" or self.is_wrapped(tag)

    def is_wrapped(self, tag: int) -> bool:
        """Whether a present element is a sequence stored as UN (PS3.5 §6.2.2)."""
        entry, scanner = self._content.elements[tag], self._content.scanner
        if isinstance(entry, NewElement) or tag in PIXEL_DATA_TAGS or self.stored_vr(tag) != "UN":
            return False
        _, start, length = scanner.locate(entry)
        return length == UNDEFINED_LENGTH or (
            length >= 4 and scanner.data[start : start + 4] == ITEM_START
        )

    # --- items ----------------------------------------------------------------------------------

    def items(self, tag: int) -> list[EncodedLevel]:
        """Return the items of a present sequence."""
        known = self._levels.get(tag)
        if known is None:
            known = self._levels[tag] = list(self._items(tag))
        return known

    def _items(self, tag: int) -> Iterator[EncodedLevel]:
        levels = self._data_set.levels
        for number, content in enumerate(self._opened(tag)):
            level = levels.get(content.start) if content.spot else None
            if level is None or level._item != number:
                level = EncodedLevel(content, self._data_set, self, tag, number)
                if content.spot is not None:
                    levels[content.start] = level
            yield level

    def _opened(self, tag: int) -> list[Content]:
        known = self._content.items.get(tag)
        if known is None:
            known = self._content.items[tag] = list(self._contents(tag))
        return known

    def _contents(self, tag: int) -> Iterator[Content]:
        entry, scanner = self._content.elements[tag], self._content.scanner
        if isinstance(entry, NewElement):
            return
        _, start, length = scanner.locate(entry)
        end = scanner.end(entry) if length == UNDEFINED_LENGTH else start + length
        inside = scanner.wrapped() if self.stored_vr(tag) == "UN" else scanner
        above, levels = self._content.spot, self._data_set.levels
        of_items = self._data_set.of_items
        for number, (first, last, is_delimited) in enumerate(inside.items(start, end)):
            known = levels.get(first)
            if known is not None:
                yield known._content
            elif first in of_items:
                yield of_items[first]
            else:
                spot = (above, tag, number, first, start, inside)
                yield Content.between(inside, first, last, is_delimited=is_delimited, spot=spot)

    def add_item(self, tag: int) -> EncodedLevel:
        """Append an empty item, creating the sequence when it is absent."""
        if tag not in self:
            self.put(tag, "SQ", b"")
        self._open_for_items(tag)
        levels = self.items(tag)
        content = Content.between(self._content.scanner, 0, 0)
        self._opened(tag).append(content)
        levels.append(EncodedLevel(content, self._data_set, self, tag, len(levels)))
        return levels[-1]

    def remove_item(self, tag: int, number: int) -> None:
        """Remove one item of a sequence that is not wrapped."""
        self._open_for_items(tag)
        del self._opened(tag)[number]
        self._levels.pop(tag, None)
        self._data_set.is_rearranged = True

    def unwrap(self, tag: int) -> None:
        """Turn a sequence stored as UN into one that can be changed."""
        self._open_for_items(tag)

    def _open_for_items(self, tag: int) -> None:
        """Make a sequence in the file one of its own, with the same items."""
        if not isinstance(self._content.elements[tag], NewElement):
            is_delimited = not self.is_wrapped(tag) and self.has_undefined_length(tag)
            self.items(tag)
            self._content.changeable()[tag] = NewElement("SQ", b"", is_delimited=is_delimited)
            self._touch(tag)

    @property
    def is_in_unknown(self) -> bool:
        """Whether this item stands, at whatever distance, in a sequence stored as UN."""
        if not self._content.scanner.encoding.implicit:
            return False  # whatever is stored as UN is implicit (PS3.5 §6.2.2)
        above = self.above
        return above is not None and (above.is_wrapped(self._tag) or above.is_in_unknown)

    def leave_out_group_lengths(self) -> None:
        """Mark all elements with number 0 as changed, since files go out without; root only."""
        for spot, tag in self._content.scanner.findings.group_lengths:
            level = self._data_set.level_at(spot)
            is_there = tag in level._content.elements and level._is_attached()
            if is_there and not level.is_in_unknown:
                level._touch(tag)

    # --- changes --------------------------------------------------------------------------------

    def put(self, tag: int, vr: str, value: bytes | memoryview) -> None:
        """Create or replace an element."""
        content = self._content
        elements = content.changeable()
        if tag not in elements:
            self._data_set.added.setdefault(tag, []).append(self)
        elif tag in content.items or self.is_sequence(tag):
            self.lose_items(tag)
        elements[tag] = NewElement(vr, value)
        self._touch(tag)

    def remove(self, tag: int) -> None:
        """Remove a present element, with all its items when it is a sequence."""
        if self.is_sequence(tag):
            self.lose_items(tag)
        del self._content.changeable()[tag]
        self._touch(tag)

    def lose_items(self, tag: int) -> None:
        """Note that the items of a sequence, which is about to go, are not there any more."""
        content = self._content
        position = content.stored.get(tag)
        if position is not None:
            self._data_set.gone.append((position, content.scanner.end(position)))
        content.items.pop(tag, None)
        self._levels.pop(tag, None)

    def _touch(self, tag: int) -> None:
        """Note that an element is another now, or none."""
        content = self._content
        if not content.touched and self.is_stored:
            self._data_set.changed.append(content)
        content.touched.add(tag)
        content.spans = None
        if content.sequences is not None:
            content.sequences.discard(tag)
            if tag in content.elements and self.is_sequence(tag):
                content.sequences.add(tag)

    def snapshot(self, tag: int) -> object:
        """Return what `restore` needs to bring an element back to how it is now."""
        content = self._content
        items = content.items.get(tag) if content.items else None
        return (content.elements.get(tag), None if items is None else tuple(items))

    def restore(self, tag: int, snapshot: object) -> None:
        """Bring an element back to a snapshot; used only to undo."""
        entry, items = _snapshot(snapshot)
        content = self._content
        elements = content.changeable()
        if entry is None:
            elements.pop(tag, None)
        else:
            elements[tag] = entry
        self._levels.pop(tag, None)
        content.items.pop(tag, None)
        if items is not None:
            content.items[tag] = list(items)
        self._touch(tag)
        self._data_set.gone.clear()
        self._data_set.is_rearranged = True

    def differs_from_file(self, tag: int) -> bool:
        """Whether an element is another than in the file."""
        stored = self._content.stored.get(tag) if self.is_stored else None
        return self.change_since(tag, (stored, None)) is not None

    def change_since(self, tag: int, snapshot: object) -> str | None:
        """Return how an element differs from a snapshot: added, changed, removed or not at all."""
        before, items = _snapshot(snapshot)
        now = self._content.elements.get(tag)
        if before is None:
            return None if now is None else "added"
        if now is None:
            return "removed"
        if now is before or now == before:
            return "changed" if items is not None and len(items) != len(self.items(tag)) else None
        return "changed" if self._differs(tag, before) else None

    def _differs(self, tag: int, before: Entry) -> bool:
        now = self.stored_vr(tag)
        if isinstance(before, NewElement):
            vr, was = before.vr, before.value
        else:
            known, _, _ = self._content.scanner.locate(before)
            vr, was = known or now, self._stored_value(before)
        value = self.buffer(tag)
        # Values that large are replaced, not edited: comparing them would read the file again.
        is_large = isinstance(was, memoryview) or isinstance(value, memoryview)
        return now == "SQ" or vr != now or is_large or was != value


def _snapshot(snapshot: object) -> _Snapshot:
    assert isinstance(snapshot, tuple)
    return snapshot
