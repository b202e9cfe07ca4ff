"""What the data dictionary says of a tag (PS3.6): its VR and its name in messages."""

from __future__ import annotations

from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

TRANSFER_SYNTAX_UID = 0x00020010
SPECIFIC_CHARACTER_SET = 0x00080005
SOP_CLASS_UID = 0x00080016
SOP_INSTANCE_UID = 0x00080018
PIXEL_REPRESENTATION = 0x00280103
PIXEL_DATA = 0x7FE00010

PIXEL_DATA_TAGS = frozenset((0x7FE00008, 0x7FE00009, PIXEL_DATA))
"""Float, double float and integer pixel data (PS3.3 §C.7.6.24 and §C.7.6.3)."""

_CHOICES = {"OB or OW": "OW", "US or SS or OW": "US or SS", "US or OW": "US"}


def is_private(tag: int) -> bool:
    """Whether the group number is odd (PS3.5 §7.8)."""
    return bool(tag & 0x10000)


def is_private_creator(tag: int) -> bool:
    """Whether a tag can hold the creator of a private block: (odd,0010-00FF)."""
    return is_private(tag) and 0x10 <= tag & 0xFFFF <= 0xFF


def is_group_length(tag: int) -> bool:
    """Whether the tag is a group length, retired outside the file meta (PS3.5 §7.2)."""
    return tag & 0xFFFF == 0


def dictionary_vr(tag: int, *, signed: bool) -> str:
    """Return the VR a tag has when nothing else says so: LO for a creator, UN when unknown.

    `signed` decides between US and SS, as Pixel Representation does (PS3.5 Annex A).
    """
    if is_private(tag):
        return "LO" if is_private_creator(tag) else "UN"
    if is_group_length(tag):
        return "UL"
    try:
        listed = dictionary_VR(tag)
    except KeyError:
        return "UN"
    choice = _CHOICES.get(listed, listed)
    if choice == "US or SS":
        return "SS" if signed else "US"
    return choice if len(choice) == 2 else "UN"


def tag_of_keyword(keyword: str) -> int | None:
    """Return the tag of an attribute, such as PatientName, or None when there is none."""
    return tag_for_keyword(keyword)


def tag_text(tag: int) -> str:
    """Return a tag as ``(GGGG,EEEE)``."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def tag_name(tag: int) -> str:
    """Return a tag with its keyword, as messages show it: ``(0010,0010) PatientName``."""
    keyword = "" if is_private(tag) else keyword_for_tag(tag)
    return f"{tag_text(tag)} {keyword}".rstrip()
