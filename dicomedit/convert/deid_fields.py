"""Which elements a field of a deid recipe means: by keyword, expander, list, or all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dicomedit.convert.rules import NotConvertible
from dicomedit.dicom.dictionary import keywords, tag_of_keyword
from dicomedit.records import Record

PROTECTED = (
    "7FE00010",
    "7FE00008",
    "7FE00009",
    "00281201",
    "00281202",
    "00281203",
    "00283010",
)
"""Pixel data, palettes and VOI LUT Sequence: deid does not change them."""

_EXPANDERS = ("startswith", "endswith", "contains", "except", "allexcept", "select")


class Fields(Record):
    """Elements by their tags, as patterns of eight positions, or all but these."""

    tags: frozenset[str]
    is_all_but: bool = False


def fields_of(field: str, lists: Mapping[str, tuple[str, ...]]) -> Fields:
    """Return what a field means; raise NotConvertible when that cannot be said beforehand."""
    expander, colon, argument = field.partition(":")
    kind = expander.lower()
    if kind == "all" and not colon:
        return Fields(frozenset(), is_all_but=True)
    if not colon:
        return Fields(frozenset({_tag(field)}))
    if kind == "fields":
        return _list(argument, lists)
    if kind not in _EXPANDERS:
        raise NotConvertible(f"nothing is known of {expander}:")
    if kind == "select":
        return _selected(argument)
    found = Fields(frozenset(_matching(kind, argument)))
    return Fields(found.tags, is_all_but=True) if kind in ("except", "allexcept") else found


def _tag(field: str) -> str:
    tag = tag_of_keyword(field)
    digits = field.strip("()").replace(",", "")
    if tag is not None:
        return f"{tag:08X}"
    if re.fullmatch("[0-9A-Fa-f]{8}", digits) and int(digits[:4], 16) % 2 == 0:
        return digits.upper()
    repeating = [pattern for pattern, _, keyword in keywords() if keyword == field]
    if not repeating:
        raise NotConvertible("the field is not in the dictionary")
    return repeating[0]


def _matching(kind: str, argument: str) -> list[str]:
    anchored = {"startswith": f"^(?:{argument})", "endswith": f"(?:{argument})$"}
    try:
        pattern = re.compile(anchored.get(kind, argument), re.IGNORECASE)
    except re.error:
        raise NotConvertible("the pattern is no regular expression") from None
    return [tag for tag, _, keyword in keywords() if keyword and pattern.search(keyword)]


def _selected(argument: str) -> Fields:
    kind, _, wanted = argument.partition(":")
    if kind.lower() == "group" and re.fullmatch("[0-9A-Fa-f]{1,4}", wanted):
        return Fields(frozenset({f"{wanted.zfill(4)}XXXX".upper()}))
    if kind.lower() == "vr":
        return Fields(frozenset(tag for tag, vr, _ in keywords() if vr == wanted.upper()))
    raise NotConvertible("only select:group: and select:VR: are known")


def _list(name: str, lists: Mapping[str, tuple[str, ...]]) -> Fields:
    if name not in lists:
        raise NotConvertible(f"there is no %fields {name}")
    found = [fields_of(field, {}) for field in lists[name]]
    if any(each.is_all_but for each in found):
        raise NotConvertible("a list of fields with all but some is not known here")
    return Fields(frozenset().union(*(each.tags for each in found)))
