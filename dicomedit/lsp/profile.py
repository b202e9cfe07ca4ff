"""What the Basic Application Level Confidentiality Profile asks for an attribute."""

from __future__ import annotations

from functools import cache

from dicomedit.profiles.confidentiality import Table, read_table
from dicomedit.profiles.confidentiality import action_text as text_of


def action_text(tag: int) -> str | None:
    """Return the action of PS3.15 Table E.1-1 in words; None when the attribute is not in it."""
    return text_of(_table(), tag)


@cache
def _table() -> Table:
    return read_table()
