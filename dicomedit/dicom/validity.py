"""Whether a text is a valid value of a VR of characters (PS3.5 §6.2, Table 6.2-1)."""

from __future__ import annotations

import re
from functools import cache

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
    "DA": r"[0-9]{4}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])",
    "DS": r" *[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)? *",
    "DT": r"[0-9]{4}(?:(?:0[1-9]|1[0-2])(?:(?:[0-2][0-9]|3[01])(?:(?:[01][0-9]|2[0-3])"
    r"(?:[0-5][0-9](?:(?:60|[0-5][0-9])(?:\.[0-9]{1,6} ?)?)?)?)?)?)?(?:[+-][01][0-9]{3})?",
    "IS": r" *[+-]?[0-9]+ *",
    "TM": r"(?:[01][0-9]|2[0-3])(?:[0-5][0-9](?:(?:60|[0-5][0-9])(?:\.[0-9]{1,6} ?)?)?)?",
    "UI": r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*",
}
_MAY_BE_RANGES = frozenset(("DA", "DT", "TM"))


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
    return vr not in _FORMS or _has_form(vr, value)


def _is_valid_name(value: str) -> bool:
    if value.count("=") >= _MAX_NAME_GROUPS:
        return False
    return len(value) <= _MAX_NAME_GROUP or max(map(len, value.split("="))) <= _MAX_NAME_GROUP


def _has_form(vr: str, value: str) -> bool:
    if _form(vr).fullmatch(value):
        return True
    return vr in _MAY_BE_RANGES and "-" in value and _range_form(vr).fullmatch(value) is not None


# Compiled only when a value needs them: all of them take longer than a small file does.


@cache
def _form(vr: str) -> re.Pattern[str]:
    return re.compile(_FORMS[vr])


@cache
def _range_form(vr: str) -> re.Pattern[str]:
    one = _FORMS[vr]
    return re.compile(f"-{one} ?|{one}- ?|{one}-{one} ?")
