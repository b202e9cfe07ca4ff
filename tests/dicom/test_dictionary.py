"""Our copy of the data dictionary against pydicom's, tag by tag."""

from __future__ import annotations

import random
from itertools import product

import pytest
from pydicom import datadict
from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary

from dicomedit.dicom import dictionary
from dicomedit.dicom.dictionary import dictionary_vr, tag_name, tag_of_keyword, tag_text

LINES = dictionary._table().decode("ascii").splitlines()[1:]
ENTRIES = {tag: (vr, keyword) for tag, vr, keyword in (line.split("\t") for line in LINES)}
CHOICES = {
    "OB or OW": ("OW", "OW"),
    "US or SS or OW": ("US", "SS"),
    "US or SS": ("US", "SS"),
    "US or OW": ("US", "US"),
    "NONE": ("UN", "UN"),
}


def listed(tag: int) -> tuple[str, str] | None:
    """Return VR and keyword as pydicom knows them."""
    try:
        return datadict.dictionary_VR(tag), datadict.dictionary_keyword(tag)
    except KeyError:
        return None


def tags_of(mask: str) -> list[int]:
    """Return tags of a repeating group: some, where there are many."""
    digits = [c if c != "x" else "012579BDF" if i == 3 else "0179AF" for i, c in enumerate(mask)]
    return [int("".join(each), 16) for each in product(*digits)]


def check(tag: int, vr: str, keyword: str) -> None:
    unsigned, signed = CHOICES.get(vr, (vr, vr))
    public = not tag & 0x10000
    if public and tag & 0xFFFF:
        assert dictionary_vr(tag, signed=False) == unsigned, tag_text(tag)
        assert dictionary_vr(tag, signed=True) == signed, tag_text(tag)
    if public:
        assert tag_name(tag) == f"{tag_text(tag)} {keyword}".rstrip()


def test_it_holds_all_of_the_standard():
    """As of pydicom 3.0.1; what a newer one adds waits until the file is made anew."""
    assert len(ENTRIES) >= 5179
    known = {f"{tag:08X}" for tag in DicomDictionary}
    known |= {mask.upper().replace("X", "x") for mask in RepeatersDictionary}
    assert known >= ENTRIES.keys()


def test_the_lines_are_in_order():
    assert sorted(LINES) == LINES
    assert len(ENTRIES) == len(LINES)


def test_each_tag_is_as_pydicom_has_it():
    for text, (vr, keyword) in ENTRIES.items():
        if "x" not in text:
            tag = int(text, 16)
            assert listed(tag) == (vr, keyword)
            check(tag, vr, keyword)


@pytest.mark.parametrize("mask", [text for text in ENTRIES if "x" in text])
def test_each_repeating_group_is_as_pydicom_has_it(mask: str):
    for tag in tags_of(mask):
        found = listed(tag)
        if found is not None:
            check(tag, *found)
    assert tag_of_keyword(ENTRIES[mask][1]) is None


@pytest.mark.parametrize("seed", range(4))
def test_other_tags_are_as_pydicom_has_them(seed: int):
    """Tags beside known ones, and any tags at all."""
    chosen = random.Random(seed)
    near = [int(text.replace("x", chosen.choice("02468ACE")), 16) for text in ENTRIES]
    tags = [chosen.choice(near) ^ 1 << chosen.randrange(32) for _ in range(3000)]
    for tag in (*tags, *(chosen.getrandbits(32) for _ in range(1000))):
        is_new = tag in DicomDictionary and f"{tag:08X}" not in ENTRIES
        if not is_new:
            check(tag, *(listed(tag) or ("UN", "")))


def test_keywords_lead_back_to_their_tags():
    for text, (_, keyword) in ENTRIES.items():
        if "x" not in text and keyword:
            assert tag_of_keyword(keyword) == int(text, 16) == datadict.tag_for_keyword(keyword)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Nope",
        "patientname",
        "PatientNam",
        "atientName",
        "PatientName\n",
        "PN\tPatientName",
        "Ä",
    ],
)
def test_what_is_no_keyword(text: str):
    assert tag_of_keyword(text) is None


@pytest.mark.parametrize(
    ("tag", "vr"),
    [
        (0x00090010, "LO"),
        (0x000900FF, "LO"),
        (0x00091000, "UN"),
        (0x00190000, "UN"),
        (0x00080000, "UL"),
        (0x00100000, "UL"),
        (0xFFFEE000, "UN"),
        (0x60123000, "OW"),
        (0x60133000, "UN"),
        (0x00203112, "CS"),
        (0x100000A5, "US"),
        (0x10101234, "US"),
    ],
)
def test_tags_that_are_no_entry(tag: int, vr: str):
    assert dictionary_vr(tag, signed=False) == vr


def test_names():
    assert tag_name(0x00100010) == "(0010,0010) PatientName"
    assert tag_name(0x00110010) == "(0011,0010)"
    assert tag_name(0x60023000) == "(6002,3000) OverlayData"
