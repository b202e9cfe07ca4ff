"""Specific Character Set (0008,0005) to text and back, without silent replacement.

PS3.3 §C.12.1.1.2 has the defined terms, PS3.5 §6.1.2 the rules of ISO 2022. Values that switch
between sets are left to pydicom, which is imported only for them.
"""

from __future__ import annotations

import warnings

from dicomedit.records import Record

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_SINGLE_BYTE = {
    "100": "latin_1",
    "101": "iso8859_2",
    "109": "iso8859_3",
    "110": "iso8859_4",
    "126": "iso_ir_126",
    "127": "iso_ir_127",
    "138": "iso_ir_138",
    "144": "iso_ir_144",
    "148": "iso_ir_148",
    "166": "iso_ir_166",
    "6": "iso8859",
    "13": "shift_jis",
}
_CODECS = {
    **{f"ISO_IR {number}": codec for number, codec in _SINGLE_BYTE.items()},
    **{f"ISO 2022 IR {number}": codec for number, codec in _SINGLE_BYTE.items()},
    "ISO 2022 IR 58": "iso_ir_58",
    "ISO 2022 IR 87": "iso2022_jp",
    "ISO 2022 IR 149": "euc_kr",
    "ISO 2022 IR 159": "iso2022_jp_2",
    "ISO_IR 192": "UTF8",
    "GB18030": "GB18030",
    "GBK": "GBK",
    # Not defined, but met with, as is an empty one among others.
    "ISO 2022 GBK": "GBK",
    "ISO 2022 58": "GB2312",
    "": "iso8859",
}
"""Python's codec of each term (PS3.3 Tables C.12-2 to C.12-5), under the names pydicom uses."""

_DELIMITERS = frozenset(b"\\\n\r\t\f")
_NAME_DELIMITERS = _DELIMITERS | frozenset(b"^=")


class CharacterSet(Record):
    """The character set of a level: its defined terms, empty for the default repertoire."""

    terms: tuple[str, ...]

    @property
    def is_default(self) -> bool:
        """Whether only ASCII (ISO_IR 6) may appear."""
        return not any(self.terms)

    @property
    def is_known(self) -> bool:
        """Whether every term is a defined one."""
        return all(term in _CODECS for term in self.terms)

    def __str__(self) -> str:
        """Return the terms as they are stored."""
        return "\\".join(self.terms) or "none (ASCII)"

    def decode(self, value: bytes, *, is_name: bool = False) -> str | None:
        """Return the text of stored bytes, or None when they are not text of this set."""
        if value.isascii() and b"\x1b" not in value:
            return value.decode("ascii")
        codecs = self._codecs()
        if codecs is None:
            return None
        if len(codecs) == 1 and b"\x1b" not in value:
            return _strict_decode(value, codecs[0])
        return _decode_parts(value, codecs, is_name)

    def encode(self, text: str, *, is_name: bool = False) -> bytes | None:
        """Return text as stored bytes, or None when this set has no character for some of it."""
        if text.isascii():
            return text.encode("ascii")
        codecs = self._codecs()
        if codecs is None:
            return None
        if len(codecs) == 1:
            return _strict_encode(text, codecs[0])
        return self._encode_parts(text, codecs, is_name)

    def _encode_parts(self, text: str, codecs: list[str], is_name: bool) -> bytes | None:
        """Encode piece by piece: every delimiter returns to the first set (PS3.5 §6.1.2.5.3)."""
        from pydicom.charset import encode_string

        delimiters = _NAME_DELIMITERS if is_name else _DELIMITERS
        encoded = b""
        piece = ""
        for character in text + "\0":
            if character != "\0" and ord(character) not in delimiters:
                piece += character
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                encoded += encode_string(piece, codecs) if piece else b""
            encoded += character.encode("ascii") if character != "\0" else b""
            piece = ""
        return encoded if self.decode(encoded, is_name=is_name) == text else None

    def _codecs(self) -> list[str] | None:
        """Return Python's names of the sets, or None when a term is unknown or nothing is set."""
        if self.is_default:
            return None
        known = [_CODECS.get(term) for term in self.terms]
        codecs = [codec for codec in known if codec is not None]
        return codecs if len(codecs) == len(known) else None


def character_set(stored: str | None) -> CharacterSet:
    """Return the character set a stored (0008,0005) declares; None when the element is absent."""
    terms = tuple(term.strip(" \0") for term in (stored or "").split("\\"))
    return CharacterSet(terms if any(terms) else ())


def _strict_decode(value: bytes, codec: str) -> str | None:
    try:
        return value.decode(codec)
    except UnicodeError:
        return None


def _strict_encode(text: str, codec: str) -> bytes | None:
    try:
        return text.encode(codec)
    except UnicodeError:
        return None


def _decode_parts(value: bytes, codecs: list[str], is_name: bool) -> str | None:
    from pydicom.charset import decode_bytes

    delimiters = _NAME_DELIMITERS if is_name else _DELIMITERS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            text = decode_bytes(value, codecs, set(delimiters))
        except (UnicodeError, LookupError):
            return None
    return None if REPLACEMENT in text else text
