"""Whether a text is a valid value of a VR of characters (PS3.5 §6.2, Table 6.2-1)."""

from __future__ import annotations

import re
from functools import cache

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_LENGTHS = {
    "AE": 16,
    "CS": 16,
    "DS": 16,
    "IS": 12,
    "LO": 64,
    "LT": 10240,
    "SH": 16,
    "ST": 1024,
    "UI": 64,
}
"""Most characters of a value; those of UC, UR and UT may be any number."""

_MAX_NAME_GROUPS = 3
_MAX_NAME_GROUP = 64
"""PS3.5 §6.2.1.1."""

_CAPITALS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_CODE_CHARACTERS = frozenset(_CAPITALS_AND_DIGITS + " _")
_URI_CHARACTERS = frozenset(
    _CAPITALS_AND_DIGITS + _CAPITALS_AND_DIGITS.lower() + "_:/?#[]@!$&'()*+,;=%-.~"
)
"""Those of RFC 3986, section 2."""

_FORMS = {
    "AS": r"[0-9]{3}[DWMY]",
    "DS": r" *[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)? *",
    "IS": r" *[+-]?[0-9]+ *",
    "UI": r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*",
}


def is_valid_value(vr: str, value: str) -> bool:
    """Whether one value is valid; an empty one is, as is any of a VR that is not of characters.

    Dates and times may be ranges, which only queries should hold (PS3.4 §C.2.2.2.5).
    """
    if not value:
        return True
    if len(value) > _MAX_LENGTHS.get(vr, len(value)):
        return False
    match vr:
        case "AE":
            return value.isascii() and value.isprintable()
        case "CS":
            return _CODE_CHARACTERS.issuperset(value)
        case "PN":
            return _is_valid_name(value)
        case "UR":
            return _URI_CHARACTERS.issuperset(value.rstrip(" "))
    is_one = _TESTS.get(vr)
    if is_one is not None:
        return is_one(value) or ("-" in value and _is_range(value, is_one))
    return vr not in _FORMS or _form(vr).fullmatch(value) is not None


def _is_valid_name(value: str) -> bool:
    if value.count("=") >= _MAX_NAME_GROUPS:
        return False
    return len(value) <= _MAX_NAME_GROUP or max(map(len, value.split("="))) <= _MAX_NAME_GROUP


# --- dates and times, of which there are too many to be slow ------------------------------------


def _are_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_date(text: str) -> bool:
    is_whole = len(text) == 8 and _are_digits(text)
    return is_whole and "01" <= text[4:6] <= "12" and text[6:] <= "31"


def _is_time(text: str) -> bool:
    whole, point, fraction = text.partition(".")
    if not _are_digits(whole) or len(whole) not in (2, 4, 6):
        return False
    if point:
        digits = fraction.removesuffix(" ")
        if len(whole) < 6 or len(digits) > 6 or not _are_digits(digits):
            return False
    return whole[:2] < "24" and whole[2:4] < "60" and whole[4:] <= "60"


def _is_date_time(text: str) -> bool:
    offset = text[-5:]
    if offset[:1] in ("+", "-"):
        if not _are_digits(offset[1:]) or offset[1] > "1":
            return False
        text = text[:-5]
    if len(text) <= 6:
        is_whole = len(text) in (4, 6) and _are_digits(text)
        return is_whole and (len(text) == 4 or "01" <= text[4:] <= "12")
    return _is_date(text[:8]) and (len(text) == 8 or _is_time(text[8:]))


_TESTS = {"DA": _is_date, "DT": _is_date_time, "TM": _is_time}

_LONGEST_RANGE = 56
"""Characters of two values of VR DT with all they may have, the hyphen and a blank at the end."""


def _is_range(text: str, is_one: Callable[[str], bool]) -> bool:
    """Whether a text is two values with a hyphen between them, of which one may be missing."""
    if len(text) > _LONGEST_RANGE:
        return False
    for ending in ("", " "):
        range_ = text.removesuffix(ending)
        for place, character in enumerate(range_):
            ends = range_[:place], range_[place + 1 :]
            if character == "-" and any(ends) and all(not end or is_one(end) for end in ends):
                return True
    return False


@cache  # compiled only when a value needs it: all of them take longer than a small file does
def _form(vr: str) -> re.Pattern[str]:
    return re.compile(_FORMS[vr])
