"""Offsets in a text, and positions as editors count them: lines, and UTF-16 units in a line."""

from __future__ import annotations

import re

_LINE_END = re.compile(r"\r\n|\n|\r")


def position_of(text: str, offset: int) -> tuple[int, int]:
    """Return line and character, both counted from 0, of an offset in characters."""
    line = start = 0
    for found in _LINE_END.finditer(text, 0, offset):
        line, start = line + 1, found.end()
    return line, _units(text[start:offset])


def offset_of(text: str, line: int, character: int) -> int:
    """Return the offset of a position; beyond the end of its line, that end."""
    ends = list(_LINE_END.finditer(text))
    if line > len(ends):
        return len(text)
    start = ends[line - 1].end() if line else 0
    end = ends[line].start() if line < len(ends) else len(text)
    while start < end and character > 0:
        character -= _units(text[start])
        start += 1
    return start


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
