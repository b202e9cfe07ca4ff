"""Elements to bytes. Values go out as they are stored; only headers and byte order are made."""

from __future__ import annotations

import struct
from bisect import bisect
from collections.abc import Callable, Iterable, Sequence

from dicomedit.dicom.content import NewElement
from dicomedit.dicom.dictionary import is_group_length
from dicomedit.dicom.encoded import EncodedLevel
from dicomedit.dicom.encoding import (
    IMPLICIT_LITTLE,
    ITEM,
    ITEM_DELIMITER,
    LONG_VRS,
    SEQUENCE_DELIMITER,
    UNDEFINED_LENGTH,
    Encoding,
    swap_byte_order,
)
from dicomedit.dicom.levels import Level, element_name
from dicomedit.errors import failed

Buffer = bytes | memoryview
_MOST_SHORT = 0xFFFF


class Encoder:
    """Collects the bytes of a data set in one encoding, as a list of slices."""

    def __init__(self, encoding: Encoding) -> None:
        order = "<" if encoding.little else ">"
        self._encoding = encoding
        self._bare = struct.Struct(f"{order}HHL").pack
        self._short = struct.Struct(f"{order}HH2sH").pack
        self._long = struct.Struct(f"{order}HH2sHL").pack

    def encode(self, level: Level) -> tuple[list[Buffer], int]:
        """Return a level's elements and their length. Group lengths are left out (PS3.5 §7.2)."""
        if isinstance(level, EncodedLevel) and level.encoding is self._encoding:
            edits = edits_of(level)
            if edits is not None:
                return self._spliced(level, edits)
        parts: list[Buffer] = []
        size = 0
        for tag in level.tags():
            if not is_group_length(tag):
                size += self._element(level, tag, parts.append)
        return parts, size

    def _spliced(self, level: EncodedLevel, edits: Iterable[Edit]) -> tuple[list[Buffer], int]:
        """Return what stands in the file, with what was changed put in its places."""
        parts: list[Buffer] = []
        content = level.content
        source = memoryview(content.scanner.data)
        size, kept = 0, content.start
        for start, end, tag in edits:
            if start > kept:
                parts.append(source[kept:start])
                size += start - kept
            entry = content.elements.get(tag)
            if isinstance(entry, NewElement) and self._is_plain(entry):
                size += self._new_element(tag, entry, parts)
            elif entry is not None and not is_group_length(tag):
                size += self._element(level, tag, parts.append)
            kept = end
        if content.end > kept:
            parts.append(source[kept : content.end])
            size += content.end - kept
        return parts, size

    def _is_plain(self, entry: NewElement) -> bool:
        return entry.vr != "SQ" and not self._is_too_long(entry.vr, len(entry.value))

    def _new_element(self, tag: int, entry: NewElement, parts: list[Buffer]) -> int:
        """Add an element that was stored in the encoding it is written in."""
        header = self._header(tag, entry.vr, len(entry.value))
        if isinstance(entry.value, bytes):
            parts.append(header + entry.value)
        else:
            parts += (header, entry.value)
        return len(header) + len(entry.value)

    def _element(self, level: Level, tag: int, add: Callable[[Buffer], None]) -> int:
        vr = level.stored_vr(tag)
        if vr == "SQ":
            return self._sequence(level, tag, add)
        if level.is_wrapped(tag) and level.has_undefined_length(tag):
            # Its delimiter is little endian, like all that is in it (PS3.5 §6.2.2).
            end = Encoder(IMPLICIT_LITTLE)._delimiter(SEQUENCE_DELIMITER)
            return self._delimited(tag, vr, level.buffer(tag), end, add)
        too_long = self._is_too_long(vr, len(level.buffer(tag)))
        # What is too long for its VR's length field becomes UN, which is little endian always
        # (PS3.5 §6.2.2).
        value = self._value(level, tag, vr, little=too_long or self._encoding.little)
        vr = "UN" if too_long else vr
        if level.is_encapsulated(tag):
            return self._delimited(tag, vr, value, self._delimiter(SEQUENCE_DELIMITER), add)
        header = self._header(tag, vr, len(value))
        add(header)
        add(value)
        return len(header) + len(value)

    def _delimited(
        self, tag: int, vr: str, value: Buffer, end: bytes, add: Callable[[Buffer], None]
    ) -> int:
        header = self._header(tag, vr, UNDEFINED_LENGTH)
        for part in (header, value, end):
            add(part)
        return len(header) + len(value) + len(end)

    def _is_too_long(self, vr: str, length: int) -> bool:
        return not self._encoding.implicit and vr not in LONG_VRS and length > _MOST_SHORT

    def _value(self, level: Level, tag: int, vr: str, *, little: bool) -> Buffer:
        value = level.buffer(tag)
        if level.little_endian == little:
            return value
        try:
            return swap_byte_order(vr, bytes(value))
        except ValueError as error:
            name = element_name(level, tag)
            raise failed("byte-order", f"cannot be stored: {error}", element=name) from None

    def _sequence(self, level: Level, tag: int, add: Callable[[Buffer], None]) -> int:
        parts: list[Buffer] = []
        size = self._items(level.items(tag), parts)
        if level.has_undefined_length(tag):
            parts.append(self._delimiter(SEQUENCE_DELIMITER))
            header = self._header(tag, "SQ", UNDEFINED_LENGTH)
            size += 8
        else:
            header = self._header(tag, "SQ", size)
        add(header)
        for part in parts:
            add(part)
        return len(header) + size

    def _items(self, items: Sequence[Level], parts: list[Buffer]) -> int:
        """Add all items; what stands unchanged in the file is taken in as few slices as can be."""
        size = 0
        kept: tuple[memoryview, int, int] | None = None
        for item in items:
            stored = self._stored_item(item)
            if stored is not None and kept is not None and kept[2] == stored[1]:
                kept = (kept[0], kept[1], stored[2])
                continue
            size += _add_slice(kept, parts)
            kept = stored
            if stored is None:
                size += self._item(item, parts)
        return size + _add_slice(kept, parts)

    def _stored_item(self, item: Level) -> tuple[memoryview, int, int] | None:
        """Return the file's bytes and where an item stands in them, if it can stay as it is."""
        if not isinstance(item, EncodedLevel) or item.encoding is not self._encoding:
            return None
        content = item.content
        if content.is_changed:
            return None
        end = content.end + 8 if content.is_delimited else content.end
        return memoryview(content.scanner.data), content.start - 8, end

    def _item(self, item: Level, parts: list[Buffer]) -> int:
        inside, size = self.encode(item)
        if item.is_delimited:
            parts.append(self._item_header(UNDEFINED_LENGTH))
            inside.append(self._delimiter(ITEM_DELIMITER))
            size += 8
        else:
            parts.append(self._item_header(size))
        parts.extend(inside)
        return size + 8

    def _item_header(self, length: int) -> bytes:
        return self._bare(ITEM >> 16, ITEM & 0xFFFF, length)

    def _delimiter(self, tag: int) -> bytes:
        return self._bare(tag >> 16, tag & 0xFFFF, 0)

    def _header(self, tag: int, vr: str, length: int) -> bytes:
        group, number = tag >> 16, tag & 0xFFFF
        if self._encoding.implicit:
            return self._bare(group, number, length)
        if vr in LONG_VRS:
            return self._long(group, number, vr.encode(), 0, length)
        return self._short(group, number, vr.encode(), length)


def _add_slice(kept: tuple[memoryview, int, int] | None, parts: list[Buffer]) -> int:
    if kept is None:
        return 0
    source, start, end = kept
    parts.append(source[start:end])
    return end - start


Edit = tuple[int, int, int]
"""From where to where the file has what an edit replaces, and the tag of the element."""


def edits_of(level: EncodedLevel) -> list[Edit] | None:
    """Return where a level differs from the file, in the order of the file.

    None when an element is new and those in the file are not in ascending order, as they should
    be (PS3.5 §7.1): then all of them are written anew, one by one.
    """
    content = level.content
    if not content.is_changed:
        return []
    stored, end_of = content.stored, content.scanner.end
    opened = [tag for tag, items in content.items.items() if any(i.is_changed for i in items)]
    edits: list[Edit] = []
    new: list[int] = []
    for tag in content.touched.union(opened) if opened else content.touched:
        position = stored.get(tag)
        if position is not None:
            edits.append((position, end_of(position), tag))
        elif tag in content.elements:
            new.append(tag)
    if new:
        ordered = list(stored)
        if ordered != sorted(ordered):
            return None
        for tag in new:
            following = bisect(ordered, tag)
            place = stored[ordered[following]] if following < len(ordered) else content.end
            edits.append((place, place, tag))
    edits.sort()
    return edits
