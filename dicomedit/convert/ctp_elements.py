"""How CTP names elements: by keyword, tag, or private block."""

from __future__ import annotations

import re

from dicomedit.convert.building import path, public
from dicomedit.convert.rules import NotConvertible
from dicomedit.dicom.dictionary import dictionary_vr, is_private, tag_of_keyword
from dicomedit.dicom.paths import TagStep
from dicomedit.lang import nodes

_TAG = re.compile(r"[\[(]?\s*([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})\s*[\])]?\Z")
_BLOCK = re.compile(r"\(?([0-9A-Fa-f]{4}),?(?:00)?\[([^\]]+)\]([0-9A-Fa-f]{2})?\)?\Z")

_OTHER_KEYWORDS = {
    "PatientsName": "PatientName",
    "PatientsBirthDate": "PatientBirthDate",
    "PatientsSex": "PatientSex",
    "PatientsAge": "PatientAge",
    "ReferringPhysiciansName": "ReferringPhysicianName",
    "AcquisitionDatetime": "AcquisitionDateTime",
}
"""Keywords of the library that CTP uses, where they are not those of PS3.6."""


def step_of(name: str) -> TagStep:
    """Return the step of an element; raise NotConvertible when it has no path in version 6."""
    block = _BLOCK.match(name)
    if block is not None and int(block[1], 16) % 2:
        if block[3] is None:
            raise NotConvertible("the element of a private creator has no path")
        if "}" in block[2] or "\\" in block[2]:
            raise NotConvertible("the private creator cannot be spelt")
        return TagStep(block[1].upper(), block[3].upper(), block[2].strip())
    found = _TAG.match(name)
    digits = found[1] + found[2] if found else _digits_of(name)
    if is_private(int(digits, 16)):
        raise NotConvertible("a private element needs its creator, as in 0009[CREATOR]01")
    return public(digits)


def digits_of(name: str) -> str | None:
    """Return the eight digits of an element that is named by its number, or None."""
    found = _TAG.match(name)
    return None if found is None else (found[1] + found[2]).upper()


def path_of(name: str) -> nodes.Path:
    """Return the path of an element at the top level."""
    return path(step_of(name))


def is_sequence(step: TagStep) -> bool:
    """Whether the dictionary has an element as a sequence."""
    return step.creator is None and dictionary_vr(step.number, signed=False) == "SQ"


def _digits_of(keyword: str) -> str:
    tag = tag_of_keyword(_OTHER_KEYWORDS.get(keyword, keyword))
    if tag is None:
        raise NotConvertible("the element is not in the dictionary")
    return f"{tag:08X}"
