"""`EncodedLevel`: what a script leaves alone is copied from the file, byte for byte.

A table row has the elements of a file, a script, and the elements there should be. Both are laid
out by `generated.Layout`, so that expected is not only what is in a file but every byte of it.
"""

from __future__ import annotations

import gc
import os
import sys
import tracemalloc
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from generated import (
    REFERENCES,
    SYNTAXES,
    WRAPPED,
    Any,
    Element,
    File,
    Fragments,
    Item,
    Layout,
    Sequence,
)
from pydicom.data import get_testdata_file

from dicomedit import compile_script
from dicomedit.dicom.encoded import VIEW_FROM
from dicomedit.dicom.encoding import EXPLICIT_LITTLE, ITEM, SEQUENCE_DELIMITER, UNDEFINED_LENGTH
from dicomedit.dicom.levels import Instance
from dicomedit.dicom.views import Buffer, FilePart
from dicomedit.io.read import DicomFile, locate_elements, read_file
from dicomedit.io.write import encode_instance
from dicomedit.lang.program import Resources

IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"

each_syntax = pytest.mark.parametrize("syntax", SYNTAXES)


def opened(file: File) -> Instance:
    return locate_elements(file.data, "in.dcm").open()


def edit(instance: Instance, script: str) -> None:
    outcome = compile_script(script, dialect=6).edit(instance, {}, Resources())
    assert not outcome.rejected


def body(instance: Instance) -> bytes:
    """Return the data set an instance would be written as."""
    data = b"".join(bytes(part) for part in encode_instance(instance))
    return body_of(locate_elements(data, "out.dcm"))


def body_of(file: DicomFile) -> bytes:
    content = file.root.content
    return bytes(content.scanner.data[content.start : content.end])


def check(syntax: str, before: tuple[Any, ...], script: str, after: tuple[Any, ...]) -> None:
    instance = opened(File(before, syntax))
    edit(instance, script)
    assert body(instance) == Layout(SYNTAXES[syntax]).all(after)


# --- elements of the root -------------------------------------------------------------------------

DATE = Element(0x00080020, "DA", b"20200229")
NAME = Element(0x00100010, "PN", b"Doe^Jane")
ID = Element(0x00100020, "LO", b"4711")
TEXT = Element(0x0040A160, "UT", b"some text ", reserved=b"  ")
ALL = (DATE, NAME, ID, TEXT)

OTHER_DATE = Element(0x00080020, "DA", b"20010101")
OTHER_NAME = Element(0x00100010, "PN", b"Roe^Richard ")
OTHER_TEXT = Element(0x0040A160, "UT", b"other ")
UID = Element(0x00080018, "UI", b"1.2\0")
SEX = Element(0x00100040, "CS", b"O ")
LAST = Element(0x00880140, "UI", b"1.2.9\0")

AT_THE_ROOT = {
    "nothing": (ALL, "", ALL),
    "the first removed": (ALL, "-(0008,0020)", (NAME, ID, TEXT)),
    "one in the middle removed": (ALL, "-(0010,0010)", (DATE, ID, TEXT)),
    "the last removed": (ALL, "-(0040,A160)", (DATE, NAME, ID)),
    "neighbours removed": (ALL, "-(0010,0010)\n-(0010,0020)", (DATE, TEXT)),
    "all but one removed": (ALL, "-(0010,00XX)\n-(0008,0020)", (TEXT,)),
    "the first replaced": (ALL, '(0008,0020) ?= "20010101"', (OTHER_DATE, NAME, ID, TEXT)),
    "one in the middle replaced": (
        ALL,
        '(0010,0010) := "Roe^Richard"',
        (DATE, OTHER_NAME, ID, TEXT),
    ),
    "the last replaced": (ALL, '(0040,A160) ?= "other"', (DATE, NAME, ID, OTHER_TEXT)),
    "one added in front": (ALL, '(0008,0018) := "1.2"', (UID, *ALL)),
    "one added in the middle": (ALL, '(0010,0040) := "O"', (DATE, NAME, ID, SEX, TEXT)),
    "one added at the end": (ALL, '(0088,0140) := "1.2.9"', (*ALL, LAST)),
    "several added at one place": (
        ALL,
        '(0010,0040) := "O"\n(0010,0030) := "20010101"',
        (DATE, NAME, ID, Element(0x00100030, "DA", b"20010101"), SEX, TEXT),
    ),
    "added before one that is removed": (
        ALL,
        '-(0010,0010)\n(0008,0060) := "MR"',
        (DATE, Element(0x00080060, "CS", b"MR"), ID, TEXT),
    ),
    "removed and created again": (
        ALL,
        '-(0010,0010)\n(0010,0010) := "Roe^Richard"',
        (DATE, OTHER_NAME, ID, TEXT),
    ),
    "created and removed again": (ALL, '(0010,0040) := "O"\n-(0010,0040)', ALL),
    "the same value again": (ALL, '(0010,0010) := "Doe^Jane"', ALL),
    "a sequence added": (
        ALL,
        '(0008,1140)[1]/(0010,0040) := "O"',
        (DATE, Sequence(REFERENCES, (Item(), Item((SEX,)))), NAME, ID, TEXT),
    ),
}


@each_syntax
@pytest.mark.parametrize("name", AT_THE_ROOT)
def test_elements_of_the_root(name: str, syntax: str):
    check(syntax, *AT_THE_ROOT[name])


# --- out of order ---------------------------------------------------------------------------------

MIXED = (TEXT, NAME, DATE, ID)
OUT_OF_ORDER = {
    "stays so": (MIXED, "", MIXED),
    "one removed": (MIXED, "-(0010,0010)", (TEXT, DATE, ID)),
    "one replaced": (MIXED, '(0010,0010) := "Roe^Richard"', (TEXT, OTHER_NAME, DATE, ID)),
    "one added: all in order": (
        MIXED,
        '(0010,0040) := "O"',
        (DATE, NAME, ID, SEX, Element(0x0040A160, "UT", b"some text ")),
    ),
    "one removed, one added": (MIXED, '-(0040,A160)\n(0010,0040) := "O"', (DATE, NAME, ID, SEX)),
    "an item in a sequence: that item only": (
        (Sequence(REFERENCES, (Item((ID, NAME)), Item((ID, NAME)))), TEXT, DATE),
        '(0008,1140)[1]/(0010,0040) := "O"',
        (Sequence(REFERENCES, (Item((ID, NAME)), Item((NAME, ID, SEX)))), TEXT, DATE),
    ),
    "an item in a sequence, and what it is in": (
        (TEXT, Sequence(REFERENCES, (Item((ID, NAME)),), delimited=True)),
        '(0008,1140)[0]/(0010,0040) := "O"\n(0008,0018) := "1.2"',
        (
            UID,
            Sequence(REFERENCES, (Item((NAME, ID, SEX)),), delimited=True),
            Element(0x0040A160, "UT", b"some text "),
        ),
    ),
}


@each_syntax
@pytest.mark.parametrize("name", OUT_OF_ORDER)
def test_elements_out_of_order(name: str, syntax: str):
    check(syntax, *OUT_OF_ORDER[name])


# --- lengths --------------------------------------------------------------------------------------


def nested(kinds: tuple[bool, bool, bool, bool], *inside: Any) -> tuple[Any, ...]:
    """Return elements around a sequence in a sequence, whose lengths are defined or not."""
    inner = Sequence(
        REFERENCES, (Item((UID,)), Item(inside, kinds[3]), Item((UID,))), "SQ", kinds[2]
    )
    outer = Sequence(REFERENCES, (Item((DATE, inner, TEXT), kinds[1]), Item((ID,))), "SQ", kinds[0])
    return (DATE, outer, NAME)


INSIDE = "(0008,1140)[0]/(0008,1140)[1]/"
NESTED = {
    "one removed": ((NAME, ID), f"-{INSIDE}(0010,0010)", (ID,)),
    "all removed": ((NAME, ID), f"-{INSIDE}(0010,00XX)", ()),
    "one replaced": ((NAME, ID), f'{INSIDE}(0010,0010) ?= "Roe^Richard"', (OTHER_NAME, ID)),
    "one added": ((NAME, ID), f'{INSIDE}(0010,0040) := "O"', (NAME, ID, SEX)),
    "one added to nothing": ((), f'{INSIDE}(0010,0040) := "O"', (SEX,)),
    "several": (
        (NAME, ID),
        f'-{INSIDE}(0010,0020)\n{INSIDE}(0010,0010) ?= "Roe^Richard"\n{INSIDE}(0010,0040) := "O"',
        (OTHER_NAME, SEX),
    ),
}
KINDS = [tuple(bool(number >> bit & 1) for bit in range(4)) for number in range(16)]


@each_syntax
@pytest.mark.parametrize("name", NESTED)
def test_the_lengths_of_all_that_is_around_a_change(name: str, syntax: str):
    """Defined ones are what they are now, undefined ones stay undefined."""
    before, script, after = NESTED[name]
    for kinds in KINDS:
        check(syntax, nested(kinds, *before), script, nested(kinds, *after))


@each_syntax
def test_changes_at_several_depths(syntax: str):
    script = f'-{INSIDE}(0010,0010)\n-(0008,1140)[0]/(0040,A160)\n(0008,1140)[1]/(0010,0040) := "O"'
    for kinds in KINDS:
        inner = Sequence(
            REFERENCES, (Item((UID,)), Item((ID,), kinds[3]), Item((UID,))), "SQ", kinds[2]
        )
        items = (Item((DATE, inner), kinds[1]), Item((ID, SEX)))
        after = (DATE, Sequence(REFERENCES, items, "SQ", kinds[0]), NAME)
        check(syntax, nested(kinds, NAME, ID), script, after)


@each_syntax
@pytest.mark.parametrize("is_delimited", [False, True])
def test_items_added_to_a_sequence(is_delimited: bool, syntax: str):
    """New ones have a length; the others keep what they have."""
    items = (Item((NAME,), delimited=True), Item((ID,)))
    check(
        syntax,
        (Sequence(REFERENCES, items, "SQ", is_delimited), TEXT),
        '(0008,1140)[3]/(0010,0040) := "O"',
        (Sequence(REFERENCES, (*items, Item(), Item((SEX,))), "SQ", is_delimited), TEXT),
    )


@each_syntax
def test_a_delimiter_that_is_not_needed_stays(syntax: str):
    """The length of its sequence is defined; it counts (PS3.5 §7.5.2)."""
    before = Sequence(REFERENCES, (Item((NAME, ID)),), trailing=True)
    after = Sequence(REFERENCES, (Item((ID,)),), trailing=True)
    check(syntax, (before, TEXT), '(0010,0040) := "O"', (before, SEX, TEXT))
    check(syntax, (before, TEXT), "-*/(0010,0010)", (after, TEXT))


# --- group lengths --------------------------------------------------------------------------------

LENGTH_8, LENGTH_10 = (Element(tag, "UL", b"\4\0\0\0") for tag in (0x00080000, 0x00100000))


@each_syntax
@pytest.mark.parametrize("is_delimited", [False, True])
def test_group_lengths_go_from_all_levels(is_delimited: bool, syntax: str):
    def sequence(*inside: Any, around: tuple[Any, ...] = ()) -> Sequence:
        inner = Sequence(REFERENCES, (Item(inside, is_delimited), Item((UID,))), "SQ", is_delimited)
        return Sequence(REFERENCES, (Item((*around, inner)),), "SQ", is_delimited)

    before = (LENGTH_8, DATE, sequence(LENGTH_10, NAME, around=(LENGTH_8,)), LENGTH_10, NAME)
    check(syntax, before, "", (DATE, sequence(NAME), NAME))
    check(syntax, before, "-*/(0010,0010)", (DATE, sequence()))


def test_group_lengths_stay_in_un_until_it_is_changed():
    def sequence(vr: str, *inside: Any) -> Sequence:
        return Sequence(WRAPPED, (Item(inside), Item((LENGTH_8,))), vr)

    before = (LENGTH_8, sequence("UN", LENGTH_10, NAME, ID), TEXT)
    check(EXPLICIT, before, "", before[1:])
    after = Sequence(WRAPPED, (Item((NAME,)), Item()), "SQ")
    check(EXPLICIT, before, "-*/(0010,0020)", (after, TEXT))


# --- sequences stored as UN (PS3.5 §6.2.2) --------------------------------------------------------

WITH_UN = [syntax for syntax, encoding in SYNTAXES.items() if not encoding.implicit]


@pytest.mark.parametrize("syntax", WITH_UN)
@pytest.mark.parametrize("is_delimited", [False, True])
def test_un_stays_as_it_is_until_something_in_it_is_changed(is_delimited: bool, syntax: str):
    items = (Item((NAME, ID), delimited=True), Item((NAME,)))
    wrapped = Sequence(WRAPPED, items, "UN", is_delimited)
    check(syntax, (DATE, wrapped, TEXT), "-(0008,0020)\n-*/(0010,2180)", (wrapped, TEXT))
    opened_up = Sequence(WRAPPED, (Item((ID,), delimited=True), Item()), "SQ")
    check(syntax, (DATE, wrapped, TEXT), "-*/(0010,0010)", (DATE, opened_up, TEXT))


@pytest.mark.parametrize("is_delimited", [False, True])
def test_un_in_un(is_delimited: bool):
    """Only what is around a change becomes a sequence; UN beside it stays."""
    inner = Sequence(WRAPPED, (Item((NAME,)),), "UN")
    beside = Sequence(REFERENCES, (Item((UID,)),), "SQ", is_delimited)
    outer = Sequence(WRAPPED, (Item((beside, inner)), Item((inner,))), "UN", is_delimited)
    changed = Sequence(WRAPPED, (Item((OTHER_NAME,)),), "SQ")
    check(
        EXPLICIT,
        (outer, TEXT),
        '(0009,{NULL}03)[0]/(0009,{NULL}03)[0]/(0010,0010) ?= "Roe^Richard"',
        (Sequence(WRAPPED, (Item((beside, changed)), Item((inner,)))), TEXT),
    )


@pytest.mark.parametrize("is_delimited", [False, True])
def test_private_sequences_in_implicit_vr_are_sequences_like_others(is_delimited: bool):
    before = Sequence(WRAPPED, (Item((NAME, ID)),), "UN", is_delimited)
    after = Sequence(WRAPPED, (Item((ID,)),), "UN", is_delimited)
    check(IMPLICIT, (before, TEXT), "-*/(0010,2180)", (before, TEXT))
    check(IMPLICIT, (before, TEXT), "-*/(0010,0010)", (after, TEXT))


def test_numbers_in_un_are_little_endian_in_big_endian_until_it_is_changed():
    rows = Element(0x00280010, "US", b"\2\1")
    wrapped = Sequence(WRAPPED, (Item((NAME, rows)),), "UN")
    check(BIG, (wrapped, rows), "", (wrapped, rows))
    check(BIG, (wrapped, rows), "-*/(0010,0010)", (Sequence(WRAPPED, (Item((rows,)),)), rows))


# --- slices ---------------------------------------------------------------------------------------


def slices(instance: Instance) -> list[memoryview]:
    """Return the parts of a result that are parts of the input's data set."""
    source = instance.root.content.scanner.data  # type: ignore[attr-defined]
    parts = list(encode_instance(instance))
    _meta, *found = [p for p in parts if isinstance(p, memoryview) and p.obj is source]
    return found


def test_what_is_between_two_changes_is_one_slice():
    items = tuple(Item((NAME, ID), delimited=bool(number % 2)) for number in range(100))
    elements = (DATE, Sequence(REFERENCES, items, "SQ", delimited=True), NAME, ID, TEXT)
    instance = opened(File(elements))
    assert [bytes(each) for each in slices(instance)] == [Layout(EXPLICIT_LITTLE).all(elements)]
    instance.root.remove(NAME.tag)
    front, back = Layout(EXPLICIT_LITTLE).all(elements[:2]), Layout(EXPLICIT_LITTLE).all((ID, TEXT))
    assert [bytes(each) for each in slices(instance)] == [front, back]
    instance.root.items(REFERENCES)[51].remove(NAME.tag)  # undefined lengths all around
    kept = [len(each) for each in slices(instance)]
    assert len(kept) == 3
    assert sum(kept) == len(front) + len(back) - len(Layout(EXPLICIT_LITTLE).one(NAME))


def test_untouched_items_are_not_taken_apart():
    """A change in one of many items, with lengths to correct, needs a few slices, not hundreds."""
    items = tuple(Item((NAME, ID)) for _ in range(1000))
    instance = opened(File((DATE, Sequence(REFERENCES, items), TEXT)))
    edit(instance, "-(0008,1140)[500]/(0010,0010)")
    assert len(slices(instance)) <= 5


# --- large values ---------------------------------------------------------------------------------


@each_syntax
def test_large_values_are_views_of_the_file(syntax: str):
    small = Element(0x00420011, "OB", bytes(VIEW_FROM - 2))
    large = Element(0x7FE00010, "OB", bytes(VIEW_FROM))
    sequence = Sequence(REFERENCES, (Item((small, large)),))
    root = opened(File((sequence, small, large), syntax)).root
    (item,) = root.items(REFERENCES)
    for level in (root, item):
        assert type(level.buffer(small.tag)) is bytes
        view = level.buffer(large.tag)
        assert isinstance(view, memoryview)
        assert view.obj is root.content.scanner.data  # type: ignore[attr-defined]
        assert type(level.value(large.tag)) is bytes


def test_fragments_are_one_value():
    chain = Fragments(0x7FE00010, (b"", bytes(VIEW_FROM), b"abcd"))
    root = opened(File((NAME, chain))).root
    assert root.is_encapsulated(chain.tag)
    stored = Layout(EXPLICIT_LITTLE).one(chain)
    assert root.value(chain.tag) == stored[12:-8]
    check(EXPLICIT, (NAME, chain), "-(0010,0010)", (chain,))


SCRIPTS = {
    "nothing": "",
    "a few changes": '-*/(0010,0010)\n(0010,0020) := "P1"\n*/(0008,1155) ?= "1.2.3"',
    "everything changed": 'removeAllPrivateTags\n*/(0008,0100) ?= "C"\n(0010,00XX) ?= "x"',
    "another encoding": '(0002,0010) := "1.2.840.10008.1.2"',
}
NAMES = ("CT_small.dcm", "test-SR.dcm", "waveform_ecg.dcm", "image_dfl.dcm", "priv_SQ.dcm")


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("name", NAMES)
def test_a_mapped_file_becomes_the_same(
    name: str, script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Large files are not read but mapped, and large parts of them are copied unseen."""
    source = Path(str(get_testdata_file(name)))
    program = compile_script(SCRIPTS[script], dialect=6)
    program.apply_file(source, tmp_path / "read.dcm")
    monkeypatch.setattr("dicomedit.io.read.MAP_FROM", 1)
    monkeypatch.setattr("dicomedit.dicom.views.PART_FROM", 64)
    monkeypatch.setattr("dicomedit.dicom.encoded.VIEW_FROM", 64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the mapped file is closed with its data
        program.apply_file(source, tmp_path / "mapped.dcm")
        gc.collect()
    assert (tmp_path / "mapped.dcm").read_bytes() == (tmp_path / "read.dcm").read_bytes()


# --- files of more than 4 GiB ---------------------------------------------------------------------

GIBIBYTE = 1 << 30
LAYOUT = Layout(EXPLICIT_LITTLE)


def huge_values() -> Iterator[bytes | int]:
    """Yield two elements of 3 GiB each: bytes, or a number of zeros."""
    for tag in (0x00420011, 0x00430011):
        yield LAYOUT.header(tag, "OB", 3 * GIBIBYTE)
        yield 3 * GIBIBYTE


def huge_fragments() -> Iterator[bytes | int]:
    """Yield encapsulated data of three fragments."""
    yield LAYOUT.header(0x7FE00008, "OB", UNDEFINED_LENGTH)
    for _ in range(3):
        yield LAYOUT.bare(ITEM, 2 * GIBIBYTE)
        yield 2 * GIBIBYTE
    yield LAYOUT.bare(SEQUENCE_DELIMITER, 0)


HUGE = {
    "values": (
        huge_values,
        (Sequence(0x00880200, (Item((NAME, ID)), Item((NAME,)))), LAST),
        (Sequence(0x00880200, (Item((ID,)), Item())), LAST),
    ),
    "fragments": (
        huge_fragments,
        (Element(0x7FE10010, "LO", b"ACME"), Element(0xFFFCFFFC, "OB", b"\0\0")),
        (Element(0x7FE10010, "LO", b"ACME"),),
    ),
}


def write_with_holes(path: Path, content: Iterator[bytes | int], behind: bytes) -> None:
    """Write a file whose zeros take no room; skip the test where they would."""
    try:
        with path.open("wb") as file:
            file.write(File((DATE, NAME)).data)
            for piece in content:
                if isinstance(piece, bytes):
                    file.write(piece)
                else:
                    file.seek(piece, os.SEEK_CUR)
            file.write(behind)
    except OSError as error:
        pytest.skip(f"no file of that size can be made: {error}")
    if path.stat().st_blocks * 512 > GIBIBYTE:
        path.unlink()
        pytest.skip("the file system has no files with holes")


def end_of(parts: list[Buffer], length: int) -> bytes:
    """Return the last bytes of a result without looking at the others."""
    found = b""
    for part in reversed(parts):
        view = part.view() if isinstance(part, FilePart) else memoryview(part)
        missing = length - len(found)
        found = bytes(view[max(0, len(view) - missing) :]) + found
        view.release()
    return found[-length:]


@pytest.mark.skipif(sys.platform != "linux", reason="files with holes are the rule on Linux only")
@pytest.mark.parametrize("name", HUGE)
def test_offsets_beyond_4_gib(name: str, tmp_path: Path):
    """What is behind large elements is found and changed; they themselves are not looked at."""
    content, before, after = HUGE[name]
    source = tmp_path / "huge.dcm"
    write_with_holes(source, content(), LAYOUT.all(before))
    size = source.stat().st_size
    assert size > 6 * GIBIBYTE
    tracemalloc.start()
    try:
        instance = read_file(source).open()
        edit(instance, "-*/(0010,0010)\n-(FFFC,FFFC)")
        parts = list(encode_instance(instance))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20
    removed = len(LAYOUT.all((NAME, *before))) - len(LAYOUT.all(after))
    meta_length = 12  # which the input does not tell
    assert sum(map(len, parts)) == size - removed + meta_length
    assert end_of(parts, len(LAYOUT.all(after))) == LAYOUT.all(after)
    instance.root.content.scanner.data.file.close()  # type: ignore[attr-defined]
    source.unlink()
