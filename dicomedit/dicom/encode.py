"""Elements to bytes. Values go out as they are stored; only headers and byte order are made."""

from __future__ import annotations

from collections.abc import Callable

from dicomedit.dicom.content import NewElement
from dicomedit.dicom.dictionary import dictionary_vr, is_group_length
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
from dicomedit.dicom.splice import Edit, edits_of, spliced
from dicomedit.dicom.views import Buffer
from dicomedit.errors import EvaluationError, failed

_MOST_SHORT = 0xFFFF


class Encoder:
    """Collects the bytes of a data set in one encoding, as a list of slices."""

    def __init__(self, encoding: Encoding) -> None:
        layouts = encoding.layouts
        self._encoding = encoding
        self._bare = layouts.bare.pack
        self._short = layouts.short.pack
        self._long = layouts.long.pack
        self._edits: list[Edit] | None = None

    def encode(self, level: Level) -> tuple[list[Buffer], int]:
        """Return a level's elements and their length. Group lengths are left out (PS3.5 §7.2).

        All levels that one encoder is given belong to the same data set.
        """
        if isinstance(level, EncodedLevel) and level.encoding is self._encoding and level.is_stored:
            if self._edits is None:
                self._edits = edits_of(level.data_set.changed, self)
            return spliced(level, self._edits, self)
        return self.encode_anew(level)

    def encode_anew(self, level: Level) -> tuple[list[Buffer], int]:
        """Return a level's elements, each of them made new."""
        parts: list[Buffer] = []
        size = 0
        for tag in level.tags():
            if not is_group_length(tag):
                size += self._element(level, tag, parts.append)
        return parts, size

    def encode_element(self, level: EncodedLevel, tag: int) -> tuple[list[Buffer], int]:
        """Return one element of a level that is in this encoding; nothing when it is absent."""
        if tag not in level or is_group_length(tag):
            return [], 0
        parts: list[Buffer] = []
        return parts, self._element(level, tag, parts.append)

    def encode_short(self, tag: int, element: NewElement) -> bytes | None:
        """Return a new element that is in this encoding; None when it takes more than a header."""
        known = element.encoded
        if known is not None and known[0] == tag and known[1] is self._encoding:
            return known[2]
        vr, value = element.vr, element.value
        length = len(value)
        if vr == "SQ" or length >= _MOST_SHORT or not isinstance(value, bytes):
            return None
        made = self._header(tag, vr, length) + value
        element.encoded = tag, self._encoding, made
        return made

    def _element(self, level: Level, tag: int, add: Callable[[Buffer], None]) -> int:
        vr = level.stored_vr(tag)
        self._check_is_told(level, tag, vr)
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
            if level.little_endian != self._encoding.little:
                raise _cannot_be_stored(level, tag, "fragments are always little endian")
            return self._delimited(tag, vr, value, self._delimiter(SEQUENCE_DELIMITER), add)
        header = self._header(tag, vr, len(value))
        add(header)
        add(value)
        return len(header) + len(value)

    def _check_is_told(self, level: Level, tag: int, vr: str) -> None:
        """Refuse what nobody could tell for a sequence, or for none, without its VR."""
        if not self._encoding.implicit or level.encoding is self._encoding:
            return
        listed = dictionary_vr(tag, signed=False)
        is_mistaken = listed == "SQ" if vr not in ("SQ", "UN") else listed not in ("SQ", "UN")
        if is_mistaken and "SQ" in (vr, listed):
            raise _cannot_be_stored(level, tag, f"without its VR {vr} it would be read as {listed}")

    def _delimited(
        self, tag: int, vr: str, value: Buffer, end: bytes, add: Callable[[Buffer], None]
    ) -> int:
        header = self._header(tag, vr, UNDEFINED_LENGTH)
        for part in (header, value, end):
            add(part)
        return len(header) + len(value) + len(end)

    def _is_too_long(self, vr: str, length: int) -> bool:
        return not self._encoding.implicit and vr not in LONG_VRS and length > _MOST_SHORT

    def _value(self, level: Level, tag: int, vr: str, *, little: bool) -> bytes | memoryview:
        value = level.buffer(tag)
        if level.little_endian == little:
            return value
        try:
            return swap_byte_order(vr, bytes(value))
        except ValueError as error:
            raise _cannot_be_stored(level, tag, str(error)) from None

    def _sequence(self, level: Level, tag: int, add: Callable[[Buffer], None]) -> int:
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


def _cannot_be_stored(level: Level, tag: int, reason: str) -> EvaluationError:
    name = element_name(level, tag)
    return failed("byte-order", f"cannot be stored: {reason}", element=name)
