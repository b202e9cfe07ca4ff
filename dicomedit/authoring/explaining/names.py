"""What people call the attribute that a tag path names."""

from __future__ import annotations

from dicomedit.dicom.dictionary import attribute_name
from dicomedit.dicom.paths import Levels, Step, TagPath, TagStep
from dicomedit.records import replace

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


# --- phrases ------------------------------------------------------------------------------------

_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_FIRST = {
    Levels.ANY: "everywhere",
    Levels.SOME: "in sequences at any depth, but not at the top level",
    Levels.ONE: "in any item of any sequence of the top level",
}
_INNER = {
    Levels.ANY: "everywhere",
    Levels.SOME: "in sequences at any depth",
    Levels.ONE: "in any item of any sequence",
}


def path_phrase(path: TagPath) -> str:
    """Return what a tag path stands for, such as ``Patient's Name (0010,0010) everywhere``."""
    *above, last = path.steps
    if above and last is Levels.ANY and isinstance(above[-1], TagStep):
        *above, last = above  # it adds nothing to what a tag stands for
    if path.steps == (Levels.ANY,):
        return "everything but private creators and the file meta information"
    around = [_around(step, is_first=number == 0) for number, step in enumerate(above)]
    return " ".join([_what(last), *reversed(around)])


def _what(step: Step) -> str:
    if isinstance(step, Levels):
        return "everything" if step is Levels.ANY else f"everything {_INNER[step]}"
    if isinstance(step.item, int):
        return f"everything in {_item(step)}"
    return _attribute(replace(step, item=None))


def _around(step: Step, *, is_first: bool) -> str:
    if isinstance(step, Levels):
        return (_FIRST if is_first else _INNER)[step]
    return f"in {_item(step)}"


def _item(step: TagStep) -> str:
    sequence = _attribute(replace(step, item=None))
    if not isinstance(step.item, int):
        return f"every item of {sequence}"
    if 0 <= step.item < len(_ORDINALS):
        return f"the {_ORDINALS[step.item]} item of {sequence}"
    return f"item number {step.item + 1} of {sequence}"


def _attribute(step: TagStep) -> str:
    """Return an element with its name, or what elements fit a pattern."""
    name = step_name(step)
    if name:
        return f"{name} {step}"
    if step.creator is not None:
        kind = "private elements" if step.has_wildcard else "the private element"
        return f'{kind} {step} of "{step.creator}"'
    if step.element == "XXXX" and not set(step.group) & set("X@#"):
        return f"all elements of group {step.group}"
    if step.has_wildcard:
        return f"all elements that fit {step}"
    return f"the element {step}"
