"""Finding elements: the index of a data set always agrees with walking through it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from second_implementation import encoded_instance

from dicomedit.dicom import edit, walk
from dicomedit.dicom.dataset_instance import open_instance
from dicomedit.dicom.levels import Instance, Level, element_path
from dicomedit.dicom.paths import Levels, Pattern, TagPath, TagStep

PLAIN = (0x00100010, 0x00100020, 0x00081155)
SEQUENCES = (0x00081140, 0x0040A730)

actions = st.lists(
    st.tuples(
        st.sampled_from(("put", "remove", "add item", "remove item", "undo")),
        st.sampled_from(PLAIN + SEQUENCES),
        st.lists(st.tuples(st.sampled_from(SEQUENCES), st.integers(0, 1)), max_size=3),
    ),
    max_size=25,
)


def pattern(tag: int, levels: Levels) -> Pattern:
    return Pattern(TagPath((levels, TagStep(f"{tag >> 16:04X}", f"{tag & 0xFFFF:04X}"))))


def level_at(instance: Instance, way: list[tuple[int, int]]) -> Level:
    """Return the level that a way leads to, as far as it leads."""
    level: Level = instance.root
    for tag, item in way:
        if tag not in level or len(level.items(tag)) <= item:
            return level
        level = level.items(tag)[item]
    return level


def act(instance: Instance, action: str, tag: int, level: Level) -> None:
    target = walk.Target(level, tag)
    if action == "undo":
        instance.journal.undo()
    elif action == "remove":
        edit.remove(instance, [target])
    elif tag in PLAIN and action == "put":
        edit.put_text(instance, target, "1.2")
    elif tag in SEQUENCES and action == "add item":
        present = len(level.items(tag)) if tag in level else 0
        edit.add_items(instance, target, present + 1)
    elif tag in level and level.is_sequence(tag) and level.items(tag) and action == "remove item":
        edit.remove_item(instance, target, 0)


def paths(targets) -> list[str]:
    return sorted(element_path(target.level, target.tag) for target in targets)


def data_set() -> Dataset:
    ds = Dataset()
    ds.PatientSex = "F"
    return ds


@pytest.mark.parametrize("opened", [open_instance, encoded_instance])
@settings(max_examples=150, deadline=None)
@given(actions)
def test_the_index_agrees_with_a_walk_after_every_change(opened, steps):
    instance = opened(data_set())
    for action, tag, way in steps:
        act(instance, action, tag, level_at(instance, way))
        for wanted in PLAIN + SEQUENCES:
            for levels in (Levels.ANY, Levels.SOME):
                found = pattern(wanted, levels)
                assert found.is_indexed
                walked = walk._matching(instance.root, found, found.start)
                assert paths(walk.matching_elements(instance, found)) == paths(walked)
                gone = walk._removals(instance.root, found, found.start)
                assert paths(walk.removals(instance, found)) == paths(gone)


def test_what_is_deleted_everywhere_is_gone_everywhere():
    instance = open_instance(Dataset())
    inner = level_at(instance, [])
    for _ in range(4):
        edit.put_text(instance, walk.Target(inner, 0x00100010), "A")
        edit.add_items(instance, walk.Target(inner, 0x0040A730), 1)
        inner = inner.items(0x0040A730)[0]
    found = pattern(0x0040A730, Levels.ANY)
    edit.remove(instance, list(walk.removals(instance, found)))
    assert list(instance.root.tags()) == [0x00100010]
