"""Element paths as ``set`` and ``delete`` take them: digits only, private elements by number."""

from __future__ import annotations

import re

from dicomedit.dicom.paths import TagPath, TagStep
from dicomedit.errors import failed
from dicomedit.lang.values import Value, kind_of

_STEP = r"\s*\(\s*([0-9A-Fa-f]{4})\s*,\s*([0-9A-Fa-f]{4})\s*\)\s*(?:\[\s*(\d{1,10})\s*\])?\s*(/?)"


def direct_path(function: str, value: Value) -> TagPath:
    """Return the path a text spells; raise EvaluationError when it names no single element.

    What follows a complete path is ignored, as in the reference.
    """
    if not isinstance(value, str):
        raise failed(
            "bad-argument",
            f'{function} takes a path as text, such as "(0010,0010)", not {kind_of(value)}',
        )
    steps = _steps(value)
    if not steps:
        raise _bad_path(function, "it is not (gggg,eeee), with [n]/ between steps")
    path = TagPath(tuple(steps))
    reason = path.plural_reason
    if reason is not None:
        raise _bad_path(function, reason)
    return path


def _steps(text: str) -> list[TagStep]:
    pattern = re.compile(_STEP)  # which is quick but for the first time
    steps = []
    position, more = 0, True
    while more:
        found = pattern.match(text, position)
        if found is None:
            return []
        group, element, item, slash = found.groups()
        number = None if item is None else int(item)
        steps.append(TagStep(group.upper(), element.upper(), None, number))
        position, more = found.end(), bool(slash)
    return steps


def _bad_path(function: str, reason: str) -> Exception:
    return failed("bad-path", f"the path given to {function} names no single element: {reason}")
