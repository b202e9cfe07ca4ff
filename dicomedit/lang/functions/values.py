"""Functions that read values of the data set."""

from __future__ import annotations

from dicomedit.dicom.paths import TagPath
from dicomedit.dicom.text import read_text
from dicomedit.dicom.walk import matching_values
from dicomedit.lang.functions.registry import function
from dicomedit.lang.program import Run
from dicomedit.lang.reading import read_path, scalar_text
from dicomedit.lang.values import Scalar, Value, flatten


@function("valueAt")
def value_at(path: TagPath, *, run: Run) -> str | None:
    """Read an element; the path may be a text that spells one. Nothing when it is absent."""
    return read_path(run, path)


@function("collectValues")
def collect_values(*values: Value, run: Run) -> Value:
    """Make a list of texts: those given, then the values of every element the paths match.

    Use it before the elements change, to blank the same values elsewhere with blankValues.
    """
    texts, paths = [], []
    for value in flatten(values):
        if isinstance(value, TagPath):
            paths.append(value)
        else:
            texts.append(scalar_text(value))
    return (*texts, *(text for path in paths for text in matched_texts(run, path)))


def matched_texts(run: Run, path: TagPath) -> list[str]:
    """Return the values of every element that a path matches."""
    texts = []
    for target in matching_values(run.instance, path.pattern):
        if not target.level.is_encapsulated(target.tag):
            text = read_text(target.level, target.tag)
            texts.append(text or "")
    return texts


def literal_texts(run: Run, values: tuple[Value, ...]) -> set[str]:
    """Return the texts given and those of every element the paths match."""

    def of(value: Scalar) -> list[str | None]:
        if isinstance(value, TagPath):
            return [*matched_texts(run, value)]
        return [scalar_text(value)]

    return {text for value in flatten(values) for text in of(value) if text}
