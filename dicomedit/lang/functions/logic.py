"""Functions that tell true from false."""

from __future__ import annotations

from dicomedit.dicom.paths import TagPath
from dicomedit.errors import failed
from dicomedit.lang.functions.registry import function
from dicomedit.lang.program import Run
from dicomedit.lang.reading import exists
from dicomedit.lang.values import Scalar, Value, flatten, is_true, kind_of


@function("true", ignores_extra=True)
def true() -> bool:
    """True."""
    return True


@function("false", ignores_extra=True)
def false() -> bool:
    """False."""
    return False


@function("and")
def and_(*values: Value) -> bool:
    """Tell whether all values are true, that is, the text ``true`` in upper or lower case.

    Lists count as their elements; without any value the answer is true.
    """
    return all(_truth("and", value) for value in flatten(values))


@function("or")
def or_(*values: Value) -> bool:
    """Tell whether some value is true, that is, the text ``true`` in upper or lower case.

    Lists count as their elements; without any value the answer is false.
    """
    return any(_truth("or", value) for value in flatten(values))


def _truth(name: str, value: Scalar) -> bool:
    if value is None:
        raise failed("absent-value", f"an argument of {name} is absent")
    return is_true(value)


@function("equals")
def equals(*values: Value) -> bool:
    """Tell whether all values are the same; fewer than two never are.

    Tag paths are compared as paths, not by what the data set holds: write valueAt[...] for that.
    A truth value is not equal to its text. Lists count as their elements.
    """
    first, *others = list(flatten(values)) or [None]
    same = all(type(other) is type(first) and other == first for other in others)
    return bool(others) and same


@function("isPresent")
def is_present(*paths: Value, run: Run) -> bool:
    """Tell whether the data set has all the elements; an empty one counts, as does a sequence.

    Lists count as their elements; a text is not taken for a path here.
    """
    found = [exists(run, _path(value)) for value in flatten(paths)]
    return all(found)


def _path(value: Scalar) -> TagPath:
    if not isinstance(value, TagPath):
        raise failed("bad-argument", f"isPresent takes tag paths, not {kind_of(value)}")
    return value
