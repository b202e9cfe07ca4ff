"""Read what a script names: the one place where tag paths become values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dicomedit.dicom.paths import TagPath
from dicomedit.dicom.resolve import find
from dicomedit.dicom.text import read_text
from dicomedit.dicom.walk import Target, matching_values
from dicomedit.errors import failed
from dicomedit.lang.program import Run
from dicomedit.lang.values import Scalar, Value


def read_path(run: Run, path: TagPath) -> str | None:
    """Return the text of the element a path names, or None when it is absent."""
    target = _find(run, path)
    return None if target is None else read_text(target.level, target.tag)


def exists(run: Run, path: TagPath) -> bool:
    """Whether the data set has the element a path names."""
    return _find(run, path) is not None


def _find(run: Run, path: TagPath) -> Target | None:
    reason = path.pattern.plural_reason
    if reason is not None:
        raise failed("plural-path", f"{path} does not name one element: {reason}")
    return find(run.instance, path)


def argument_text(run: Run, value: Value) -> str | None:
    """Return an argument as text; a tag path is read."""
    if isinstance(value, TagPath):
        return read_path(run, value)
    return scalar_text(value)


def scalar_text(value: Value) -> str | None:
    """Return a value as text; a tag path becomes its own text, unread."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, TagPath):
        return value.text
    if isinstance(value, tuple):
        raise failed(
            "list-as-text",
            "a list cannot be used as one text",
            help='use format["{0}", list] for one of its elements',
        )
    return value


def as_scalar(run: Run, value: Value) -> Scalar:
    """Return a value that a comparison or a condition can use; a tag path is read."""
    if isinstance(value, TagPath):
        return read_path(run, value)
    return value if isinstance(value, bool) else scalar_text(value)


def matched_once(run: Run, paths: Sequence[TagPath]) -> Iterator[Target]:
    """Yield every element that some path matches, each once; all are found before the first."""
    found: dict[tuple[int, int], Target] = {}
    for path in paths:
        for target in matching_values(run.instance, path.pattern):
            found.setdefault((id(target.level), target.tag), target)
    return iter(found.values())
