"""Find all elements that a tag path matches, in ascending order, items in theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dicomedit.dicom.dictionary import is_private, is_private_creator
from dicomedit.dicom.levels import Instance, Level
from dicomedit.dicom.paths import Pattern, Segment, States
from dicomedit.dicom.private import creator_of


class Target:
    """One element, present or about to be created."""

    __slots__ = ("level", "tag")

    def __init__(self, level: Level, tag: int) -> None:
        self.level = level
        self.tag = tag


def matching_values(instance: Instance, pattern: Pattern) -> list[Target]:
    """Return the elements a pattern matches, without sequences and private creators."""
    found = matching_elements(instance, pattern)
    return [target for target in found if not target.level.is_sequence(target.tag)]


def matching_elements(instance: Instance, pattern: Pattern) -> Iterable[Target]:
    """Return the elements and sequences a pattern matches, without private creators."""
    if pattern.root_tag is not None:
        return _at_root(instance, pattern, pattern.root_tag)
    if pattern.is_indexed:
        return _indexed(instance.root, pattern)
    return _matching(_root(instance, pattern), pattern, pattern.start)


def removals(instance: Instance, pattern: Pattern) -> list[Target]:
    """Return what deleting a pattern removes: matches, and all below a matched item.

    Private creators stay, unless the sequence goes that they are in.
    """
    if pattern.root_tag is not None:
        return _at_root(instance, pattern, pattern.root_tag)
    if pattern.is_indexed:
        found = _indexed(instance.root, pattern)
        if not any(target.level.is_sequence(target.tag) for target in found):
            return found
        return [target for target in found if not _goes_along(target.level, pattern)]
    return list(_removals(_root(instance, pattern), pattern, pattern.start))


def _at_root(instance: Instance, pattern: Pattern, tag: int) -> list[Target]:
    root = _root(instance, pattern)
    return [Target(root, tag)] if tag in root else []


def _indexed(root: Level, pattern: Pattern) -> list[Target]:
    """Return the elements a pattern matches at any level, found without a walk."""
    tag = pattern.final_tag
    if tag is None:
        return [target for target in _private_data(root) if _is_matched(target, pattern)]
    found = [Target(level, tag) for level in root.having(tag)]
    if pattern.matches_anywhere:
        return found
    return [target for target in found if _is_matched(target, pattern)]


def _private_data(root: Level) -> Iterator[Target]:
    for level in root.having_private():
        for tag in level.tags():
            if is_private(tag) and not is_private_creator(tag):
                yield Target(level, tag)


def _is_matched(target: Target, pattern: Pattern) -> bool:
    if pattern.matches_anywhere:
        return target.tag == pattern.final_tag
    level, tag = target.level, target.tag
    return pattern.matches(_path_of(level, pattern), tag, _creator(level, pattern, tag))


def _path_of(level: Level, pattern: Pattern) -> list[Segment]:
    """Return the way from the root to a level, outermost sequence first."""
    path: list[Segment] = []
    place = level.place
    while place is not None:
        path.append((place.tag, _creator(place.level, pattern, place.tag), place.item))
        place = place.level.place
    path.reverse()
    return path


def _goes_along(level: Level, pattern: Pattern) -> bool:
    """Whether a level stands in a sequence that is matched itself, and so goes with it."""
    place = level.place
    if place is None:
        return False
    if _is_matched(Target(place.level, place.tag), pattern):
        return True
    return _goes_along(place.level, pattern)


def _root(instance: Instance, pattern: Pattern) -> Level:
    return instance.meta if pattern.names_file_meta else instance.root


def _present(level: Level, pattern: Pattern, states: States) -> list[int]:
    """Return the tags at a level that are worth a look, ascending."""
    candidates = pattern.candidates(states)
    present = set(level.present(candidates.tags)) if candidates.tags else set()
    for mask, value in candidates.forms:
        present.update(tag for tag in level.tags() if tag & mask == value)
    if candidates.any_sequence:
        present |= level.sequences()
    return sorted(present)


def _creator(level: Level, pattern: Pattern, tag: int) -> str | None:
    return creator_of(level, tag) if pattern.names_creator else None


def _matching(level: Level, pattern: Pattern, states: States) -> Iterator[Target]:
    for tag in _present(level, pattern, states):
        creator = _creator(level, pattern, tag)
        if not is_private_creator(tag) and pattern.accepts(states, tag, creator):
            yield Target(level, tag)
        if level.is_sequence(tag):
            for number, item in enumerate(level.items(tag)):
                inside = pattern.enter(states, tag, creator, number)
                if inside:
                    yield from _matching(item, pattern, inside)


def _removals(level: Level, pattern: Pattern, states: States) -> Iterator[Target]:
    covered = pattern.covers(states)
    for tag in level.tags() if covered else _present(level, pattern, states):
        creator = _creator(level, pattern, tag)
        is_sequence = level.is_sequence(tag)
        if covered or pattern.accepts(states, tag, creator):
            if is_sequence or not is_private_creator(tag):
                yield Target(level, tag)
        elif is_sequence:
            for number, item in enumerate(level.items(tag)):
                inside = pattern.enter(states, tag, creator, number)
                if inside:
                    yield from _removals(item, pattern, inside)


def private_elements(root: Level) -> Iterator[Target]:
    """Yield every private element, creators and sequences included, but nothing below those."""
    for level in root.having_private():
        if not _is_below_private(level):
            for tag in level.tags():
                if is_private(tag):
                    yield Target(level, tag)


def _is_below_private(level: Level) -> bool:
    place = level.place
    return place is not None and (is_private(place.tag) or _is_below_private(place.level))


def all_values(level: Level) -> Iterator[Target]:
    """Yield every element at every level that is not a sequence."""
    for tag in level.tags():
        if level.is_sequence(tag):
            for item in level.items(tag):
                yield from all_values(item)
        else:
            yield Target(level, tag)
