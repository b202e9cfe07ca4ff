"""What the data dictionary says of a tag (PS3.6): its VR and its name in messages.

The dictionary is ``dictionary.tsv`` beside this file, made by ``docs/build_dictionary.py``. It is
searched as it is: taking its five thousand lines apart would cost every start milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator

TRANSFER_SYNTAX_UID = 0x00020010
SPECIFIC_CHARACTER_SET = 0x00080005
SOP_CLASS_UID = 0x00080016
SOP_INSTANCE_UID = 0x00080018
PIXEL_REPRESENTATION = 0x00280103
PIXEL_DATA = 0x7FE00010

PIXEL_DATA_TAGS = frozenset((0x7FE00008, 0x7FE00009, PIXEL_DATA))
"""Float, double float and integer pixel data (PS3.3 §C.7.6.24 and §C.7.6.3)."""

_TAG_LENGTH = 8
_REPEATING = ((2, 4), (6, 8), (6, 7), (4, 7), (4, 8))
"""Where digits of a tag may be any, as in 60xx3000 or 002031xx (PS3.5 §7.6 and PS3.6)."""

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
    listed, _ = _entry(tag)
    choice = _CHOICES.get(listed, listed)
    if choice == "US or SS":
        return "SS" if signed else "US"
    return choice if len(choice) == 2 else "UN"


def is_listed(tag: int) -> bool:
    """Whether the dictionary has a public tag, retired or not; private ones it cannot know."""
    return is_private(tag) or is_group_length(tag) or _entry(tag) != ("UN", "")


def tag_of_keyword(keyword: str) -> int | None:
    """Return the tag of an attribute, such as PatientName, or None when there is none."""
    if not keyword.isidentifier():
        return None
    table = _table()
    found = table.find(b"\t%b\n" % keyword.encode("utf-8", "surrogatepass"))
    start = table.rfind(b"\n", 0, max(found, 0)) + 1
    tag = table[start : start + _TAG_LENGTH]
    return None if found < 0 or b"x" in tag else int(tag, 16)


def keywords() -> Iterator[tuple[str, str, str]]:
    """Yield all public elements: tag with X for any digit, VR as it is listed, and keyword."""
    for line in _table().decode("ascii").splitlines():
        if line.count("\t") == 2:
            tag, vr, keyword = line.split("\t")
            yield tag.replace("x", "X"), vr, keyword


def tag_text(tag: int) -> str:
    """Return a tag as ``(GGGG,EEEE)``."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def tag_name(tag: int) -> str:
    """Return a tag with its keyword, as messages show it: ``(0010,0010) PatientName``."""
    keyword = "" if is_private(tag) else _entry(tag)[1]
    return f"{tag_text(tag)} {keyword}".rstrip()


def attribute_name(tag: int) -> str:
    """Return the name of an attribute as PS3.6 has it, such as Patient's Name, or nothing.

    This takes pydicom's dictionary, which is slow to import.
    """
    from pydicom.datadict import dictionary_description

    try:
        return dictionary_description(tag)
    except KeyError:
        return ""


def attributes() -> Iterator[tuple[int, str, str]]:
    """Yield tag, VR and keyword of every public attribute with a tag of its own."""
    for tag, vr, keyword in keywords():
        if "X" not in tag and keyword:
            yield int(tag, 16), vr, keyword


@cache
def _table() -> bytes:
    return Path(__file__).with_name("dictionary.tsv").read_bytes()


@lru_cache(maxsize=1 << 13)  # files may hold any number of tags that nobody knows
def _entry(tag: int) -> tuple[str, str]:
    """Return VR and keyword of a public tag, as they are listed; UN when it is not."""
    exact = b"%08X" % tag
    known = _line(exact)
    for start, end in _REPEATING:
        if known is None:
            known = _line(exact[:start] + b"x" * (end - start) + exact[end:])
    if known is None:
        return "UN", ""
    _, vr, keyword = known.decode("ascii").split("\t")
    return vr, keyword


def _line(tag: bytes) -> bytes | None:
    """Return the line that begins with a tag, by bisection."""
    table = _table()
    low, high = 0, len(table)
    while low < high:
        start = max(low, table.rfind(b"\n", low, (low + high) // 2) + 1)
        end = table.index(b"\n", start)
        found = table[start : start + _TAG_LENGTH]
        if found == tag:
            return table[start:end]
        low, high = (end + 1, high) if found < tag else (low, start)
    return None
