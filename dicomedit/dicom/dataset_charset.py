"""Which character set pydicom takes raw text to be in, after the element that says so changed."""

from __future__ import annotations

import warnings
from collections.abc import MutableSequence
from typing import Any

from pydicom.charset import convert_encodings
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from dicomedit.dicom.dictionary import SPECIFIC_CHARACTER_SET

DEFAULT = "iso8859"
CharacterSets = str | MutableSequence[str]


def redeclare(dataset: Dataset, inherited: CharacterSets) -> None:
    """Tell pydicom which character set a data set and its items are in; no value is touched."""
    charset = _declared(dataset, inherited)
    implicit, little = dataset.original_encoding
    dataset.set_original_encoding(implicit, little, charset)
    dataset._parent_encoding = charset if isinstance(charset, str) else list(charset)
    for element in list(dataset._dict.values()):
        if isinstance(element, DataElement) and element.VR == "SQ":
            for item in element.value or ():
                redeclare(item, charset)


def _declared(dataset: Dataset, inherited: CharacterSets) -> CharacterSets:
    element = dataset._dict.get(BaseTag(SPECIFIC_CHARACTER_SET))
    if element is None:
        return inherited
    stored: Any = element.value or ""
    if isinstance(stored, bytes | memoryview):
        stored = bytes(stored).decode("ascii", "replace")
    terms = stored.split("\\") if isinstance(stored, str) else list(stored)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return convert_encodings([term.strip(" \0") for term in terms])
        except (LookupError, ValueError):
            return inherited
