"""What a script computes with, and how each kind becomes text."""

from __future__ import annotations

from dicomedit.dicom.paths import TagPath
from dicomedit.errors import failed

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeAlias

Value: TypeAlias = "str | bool | TagPath | tuple[Value, ...] | None"
"""Text, truth, a tag path not yet read, a list, or nothing."""

Scalar: TypeAlias = "str | bool | TagPath | None"


MAX_TEXT = 1 << 26
"""Longest text a script may make, in characters."""

MAX_ELEMENTS = 1_000_000
"""Most elements of a list, those of lists inside it included."""


def check_length(length: int) -> None:
    """Raise EvaluationError when a text of this many characters would be too long."""
    if length > MAX_TEXT:
        raise failed("text-too-long", f"a text has at most {MAX_TEXT} characters")


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
    stack = [iter(values)]
    count = 0
    while stack:
        for value in stack[-1]:
            count += 1
            if count > MAX_ELEMENTS:
                raise failed("list-too-long", f"a list has at most {MAX_ELEMENTS} elements")
            if isinstance(value, tuple):
                stack.append(iter(value))
                break
            yield value
        else:
            stack.pop()


def is_true(value: Scalar) -> bool:
    """Whether a value counts as true: its text is ``true`` in upper or lower case."""
    if isinstance(value, bool):
        return value
    return isinstance(value, str) and value.lower() == "true"
