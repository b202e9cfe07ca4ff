"""Specific Character Set (0008,0005) to text and back, without silent replacement.

PS3.3 §C.12.1.1.2 has the defined terms, PS3.5 §6.1.2 the rules of ISO 2022.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from pydicom.charset import decode_bytes, encode_string, python_encoding

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_DELIMITERS = frozenset(b"\\\n\r\t\f")
_NAME_DELIMITERS = _DELIMITERS | frozenset(b"^=")


@dataclass(frozen=True, slots=True)
class CharacterSet:
    """The character set of a level: its defined terms, empty for the default repertoire."""

    terms: tuple[str, ...]

    @property
    def is_default(self) -> bool:
        """Whether only ASCII (ISO_IR 6) may appear."""
        return not any(self.terms)

    @property
    def is_known(self) -> bool:
        """Whether every term is a defined one."""
        return all(term in python_encoding for term in self.terms)

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
        known = [python_encoding.get(term) for term in self.terms]
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
    delimiters = _NAME_DELIMITERS if is_name else _DELIMITERS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            text = decode_bytes(value, codecs, set(delimiters))
        except (UnicodeError, LookupError):
            return None
    return None if REPLACEMENT in text else text
