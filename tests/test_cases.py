"""What scripts do to data sets: the rows of ``tests/cases/*.toml``, each of them twice.

A row has a script and the data set ``before`` it. Elements are named by keyword, by
``"(gggg,eeee)"`` or, when the dictionary does not know the VR, by ``"(gggg,eeee) VR"``; sequences
are lists of tables. Further keys of a row, all optional:

``after``      the data set after the script; without it nothing changes
``error``      the code of the error that stops the script, or for which it is refused
``rejected``   the script rejects the instance
``echo``       the lines it prints
``notices``    the codes of its notices, all of them; absent SOP UIDs are not counted
``variables``  the variables given to it
``lookup``     the text of its lookup table
``options``    how it is applied, as of `dicomedit.Options`
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset
from pydicom.charset import convert_encodings, encode_string
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.valuerep import PersonName

from dicomedit import EvaluationError, LookupTable, Options, Outcome, ScriptError, apply

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
KEYS = frozenset(("name", "script", "before", "after", "error", "rejected", "echo", "notices"))
KEYS |= frozenset(("variables", "lookup", "options"))

Row = dict[str, Any]


def _rows() -> list[Any]:
    rows = []
    for file in sorted((HERE / "cases").glob("*.toml")):
        for row in tomllib.loads(file.read_text("utf-8"))["case"]:
            assert row.keys() <= KEYS, (file.name, row["name"], row.keys() - KEYS)
            rows.append(pytest.param(row, id=f"{file.stem}: {row['name']}"))
    return rows


# --- tables to data sets --------------------------------------------------------------------------

_CHARSET_VRS = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))
_BYTES_VRS = frozenset(("OB", "UN"))
_NUMBERS = {"US": "H", "UL": "L", "SS": "h", "SL": "l", "FL": "f", "FD": "d", "OW": "H"}


def build(table: Row, charset: str = "") -> Dataset:
    """Return the data set that a row describes, its elements raw as from a file."""
    charset = table.get("SpecificCharacterSet", charset)
    ds = Dataset()
    ds.set_original_encoding(False, True, convert_encodings(charset.split("\\")))
    for name, value in table.items():
        tag, vr = _tag_and_vr(name)
        if vr == "SQ":
            items = Sequence([build(item, charset) for item in value])
            ds._dict[tag] = DataElement(tag, "SQ", items)
        else:
            stored = _encode(vr, value, charset)
            ds._dict[tag] = RawDataElement(tag, vr, len(stored), stored, 0, False, True)
    return ds


def _tag_and_vr(name: str) -> tuple[BaseTag, str]:
    if not name.startswith("("):
        number = tag_for_keyword(name)
        assert number is not None, f"no attribute is called {name}"
        return BaseTag(number), dictionary_VR(number).split(" or ")[0]
    tag = BaseTag(int(name[1:5] + name[6:10], 16))
    if name[11:]:
        return tag, name[12:]
    return tag, "LO" if tag.is_private_creator else dictionary_VR(tag)


def _encode(vr: str, value: Any, charset: str) -> bytes:
    if vr in _NUMBERS and value != "":
        numbers = value if isinstance(value, list) else [value]
        return struct.pack(f"<{len(numbers)}{_NUMBERS[vr]}", *numbers)
    if vr == "AT":
        return struct.pack("<HH", int(value[:4], 16), int(value[4:], 16))
    encodings = convert_encodings(charset.split("\\"))
    if vr == "PN":
        stored = bytes(PersonName(value, encodings).encode(encodings))
    elif vr in _CHARSET_VRS:
        stored = encode_string(value, encodings)
    else:
        stored = value.encode("utf-8")
    return stored + (b"\0" if vr in {"UI", *_BYTES_VRS} else b" ") * (len(stored) % 2)


def _decoded(ds: Dataset) -> Dataset:
    """Have pydicom interpret every element, as when a program has looked at the data set."""
    for tag in list(ds.keys()):
        if not tag.is_private:
            for item in ds[tag].value if ds[tag].VR == "SQ" else ():
                _decoded(item)
    return ds


# --- data sets to what is compared ----------------------------------------------------------------


def dump(ds: Dataset, prefix: str = "") -> dict[str, tuple[str, object]]:
    """Return VR and stored bytes of every element, by path; of sequences the number of items."""
    found: dict[str, tuple[str, object]] = {}
    for tag in sorted(ds.keys()):
        path = f"{prefix}({tag.group:04X},{tag.element:04X})"
        element = ds.get_item(tag)
        if element.VR != "SQ":
            found[path] = (str(element.VR), _stored(ds, element))
            continue
        found[path] = ("SQ", len(element.value))
        for number, item in enumerate(element.value):
            found |= dump(item, f"{path}[{number}]/")
    return found


def _stored(ds: Dataset, element: DataElement | RawDataElement) -> bytes:
    if isinstance(element, RawDataElement):
        return element.value or b""
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = True, True
    write_data_element(buffer, element, ds._character_set)
    return bytes(buffer.getvalue()[8:])


# --- the tests ------------------------------------------------------------------------------------


@pytest.fixture(params=["raw", "decoded"])
def dataset(request):
    """Return what makes a row's data set: as read from a file, or as a program has used it."""

    def make(table: Row) -> Dataset:
        ds = build(table)
        return _decoded(ds) if request.param == "decoded" else ds

    return make


@pytest.mark.parametrize("row", _rows())
def test_case(row, dataset):
    before = row.get("before", {})
    ds = dataset(before)
    outcome, error = _apply(row, ds)
    script = row["script"]
    assert error == row.get("error"), script
    expected = dump(build(row.get("after", before)))
    assert dump(ds) == expected, script
    if error is not None:
        assert "after" not in row, "a script that fails changes nothing"
        return
    assert outcome.rejected == row.get("rejected", False), script
    assert list(outcome.echo) == row.get("echo", []), script
    notices = [notice.code for notice in outcome.notices if notice.code != "no-identity"]
    assert notices == row.get("notices", []), script
    assert bool(outcome.changes) == (expected != dump(build(before))), script


def _apply(row: Row, ds: Dataset) -> tuple[Outcome, str | None]:
    """Return what came of the script, and the code of the error that stopped it."""
    try:
        outcome = apply(
            row["script"],
            ds,
            dialect=6,
            variables=row.get("variables"),
            lookup=LookupTable.from_text(row.get("lookup", "")),
            options=Options(**row.get("options", {})),
        )
    except EvaluationError as error:
        return Outcome(), error.code
    except ScriptError as error:
        return Outcome(), error.diagnostics[0].code
    return outcome, None


@pytest.mark.parametrize(
    "vector", json.loads((HERE / "data" / "hashuid-vectors.json").read_text("utf-8"))
)
def test_hash_uid_gives_the_uids_of_the_reference(vector):
    ds = Dataset()
    apply("(0008,0018) := hashUID[text]", ds, dialect=6, variables={"text": vector["input"]})
    assert ds.SOPInstanceUID == vector["output"]
