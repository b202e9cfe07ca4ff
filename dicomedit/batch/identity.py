"""Whether the path of a result shows whom the input is of."""

from __future__ import annotations

import re

from dicomedit.dicom.text import read_text
from dicomedit.errors import Diagnostic, EvaluationError, Severity, Source, Span

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.dicom.levels import Level

CODE = "identity-in-path"
PATIENT_NAME = 0x00100010
PATIENT_ID = 0x00100020
SHORTEST = 3
"""Fewest letters of a part of a name, or characters of a Patient ID, that are looked for."""

_DIVIDERS = re.compile(r"[\^=\s]+")
_DROPPED = re.compile(r"[^\w/]+|_+")
"""What is left out before texts are compared: a path may have other separators than a name."""

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
    name, number = _text(root, PATIENT_NAME), _text(root, PATIENT_ID)
    parts = [_plain(part) for part in _DIVIDERS.split(name)] if name else []
    parts = [part for part in parts if sum(map(str.isalpha, part)) >= SHORTEST]
    number = _plain(number).replace("/", "")
    return (*parts, number) if len(number) >= SHORTEST else tuple(parts)


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


def _text(root: Level, tag: int) -> str:
    try:
        return read_text(root, tag) or ""
    except EvaluationError:
        return ""  # whoever needs the text will say what is wrong with it


def _plain(text: str) -> str:
    return _DROPPED.sub("", text.casefold())
