"""All elements of a file with their values, for a person who wants to see them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dicomedit.dicom.dictionary import is_group_length, tag_name
from dicomedit.dicom.levels import Level, element_path
from dicomedit.dicom.text import BULK_VRS, read_text
from dicomedit.errors import EvaluationError
from dicomedit.io.read import read_file

Listing = dict[str, tuple[str, str]]


def list_elements(path: Path) -> Listing:
    """Return name and value of every element by its path; binary values as their length."""
    return dict(_elements(read_file(path).root, 0))


def _elements(level: Level, depth: int) -> Iterator[tuple[str, tuple[str, str]]]:
    for tag in level.tags():
        if is_group_length(tag):
            continue
        path, name = element_path(level, tag), "  " * depth + tag_name(tag)
        if level.is_sequence(tag):
            items = level.items(tag)
            yield path, (name, f"{len(items)} item{'' if len(items) == 1 else 's'}")
            for item in items:
                yield from _elements(item, depth + 1)
        else:
            yield path, (name, _shown(level, tag))


def _shown(level: Level, tag: int) -> str:
    if level.vr(tag) in BULK_VRS:
        return f"{len(level.value(tag))} bytes"
    try:
        return read_text(level, tag) or ""
    except EvaluationError:
        return "(unreadable)"
