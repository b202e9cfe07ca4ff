"""The words of the language, and the one that a person may have meant."""

from __future__ import annotations

from collections.abc import Iterable

KEYWORDS = (
    "if",
    "elseif",
    "else",
    "echo",
    "describe",
    "export",
    "version",
    "removeAllPrivateTags",
)
"""Words that begin a statement or a part of one."""

RESERVED = frozenset((*KEYWORDS, "hidden", "const", "immutable"))
"""Words that cannot name a variable."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` was probably meant to be, upper and lower case aside."""
    import difflib

    by_lower = {each.lower(): each for each in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.7)
    return by_lower[found[0]] if found else None
