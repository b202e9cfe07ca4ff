"""Find or create the one element that a singular tag path names. Finding changes nothing."""

from __future__ import annotations

from dicomedit.dicom import edit
from dicomedit.dicom.levels import Instance, Level, element_name
from dicomedit.dicom.paths import TagPath, TagStep
from dicomedit.dicom.private import FIRST_BLOCK, find_block, free_block, private_tag
from dicomedit.dicom.walk import Target
from dicomedit.errors import failed

MAX_NEW_ITEMS = 10_000
"""Most items one assignment may add to a sequence."""


def find(instance: Instance, path: TagPath) -> Target | None:
    """Return the element a singular path names, or None when it, or the way to it, is absent."""
    tag = path.pattern.root_tag
    if tag is not None:
        root = _root(instance, path)
        return Target(root, tag) if tag in root else None
    level = _root(instance, path)
    *above, last = _steps(path)
    for step in above:
        sequence = _find_tag(level, step)
        if sequence is None or sequence not in level or not level.is_sequence(sequence):
            return None
        items = level.items(sequence)
        item = step.item
        if not isinstance(item, int) or not 0 <= item < len(items):
            return None
        level = items[item]
    found = _find_tag(level, last)
    return None if found is None or found not in level else Target(level, found)


def obtain(instance: Instance, path: TagPath) -> Target:
    """Return the element a singular path names; create the sequences and items on the way."""
    tag = path.pattern.root_tag
    if tag is not None:
        return Target(_root(instance, path), tag)
    level = _root(instance, path)
    *above, last = _steps(path)
    for step in above:
        level = _enter(instance, Target(level, _obtain_tag(instance, level, step)), step.item)
    return Target(level, _obtain_tag(instance, level, last))


def _root(instance: Instance, path: TagPath) -> Level:
    return instance.meta if path.pattern.names_file_meta else instance.root


def _steps(path: TagPath) -> list[TagStep]:
    """Return the steps of a path that was found to be singular when it was compiled."""
    return [step for step in path.steps if isinstance(step, TagStep)]


def _find_tag(level: Level, step: TagStep) -> int | None:
    if step.creator is None:
        return step.number
    block = find_block(level, int(step.group, 16), step.creator)
    return None if block is None else private_tag(step, block)


def _obtain_tag(instance: Instance, level: Level, step: TagStep) -> int:
    """Return the tag of a step; a private block that is missing is reserved."""
    tag = _find_tag(level, step)
    if tag is not None or step.creator is None:
        return step.number if tag is None else tag
    group = int(step.group, 16)
    block = free_block(level, group)
    edit.put_text(instance, Target(level, group << 16 | block), step.creator)
    return private_tag(step, max(block, FIRST_BLOCK))


def _enter(instance: Instance, target: Target, item: object) -> Level:
    level, tag = target.level, target.tag
    if not isinstance(item, int) or item < 0:
        raise failed("bad-item", "an item number is missing", element=element_name(level, tag))
    if tag in level and not level.is_sequence(tag):
        raise failed("not-a-sequence", "the element has no items", element=element_name(level, tag))
    if tag not in level and edit.new_vr(level, tag) not in ("SQ", "UN"):
        raise failed("not-a-sequence", "the element has no items", element=element_name(level, tag))
    present = len(level.items(tag)) if tag in level else 0
    if item >= present + MAX_NEW_ITEMS:
        raise failed(
            "too-many-items",
            f"item {item} would need {item + 1 - present} new items; {MAX_NEW_ITEMS} are allowed",
            element=element_name(level, tag),
        )
    if item >= present:
        edit.add_items(instance, target, item + 1)
    return level.items(tag)[item]
