"""Whether the path of a result shows whom the input is of."""

from __future__ import annotations

import re

from dicomedit.dicom.text import is_plain, read_text
from dicomedit.errors import Diagnostic, EvaluationError, Severity, Source, Span
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.dicom.levels import Level

CODE = "identity-in-path"
PATIENT_NAME = 0x00100010
PATIENT_ID = 0x00100020
SHORTEST = 3
"""Fewest letters of a part of a name, or characters of a Patient ID, that are looked for."""

_DIVIDERS = "^= "
_DROPPED = r"[^\w/]+|_+"
"""What is left out before texts are compared: a path may have other separators than a name."""

_DROPPED_BYTES = bytes(code for code in range(128) if not chr(code).isalnum() and chr(code) != "/")

NOTICE = Diagnostic(
    CODE,
    "the path of the result contains the patient's name or ID of the input",
    Source("layout", ""),
    Span(0, 0),
    'give results other names, such as layout="{StudyInstanceUID}/{SOPInstanceUID}.dcm"',
    Severity.INFO,
)


def identity_of(root: Level) -> tuple[str, ...]:
    """Return what an instance that is not edited yet must not be known by, ready to compare."""
    found = []
    name, number = _text(root, PATIENT_NAME), _text(root, PATIENT_ID)
    for divider in _DIVIDERS:
        name = name.replace(divider, "/")
    for part in _plain(name).split("/"):
        if len(part) >= SHORTEST and not part.isdigit():
            found.append(part)
    number = _plain(number.replace("/", ""))
    if len(number) >= SHORTEST:
        found.append(number)
    return tuple(found)


class Watch(Record, frozen=False):
    """Knows whom the last instance was of: most are of the same patient as the one before."""

    stored: tuple[bytes, ...] = field(default=(), repr=False)
    identity: tuple[str, ...] = field(default=(), repr=False)

    def identity_of(self, root: Level) -> tuple[str, ...]:
        """Return what `identity_of` does."""
        stored = (_stored(root, PATIENT_NAME), _stored(root, PATIENT_ID))
        if stored != self.stored:
            self.identity = identity_of(root)
            # What other bytes mean depends on the character set of the instance.
            self.stored = stored if all(map(is_plain, stored)) else ()
        return self.identity


def is_shown(identity: tuple[str, ...], path: str) -> bool:
    """Whether a path contains one of the texts; a number counts when it stands by itself."""
    if not identity:
        return False
    plain = _plain(path)
    return any(each in plain and _stands(each, path) for each in identity)


def _stands(each: str, path: str) -> bool:
    """Whether digits are a number of their own, and not some of those of a UID."""
    if not each.isdigit():
        return True
    alone = rf"(?<!\d)(?<!\d\.){each}(?!\d|\.\d)"
    return any(re.search(alone, text) is not None for text in (path, _plain(path)))


def _stored(root: Level, tag: int) -> bytes:
    return b"" if tag not in root or root.is_sequence(tag) else root.value(tag)


def _text(root: Level, tag: int) -> str:
    try:
        return read_text(root, tag) or ""
    except EvaluationError:
        return ""  # whoever needs the text will say what is wrong with it


def _plain(text: str) -> str:
    """Return a text without case and separators, except slashes."""
    if text.isascii():  # much faster, and what nearly all are
        return text.lower().encode().translate(None, _DROPPED_BYTES).decode()
    from unicodedata import normalize

    return re.sub(_DROPPED, "", normalize("NFC", text.casefold()))
