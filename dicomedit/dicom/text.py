"""Stored bytes to text and back, by VR (language reference: reading and assigning values)."""

from __future__ import annotations

import struct

from dicomedit.dicom.charsets import CharacterSet, character_set
from dicomedit.dicom.dictionary import PIXEL_DATA_TAGS, SPECIFIC_CHARACTER_SET
from dicomedit.dicom.encoding import LONG_VRS, MAX_SHORT_LENGTH
from dicomedit.dicom.levels import Level, element_name
from dicomedit.dicom.validity import is_valid_value
from dicomedit.errors import EvaluationError, failed

CHARSET_VRS = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))
"""VRs whose text is in the data set's character set (PS3.5 §6.1.2.3)."""

SINGLE_VALUED_VRS = frozenset(("LT", "ST", "UR", "UT"))
"""Text VRs in which a backslash is data (PS3.5 §6.2)."""

TEXT_VRS = CHARSET_VRS | frozenset(("AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR"))
"""VRs whose values are characters."""

BULK_VRS = frozenset(("OB", "OD", "OF", "OL", "OV", "OW"))
"""VRs of plain binary data."""

_INTEGERS = {"US": "H", "UL": "L", "SS": "h", "SL": "l", "UV": "Q", "SV": "q"}
_FLOATS = {"FL": "f", "FD": "d"}
_FLOAT_ARRAYS = {"OF": "f", "OD": "d"}
_INTEGER_ARRAYS = {"OW": "H", "OL": "L", "OV": "Q"}
_PADDING = " \0"


def charset_of(level: Level) -> CharacterSet:
    """Return the character set in force: an item's own, else that of what it stands in."""
    current: Level | None = level
    while current is not None:
        if SPECIFIC_CHARACTER_SET in current:
            return character_set(current.value(SPECIFIC_CHARACTER_SET).decode("ascii", "replace"))
        place = current.place
        current = None if place is None else place.level
    return character_set(None)


def is_pixel_data(tag: int) -> bool:
    """Whether the element is the image itself, which is never read or written as text."""
    return tag in PIXEL_DATA_TAGS


# --- reading ------------------------------------------------------------------------------------


def read_text(level: Level, tag: int) -> str | None:
    """Return the value of an element as text, or None when it is absent.

    Raises EvaluationError for sequences, compressed pixel data and undecodable text.
    """
    if tag not in level:
        return None
    if level.is_sequence(tag):
        raise failed(
            "sequence-as-value",
            "a sequence has no text",
            help="name an element of one of its items, such as (0008,1140)[0]/(0008,1155)",
            element=element_name(level, tag),
        )
    if level.is_encapsulated(tag):
        raise failed(
            "pixels-as-value", "compressed pixel data has no text", element=element_name(level, tag)
        )
    vr, value = level.vr(tag), level.value(tag)
    try:
        return _decode(vr, value, level)
    except (struct.error, ValueError):
        raise _unreadable(level, tag) from None


def _decode(vr: str, value: bytes, level: Level) -> str:
    if not value:
        return ""
    if vr in TEXT_VRS:
        return _decode_text(vr, value, level)
    order = "<" if level.little_endian else ">"
    if vr in _INTEGERS:
        return "\\".join(map(str, _numbers(order, _INTEGERS[vr], value)))
    if vr in _FLOATS or vr in _FLOAT_ARRAYS:
        return _decode_floats(_FLOATS.get(vr) or _FLOAT_ARRAYS[vr], value, order)
    if vr == "AT":
        numbers = _numbers(order, "H", value)
        return "\\".join(
            f"{g:04X}{e:04X}" for g, e in zip(numbers[::2], numbers[1::2], strict=True)
        )
    return _decode_binary(vr, value, order)


def _decode_floats(code: str, value: bytes, order: str) -> str:
    from dicomedit.dicom.java_numbers import double_text, float_text  # seldom needed

    spell = float_text if code == "f" else double_text
    return "\\".join(map(spell, _numbers(order, code, value)))


def _decode_binary(vr: str, value: bytes, order: str) -> str:
    if vr in _INTEGER_ARRAYS:
        return "\\".join(map(str, _numbers(order, _INTEGER_ARRAYS[vr], value)))
    if vr == "OB":
        return "\\".join(f"{byte:02X}" for byte in value)
    if vr == "UN":
        return "".join(map(_unknown_character, value.strip(b" \0")))
    return value.rstrip(b" \0").decode("utf-8")


def _unknown_character(byte: int) -> str:
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:02X}"


def _numbers(order: str, code: str, value: bytes) -> tuple[float, ...]:
    count, rest = divmod(len(value), struct.calcsize(f"{order}{code}"))
    if rest:
        raise struct.error
    return struct.unpack(f"{order}{count}{code}", value)


def _decode_text(vr: str, value: bytes, level: Level) -> str:
    if vr in CHARSET_VRS and not is_plain(value):
        text = charset_of(level).decode(value, is_name=vr == "PN")
        if text is None:
            raise UnicodeError
    else:
        text = value.decode("ascii")
    if vr in SINGLE_VALUED_VRS:
        return text.rstrip(_PADDING)
    trim = _trim_name if vr == "PN" else _trim
    return "\\".join(map(trim, text.split("\\"))) if "\\" in text else trim(text)


def is_plain(value: bytes) -> bool:
    """Whether stored text is the same in every character set: ASCII without escapes."""
    return value.isascii() and b"\x1b" not in value


def _trim(text: str) -> str:
    return text.strip(_PADDING)


def _trim_name(text: str) -> str:
    return text.strip(_PADDING).rstrip("^")


def _unreadable(level: Level, tag: int) -> EvaluationError:
    charset = charset_of(level)
    return failed(
        "undecodable-text",
        f"the value is no {level.vr(tag)} in the character set of the data set: {charset}",
        help="correct Specific Character Set (0008,0005), or delete the element unread",
        element=element_name(level, tag),
    )


# --- storing ------------------------------------------------------------------------------------


def is_valid(vr: str, text: str) -> bool:
    """Whether a text is a valid value of a VR of characters (PS3.5 §6.2); others are not judged."""
    values = [text] if vr in SINGLE_VALUED_VRS else text.split("\\")
    return all(is_valid_value(vr, value) for value in values)


def encode_text(level: Level, tag: int, vr: str, text: str) -> bytes:
    """Return the bytes to store for a text; raise EvaluationError when the VR cannot hold it."""
    if not text:
        return b""
    try:
        encoded = _encode(level, tag, vr, text)
        if len(encoded) > MAX_SHORT_LENGTH and vr not in LONG_VRS:
            raise ValueError(f"it is longer than {MAX_SHORT_LENGTH} bytes")
        return encoded
    except ValueError as error:
        raise failed(
            "unfit-value",
            f"the value does not fit VR {vr}: {error}",
            element=element_name(level, tag),
            value=text,
        ) from None


def _encode(level: Level, tag: int, vr: str, text: str) -> bytes:
    if vr in TEXT_VRS:
        return _encode_text(level, vr, text)
    order = "<" if level.little_endian else ">"
    if vr in _INTEGERS:
        return b"".join(_pack_integer(order, vr, part) for part in text.split("\\"))
    if vr in _FLOATS:
        return b"".join(_pack_float(order, _FLOATS[vr], part) for part in text.split("\\"))
    if vr == "AT":
        return b"".join(_pack_tag(order, part) for part in text.split("\\"))
    if vr == "UN" or (vr == "OB" and not is_pixel_data(tag)):
        return _padded(_utf8(text), b"\0")
    raise ValueError("binary data cannot be assigned as text")


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeError:
        # The error itself would show a piece of the value.
        raise ValueError("some character is only half of one") from None


def _encode_text(level: Level, vr: str, text: str) -> bytes:
    if vr not in CHARSET_VRS:
        if not text.isascii():
            raise ValueError("it allows only ASCII characters")
        return _padded(text.encode("ascii"), b"\0" if vr == "UI" else b" ")
    charset = charset_of(level)
    encoded = charset.encode(text, is_name=vr == "PN")
    if encoded is None:
        raise ValueError(f"some character is not in the character set: {charset}")
    return _padded(encoded, b" ")


def _padded(value: bytes, padding: bytes) -> bytes:
    return value + padding if len(value) % 2 else value


def _pack_integer(order: str, vr: str, text: str) -> bytes:
    from dicomedit.dicom.java_numbers import parse_integer

    try:
        return struct.pack(f"{order}{_INTEGERS[vr]}", parse_integer(text))
    except struct.error:
        raise ValueError("the number is out of range") from None


def _pack_float(order: str, code: str, text: str) -> bytes:
    from dicomedit.dicom.java_numbers import parse_double

    try:
        return struct.pack(f"{order}{code}", parse_double(text))
    except OverflowError:
        raise ValueError("the number is out of range") from None


def _pack_tag(order: str, text: str) -> bytes:
    if len(text) != 8 or any(c not in "0123456789abcdefABCDEF" for c in text):
        raise ValueError("a tag is eight hexadecimal digits")
    return struct.pack(f"{order}HH", int(text[:4], 16), int(text[4:], 16))
