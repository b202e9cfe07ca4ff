"""Elements to bytes. Values go out as they are stored; only headers and byte order are made."""

from __future__ import annotations

import struct
from collections.abc import Callable

from dicomedit.dicom.dataset import DatasetLevel
from dicomedit.dicom.dictionary import is_group_length
from dicomedit.dicom.encoding import (
    ITEM,
    ITEM_DELIMITER,
    LONG_VRS,
    SEQUENCE_DELIMITER,
    UNDEFINED_LENGTH,
    Encoding,
    swap_byte_order,
)
from dicomedit.dicom.levels import element_name
from dicomedit.errors import failed

Buffer = bytes | memoryview
_MOST_SHORT = 0xFFFF


class Encoder:
    """Collects the bytes of a data set in one encoding, as a list of slices."""

    def __init__(self, encoding: Encoding) -> None:
        order = "<" if encoding.little else ">"
        self._encoding = encoding
        self._tag = struct.Struct(f"{order}HH")
        self._long = struct.Struct(f"{order}L")
        self._short = struct.Struct(f"{order}H")

    def encode(self, level: DatasetLevel) -> tuple[list[Buffer], int]:
        """Return a level's elements and their length. Group lengths are left out (PS3.5 §7.2)."""
        parts: list[Buffer] = []
        size = 0
        for tag in level.tags():
            if not is_group_length(tag):
                size += self._element(level, tag, parts.append)
        return parts, size

    def _element(self, level: DatasetLevel, tag: int, add: Callable[[Buffer], None]) -> int:
        vr = level.stored_vr(tag)
        if vr == "SQ":
            return self._sequence(level, tag, add)
        too_long = self._is_too_long(vr, len(level.buffer(tag)))
        # What is too long for its VR's length field becomes UN, which is little endian always
        # (PS3.5 §6.2.2).
        value = self._value(level, tag, vr, little=too_long or self._encoding.little)
        vr = "UN" if too_long else vr
        if level.is_encapsulated(tag):
            header = self._header(tag, vr, UNDEFINED_LENGTH)
            end = self._delimiter(SEQUENCE_DELIMITER)
            for part in (header, value, end):
                add(part)
            return len(header) + len(value) + len(end)
        header = self._header(tag, vr, len(value))
        add(header)
        add(value)
        return len(header) + len(value)

    def _is_too_long(self, vr: str, length: int) -> bool:
        return not self._encoding.implicit and vr not in LONG_VRS and length > _MOST_SHORT

    def _value(self, level: DatasetLevel, tag: int, vr: str, *, little: bool) -> Buffer:
        value = level.buffer(tag)
        if level.little_endian == little:
            return value
        try:
            return swap_byte_order(vr, bytes(value))
        except ValueError as error:
            name = element_name(level, tag)
            raise failed("byte-order", f"cannot be stored: {error}", element=name) from None

    def _sequence(self, level: DatasetLevel, tag: int, add: Callable[[Buffer], None]) -> int:
        parts: list[Buffer] = []
        size = sum(self._item(item, parts) for item in level.items(tag))
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

    def _item(self, item: DatasetLevel, parts: list[Buffer]) -> int:
        inside, size = self.encode(item)
        if item.dataset.is_undefined_length_sequence_item:
            parts.append(self._item_header(UNDEFINED_LENGTH))
            inside.append(self._delimiter(ITEM_DELIMITER))
            size += 8
        else:
            parts.append(self._item_header(size))
        parts.extend(inside)
        return size + 8

    def _item_header(self, length: int) -> bytes:
        return self._tag.pack(ITEM >> 16, ITEM & 0xFFFF) + self._long.pack(length)

    def _delimiter(self, tag: int) -> bytes:
        return self._tag.pack(tag >> 16, tag & 0xFFFF) + self._long.pack(0)

    def _header(self, tag: int, vr: str, length: int) -> bytes:
        start = self._tag.pack(tag >> 16, tag & 0xFFFF)
        if self._encoding.implicit:
            return start + self._long.pack(length)
        if vr in LONG_VRS:
            return start + vr.encode() + b"\0\0" + self._long.pack(length)
        return start + vr.encode() + self._short.pack(length)
