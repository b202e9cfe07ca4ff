"""What a script computes with, and how each kind becomes text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from dicomedit.dicom.paths import TagPath

Value: TypeAlias = "str | bool | TagPath | tuple[Value, ...] | None"
"""Text, truth, a tag path not yet read, a list, or nothing."""

Scalar: TypeAlias = "str | bool | TagPath | None"


def kind_of(value: Value) -> str:
    """Return what a message calls the value, never the value itself."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, tuple) else "a tag path"


def flatten(values: Iterable[Value]) -> Iterator[Scalar]:
    """Yield the values with the elements of lists, at any depth, in their place."""
    for value in values:
        if isinstance(value, tuple):
            yield from flatten(value)
        else:
            yield value


def is_true(value: Scalar) -> bool:
    """Whether a value counts as true: its text is ``true`` in upper or lower case."""
    if isinstance(value, bool):
        return value
    return isinstance(value, str) and value.lower() == "true"
