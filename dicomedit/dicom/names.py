"""Names of elements as PS3.6 spells them, for people who do not read keywords."""

from __future__ import annotations

from dicomedit.dicom.dictionary import attribute_name, is_private, tag_text
from dicomedit.dicom.paths import TagPath, TagStep

_APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"


def element_title(tag: int) -> str:
    """Return the name of an element, such as ``Study Date``; of private ones a generic one."""
    if is_private(tag):
        return f"Private Element {tag_text(tag)}"
    return attribute_name(tag).replace("'", _APOSTROPHE) or f"Unknown Element {tag_text(tag)}"


def path_name(path: TagPath) -> str:
    """Return the name of the element a singular path stands for, with the way to it."""
    return "/".join(_step_name(step) for step in path.steps if isinstance(step, TagStep))


def _step_name(step: TagStep) -> str:
    item = "" if step.item is None else f"[{step.item}]"
    if step.creator is None:
        return element_title(step.number) + item
    return f"{step.creator} ({step.group},{step.element}){item}"
