"""A file read after others, with what was proved in them, is read as if it were the first one."""

import os

import generated
import pytest
from generated import Element, File, Item, Sequence
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_after_others import WANTED, read, seen

from dicomedit.dicom.lookout import LONGEST, MOST, Lookout
from dicomedit.dicom.scan import MAX_DEPTH

modest = settings(max_examples=int(os.environ.get("DICOMEDIT_EXAMPLES", "200")))

CODE = Element(0x00080100, "SH", b"T-D1100 ")
NAME = Element(0x00100010, "PN", b"Doe^Jane")


@modest
@given(st.lists(generated.files, min_size=1, max_size=4))
def test_what_was_proved_makes_no_difference(files: list[File]):
    lookout = Lookout(WANTED)
    for each in (*files, *files):
        assert seen(read(each.data, lookout)) == seen(read(each.data, Lookout(WANTED)))


@modest
@given(generated.files, st.randoms())
def test_broken_copies_of_a_proved_file_are_refused_alike(file: File, chance):
    lookout, data = Lookout(WANTED), file.data
    read(data, lookout)
    for _ in range(20):
        broken = bytearray(
            data[: chance.randint(150, len(data))] if chance.random() < 0.3 else data
        )
        place = chance.randrange(132, len(broken))
        broken[place] = chance.choice((0, 1, 0xFF, broken[place] ^ 1 << chance.randrange(8)))
        copy = bytes(broken)
        assert seen(read(copy, lookout)) == seen(read(copy, Lookout(WANTED)))


@pytest.mark.parametrize("delimited", [False, True], ids=["length", "delimiter"])
def test_a_sequence_is_proved_once(delimited: bool):
    lookout = Lookout(WANTED)
    file = File((Sequence(0x00081032, (Item((CODE,), delimited),), delimited=delimited),))
    encoding = read(file.data, lookout).root.encoding
    assert [len(each) for each in lookout.proved(encoding)] == [not delimited, delimited]


def test_what_is_sought_is_found_in_every_file():
    lookout = Lookout(WANTED)
    file = File((Sequence(0x00081140, (Item((NAME,)),)),))
    for _ in range(2):
        assert read(file.data, lookout).root.present_below({NAME.tag}) == {NAME.tag}


def test_a_sequence_with_the_bytes_of_a_delimiter_in_a_value_has_an_end_of_its_own():
    """The same bytes are a whole sequence where a length says so, and are not where none does."""
    end = b"\xfe\xff\xdd\xe0\0\0\0\0"
    lookout = Lookout(WANTED)
    with_length = File((Sequence(0x00081032, (Item((Element(0x00080104, "OB", end),)),)),))
    without = File((Sequence(0x00081032, with_length.elements[0].items, delimited=True),))
    for file in (with_length, without, with_length):
        assert seen(read(file.data, lookout)) == seen(read(file.data, Lookout(WANTED)))


def test_depth_is_limited_in_what_was_proved_further_up():
    def nested(depth: int) -> Sequence:
        inside = (CODE,) if depth == 1 else (nested(depth - 1),)
        return Sequence(0x00081032, (Item(inside),))

    lookout = Lookout(WANTED)
    for depth in (2, MAX_DEPTH, MAX_DEPTH + 1, 3, MAX_DEPTH + 1):
        data = File((nested(depth),)).data
        assert seen(read(data, lookout)) == seen(read(data, Lookout(WANTED)))


def test_what_is_remembered_is_bounded():
    lookout = Lookout()
    for number in range(MOST + 10):
        code = Element(0x00080100, "SH", b"%08d" % number)
        file = read(File((Sequence(0x00081032, (Item((code,)),)),)).data, lookout)
    proved, _ = lookout.proved(file.root.encoding)
    assert 0 < len(proved) <= MOST
    long = Sequence(0x00081032, (Item((Element(0x00080104, "LO", b"a" * LONGEST),)),))
    before = len(proved)
    read(File((long,)).data, lookout)
    assert len(proved) == before
