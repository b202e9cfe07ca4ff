"""Find all elements that a tag path matches, in ascending order, items in theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dicomedit.dicom.dictionary import is_private, is_private_creator
from dicomedit.dicom.levels import Instance, Level
from dicomedit.dicom.paths import Anywhere, Pattern, States
from dicomedit.dicom.private import creator_of


@dataclass(frozen=True, slots=True)
class Target:
    """One element, present or about to be created."""

    level: Level
    tag: int


def matching_values(instance: Instance, pattern: Pattern) -> Iterator[Target]:
    """Yield the elements a pattern matches, without sequences and private creators."""
    for target in matching_elements(instance, pattern):
        if target.tag not in target.level.sequences():
            yield target


def matching_elements(instance: Instance, pattern: Pattern) -> Iterator[Target]:
    """Yield the elements and sequences a pattern matches, without private creators."""
    if pattern.anywhere is not None:
        return _anywhere(instance.root, pattern.anywhere)
    return _matching(_root(instance, pattern), pattern, pattern.start)


def removals(instance: Instance, pattern: Pattern) -> Iterator[Target]:
    """Yield what deleting a pattern removes: matches, and all below a matched item.

    Private creators stay, unless the sequence goes that they are in.
    """
    if pattern.anywhere is not None:
        found = _anywhere(instance.root, pattern.anywhere)
        return (target for target in found if not _goes_along(target.level, pattern.anywhere))
    return _removals(_root(instance, pattern), pattern, pattern.start)


def _anywhere(root: Level, anywhere: Anywhere) -> Iterator[Target]:
    for level in root.having(anywhere.tag):
        if not (anywhere.below_root and level.place is None):
            yield Target(level, anywhere.tag)


def _goes_along(level: Level, anywhere: Anywhere) -> bool:
    """Whether a level stands in a sequence that is meant itself, and so goes with it."""
    place = level.place
    if place is None:
        return False
    is_meant = not (anywhere.below_root and place.level.place is None)
    return (place.tag == anywhere.tag and is_meant) or _goes_along(place.level, anywhere)


def _root(instance: Instance, pattern: Pattern) -> Level:
    return instance.meta if pattern.names_file_meta else instance.root


def _present(level: Level, pattern: Pattern, states: States) -> list[int]:
    """Return the tags at a level that are worth a look, ascending."""
    candidates = pattern.candidates(states)
    if candidates.any_tag:
        return list(level.tags())
    present = {tag for tag in candidates.tags if tag in level}
    return sorted(present | level.sequences() if candidates.any_sequence else present)


def _creator(level: Level, pattern: Pattern, tag: int) -> str | None:
    return creator_of(level, tag) if pattern.names_creator else None


def _matching(level: Level, pattern: Pattern, states: States) -> Iterator[Target]:
    for tag in _present(level, pattern, states):
        creator = _creator(level, pattern, tag)
        if not is_private_creator(tag) and pattern.accepts(states, tag, creator):
            yield Target(level, tag)
        if tag in level.sequences():
            for number, item in enumerate(level.items(tag)):
                inside = pattern.enter(states, tag, creator, number)
                if inside:
                    yield from _matching(item, pattern, inside)


def _removals(level: Level, pattern: Pattern, states: States) -> Iterator[Target]:
    covered = pattern.covers(states)
    for tag in level.tags() if covered else _present(level, pattern, states):
        creator = _creator(level, pattern, tag)
        is_sequence = tag in level.sequences()
        if covered or pattern.accepts(states, tag, creator):
            if is_sequence or not is_private_creator(tag):
                yield Target(level, tag)
        elif is_sequence:
            for number, item in enumerate(level.items(tag)):
                inside = pattern.enter(states, tag, creator, number)
                if inside:
                    yield from _removals(item, pattern, inside)


def private_elements(level: Level) -> Iterator[Target]:
    """Yield every private element, creators and sequences included, but nothing below those."""
    for tag in level.tags():
        if is_private(tag):
            yield Target(level, tag)
        elif tag in level.sequences():
            for item in level.items(tag):
                yield from private_elements(item)


def all_values(level: Level) -> Iterator[Target]:
    """Yield every element at every level that is not a sequence."""
    for tag in level.tags():
        if tag in level.sequences():
            for item in level.items(tag):
                yield from all_values(item)
        else:
            yield Target(level, tag)
