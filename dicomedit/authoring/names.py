"""What people call the attribute that a tag path names."""

from __future__ import annotations

from dicomedit.dicom.dictionary import attribute_name
from dicomedit.dicom.paths import TagPath, TagStep

_REPEATING = {"50XX": "5000", "50X@": "5000", "60XX": "6000", "60X@": "6000"}
"""Groups that a data set may have several of, and one of them (PS3.5 §7.6)."""


def step_name(step: TagStep) -> str:
    """Return the name of a step's attribute, or nothing for private ones and patterns."""
    number = _REPEATING.get(step.group, step.group) + step.element
    if step.creator is not None or not set(number) <= set("0123456789ABCDEF"):
        return ""
    return attribute_name(int(number, 16))


def path_name(path: TagPath) -> str:
    """Return the name of the attribute at the end of a path, or nothing."""
    last = path.steps[-1]
    return step_name(last) if isinstance(last, TagStep) else ""
