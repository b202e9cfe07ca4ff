"""Decoding is strict: what cannot be located for certain is refused, and the error says where.

Data sets are built byte by byte, as PS3.5 §7 lays them out.
"""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pydicom.data
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from second_implementation import decode_file

from dicomedit import DicomFileError
from dicomedit.dicom.decode import decode_elements, decode_sequence
from dicomedit.dicom.encoded import VIEW_FROM
from dicomedit.dicom.encoding import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    LONG_VRS,
    SHORT_VRS,
    Encoding,
)
from dicomedit.dicom.malformed import Malformed
from dicomedit.dicom.scan import MAX_DEPTH
from dicomedit.io.read import NotDicomError

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
NAME, PATIENT_ID, ROWS = 0x00100010, 0x00100020, 0x00280010
REFERENCES, PRIVATE, PIXELS = 0x00081140, 0x00091010, 0x7FE00010


class Layout:
    """Builds elements in one encoding."""

    def __init__(self, encoding: Encoding):
        self.encoding = encoding
        self.order = "<" if encoding.little else ">"

    def tag(self, tag: int) -> bytes:
        return struct.pack(f"{self.order}HH", tag >> 16, tag & 0xFFFF)

    def element(self, tag: int, vr: str, value: bytes = b"", *, length: int | None = None) -> bytes:
        size = len(value) if length is None else length
        if self.encoding.implicit:
            return self.bare(tag, value, length=size)
        if vr in LONG_VRS:
            header = vr.encode() + b"\0\0" + struct.pack(f"{self.order}L", size)
        else:
            header = vr.encode() + struct.pack(f"{self.order}H", size)
        return self.tag(tag) + header + value

    def bare(self, tag: int, value: bytes = b"", *, length: int | None = None) -> bytes:
        """An item, a delimiter or an implicit element: a tag, four bytes of length, a value."""
        size = len(value) if length is None else length
        return self.tag(tag) + struct.pack(f"{self.order}L", size) + value

    def item(self, *elements: bytes, undefined: bool = False) -> bytes:
        inside = b"".join(elements)
        if undefined:
            return self.bare(ITEM, inside, length=UNDEFINED) + self.bare(ITEM_END)
        return self.bare(ITEM, inside)

    def sequence(self, tag: int, *items: bytes, undefined: bool = False, vr: str = "SQ") -> bytes:
        inside = b"".join(items)
        if undefined:
            header = self.element(tag, vr, inside, length=UNDEFINED)
            return header + self.bare(SEQUENCE_END)
        return self.element(tag, vr, inside)

    def decode(self, data: bytes, start: int = 0):
        return decode_elements(data, start, self.encoding)

    def refuse(self, data: bytes) -> Malformed:
        with pytest.raises(Malformed) as caught:
            self.decode(data)
        assert str(caught.value) == f"{caught.value.reason} (at byte {caught.value.offset})"
        return caught.value


EXPLICIT, IMPLICIT, BIG = map(Layout, (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG))
LAYOUTS = pytest.mark.parametrize(
    "layout", [EXPLICIT, IMPLICIT, BIG], ids=["explicit", "implicit", "big"]
)
LENGTHS = pytest.mark.parametrize("undefined", [False, True], ids=["length", "delimiter"])


def items_of(elements, tag: int) -> list[Dataset]:
    return list(elements[tag].value)


def stored(dataset: Dataset, tag: int) -> bytes:
    return bytes(dataset.get_item(tag).value)


# --- what is accepted ---------------------------------------------------------------------------


@LAYOUTS
def test_values_are_sliced_not_interpreted(layout: Layout):
    data = layout.element(NAME, "PN", b"Doe^Jane  ") + layout.element(ROWS, "US", b"\x01\x02")
    found = layout.decode(data)
    assert list(found) == [NAME, ROWS]
    assert found[NAME].value == b"Doe^Jane  "
    rows = found[ROWS]
    assert rows.value == b"\x01\x02"
    assert rows.is_little_endian == layout.encoding.little
    assert rows.VR is None if layout.encoding.implicit else rows.VR == "US"


@pytest.mark.parametrize("vr", sorted((LONG_VRS | SHORT_VRS) - {"SQ"}))
def test_every_vr_has_the_header_of_its_kind(vr: str):
    data = EXPLICIT.element(PATIENT_ID, vr, b"12345678") + EXPLICIT.element(ROWS, "US", b"\1\2")
    found = EXPLICIT.decode(data)
    assert (found[PATIENT_ID].VR, found[PATIENT_ID].value) == (vr, b"12345678")
    assert ROWS in found


def test_the_start_is_an_offset_into_the_data():
    data = b"before that" + EXPLICIT.element(NAME, "PN", b"Doe")
    assert EXPLICIT.decode(data, start=11)[NAME].value == b"Doe"


def test_nothing_is_no_element():
    assert EXPLICIT.decode(b"") == {}


def test_large_values_stay_views_of_the_source():
    small, large = bytes(VIEW_FROM - 1), bytes(VIEW_FROM)
    found = EXPLICIT.decode(
        EXPLICIT.element(0x00420011, "OB", small) + EXPLICIT.element(PIXELS, "OB", large)
    )
    assert type(found[0x00420011].value) is bytes
    assert type(found[PIXELS].value) is memoryview


@LAYOUTS
@LENGTHS
def test_sequences_become_items(layout: Layout, undefined: bool):
    first = layout.item(layout.element(NAME, "PN", b"Doe^"), undefined=undefined)
    second = layout.item(undefined=undefined)
    data = layout.sequence(REFERENCES, first, second, undefined=undefined)
    found = layout.decode(data + layout.element(NAME, "PN", b"Roe^"))
    one, two = items_of(found, REFERENCES)
    assert stored(one, NAME) == b"Doe^"
    assert len(two) == 0
    assert found[NAME].value == b"Roe^"
    assert found[REFERENCES].is_undefined_length is undefined
    assert one.is_undefined_length_sequence_item is undefined


@LAYOUTS
@LENGTHS
def test_an_empty_sequence_has_no_items(layout: Layout, undefined: bool):
    found = layout.decode(layout.sequence(REFERENCES, undefined=undefined))
    assert items_of(found, REFERENCES) == []


@LAYOUTS
def test_kinds_of_length_may_be_mixed(layout: Layout):
    innermost = layout.item(layout.element(NAME, "PN", b"Doe^"), undefined=True)
    inner = layout.item(layout.sequence(REFERENCES, innermost), undefined=False)
    data = layout.sequence(REFERENCES, inner, undefined=True)
    (outer_item,) = items_of(layout.decode(data), REFERENCES)
    (inner_item,) = items_of(outer_item, REFERENCES)
    assert stored(inner_item, NAME) == b"Doe^"
    assert not outer_item.is_undefined_length_sequence_item
    assert inner_item.is_undefined_length_sequence_item


def test_a_defined_length_may_include_the_delimiter():
    """Some writers put the delimiter although the length says it all."""
    data = EXPLICIT.sequence(REFERENCES, EXPLICIT.item(), EXPLICIT.bare(SEQUENCE_END))
    assert len(items_of(EXPLICIT.decode(data), REFERENCES)) == 1


@LAYOUTS
@LENGTHS
def test_as_deep_as_the_limit(layout: Layout, undefined: bool):
    assert layout.decode(nested(layout, MAX_DEPTH, undefined=undefined))
    error = layout.refuse(nested(layout, MAX_DEPTH + 1, undefined=undefined))
    assert error.reason == f"sequences are nested more than {MAX_DEPTH} deep"


def nested(layout: Layout, depth: int, *, undefined: bool) -> bytes:
    data = layout.element(NAME, "PN", b"Doe^")
    for _ in range(depth):
        item = layout.item(data, undefined=undefined)
        data = layout.sequence(REFERENCES, item, undefined=undefined)
    return data


def test_very_deep_nesting_is_no_crash():
    assert EXPLICIT.refuse(nested(EXPLICIT, 3000, undefined=True)).offset > 0


# --- sequences stored as UN (PS3.5 §6.2.2) ------------------------------------------------------


@LENGTHS
def test_un_of_defined_length_is_proved_and_kept(undefined: bool):
    """It stays as it is, so that it can be written back unchanged."""
    item = IMPLICIT.item(IMPLICIT.element(NAME, "PN", b"Doe^"), undefined=undefined)
    found = EXPLICIT.decode(EXPLICIT.element(PRIVATE, "UN", item))
    assert (found[PRIVATE].VR, found[PRIVATE].value) == ("UN", item)
    (inside,) = decode_sequence(item)
    assert stored(inside, NAME) == b"Doe^"


def test_a_private_sequence_of_an_implicit_file_is_kept_too():
    item = IMPLICIT.item(IMPLICIT.element(NAME, "PN", b"Doe^"))
    assert IMPLICIT.decode(IMPLICIT.bare(PRIVATE, item))[PRIVATE].value == item


@pytest.mark.parametrize("layout", [EXPLICIT, BIG], ids=["explicit", "big"])
def test_un_of_undefined_length_is_an_implicit_little_endian_sequence(layout: Layout):
    item = IMPLICIT.item(IMPLICIT.element(NAME, "PN", b"Doe^"), undefined=True)
    header = layout.element(PRIVATE, "UN", item, length=UNDEFINED)
    data = header + IMPLICIT.bare(SEQUENCE_END) + layout.element(NAME, "PN", b"Roe^")
    found = layout.decode(data)
    assert found[PRIVATE].length == UNDEFINED
    (inside,) = decode_sequence(found[PRIVATE].value)
    assert stored(inside, NAME) == b"Doe^"
    assert found[NAME].value == b"Roe^"


def test_un_that_does_not_start_like_a_sequence_is_opaque():
    found = EXPLICIT.decode(EXPLICIT.element(PRIVATE, "UN", b"any bytes at all"))
    assert found[PRIVATE].value == b"any bytes at all"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (IMPLICIT.bare(ITEM, b"", length=2), "an item is longer than what it stands in"),
        (IMPLICIT.bare(ITEM, b"", length=UNDEFINED), "an item has no end"),
        (IMPLICIT.item(EXPLICIT.element(NAME, "PN", b"Doe^")), "claims"),
        (IMPLICIT.item() + b"left over", "stands where an item should"),
        (IMPLICIT.item()[:6], "the data ends inside an element's header"),
        (IMPLICIT.item(IMPLICIT.bare(NAME, b"a") * 2), "appears twice"),
    ],
    ids=["longer", "endless", "explicit inside", "trailing bytes", "cut", "duplicate"],
)
def test_un_that_starts_like_a_sequence_but_is_none_is_refused(value: bytes, reason: str):
    """It may hide what a script is meant to remove."""
    before = EXPLICIT.element(0x00090010, "LO", b"ACME")
    error = EXPLICIT.refuse(before + EXPLICIT.element(PRIVATE, "UN", value))
    assert "(0009,1010) holds a sequence as UN that cannot be read" in error.reason
    assert reason in error.reason
    assert error.offset == len(before)


def test_un_inside_un_is_proved_as_well():
    broken = IMPLICIT.bare(ITEM, b"", length=2)
    outer = IMPLICIT.item(IMPLICIT.bare(PRIVATE, broken))
    assert "cannot be read" in EXPLICIT.refuse(EXPLICIT.element(PRIVATE, "UN", outer)).reason


def test_un_counts_towards_the_depth():
    data = IMPLICIT.element(NAME, "PN", b"Doe^")
    for _ in range(MAX_DEPTH + 1):
        data = IMPLICIT.bare(PRIVATE, IMPLICIT.item(data))
    assert "nested" in IMPLICIT.refuse(data).reason


# --- encapsulated pixel data (PS3.5 §A.4) -------------------------------------------------------


def encapsulated(*fragments: bytes, end: bytes = EXPLICIT.bare(SEQUENCE_END)) -> bytes:
    chain = b"".join(EXPLICIT.bare(ITEM, fragment) for fragment in (b"", *fragments))
    return EXPLICIT.element(PIXELS, "OB", chain, length=UNDEFINED) + end


def test_encapsulated_pixel_data_is_kept_without_its_delimiter():
    data = encapsulated(b"abcd", b"ef") + EXPLICIT.element(0xFFFCFFFC, "OB", b"\0\0")
    found = EXPLICIT.decode(data)
    assert found[PIXELS].length == UNDEFINED
    assert found[PIXELS].value == b"".join(EXPLICIT.bare(ITEM, f) for f in (b"", b"abcd", b"ef"))
    assert 0xFFFCFFFC in found


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (encapsulated(b"abcd", end=b""), 32),
        (encapsulated(b"abcd")[:30], 20),
        (encapsulated(b"abcd", end=EXPLICIT.element(NAME, "PN", b"Doe^")), 32),
        (encapsulated(end=EXPLICIT.bare(ITEM, b"", length=UNDEFINED)), 20),
        (encapsulated(end=EXPLICIT.bare(ITEM, b"abcd", length=5)), 20),
    ],
    ids=["no delimiter", "cut fragment", "an element", "no length", "too long"],
)
def test_broken_fragments_are_refused(data: bytes, offset: int):
    assert EXPLICIT.refuse(data).offset == offset


# --- what is refused ----------------------------------------------------------------------------

FIRST = EXPLICIT.element(NAME, "PN", b"Doe^Jane")

REFUSED = {
    "unknown VR": (EXPLICIT.tag(PATIENT_ID) + b"XX\x02\0ab", "no known VR", 0),
    "lower case VR": (EXPLICIT.tag(PATIENT_ID) + b"lo\x02\0ab", "no known VR", 0),
    "zero bytes for VR": (bytes(12), "no known VR", 0),
    "implicit after explicit": (IMPLICIT.bare(PATIENT_ID, b"abcdef"), "no known VR", 0),
    "longer than the rest": (
        EXPLICIT.element(PATIENT_ID, "LO", b"ab", length=3),
        "(0010,0020) claims 3 bytes, 2 are left",
        0,
    ),
    "text without length": (
        EXPLICIT.element(PATIENT_ID, "UT", b"ab", length=UNDEFINED) + EXPLICIT.bare(SEQUENCE_END),
        "(0010,0020) of VR UT has no length",
        12,
    ),
    "bytes without length": (
        EXPLICIT.element(0x00420011, "OB", b"ab", length=UNDEFINED) + EXPLICIT.bare(SEQUENCE_END),
        "(0042,0011) of VR OB has no length",
        12,
    ),
    "the same tag twice": (EXPLICIT.element(NAME, "PN", b""), "(0010,0010) appears twice", 0),
    "a stray item": (EXPLICIT.bare(ITEM), "an item delimiter stands where", 0),
    "a stray item end": (EXPLICIT.bare(ITEM_END), "an item delimiter stands where", 0),
    "a stray sequence end": (EXPLICIT.bare(SEQUENCE_END), "an item delimiter stands where", 0),
    "a trailing byte": (b"\0", "ends inside an element's header", 0),
    "seven trailing bytes": (b"\0" * 7, "ends inside an element's header", 0),
    "half a long header": (EXPLICIT.element(PATIENT_ID, "UT")[:10], "ends inside", 0),
    "an item longer than its sequence": (
        EXPLICIT.sequence(REFERENCES, EXPLICIT.bare(ITEM, b"", length=4)) + FIRST,
        "an item is longer than what it stands in",
        12,
    ),
    "an element longer than its item": (
        EXPLICIT.sequence(
            REFERENCES, EXPLICIT.item(EXPLICIT.element(PATIENT_ID, "LO", b"ab", length=4))
        )
        + FIRST,
        "(0010,0020) claims 4 bytes, 2 are left",
        20,
    ),
    "an item without end": (
        EXPLICIT.sequence(REFERENCES, EXPLICIT.bare(ITEM, b"", length=UNDEFINED)),
        "an item has no end",
        20,
    ),
    "a sequence end instead of an item end": (
        EXPLICIT.element(
            REFERENCES, "SQ", EXPLICIT.bare(ITEM, b"", length=UNDEFINED), length=UNDEFINED
        )
        + EXPLICIT.bare(SEQUENCE_END),
        "an item delimiter stands where an element should",
        20,
    ),
    "a sequence without end": (
        EXPLICIT.element(REFERENCES, "SQ", EXPLICIT.item(), length=UNDEFINED),
        "ends inside an element's header",
        20,
    ),
    "an element where an item should be": (
        EXPLICIT.sequence(REFERENCES, EXPLICIT.element(PATIENT_ID, "LO", b"ab")),
        "(0010,0020) stands where an item should",
        12,
    ),
    "an item end in an item with a length": (
        EXPLICIT.sequence(REFERENCES, EXPLICIT.item(EXPLICIT.bare(ITEM_END))),
        "an item delimiter stands where an element should",
        20,
    ),
    "the same tag twice in an item": (
        EXPLICIT.sequence(REFERENCES, EXPLICIT.item(EXPLICIT.element(PATIENT_ID, "LO", b"") * 2)),
        "(0010,0020) appears twice",
        28,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_broken_data_is_refused_with_its_offset(name: str):
    data, reason, offset = REFUSED[name]
    error = EXPLICIT.refuse(FIRST + data)
    assert reason in error.reason
    assert error.offset == len(FIRST) + offset


@LAYOUTS
def test_an_element_cannot_swallow_the_rest(layout: Layout):
    """With a wrong length it is too long, or what follows breaks; unless it ends just as well.

    That one length, to the end of the data, is left out here: nothing tells it from a long value.
    """
    data = layout.element(NAME, "PN", b"Doe^") + layout.element(PATIENT_ID, "LO", b"4711")
    at = 4 if layout.encoding.implicit else 6
    for length in set(range(0x100)) - {4, len(data) - 8}:
        size = struct.pack(f"{layout.order}{'L' if at == 4 else 'H'}", length)
        with pytest.raises(Malformed):
            layout.decode(data[:at] + size + data[8:])


@pytest.mark.parametrize("vr", ["AE", "AS", "CS", "DA", "DT", "LO", "PN", "SH", "TM", "UI"])
def test_short_text_of_more_than_64_kib_is_refused(vr: str):
    """Only implicit encoding can claim it; it is the mark of a broken length."""
    tag = {
        "AE": 0x00080054, "AS": 0x00101010, "CS": 0x00080060, "DA": 0x00080020, "DT": 0x0008002A,
        "LO": 0x00100020, "PN": 0x00100010, "SH": 0x00080050, "TM": 0x00080030, "UI": 0x00080018,
    }[vr]  # fmt: skip
    assert IMPLICIT.decode(IMPLICIT.bare(tag, bytes(0xFFFE)))
    error = IMPLICIT.refuse(IMPLICIT.bare(tag, bytes(0x10000)))
    assert "claims 65536 bytes of short text" in error.reason


def test_long_text_may_be_long():
    assert IMPLICIT.decode(IMPLICIT.bare(0x00104000, b"a" * 0x20000))  # Patient Comments, LT


# --- truncation ---------------------------------------------------------------------------------


def rich(layout: Layout) -> bytes:
    """A little of everything."""
    wrapped = IMPLICIT.item(IMPLICIT.element(NAME, "PN", b"In^Un"), undefined=True)
    item = layout.item(layout.element(NAME, "PN", b"Doe^"), layout.element(ROWS, "US", b"\1\0"))
    parts = [
        layout.element(0x00080005, "CS", b"ISO_IR 100"),
        layout.sequence(0x00081115, layout.item(layout.sequence(REFERENCES, item)), undefined=True),
        layout.sequence(REFERENCES, layout.item(undefined=True), undefined=False),
        layout.element(0x00090010, "LO", b"ACME"),
        layout.element(PRIVATE, "UN", wrapped),
        layout.element(NAME, "PN", b""),
    ]
    if not layout.encoding.implicit:
        chain = layout.bare(ITEM) + layout.bare(ITEM, b"abcd")
        parts.append(layout.element(PIXELS, "OB", chain, length=UNDEFINED))
        parts[-1] += layout.bare(SEQUENCE_END)
    return parts


@LAYOUTS
def test_every_truncation_is_refused_or_ends_between_two_elements(layout: Layout):
    parts = rich(layout)
    data = b"".join(parts)
    boundaries = {sum(map(len, parts[:count])): count for count in range(len(parts) + 1)}
    for size in range(len(data) + 1):
        if size in boundaries:
            assert len(layout.decode(data[:size])) == boundaries[size]
        else:
            assert 0 <= layout.refuse(data[:size]).offset <= size


def test_every_truncation_of_a_file_is_refused_or_ends_between_two_elements():
    parts = rich(EXPLICIT)
    meta = EXPLICIT.element(0x00020002, "UI", b"1.2\0") + EXPLICIT.element(0x00020010, "UI", b"1.")
    head = bytes(128) + b"DICM" + meta
    data = head + b"".join(parts)
    boundaries = {len(head) + sum(map(len, parts[:count])) for count in range(1, len(parts) + 1)}
    for size in range(len(data) + 1):
        if size in boundaries:
            assert len(decode_file(data[:size], "cut.dcm"))
            continue
        with pytest.raises(DicomFileError) as caught:
            decode_file(data[:size], "cut.dcm")
        assert isinstance(caught.value, NotDicomError) == (size < 132)
        assert "cut.dcm: " in str(caught.value)


@LAYOUTS
@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_are_decoded_or_refused(layout: Layout, data: bytes):
    try:
        layout.decode(data)
    except Malformed as error:
        assert 0 <= error.offset <= len(data)


@given(
    kinds=st.recursive(
        st.sampled_from([NAME, PATIENT_ID, ROWS]),
        lambda inner: st.lists(st.lists(inner, max_size=3), max_size=3),
        max_leaves=10,
    ),
    undefined=st.booleans(),
)
def test_any_nesting_comes_back(kinds, undefined: bool):
    """Lists of lists of tags stand for sequences of items."""
    for layout in (EXPLICIT, IMPLICIT, BIG):
        data = built(layout, kinds, undefined)
        (element,) = layout.decode(data).values()
        assert shape(element) == distinct(kinds)


def built(layout: Layout, kind, undefined: bool) -> bytes:
    if isinstance(kind, int):
        return layout.element(kind, "LO", b"ab")
    items = []
    for item in kind:
        inside = [built(layout, each, undefined) for each in distinct_tags(item)]
        items.append(layout.item(*inside, undefined=undefined))
    return layout.sequence(REFERENCES, *items, undefined=undefined)


def distinct_tags(item) -> list:
    """At most one element a tag: the first of each."""
    first = {k if isinstance(k, int) else REFERENCES: k for k in reversed(item)}
    return [first[tag] for tag in sorted(first)]


def distinct(kind):
    return (
        kind if isinstance(kind, int) else [[distinct(k) for k in distinct_tags(i)] for i in kind]
    )


def shape(element):
    if element.VR != "SQ":
        return int(element.tag)
    return [[shape(item.get_item(tag)) for tag in sorted(item.keys())] for item in element.value]


# --- real files, damaged ------------------------------------------------------------------------

TEST_FILES = Path(pydicom.data.__file__).parent / "test_files"
SMALL_FILES = sorted(p for p in TEST_FILES.rglob("*.dcm") if p.stat().st_size < 12_000)


@pytest.mark.parametrize("path", SMALL_FILES, ids=lambda path: path.name)
def test_damage_to_a_file_is_refused_or_borne(path: Path):
    """Whatever happens to a file's bytes, nothing but DicomFileError comes out."""
    original = path.read_bytes()
    chance = random.Random(path.name)
    for _ in range(60):
        damaged = damage(original, chance)
        try:
            decode_file(damaged, path.name)
        except DicomFileError as error:
            assert error.path == path.name


LIKELY = (b"SQ", b"UN", b"OB", b"\xff\xff", b"\xfe\xff")
"""What makes the most of two bytes: VRs, undefined lengths, delimiters."""


def damage(data: bytes, chance: random.Random) -> bytes:
    """Overwrite, cut out or repeat some bytes behind the prefix; headers are hit often enough."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(min(132, len(changed) - 1), len(changed))
        match chance.randrange(4):
            case 0:
                changed[at] = chance.randrange(256)
            case 1:
                changed[at : at + 2] = chance.choice(
                    [b"SQ", b"UN", b"OB", b"\xff\xff", b"\xfe\xff"]
                )
            case 2:
                del changed[at : at + chance.randrange(1, 20)]
            case 3:
                changed[at:at] = changed[at : at + chance.randrange(1, 20)]
        if len(changed) < 134:
            break
    return bytes(changed)


def test_a_transfer_syntax_that_is_a_sequence_is_refused():
    meta = EXPLICIT.sequence(0x00020010, EXPLICIT.item())
    data = bytes(128) + b"DICM" + meta + EXPLICIT.element(NAME, "PN", b"Doe^")
    with pytest.raises(DicomFileError):
        decode_file(data, "odd.dcm")


# --- texts that hold more than text ---------------------------------------------------------------


def short_element(tag: int, vr: bytes, value: bytes, *, implicit: bool) -> bytes:
    start = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if implicit:
        return start + struct.pack("<L", len(value)) + value
    return start + vr + struct.pack("<H", len(value)) + value


@pytest.mark.parametrize("encoding", [IMPLICIT_LITTLE, EXPLICIT_LITTLE])
def test_a_name_that_has_taken_in_the_next_element_is_refused(encoding):
    """Its length is wrong: a rule for Patient ID would never see the one that is inside."""
    inside = short_element(0x00100020, b"LO", b"PID1", implicit=encoding.implicit)
    data = short_element(0x00100010, b"PN", b"Doe^" + inside, implicit=encoding.implicit)
    with pytest.raises(Malformed, match=r"\(0010,0010\) seems to hold another element"):
        decode_elements(data, 0, encoding)


@pytest.mark.parametrize("text", [b"Doe\0\x01\x02\x07xyz", b"ABC\0DEF ", b"PELOTON ", b"LO\0\0"])
@pytest.mark.parametrize("encoding", [IMPLICIT_LITTLE, EXPLICIT_LITTLE])
def test_a_name_with_rubbish_behind_its_end_is_borne(encoding, text):
    data = short_element(0x00100010, b"PN", text, implicit=encoding.implicit)
    (element,) = decode_elements(data, 0, encoding).values()
    assert element.value == text
