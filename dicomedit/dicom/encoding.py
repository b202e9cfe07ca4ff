"""How elements are laid out in bytes: the three encodings of PS3.5 §7.1 and Annex A."""

from __future__ import annotations

import struct

from dicomedit.records import Record

FOREIGN_GROUPS = frozenset((0x0000, 0x0002))
"""Commands and file meta information, which no data set holds (PS3.7 §E.1, PS3.10 §7.1)."""

DELIMITER_GROUP = 0xFFFE
ITEM = 0xFFFEE000
ITEM_DELIMITER = 0xFFFEE00D
SEQUENCE_DELIMITER = 0xFFFEE0DD
UNDEFINED_LENGTH = 0xFFFFFFFF
ITEM_START = b"\xfe\xff\x00\xe0"
"""The first bytes of a little endian sequence that has items."""

BIG_ITEM_START = b"\xff\xfe\xe0\x00"
"""The same in big endian."""

SEQUENCE_END = b"\xfe\xff\xdd\xe0\0\0\0\0"
"""The delimiter of a little endian sequence."""

BIG_SEQUENCE_END = b"\xff\xfe\xe0\xdd\0\0\0\0"
"""The same in big endian."""

LONG_VRS = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"))
"""VRs with a 32-bit length in explicit encodings (PS3.5 Table 7.1-1)."""

SHORT_VRS = frozenset(
    ("AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL")
) | frozenset(("SS", "ST", "TM", "UI", "UL", "US"))
"""VRs with a 16-bit length in explicit encodings (PS3.5 Table 7.1-2)."""

MAX_SHORT_LENGTH = 0xFFFE
"""Longest value of the VRs with a 16-bit length; values have an even length."""

UNIT_SIZES = {
    "AT": 2,
    "US": 2,
    "SS": 2,
    "OW": 2,
    "UL": 4,
    "SL": 4,
    "FL": 4,
    "OF": 4,
    "OL": 4,
    "FD": 8,
    "OD": 8,
    "SV": 8,
    "UV": 8,
    "OV": 8,
}
"""Bytes of one number, for the VRs whose values depend on the byte order (PS3.5 §7.3)."""

EXPLICIT_LITTLE_UID = "1.2.840.10008.1.2.1"
DEFLATED_UID = "1.2.840.10008.1.2.1.99"


class Encoding(Record):
    """Whether VRs are left out, and the byte order."""

    implicit: bool
    little: bool

    def __hash__(self) -> int:
        """Records compute theirs from all fields, which takes long where there are so few."""
        return 2 * self.implicit + self.little

    @property
    def layouts(self) -> Layouts:
        """How headers are laid out, in this byte order."""
        return _LITTLE if self.little else _BIG


class Layouts:
    """The headers of PS3.5 §7.1: with VR and a 16-bit length, without VR, with VR and 32 bits.

    `length` is a length of 32 bits alone.
    """

    __slots__ = ("bare", "length", "long", "short")

    def __init__(self, order: str) -> None:
        self.short = struct.Struct(f"{order}HH2sH")
        self.bare = struct.Struct(f"{order}HHL")
        self.long = struct.Struct(f"{order}HH2sHL")
        self.length = struct.Struct(f"{order}L")


_LITTLE, _BIG = Layouts("<"), Layouts(">")


IMPLICIT_LITTLE = Encoding(implicit=True, little=True)
EXPLICIT_LITTLE = Encoding(implicit=False, little=True)
EXPLICIT_BIG = Encoding(implicit=False, little=False)

_NATIVE = {
    "1.2.840.10008.1.2": IMPLICIT_LITTLE,
    EXPLICIT_LITTLE_UID: EXPLICIT_LITTLE,
    DEFLATED_UID: EXPLICIT_LITTLE,
    "1.2.840.10008.1.2.2": EXPLICIT_BIG,
}
"""Transfer syntaxes without compressed pixel data (PS3.5 §A.1 to §A.5)."""


def native_encoding(transfer_syntax: str) -> Encoding | None:
    """Return the encoding of an uncompressed transfer syntax, or None for any other."""
    return _NATIVE.get(transfer_syntax)


def encoding_of(transfer_syntax: str) -> Encoding:
    """Return the encoding of the data set; compressed syntaxes use explicit little endian."""
    return _NATIVE.get(transfer_syntax, EXPLICIT_LITTLE)


def swap_byte_order(vr: str, value: bytes) -> bytes:
    """Return a value in the other byte order; raise ValueError when it is not whole numbers."""
    size = UNIT_SIZES.get(vr, 1)
    if size == 1:
        return value
    if len(value) % size:
        raise ValueError(f"the value is no whole number of {size}-byte units")
    swapped = bytearray(len(value))
    for i in range(size):
        swapped[i::size] = value[size - 1 - i :: size]
    return bytes(swapped)
