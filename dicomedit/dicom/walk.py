"""Find all elements that a tag path matches, in ascending order, items in theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dicomedit.dicom.dictionary import is_private, is_private_creator
from dicomedit.dicom.levels import Instance, Level
from dicomedit.dicom.paths import Pattern, States
from dicomedit.dicom.private import creator_of


@dataclass(frozen=True, slots=True)
class Target:
    """One element, present or about to be created."""

    level: Level
    tag: int


def matching_values(instance: Instance, pattern: Pattern) -> Iterator[Target]:
    """Yield the elements a pattern matches, without sequences and private creators."""
    for target in _matching(_root(instance, pattern), pattern, pattern.start):
        if not target.level.is_sequence(target.tag):
            yield target


def matching_elements(instance: Instance, pattern: Pattern) -> Iterator[Target]:
    """Yield the elements and sequences a pattern matches, without private creators."""
    return _matching(_root(instance, pattern), pattern, pattern.start)


def removals(instance: Instance, pattern: Pattern) -> Iterator[Target]:
    """Yield what deleting a pattern removes: matches, and all below a matched item.

    Private creators stay, unless the sequence goes that they are in.
    """
    return _removals(_root(instance, pattern), pattern, pattern.start)


def _root(instance: Instance, pattern: Pattern) -> Level:
    return instance.meta if pattern.names_file_meta else instance.root


def _present(level: Level, pattern: Pattern, states: States) -> list[int]:
    candidates = pattern.candidates(states)
    if candidates is None:
        return list(level.tags())
    return [tag for tag in candidates if tag in level]


def _matching(level: Level, pattern: Pattern, states: States) -> Iterator[Target]:
    for tag in _present(level, pattern, states):
        creator = creator_of(level, tag)
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
        creator = creator_of(level, tag)
        is_sequence = level.is_sequence(tag)
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
        elif level.is_sequence(tag):
            for item in level.items(tag):
                yield from private_elements(item)


def all_values(level: Level) -> Iterator[Target]:
    """Yield every element at every level that is not a sequence."""
    for tag in level.tags():
        if level.is_sequence(tag):
            for item in level.items(tag):
                yield from all_values(item)
        else:
            yield Target(level, tag)
