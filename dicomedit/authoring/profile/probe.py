"""Made-up data sets that hold every attribute of the confidentiality profile.

Each holds the attributes at the top level, in an item of a sequence, and in an item of a sequence
in that item. Two of them differ in every value, so that what is made from a value can be told from
a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dicomedit.dicom.dictionary import dictionary_vr
from dicomedit.profiles.confidentiality import PRIVATE, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pydicom import Dataset

OUTER, INNER = 0x52009229, 0x00209116
"""Shared Functional Groups Sequence and Plane Orientation Sequence: not in the profile's table."""

DEPTHS = ("at the top level", "in items of sequences", "in items of items")

CREATOR = 0x00090010
PRIVATE_ELEMENT = 0x00091001
_IN_ITEMS = 0x00080100
"""Code Value: what an item of a probed sequence holds."""

_REPRESENTATIVES = {
    "50xxxxxx": (0x50000010, 0x50003000, 0x50020022),
    "60xx3000": (0x60003000, 0x60023000),
    "60xx4000": (0x60004000, 0x60024000),
    PRIVATE: (PRIVATE_ELEMENT,),
}

_NOT_IN_DATA_SETS = ("0000", "0002", "0004")
"""Groups of commands, file meta information and directories (PS3.5 §7.1, PS3.10)."""

_VALUES: dict[str, Callable[[int, int], object]] = {
    "AE": lambda tag, variant: f"AE{variant}{tag:08X}",
    "AS": lambda _, variant: f"04{variant}Y",
    "CS": lambda tag, variant: f"C{variant}{tag:08X}",
    "DA": lambda _, variant: f"2010010{variant}",
    "DS": lambda _, variant: f"1{variant}.5",
    "DT": lambda _, variant: f"2010010{variant}101112",
    "IS": lambda _, variant: f"1{variant}",
    "PN": lambda tag, variant: f"PROBE{variant}^N{tag:08X}",
    "TM": lambda _, variant: f"10111{variant}",
    "UI": lambda tag, variant: f"1.2.{variant}.{tag}",
    "UR": lambda tag, variant: f"http://probe{variant}.example/{tag:08X}",
    "US": lambda _, variant: 10 + variant,
    "SS": lambda _, variant: 10 + variant,
    "UL": lambda _, variant: 10 + variant,
    "SL": lambda _, variant: 10 + variant,
    "FL": lambda _, variant: 10.0 + variant,
    "FD": lambda _, variant: 10.0 + variant,
    "AT": lambda _, variant: 0x00100010 + variant,
    "OB": lambda _, variant: bytes([65 + variant]) * 4,
    "OW": lambda _, variant: bytes([65 + variant]) * 4,
    "UN": lambda _, variant: bytes([65 + variant]) * 4,
}


@dataclass(frozen=True, slots=True)
class Probed:
    """An attribute of the table as the probes hold it; those of a pattern by some tags."""

    rule: Rule
    tags: tuple[int, ...]


def probed(rules: tuple[Rule, ...]) -> Iterator[Probed]:
    """Yield the rules that data sets can be probed for."""
    for rule in rules:
        if rule.tag in _REPRESENTATIVES:
            yield Probed(rule, _REPRESENTATIVES[rule.tag])
        elif not rule.tag.startswith(_NOT_IN_DATA_SETS):
            yield Probed(rule, (int(rule.tag, 16),))


def probe(attributes: tuple[Probed, ...], variant: int) -> Dataset:
    """Return a data set with all attributes, twice more in its sequences."""
    from pydicom import Dataset

    outer, inner = Dataset(), Dataset()
    whole = Dataset()
    for level in (whole, outer, inner):
        _fill(level, attributes, variant)
    outer.add_new(INNER, "SQ", [inner])
    whole.add_new(OUTER, "SQ", [outer])
    whole.add_new(0x00080005, "CS", "ISO_IR 192")
    whole.add_new(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7")
    whole.add_new(0x00080060, "CS", "OT")
    return whole


def _fill(level: Dataset, attributes: tuple[Probed, ...], variant: int) -> None:
    level.add_new(CREATOR, "LO", "PROBE CREATOR")
    for attribute in attributes:
        for tag in attribute.tags:
            level.add_new(tag, *_element(tag, variant))


def _element(tag: int, variant: int) -> tuple[str, object]:
    from pydicom import Dataset

    vr = "LO" if tag == PRIVATE_ELEMENT else dictionary_vr(tag, signed=False)
    if vr == "SQ":
        item = Dataset()
        item.add_new(_IN_ITEMS, "SH", f"CODE{variant}")
        return vr, [item]
    return vr, _VALUES.get(vr, _text)(tag, variant)


def _text(tag: int, variant: int) -> object:
    return f"PROBE{variant}{tag:08X}"


def levels_of(whole: Dataset) -> Iterator[Dataset | None]:
    """Yield the data set and the two items in which the attributes are; None for what is gone."""
    level: Dataset | None = whole
    yield level
    for tag in (OUTER, INNER):
        items = None if level is None or tag not in level else level[tag].value
        level = items[0] if items else None
        yield level
