"""The names of attributes, the other way round."""

from __future__ import annotations

from functools import cache


def is_attribute_name(text: str) -> bool:
    """Whether PS3.6 has an attribute of this name, such as Patient's Name."""
    return text in _names()


@cache
def _names() -> frozenset[str]:
    from pydicom import datadict  # slow to import

    tables = (datadict.DicomDictionary, datadict.RepeatersDictionary)  # type: ignore[attr-defined]
    entries = [entry for table in tables for entry in table.values()]
    return frozenset(entry[2] for entry in entries if entry[2])
