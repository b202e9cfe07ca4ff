"""A file read after others like it is read as if it were the first one, only with less walking."""

import os
from random import Random
from typing import Any

import generated
import pytest
from generated import Element, File, Fragments, Item, Sequence
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_after_others import WANTED, read, seen

from dicomedit.dicom import segments
from dicomedit.dicom.lookout import Lookout
from dicomedit.dicom.scan import Scanner

modest = settings(max_examples=int(os.environ.get("DICOMEDIT_EXAMPLES", "200")))

IMPLICIT = "1.2.840.10008.1.2"

UID = Element(0x00080018, "UI", b"1.2.3\0")
NAME = Element(0x00100010, "PN", b"Doe^Jane")
NUMBER = Element(0x00200013, "IS", b"1 ")
REFERENCE = Sequence(
    0x00081140, (Item((Element(0x00081155, "UI", b"1.2.4\0"),), True),), "SQ", True
)
PIXELS = Element(0x7FE00010, "OW", b"\1\2\3\4")


def varied(element: Any, chance: Random) -> Any:
    """Return an element with other values; lengths and numbers of items stay, most of the time."""
    if isinstance(element, Element):
        if chance.random() < 0.15:
            return Element(element.tag, element.vr, element.value + b"  ", element.reserved)
        if chance.random() < 0.1 and len(element.value) > 2:
            value = chance.choice((b"\0" * len(element.value), b"\xfe\xff\0\xe0"))
            return Element(element.tag, element.vr, value, element.reserved)
        value = bytes(chance.choice(b"abc") for _ in element.value)
        return Element(element.tag, element.vr, value, element.reserved)
    if isinstance(element, Sequence):
        items = tuple(
            Item(tuple(varied(each, chance) for each in item.elements), item.delimited)
            for item in element.items[: chance.choice((1, 9, 9, 9, 9))]
        )
        delimited = element.delimited != (chance.random() < 0.1)
        return Sequence(element.tag, items, element.vr, delimited, element.trailing)
    return element


def like(file: File, chance: Random) -> File:
    """Return a file of the same series."""
    elements = tuple(varied(each, chance) for each in file.elements)
    if chance.random() < 0.1:
        elements = elements[: chance.randrange(1, len(elements) + 1)]
    if chance.random() < 0.1:
        place, other = (chance.randrange(len(elements)) for _ in range(2))
        elements = (*elements[:place], elements[other], *elements[place + chance.randrange(2) :])
    return File(elements, file.syntax)


@modest
@given(generated.files, st.randoms(use_true_random=True))
def test_what_earlier_files_were_like_makes_no_difference(file: File, chance: Random):
    lookout = Lookout(WANTED)
    series = [file, file, *(like(file, chance) for _ in range(8)), file]
    for each in series:
        data = bytearray(each.data)
        if chance.random() < 0.2:
            data[chance.randrange(132, len(data))] ^= 1 << chance.randrange(8)
        if chance.random() < 0.1:
            del data[chance.randrange(150, len(data) + 1) :]
        assert seen(read(bytes(data), lookout)) == seen(read(bytes(data), Lookout(WANTED)))


@modest
@given(st.lists(generated.files, min_size=2, max_size=2), st.randoms(use_true_random=True))
def test_series_may_take_turns(files: list[File], chance: Random):
    lookout = Lookout(WANTED)
    for _ in range(16):
        data = like(chance.choice(files), chance).data
        assert seen(read(data, lookout)) == seen(read(data, Lookout(WANTED)))


LONG_TEXT = Element(0x00400280, "ST", b"frame " * 50)


@modest
@given(
    st.lists(st.builds(generated.random_element, st.randoms(use_true_random=True), st.just(2))),
    st.randoms(use_true_random=True),
    st.sampled_from(sorted(generated.SYNTAXES)),
)
def test_what_earlier_items_were_like_makes_no_difference(elements, chance: Random, syntax: str):
    unique = {each.tag: each for each in (*elements, LONG_TEXT)}
    frame = tuple(unique[tag] for tag in sorted(unique))
    lookout = Lookout(WANTED)
    for _ in range(3):
        frames = tuple(
            Item(like(File(frame), chance).elements, chance.random() < 0.2)
            for _ in range(chance.choice((3, 9)))
        )
        groups = Sequence(0x52009230, frames, "SQ", chance.random() < 0.5)
        data = bytearray(File((UID, groups, PIXELS), syntax).data)
        if chance.random() < 0.2:
            data[chance.randrange(132, len(data))] ^= 1 << chance.randrange(8)
        assert seen(read(bytes(data), lookout)) == seen(read(bytes(data), Lookout(WANTED)))


def test_items_with_the_headers_of_those_before_are_not_walked(monkeypatch):
    frame = (REFERENCE, NAME, Element(0x00091001, "LO", b"4711"), LONG_TEXT)
    file = File((Sequence(0x52009230, (Item(frame),) * 9),))
    whole: list[int] = []
    level = Scanner._explicit_level

    def watched(self: Scanner, position: int, *others: Any):
        whole.append(position)
        return level(self, position, *others)

    monkeypatch.setattr(Scanner, "_explicit_level", watched)
    lookout = Lookout(WANTED)
    levels = []
    for _ in range(3):
        whole.clear()
        scanned = read(file.data, lookout)
        levels.append(len(whole))
        assert len(scanned.root.content.scanner.findings.private) == 9
    walked_items = levels[0] - 2  # those of the file meta and of the root
    assert walked_items < 2 * 9
    assert levels[1] - 2 <= 2 * 2


@pytest.mark.parametrize("delimited", [False, True], ids=["length", "delimiter"])
@pytest.mark.parametrize("more", [LONG_TEXT, NAME, NUMBER], ids=["last", "first", "new"])
def test_an_item_that_goes_on_where_those_before_end(delimited: bool, more: Element):
    frame = (NAME, Element(0x00200052, "UI", b"1.2.3\0"), LONG_TEXT)
    frames = (*(Item(frame, delimited),) * 8, Item((*frame, more), delimited))
    found = read(File((Sequence(0x52009230, frames),)).data, Lookout(WANTED))
    if more is NUMBER:
        assert not isinstance(found, tuple)
    else:
        assert isinstance(found, tuple)
        assert "appears twice" in found[0]


@pytest.fixture
def walked(monkeypatch) -> list[tuple[int, int]]:
    """Where walks over elements of roots began and ended."""
    found: list[tuple[int, int]] = []
    walk = Scanner.walk

    def watched(self: Scanner, position: int, *others: Any):
        end = walk(self, position, *others)
        if not self._is_file_meta:
            found.append((position, end))
        return end

    monkeypatch.setattr(Scanner, "walk", watched)
    return found


def series(*files: tuple[Any, ...], syntax: str = File.syntax) -> Lookout:
    lookout = Lookout(WANTED)
    for each in files:
        data = File(each, syntax).data
        assert seen(read(data, lookout)) == seen(read(data, Lookout(WANTED)))
    return lookout


@pytest.mark.parametrize("syntax", [File.syntax, IMPLICIT, "1.2.840.10008.1.2.2"])
def test_what_has_the_headers_of_the_last_file_is_not_walked(walked, syntax: str):
    first = (UID, REFERENCE, NAME, NUMBER, PIXELS)
    other = (UID, REFERENCE, Element(0x00100010, "PN", b"Roe^Mary"), NUMBER, PIXELS)
    lookout = series(first, first, first, syntax=syntax)
    walked.clear()
    file = read(File(other, syntax).data, lookout)
    assert walked == []
    assert file.root.value(NAME.tag) == b"Roe^Mary"
    assert file.root.present_below(WANTED) == WANTED


def test_only_elements_whose_lengths_have_varied_are_walked(walked):
    longer = (UID, NAME, Element(NUMBER.tag, "IS", b"1000"), PIXELS)
    lookout = series(*[(UID, NAME, NUMBER, PIXELS)] * 3, longer)
    for number in (b"1 ", b"100000"):
        file = File((UID, NAME, Element(NUMBER.tag, "IS", number), PIXELS))
        walked.clear()
        read(file.data, lookout)
        assert [end - begin for begin, end in walked] == [8 + len(number)]


@pytest.mark.parametrize(
    "odd",
    [
        Fragments(PIXELS.tag, (b"", b"abcd")),
        Sequence(0x00091003, (Item((NAME,)),), "UN"),
        Sequence(0x00091003, (Item((NAME,)),), "UN", True),
        Element(0x00100020, "LO", b"4711\0\0"),
        Element(0x00091001, "UN", b"\xfe\xff\0\xe0\0\0\0\0"),
        Sequence(0x00091004, tuple(Item((NAME,)) for _ in range(segments.MOST_HEADERS))),
    ],
    ids=["fragments", "wrapped", "wrapped, delimited", "text with NUL", "wrapped, empty", "many"],
)
def test_what_no_template_can_stand_for_is_walked_in_every_file(walked, odd: Any):
    elements = tuple(sorted((UID, NAME, odd), key=lambda each: each.tag))
    lookout = series(*[elements] * 3)
    for _ in range(2):
        walked.clear()
        read(File(elements).data, lookout)
        assert len(walked) == 1


def test_a_value_that_may_hide_an_element_is_walked(walked):
    """The headers are as they were; what stands in the values is looked at all the same."""
    private = Element(0x00091001, "UN", b"12345678")
    lookout = series(*[(private, NAME)] * 3)
    for odd in (
        (Element(0x00091001, "UN", b"\xfe\xff\0\xe0\0\0\0\0"), NAME),
        (private, Element(NAME.tag, "PN", b"Doe\0\0\0\0\0")),
    ):
        walked.clear()
        data = File(odd).data
        assert seen(read(data, lookout)) == seen(read(data, Lookout(WANTED)))
        assert walked


@pytest.mark.parametrize("place", [1, 2], ids=["compared", "walked"])
def test_an_element_that_appears_twice(place: int):
    """Also where another one was expected, of which it is known that its length varies."""
    longer = (UID, NAME, Element(NUMBER.tag, "IS", b"1000"), PIXELS)
    lookout = series(*[(UID, NAME, NUMBER, PIXELS)] * 3, longer)
    for double in (UID, NAME)[:place]:
        elements = [UID, NAME, NUMBER, PIXELS]
        elements[place] = double
        data = File(tuple(elements)).data
        refused = read(data, Lookout(WANTED))
        assert isinstance(refused, tuple)
        assert "appears twice" in refused[0]
        assert read(data, lookout) == refused


def test_another_series_takes_over(walked):
    lookout = series(*[(UID, NAME)] * 3)
    other = File((UID, NUMBER, PIXELS)).data
    walks = []
    for _ in range(6):
        walked.clear()
        read(other, lookout)
        walks.append(bool(walked))
    assert walks == [True, True, True, True, False, False]


def test_a_file_of_another_series_in_between_changes_nothing(walked):
    lookout = series(*[(UID, NAME)] * 3)
    for _ in range(6):
        read(File((UID, NUMBER, PIXELS)).data, lookout)
        walked.clear()
        read(File((UID, NAME)).data, lookout)
        assert walked == []
