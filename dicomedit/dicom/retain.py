"""Remove all private elements but those that patterns name."""

from __future__ import annotations

from collections.abc import Sequence

from dicomedit.dicom import edit
from dicomedit.dicom.dictionary import is_private, is_private_creator
from dicomedit.dicom.levels import Instance, Level, Notice, element_path
from dicomedit.dicom.paths import Pattern, States
from dicomedit.dicom.private import FIRST_BLOCK, block_of, creator_at, creator_of
from dicomedit.dicom.walk import Target

_States = tuple[States, ...]


def retain(instance: Instance, patterns: Sequence[Pattern]) -> None:
    """Remove every private element that no pattern matches, with blocks and items left empty.

    Only blocks that follow each other from 10 hex on can be retained, as in the reference; the
    creator of a block beyond a gap stays, what is in the block does not.

    Below a private sequence that is not matched as a whole, public elements count like private
    ones: nothing inside it stays that no pattern matches.
    """
    _prune(instance, instance.root, patterns, tuple(p.start for p in patterns), inside=False)


def _prune(
    instance: Instance,
    level: Level,
    patterns: Sequence[Pattern],
    states: _States,
    *,
    inside: bool,
) -> None:
    used: set[int] = set()
    for tag in level.tags():
        if is_private_creator(tag) or not (inside or is_private(tag) or level.is_sequence(tag)):
            continue
        if _is_named(level, tag, patterns, states):
            used.add(block_of(tag))
            if _is_reachable(level, tag):
                continue
            instance.notices.append(_unreachable(level, tag))
        if not level.is_sequence(tag):
            edit.remove(instance, [Target(level, tag)])
            continue
        hidden = inside or is_private(tag)
        _prune_items(instance, Target(level, tag), patterns, states, inside=hidden)
    _prune_creators(instance, level, patterns, states, used)


def _is_named(level: Level, tag: int, patterns: Sequence[Pattern], states: _States) -> bool:
    creator = creator_of(level, tag)
    return any(
        pattern.covers(each) or pattern.accepts(each, tag, creator)
        for pattern, each in zip(patterns, states, strict=True)
    )


def _is_reachable(level: Level, tag: int) -> bool:
    """Whether every block of the group up to that of a private element has a creator."""
    if not is_private(tag) or creator_of(level, tag) is None:
        return True
    last = block_of(tag)
    first = last & 0xFFFF0000 | FIRST_BLOCK
    return all(creator in level for creator in range(first, last))


def _unreachable(level: Level, tag: int) -> Notice:
    message = f"{element_path(level, tag)} was removed: its private block stands beyond a gap"
    return Notice("unreachable-block", message)


def _prune_items(
    instance: Instance,
    target: Target,
    patterns: Sequence[Pattern],
    states: _States,
    *,
    inside: bool,
) -> None:
    level, tag = target.level, target.tag
    creator = creator_of(level, tag)
    items = level.items(tag)
    for number, item in enumerate(items):
        entered = tuple(
            pattern.enter(each, tag, creator, number)
            for pattern, each in zip(patterns, states, strict=True)
        )
        _prune(instance, item, patterns, entered, inside=inside)
    if not inside:
        return
    for number in reversed(range(len(items))):
        if not items[number].tags():
            edit.remove_item(instance, target, number)
    if not level.items(tag):
        edit.remove(instance, [target])


def _prune_creators(
    instance: Instance,
    level: Level,
    patterns: Sequence[Pattern],
    states: _States,
    named: set[int],
) -> None:
    """Remove creators of whose blocks nothing is named, unless a pattern means all of a block."""
    used = named | {block_of(tag) for tag in level.tags() if is_private(tag)}
    for tag in level.tags():
        if not is_private_creator(tag) or tag in used:
            continue
        creator, first = creator_at(level, tag), tag & 0xFFFF0000 | (tag & 0xFF) * 0x101
        if not any(p.accepts(s, first, creator) for p, s in zip(patterns, states, strict=True)):
            edit.remove(instance, [Target(level, tag)])
