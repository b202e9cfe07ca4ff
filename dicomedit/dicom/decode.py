"""Bytes to elements, strictly: what cannot be located for certain is refused, with its offset.

Values are sliced, not interpreted. Sequences become items at once, except those stored as UN,
which are only proved to be readable (PS3.5 §6.2.2).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

from dicomedit.dicom.dictionary import PIXEL_DATA_TAGS, dictionary_vr, tag_text
from dicomedit.dicom.encoding import (
    BIG_ITEM_START,
    DELIMITER_GROUP,
    FOREIGN_GROUPS,
    IMPLICIT_LITTLE,
    ITEM,
    ITEM_DELIMITER,
    ITEM_START,
    LONG_VRS,
    SEQUENCE_DELIMITER,
    SHORT_VRS,
    UNDEFINED_LENGTH,
    Encoding,
)

MAX_DEPTH = 64
"""Deepest nesting of sequences that is followed."""

VIEW_FROM = 1 << 16
"""Values of at least this many bytes stay views of the source instead of being copied."""

_LIMITED_TEXT = frozenset(("AE", "AS", "CS", "DA", "DT", "LO", "PN", "SH", "TM", "UI"))
_KNOWN_VRS = {vr.encode(): vr for vr in LONG_VRS | SHORT_VRS}

_VR_NAMES = b"|".join(sorted(_KNOWN_VRS))
_HIDDEN_EXPLICIT = re.compile(rb"(?s:(?:%s)(?:.\0|\0.))" % _VR_NAMES)
_HIDDEN_IMPLICIT = re.compile(rb"(?s:[\x02-\x88]\0....\0\0)")
"""What the header of a short element looks like when a wrong length has put it into a text."""

Elements = dict[BaseTag, "DataElement | RawDataElement"]


class Malformed(ValueError):
    """Bytes that are not a well-formed data set: why, and at which offset."""

    def __init__(self, reason: str, offset: int) -> None:
        self.reason = reason
        self.offset = offset
        super().__init__(f"{reason} (at byte {offset})")


@dataclass(frozen=True, slots=True)
class Header:
    """Tag, VR (None in implicit encoding), length and start of one element's value."""

    tag: int
    vr: str | None
    length: int
    start: int

    @property
    def is_undefined(self) -> bool:
        """Whether a delimiter, not the length, ends the value."""
        return self.length == UNDEFINED_LENGTH


def decode_elements(
    data: memoryview, start: int, encoding: Encoding, *, file_meta: bool = False
) -> Elements:
    """Return all elements from `start` to the end of `data`; raise Malformed on any doubt.

    `file_meta` is for the group that a data set itself must not have.
    """
    reader = _Reader(data, encoding, file_meta=file_meta)
    elements, _ = reader.elements(start, len(data), depth=0)
    return elements


def decode_sequence(data: memoryview, encoding: Encoding = IMPLICIT_LITTLE) -> list[Dataset]:
    """Return the items of a sequence; stored as UN it is implicit little endian (PS3.5 §6.2.2)."""
    reader = _Reader(data, encoding)
    return list(reader.items(0, len(data), depth=1))


def decode_header(data: memoryview, position: int, encoding: Encoding) -> Header:
    """Return the header of the element at `position`."""
    return _Reader(data, encoding).header(position, len(data))


class _Reader:
    """Reads elements of one encoding out of one buffer."""

    __slots__ = ("_data", "_encoding", "_file_meta", "_hidden", "_long", "_short", "_tag")

    def __init__(self, data: memoryview, encoding: Encoding, *, file_meta: bool = False) -> None:
        order = "<" if encoding.little else ">"
        self._data = data
        self._encoding = encoding
        self._file_meta = file_meta
        self._hidden = _HIDDEN_IMPLICIT if encoding.implicit else _HIDDEN_EXPLICIT
        self._tag = struct.Struct(f"{order}HH")
        self._short = struct.Struct(f"{order}H")
        self._long = struct.Struct(f"{order}L")

    def header(self, position: int, limit: int) -> Header:
        if position + 8 > limit:
            raise Malformed("the data ends inside an element's header", position)
        group, number = self._tag.unpack_from(self._data, position)
        tag = group << 16 | number
        if self._encoding.implicit or group == 0xFFFE:
            return Header(
                tag, None, self._long.unpack_from(self._data, position + 4)[0], position + 8
            )
        vr = _KNOWN_VRS.get(bytes(self._data[position + 4 : position + 6]))
        if vr is None:
            raise Malformed(f"{tag_text(tag)} has no known VR", position)
        if vr in SHORT_VRS:
            return Header(
                tag, vr, self._short.unpack_from(self._data, position + 6)[0], position + 8
            )
        if position + 12 > limit:
            raise Malformed("the data ends inside an element's header", position)
        return Header(tag, vr, self._long.unpack_from(self._data, position + 8)[0], position + 12)

    def elements(
        self, position: int, limit: int, depth: int, *, delimited: bool = False
    ) -> tuple[Elements, int]:
        """Return the elements of one level, and where they end."""
        found: Elements = {}
        while position < limit:
            header = self.header(position, limit)
            if delimited and header.tag == ITEM_DELIMITER:
                return found, header.start
            if header.tag in found:
                raise Malformed(f"{tag_text(header.tag)} appears twice", position)
            self._check_group(header.tag >> 16, position)
            element, position = self._element(header, position, limit, depth)
            found[element.tag] = element
        if delimited:
            raise Malformed("an item has no end", position)
        return found, position

    def _check_group(self, group: int, position: int) -> None:
        """Refuse groups that no data set has (PS3.5 §7.8.1): they would be taken for others."""
        if group == DELIMITER_GROUP:
            raise Malformed("an item delimiter stands where an element should", position)
        if group in FOREIGN_GROUPS and not self._file_meta:
            raise Malformed(f"group {group:04X} has no place in a data set", position)

    def _element(
        self, header: Header, position: int, limit: int, depth: int
    ) -> tuple[DataElement | RawDataElement, int]:
        if header.is_undefined:
            return self._undefined(header, limit, depth)
        end = header.start + header.length
        if end > limit:
            left = limit - header.start
            reason = f"{tag_text(header.tag)} claims {header.length} bytes, {left} are left"
            raise Malformed(reason, position)
        vr = header.vr or dictionary_vr(header.tag, signed=False)
        if vr == "SQ":
            items = list(self.items(header.start, end, depth + 1))
            return _sequence(header.tag, items, undefined=False), end
        self._check(header, vr, position, depth)
        return self._raw(header, end), end

    def _check(self, header: Header, vr: str, position: int, depth: int) -> None:
        if vr in _LIMITED_TEXT and header.length > 0xFFFE:
            reason = f"{tag_text(header.tag)} claims {header.length} bytes of short text"
            raise Malformed(reason, position)
        value = self._data[header.start : header.start + header.length]
        if vr in _LIMITED_TEXT and self._hidden.search(bytes(value).rstrip(b"\0 ")):
            raise Malformed(f"{tag_text(header.tag)} seems to hold another element", position)
        if vr != "UN" or header.tag in PIXEL_DATA_TAGS:
            return
        if value[:4] == ITEM_START:
            self._prove_readable(header, position, depth)
        if not self._encoding.little and value[:4] == BIG_ITEM_START:
            reason = f"{tag_text(header.tag)} holds a sequence as UN that is not little endian"
            raise Malformed(reason, position)

    def _prove_readable(self, header: Header, position: int, depth: int) -> None:
        reader = _Reader(self._data, IMPLICIT_LITTLE)
        try:
            for _ in reader.items(header.start, header.start + header.length, depth + 1):
                pass
        except Malformed as error:
            reason = f"{tag_text(header.tag)} holds a sequence as UN that cannot be read"
            raise Malformed(f"{reason}: {error.reason}", position) from None

    def _raw(self, header: Header, end: int) -> RawDataElement:
        view = self._data[header.start : end]
        value = view if header.length >= VIEW_FROM else bytes(view)
        return RawDataElement(
            BaseTag(header.tag),
            header.vr,
            header.length,
            value,  # type: ignore[arg-type]
            header.start,
            self._encoding.implicit,
            self._encoding.little,
        )

    def _undefined(
        self, header: Header, limit: int, depth: int
    ) -> tuple[DataElement | RawDataElement, int]:
        vr = header.vr or dictionary_vr(header.tag, signed=False)
        if header.tag in PIXEL_DATA_TAGS and vr != "SQ":
            end = self._fragments_end(header.start, limit)
            return self._raw(header, end), end + 8
        if vr not in ("SQ", "UN"):
            raise Malformed(f"{tag_text(header.tag)} of VR {vr} has no length", header.start)
        reader = _Reader(self._data, IMPLICIT_LITTLE) if header.vr == "UN" else self
        items: list[Dataset] = []
        end = reader.delimited_items(header.start, limit, depth + 1, items)
        return _sequence(header.tag, items, undefined=True), end

    def _fragments_end(self, position: int, limit: int) -> int:
        """Return where the delimiter of encapsulated pixel data stands (PS3.5 §A.4)."""
        while True:
            header = self.header(position, limit)
            if header.tag == SEQUENCE_DELIMITER:
                return position
            end = header.start + header.length
            if header.tag != ITEM or header.is_undefined or end > limit:
                raise Malformed("the fragments of encapsulated pixel data are broken", position)
            position = end

    def items(self, position: int, end: int, depth: int) -> Iterator[Dataset]:
        """Yield the items that fill the bytes up to `end`."""
        while position < end:
            header = self.header(position, end)
            if header.tag == SEQUENCE_DELIMITER and header.start == end:
                return
            item, position = self._item(header, position, end, depth)
            yield item

    def delimited_items(self, position: int, limit: int, depth: int, items: list[Dataset]) -> int:
        """Collect items up to the sequence's delimiter; return where that ends."""
        while True:
            header = self.header(position, limit)
            if header.tag == SEQUENCE_DELIMITER:
                return header.start
            item, position = self._item(header, position, limit, depth)
            items.append(item)

    def _item(self, header: Header, position: int, limit: int, depth: int) -> tuple[Dataset, int]:
        if header.tag != ITEM:
            raise Malformed(f"{tag_text(header.tag)} stands where an item should", position)
        if depth > MAX_DEPTH:
            raise Malformed(f"sequences are nested more than {MAX_DEPTH} deep", position)
        end = limit if header.is_undefined else header.start + header.length
        if end > limit:
            raise Malformed("an item is longer than what it stands in", position)
        elements, end = self.elements(header.start, end, depth, delimited=header.is_undefined)
        item = Dataset(elements)
        item.is_undefined_length_sequence_item = header.is_undefined
        item.set_original_encoding(self._encoding.implicit, self._encoding.little, "iso8859")
        return item, end


def _sequence(tag: int, items: list[Dataset], *, undefined: bool) -> DataElement:
    element = DataElement(BaseTag(tag), "SQ", Sequence(items))
    element.is_undefined_length = undefined
    return element
