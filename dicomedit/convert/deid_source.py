"""Read a recipe of pydicom/deid: its sections, and the lines in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dicomedit.errors import Diagnostic, ScriptError, Source, Span
from dicomedit.records import Record

_SECTIONS = ("header", "fields", "values", "labels", "filter")
ACTIONS = ("KEEP", "ADD", "REPLACE", "JITTER", "REMOVE", "BLANK")
"""The actions of %header; where several are about one field, the first of these counts."""


class Line(Record):
    """A line of a section: its words are split where deid splits them."""

    section: str
    group: str
    text: str
    span: Span


def is_deid(text: str) -> bool:
    """Whether a text looks like a recipe."""
    return bool(
        re.search(r"(?im)^\s*(FORMAT\s+dicom\b|%(header|filter|fields|values|labels)\b)", text)
    )


def read_lines(source: Source) -> list[Line]:
    """Return the lines of all sections; raise ScriptError when it is no recipe for DICOM."""
    return list(_lines(source))


def _lines(source: Source) -> Iterator[Line]:
    section = group = ""
    offset = 0
    for raw in source.text.splitlines(keepends=True):
        text = re.sub(r"(^|\s)#.*", "", raw.strip().lstrip("\ufeff")).strip()
        span = Span(offset, offset + len(raw.rstrip()))
        offset += len(raw)
        if not text:
            continue
        first, _, rest = text.partition(" ")
        if first.upper() == "FORMAT":
            if rest.strip().lower() != "dicom":
                raise refusal(source, span, "the recipe is not for DICOM")
        elif first.startswith("%"):
            section, group = first[1:].lower(), rest.strip()
            if section not in _SECTIONS:
                raise refusal(source, span, f"there is no section %{section}")
        elif not section:
            raise refusal(source, span, "this line stands in no section")
        else:
            yield Line(section, group, text, span)


def refusal(source: Source, span: Span, message: str) -> ScriptError:
    """Return the error for a recipe that cannot be read."""
    return ScriptError([Diagnostic("bad-deid-recipe", message, source, span)])
