"""The level-of-elements interface over a pydicom Dataset.

Elements are read and replaced in the form of their stored bytes, as pydicom's own raw elements:
what a script does not touch is not converted, and no value is validated: real ones might fail.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_deferred_data_element
from pydicom.filewriter import write_data_element
from pydicom.sequence import Sequence as Items
from pydicom.tag import BaseTag
from pydicom.valuerep import CUSTOMIZABLE_CHARSET_VR

from dicomedit.dicom.dataset_charset import DEFAULT, CharacterSets, redeclare
from dicomedit.dicom.decode import decode_sequence
from dicomedit.dicom.dictionary import (
    PIXEL_DATA_TAGS,
    PIXEL_REPRESENTATION,
    SPECIFIC_CHARACTER_SET,
    dictionary_vr,
    is_private,
    tag_name,
)
from dicomedit.dicom.encoding import IMPLICIT_LITTLE, ITEM_START, UNDEFINED_LENGTH, Encoding
from dicomedit.dicom.levels import Place
from dicomedit.dicom.malformed import Malformed
from dicomedit.errors import EvaluationError, failed

Element = DataElement | RawDataElement


_Index = dict[int, dict[int, "DatasetLevel"]]

_PRIVATE = -1
"""The key under which an index has the levels with private elements."""


@dataclass(slots=True)
class _Shared:
    """What all levels of one data set know together.

    `unwrapped`: sequences found inside UN elements and not changed so far, by data set and tag.
    `index`: the levels that have, or once had, an element, by its tag and, so that none is in it
    twice, by their own identity; None until it is needed.
    """

    unwrapped: dict[tuple[int, int], tuple[Element, Items]] = field(default_factory=dict)
    index: _Index | None = None


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """An element as it was, or its absence, and the items it had."""

    element: Element | None
    items: tuple[Dataset, ...]


class DatasetLevel:
    """One level of a pydicom Dataset."""

    __slots__ = (
        "_dataset",
        "_items",
        "_keeps_views",
        "_little",
        "_place",
        "_sequences",
        "_shared",
    )

    def __init__(
        self,
        dataset: Dataset,
        *,
        little_endian: bool,
        place: Place | None = None,
        shared: _Shared | None = None,
        keeps_views: bool = False,
    ) -> None:
        """Wrap `dataset`; `place` says where it stands when it is an item.

        `keeps_views` allows values to stay views of a file; pydicom itself cannot read those.
        """
        self._dataset = dataset
        self._little = little_endian
        self._place = place
        self._shared = shared or _Shared()
        self._keeps_views = keeps_views
        # What was found out so far; kept up to date by every change, see `_store`.
        self._sequences: set[int] | None = None
        self._items: dict[int, list[DatasetLevel]] = {}

    @property
    def place(self) -> Place | None:
        """The sequence this item belongs to, or None at the root."""
        return self._place

    @property
    def encoding(self) -> Encoding | None:
        """How the elements were laid out in the file they are from; None when there is none."""
        implicit, little = self._dataset.original_encoding
        return None if implicit is None or little is None else Encoding(implicit, little)

    @property
    def little_endian(self) -> bool:
        """Byte order of the values."""
        return self._little

    @property
    def dataset(self) -> Dataset:
        """The data set behind this level."""
        return self._dataset

    @property
    def is_delimited(self) -> bool:
        """Whether a delimiter, not a length, ends this item when it is written."""
        return self._dataset.is_undefined_length_sequence_item

    def tags(self) -> Sequence[int]:
        """Return the tags of all elements in ascending order."""
        return sorted(map(int, self._dataset.keys()))

    def present(self, tags: Set[int]) -> Set[int]:
        """Return those of `tags` that this level has an element for."""
        return self._dataset._dict.keys() & tags

    def present_below(self, tags: Set[int]) -> Set[int]:
        """Return those of `tags` that any level has, or once had, an element for; root only."""
        return self._index().keys() & tags

    def sequences(self) -> Set[int]:
        """Return the tags of all elements that hold items."""
        if self._sequences is None:
            self._sequences = {
                tag for tag in map(int, self._dataset.keys()) if self.is_sequence(tag)
            }
        return self._sequences

    def having(self, tag: int) -> Iterator[DatasetLevel]:
        """Yield the levels that have an element, this one and all below it; for the root only.

        One walk finds the elements of all tags; what is created later is added, and what is gone
        by now is passed over.
        """
        for level in list(self._index().get(tag, {}).values()):
            if tag in level and level._is_attached():
                yield level

    def having_private(self) -> Iterator[DatasetLevel]:
        """Yield the levels that have, or once had, private elements; for the root only."""
        for level in list(self._index().get(_PRIVATE, {}).values()):
            if level._is_attached():
                yield level

    def _index(self) -> _Index:
        shared = self._shared
        if shared.index is None:
            shared.index = {}
            self._add_to_index(shared.index)
        return shared.index

    def _add_to_index(self, index: _Index) -> None:
        sequences = self.sequences()
        for tag in self.tags():
            index.setdefault(tag, {})[id(self)] = self
            if is_private(tag):
                index.setdefault(_PRIVATE, {})[id(self)] = self
            if tag in sequences:
                for item in self.items(tag):
                    item._add_to_index(index)

    def _is_attached(self) -> bool:
        """Whether this level still stands where it stood, all the way up."""
        place = self._place
        if place is None:
            return True
        outer = place.level
        assert isinstance(outer, DatasetLevel)
        items = outer._items.get(place.tag, ())
        is_there = place.item < len(items) and items[place.item] is self
        return is_there and outer._is_attached()

    def __contains__(self, tag: object) -> bool:
        return tag in self._dataset._dict

    def vr(self, tag: int) -> str:
        """Return the VR of a present element; UN when neither file nor dictionary knows it.

        A public element stored as UN has the dictionary's VR (PS3.5 §6.2.2), unless it would be a
        sequence: those are told by `is_wrapped`.
        """
        stored = self.stored_vr(tag)
        if stored != "UN" or is_private(tag) or not self._little:
            return stored
        listed = dictionary_vr(tag, signed=self.is_signed)
        return "UN" if listed == "SQ" else listed

    def stored_vr(self, tag: int) -> str:
        """Return the VR a present element is written with."""
        vr = self._element(tag).VR
        if vr is not None and len(vr) == 2:
            return str(vr)
        if self.is_encapsulated(tag):
            return "OB"  # PS3.5 §A.4
        return dictionary_vr(tag, signed=self.is_signed)

    @property
    def is_signed(self) -> bool:
        """Whether ambiguous numbers are signed, by the nearest Pixel Representation."""
        if PIXEL_REPRESENTATION in self:
            value = self.value(PIXEL_REPRESENTATION)
            return b"\x01" in value
        place = self._place
        return place is not None and place.level.is_signed

    def value(self, tag: int) -> bytes:
        """Return the stored bytes of a present element that is not a sequence."""
        return bytes(self.buffer(tag))

    def buffer(self, tag: int) -> bytes | memoryview:
        """Return the stored bytes of a present element, as a view when they are many."""
        element = self._loaded(tag)
        if isinstance(element, RawDataElement):
            return element.value or b""
        return self._encoded(element)

    def has_undefined_length(self, tag: int) -> bool:
        """Whether a delimiter ends the value of a present element."""
        element = self._element(tag)
        if isinstance(element, RawDataElement):
            return element.length == UNDEFINED_LENGTH
        return element.is_undefined_length

    def _encoded(self, element: DataElement) -> bytes:
        """Return the bytes pydicom would store for an element it has already interpreted."""
        buffer = DicomBytesIO()
        buffer.is_implicit_VR, buffer.is_little_endian = True, self._little
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                is_text = element.VR in CUSTOMIZABLE_CHARSET_VR
                charset = self._dataset._character_set if is_text else None
                write_data_element(buffer, element, charset)
        except Exception:
            # Whatever a caller put into the data set, pydicom may fail on it in any way.
            raise failed(
                "unreadable-value",
                "the value cannot be expressed in its VR and character set",
                element=tag_name(int(element.tag)),
            ) from None
        return bytes(buffer.getvalue()[8:])

    def is_encapsulated(self, tag: int) -> bool:
        """Whether the value of a present element is a chain of fragments (PS3.5 §A.4)."""
        return tag in PIXEL_DATA_TAGS and self.has_undefined_length(tag)

    def is_sequence(self, tag: int) -> bool:
        """Whether a present element holds items; sequences stored as UN included."""
        return self.vr(tag) == "SQ" or self.is_wrapped(tag)

    def is_wrapped(self, tag: int) -> bool:
        """Whether a present element is a sequence stored as UN (PS3.5 §6.2.2)."""
        if self._element(tag).VR not in (None, "UN") or tag in PIXEL_DATA_TAGS:
            return False
        value = self._loaded(tag).value
        if not isinstance(value, bytes | memoryview):
            return False
        if self.stored_vr(tag) != "UN":
            return False
        return value[:4] == ITEM_START or self.has_undefined_length(tag)

    def items(self, tag: int) -> list[DatasetLevel]:
        """Return the items of a present sequence."""
        known = self._items.get(tag)
        if known is None:
            items = self._unwrapped_items(tag) if self.is_wrapped(tag) else self._sequence(tag)
            known = [self._item_level(tag, i, item) for i, item in enumerate(items)]
            self._items[tag] = known
        return known

    def _item_level(self, tag: int, number: int, item: Dataset) -> DatasetLevel:
        # Items found in UN are little endian in big endian data sets, too (PS3.5 §6.2.2).
        little = item.original_encoding[1]
        return DatasetLevel(
            item,
            little_endian=self._little if little is None else little,
            place=Place(self, tag, number),
            shared=self._shared,
            keeps_views=self._keeps_views,
        )

    def put(self, tag: int, vr: str, value: bytes | memoryview) -> None:
        """Create or replace an element."""
        if not self._keeps_views:
            value = bytes(value)
        raw = RawDataElement(
            BaseTag(tag),
            vr,
            len(value),
            value,  # type: ignore[arg-type]
            0,
            False,
            self._little,
        )
        self._store(tag, raw)

    def remove(self, tag: int) -> None:
        """Remove a present element, with all its items when it is a sequence."""
        self._store(tag, None)

    def add_item(self, tag: int) -> DatasetLevel:
        """Append an empty item, creating the sequence when it is absent."""
        if tag not in self:
            self._store(tag, DataElement(BaseTag(tag), "SQ", Items()))
        item = Dataset()
        implicit, little = self._dataset.original_encoding
        item.set_original_encoding(implicit, little, self._dataset.original_character_set)
        levels = self.items(tag)
        self._sequence(tag).append(item)
        levels.append(self._item_level(tag, len(levels), item))
        return levels[-1]

    def remove_item(self, tag: int, number: int) -> None:
        """Remove one item of a sequence that is not wrapped."""
        del self._sequence(tag)[number]
        self._items.pop(tag, None)
        self._shared.index = None

    @property
    def is_in_unknown(self) -> bool:
        """Whether this item stands, at whatever distance, in a sequence stored as UN."""
        place = self._place
        if place is None:
            return False
        return place.level.is_wrapped(place.tag) or place.level.is_in_unknown

    def unwrap(self, tag: int) -> None:
        """Turn a sequence stored as UN into one that can be changed."""
        levels = self.items(tag)
        self._store(tag, DataElement(BaseTag(tag), "SQ", self._unwrapped_items(tag)))
        self._items[tag] = levels

    def leave_out_group_lengths(self) -> None:
        """Do nothing: every element is looked at when a pydicom Dataset is written."""

    def snapshot(self, tag: int) -> object:
        """Return what `restore` needs to bring an element back to how it is now."""
        element = self._dataset._dict.get(BaseTag(tag))
        is_open = isinstance(element, DataElement) and element.VR == "SQ"
        return _Snapshot(element, tuple(self._sequence(tag)) if is_open else ())

    def restore(self, tag: int, snapshot: object) -> None:
        """Bring an element back to a snapshot; used only to undo."""
        assert isinstance(snapshot, _Snapshot)
        self._shared.index = None
        self._store(tag, snapshot.element)
        if isinstance(snapshot.element, DataElement) and snapshot.element.VR == "SQ":
            self._sequence(tag)[:] = snapshot.items
            self._items.pop(tag, None)

    def differs_from_file(self, tag: int) -> bool:
        """Say yes, to be safe: what a data set was like at first is in the journal only."""
        return True

    def change_since(self, tag: int, snapshot: object) -> str | None:
        """Return how an element differs from a snapshot: added, changed, removed or not at all."""
        assert isinstance(snapshot, _Snapshot)
        present = tag in self
        if snapshot.element is None:
            return "added" if present else None
        if not present:
            return "removed"
        return "changed" if self._differs(tag, snapshot) else None

    def _differs(self, tag: int, snapshot: _Snapshot) -> bool:
        before, now = snapshot.element, self._element(tag)
        if before is now:
            return now.VR == "SQ" and len(self._sequence(tag)) != len(snapshot.items)
        if before is None or now.VR == "SQ":
            return True
        if before.VR not in (None, now.VR):
            return True
        was = before.value or b"" if isinstance(before, RawDataElement) else self._encoded(before)
        value = self.buffer(tag)
        # Values that large are replaced, not edited: comparing them would read the file again.
        return isinstance(was, memoryview) or isinstance(value, memoryview) or was != value

    # --- the pydicom side -----------------------------------------------------------------------

    def _element(self, tag: int) -> Element:
        return self._dataset._dict[tag]  # type: ignore[index]

    def _loaded(self, tag: int) -> Element:
        """Return an element with its value, should that have been left in the file so far."""
        element = self._element(tag)
        if not isinstance(element, RawDataElement):
            return element
        if element.value is None and element.length:
            element = self._read_deferred(element)
            self._dataset._dict[BaseTag(tag)] = element
        return element

    def _read_deferred(self, element: RawDataElement) -> RawDataElement:
        dataset: Any = self._dataset
        try:
            source = dataset.filename or dataset.buffer
            timestamp = getattr(dataset, "timestamp", None)
            return read_deferred_data_element(dataset.fileobj_type, source, timestamp, element)
        except Exception:
            # The file may be gone or changed, or this be an item, which knows no file.
            raise failed(
                "unreadable-value",
                "the value was left in the file and cannot be read from there",
                element=tag_name(int(element.tag)),
            ) from None

    def _store(self, tag: int, element: Element | None) -> None:
        """Replace an element without any conversion.

        Dataset.__setitem__ would have pydicom interpret private elements by its own dictionary,
        whatever the file says, and other elements to find out how numbers are signed; hence the
        mapping itself.
        """
        key = BaseTag(tag)
        index = self._shared.index
        if index is not None and element is not None and tag not in self:
            for each in (tag, _PRIVATE) if is_private(tag) else (tag,):
                index.setdefault(each, {})[id(self)] = self
        if element is None:
            self._dataset._dict.pop(key, None)
        else:
            self._dataset._dict[key] = element
        if tag in PIXEL_DATA_TAGS:
            self._dataset._pixel_array = None
            self._dataset._pixel_id = {}
        self._items.pop(tag, None)
        if self._sequences is not None:
            self._sequences.discard(tag)
            if element is not None and self.is_sequence(tag):
                self._sequences.add(tag)
        if tag == SPECIFIC_CHARACTER_SET:
            self._declare_character_set()

    def _sequence(self, tag: int) -> Items:
        """Return the items of a sequence; one that is still raw is decoded here."""
        element = self._loaded(tag)
        if isinstance(element, RawDataElement):
            items = self._decoded(tag, Encoding(element.is_implicit_VR, element.is_little_endian))
            element = DataElement(BaseTag(tag), "SQ", items)
            element.is_undefined_length = self.has_undefined_length(tag)
            self._dataset._dict[BaseTag(tag)] = element
        if not isinstance(element.value, Items):
            raise _unreadable_sequence(tag)
        return element.value

    def _decoded(self, tag: int, encoding: Encoding) -> Items:
        value = self._element(tag).value or b""
        if not isinstance(value, bytes | memoryview):
            raise _unreadable_sequence(tag)
        try:
            items = Items(decode_sequence(bytes(value), encoding))
        except Malformed:
            raise _unreadable_sequence(tag) from None
        for item in items:
            redeclare(item, self._dataset.original_character_set)
        return items

    def _unwrapped_items(self, tag: int) -> Items:
        """Return the items inside a UN element: the same objects as long as it is the same."""
        element = self._loaded(tag)
        key = (id(self._dataset), tag)
        known = self._shared.unwrapped.get(key)
        if known is not None and known[0] is element:
            return known[1]
        items = self._decoded(tag, IMPLICIT_LITTLE)
        self._shared.unwrapped[key] = (element, items)
        return items

    def _declare_character_set(self) -> None:
        """Have pydicom read raw text by the set declared now; the bytes are in it already."""
        outer = None if self._place is None else self._place.level
        inherited: CharacterSets = DEFAULT
        if isinstance(outer, DatasetLevel):
            inherited = outer.dataset.original_character_set
        redeclare(self._dataset, inherited)


def _unreadable_sequence(tag: int) -> EvaluationError:
    return failed("unreadable-sequence", "the sequence cannot be read", element=tag_name(tag))
