"""Names of files and folders that are safe on every system, whatever they are made of."""

from __future__ import annotations

import re

LONGEST_NAME = 240
"""Most bytes of a name; file systems allow 255."""

LONGEST_VALUE = 120
"""Most bytes of a value within a name."""

_LONGEST_APART = 64
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_FORBIDDEN = re.compile(r'[<>:"|?*/\\]')
_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\..*)?", re.IGNORECASE
)
"""Names that are devices on Windows, whatever follows their first dot."""

_EDGES = " ."


def safe_value(text: str) -> str:
    """Return a text as a part of a name; nothing when nothing of it can be used.

    Separators, ``<>:"|?*`` and what cannot be printed become ``_``; blanks and dots at the ends go.
    Of a long text the beginning is kept, with a digest of the whole.
    """
    if len(text) <= _LONGEST_APART and _UID.fullmatch(text):
        return text
    from unicodedata import normalize

    kept = _FORBIDDEN.sub("_", normalize("NFC", text).strip())
    kept = "".join(c if c.isprintable() else "_" for c in kept).strip(_EDGES)
    return kept if len(kept.encode()) <= LONGEST_VALUE else f"{_cut(kept)}-{_digest(text)}"


def safe_component(text: str) -> str:
    """Return a name that consists of safe values and other text as one that no system minds."""
    kept = text.strip(_EDGES)
    return f"_{kept}" if _RESERVED.fullmatch(kept) else kept


def unsafe_character(text: str) -> int | None:
    """Return where the first character stands that must not be in a name, or None."""
    for number, character in enumerate(text):
        if _FORBIDDEN.match(character) or not character.isprintable():
            return number
    return None


def safe_name(text: str) -> str:
    """Return a text as the name of a file or folder: itself if it can be, as UIDs are.

    Otherwise what is not safe is replaced, and a digest keeps different texts apart. No name is
    special to any system, or leads anywhere else.
    """
    if len(text) <= _LONGEST_APART and _UID.fullmatch(text):
        return text
    kept = re.sub("[^0-9A-Za-z_-]+", "_", text)[: _LONGEST_APART - 17]
    return f"{kept}-{_digest(text)}"


def name_key(path: str) -> bytes:
    """Return what two paths have in common that some file system takes for the same one."""
    from hashlib import sha256
    from unicodedata import normalize

    folded = normalize("NFC", normalize("NFC", path).casefold())
    return sha256(folded.encode("utf-8", "surrogatepass")).digest()[:16]


def _cut(text: str) -> str:
    return text.encode()[: LONGEST_VALUE - 17].decode("utf-8", "ignore").rstrip(_EDGES)


def _digest(text: str) -> str:
    from hashlib import sha256

    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
