"""Data sets of tests: made of what an author wrote, and taken down to be compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dicomedit.dicom.dictionary import (
    SPECIFIC_CHARACTER_SET,
    dictionary_vr,
    is_group_length,
    is_private,
    is_private_creator,
)
from dicomedit.dicom.levels import Instance, Level, element_name, element_path
from dicomedit.dicom.paths import TagPath
from dicomedit.dicom.private import block_of
from dicomedit.dicom.resolve import find, obtain
from dicomedit.dicom.text import BULK_VRS, TEXT_VRS, encode_text, read_text
from dicomedit.dicom.walk import Target, matching_elements, private_elements
from dicomedit.errors import EvaluationError, failed
from dicomedit.records import Record


class Given(Record):
    """One element of the input: its text, or its bytes, and its VR when the author gave one.

    Without either it is a sequence of so many items, which the elements in them fill.
    """

    path: TagPath
    text: str | None = None
    data: bytes | None = None
    vr: str | None = None
    items: int = 0


class Stored(Record):
    """An element as it is: `raw` are its bytes, or the number of items of a sequence.

    `text` is None for what has no text.
    """

    name: str
    vr: str
    raw: bytes | int
    text: str | None
    creator: str | None = None
    """The path of the creator of its private block."""

    @property
    def shown(self) -> str:
        """The value as a message shows it."""
        if isinstance(self.raw, int):
            return f"{self.raw} item{'' if self.raw == 1 else 's'}"
        if self.text is None:
            return f"{len(self.raw)} bytes"
        return (
            f'"{self.text}"' if len(self.text) <= MOST_SHOWN else f'"{self.text[:MOST_SHOWN]}..."'
        )


VRS = TEXT_VRS | BULK_VRS | frozenset(("AT", "FD", "FL", "SL", "SS", "SV", "UL", "UN", "US", "UV"))
"""All VRs but that of sequences (PS3.5 §6.2)."""

MOST_SHOWN = 200
"""Most characters of a value that a message shows."""

Elements = dict[str, Stored]
"""The elements of a data set by their paths, ``(GGGG,EEEE)[item]/(GGGG,EEEE)``."""


def instance_of(given: Iterable[Given]) -> Instance:
    """Return a data set of elements; raise EvaluationError when one cannot be stored."""
    # pydicom is needed for data sets that no file holds, and for nothing else.
    from dicomedit.dicom.dataset_instance import Dataset, open_instance

    dataset = Dataset()
    instance = open_instance(dataset)
    for each in sorted(given, key=_comes_late):
        _put(instance, each)
    # Opened again: what was done to make it is no edit.
    again = open_instance(dataset)
    return Instance(again.root, instance.meta, again.journal, [])


def _comes_late(given: Given) -> bool:
    """Put the character set before all texts that it is for."""
    return given.path.pattern.root_tag != SPECIFIC_CHARACTER_SET


def _put(instance: Instance, given: Given) -> None:
    target = obtain(instance, given.path)
    level, tag = target.level, target.tag
    if given.text is None and given.data is None:
        _put_items(level, tag, given.items)
        return
    vr = given.vr or _usual_vr(level, tag)
    if given.data is not None:
        level.put(tag, vr, given.data)
    else:
        level.put(tag, vr, encode_text(level, tag, vr, given.text or ""))


def _put_items(level: Level, tag: int, count: int) -> None:
    """Store a sequence of empty items, or an empty element where there can be no sequence."""
    vr = dictionary_vr(tag, signed=False)
    if vr not in ("SQ", "UN"):
        if count:
            name = element_name(level, tag)
            raise failed("not-a-sequence", "the element has no items", element=name)
        level.put(tag, vr, b"")
        return
    present = len(level.items(tag)) if tag in level else 0
    for _ in range(max(count, 1) - present):
        level.add_item(tag)
    if not count and not present:
        level.remove_item(tag, 0)


def _usual_vr(level: Level, tag: int) -> str:
    """Return the VR of the dictionary; private elements, which are in none, hold text."""
    return "LO" if is_private(tag) else dictionary_vr(tag, signed=level.is_signed)


def taken_down(instance: Instance) -> Elements:
    """Return all elements of a data set and its file meta information as they are now."""
    found: Elements = {}
    for level in (instance.meta, instance.root):
        found.update(_elements(level))
    return found


def _elements(level: Level) -> Iterator[tuple[str, Stored]]:
    for tag in level.tags():
        if is_group_length(tag):
            continue
        path, name, vr = element_path(level, tag), element_name(level, tag), level.stored_vr(tag)
        if not level.is_sequence(tag):
            raw, text = bytes(level.buffer(tag)), _text(level, tag)
            yield path, Stored(name, vr, raw, text, _creator_path(level, tag))
            continue
        items = level.items(tag)
        yield path, Stored(name, "SQ", len(items), None, _creator_path(level, tag))
        for item in items:
            yield from _elements(item)


def _text(level: Level, tag: int) -> str | None:
    try:
        return read_text(level, tag)
    except EvaluationError:
        return None


def _creator_path(level: Level, tag: int) -> str | None:
    if not is_private(tag) or is_private_creator(tag):
        return None
    return element_path(level, block_of(tag))


def paths_of(instance: Instance, path: TagPath | None) -> list[str]:
    """Return where the elements stand that a path names; without one, the private elements."""
    if path is None:
        found: Iterable[Target] = private_elements(instance.root)
    elif path.plural_reason is None:
        target = find(instance, path)
        found = () if target is None else (target,)
    else:
        found = matching_elements(instance, path.pattern)
    return [element_path(each.level, each.tag) for each in found]
