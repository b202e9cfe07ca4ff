"""Recipes of deid do as scripts of version 6 what they say: the rows of ``deid.toml``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.datadict import dictionary_VR, tag_for_keyword

from dicomedit import ScriptError, apply, compile_script
from dicomedit.convert.convert import convert
from dicomedit.convert.deid import convert_deid
from dicomedit.errors import Source

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROWS = tomllib.loads((Path(__file__).parent / "deid.toml").read_text("utf-8"))["case"]


def recipe_of(header: list[str], recipe: tuple[str, ...] | list[str] = ()) -> Source:
    return Source("deid.dicom", "\n".join(["FORMAT dicom", "", *recipe, "%header", *header]))


def data_set(elements: dict[str, Any]) -> Dataset:
    ds = Dataset()
    for name, value in elements.items():
        if name.startswith("("):
            ds.add_new(int(name[1:5] + name[6:10], 16), name[12:], None if value == [] else value)
            continue
        tag = tag_for_keyword(name)
        vr = dictionary_VR(tag)
        ds.add_new(tag, vr, [data_set(item) for item in value] if vr == "SQ" else value)
    return ds


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_a_recipe_does_what_it_says(row: dict[str, Any]):
    found = convert(recipe_of(row["header"], row.get("recipe", ())))
    assert [notice.code for notice in found.notices] == row.get("told", [])
    ds = data_set(row["before"])
    outcome = apply(found.text, ds, variables=row.get("variables", {}))
    assert outcome.rejected == row.get("rejected", False), found.text
    if not outcome.rejected:
        assert ds == data_set(row["after"]), found.text


def test_uids_of_the_same_purpose():
    header = ["REPLACE endswith:InstanceUID deid_func:pydicom_uuid stable_remapping=true"]
    found = convert_deid(recipe_of(header), approximate=True)
    assert [notice.code for notice in found.notices] == ["approximate"]
    ds = data_set({"SOPInstanceUID": "1.2", "StudyInstanceUID": "1.2"})
    apply(found.text, ds)
    assert ds.SOPInstanceUID == ds.StudyInstanceUID != "1.2"


@pytest.mark.parametrize("words", ["coordinates 2,3,10,20", "ctpcoordinates 2,3,8,17"])
def test_coordinates_are_blacked_out(words: str):
    recipe = ["%filter graylist", "LABEL x", "contains Modality mr", "+ equals Rows 64", words]
    ds = dcmread(str(get_testdata_file("MR_small.dcm")))
    before = ds.pixel_array.copy()
    apply(convert(recipe_of(["KEEP Modality"], recipe)).text, ds)
    before[3:20, 2:10] = 0
    assert (ds.pixel_array == before).all()


WORDS = (
    *("KEEP", "ADD", "REPLACE", "JITTER", "REMOVE", "BLANK", "LABEL", "contains", "missing"),
    *(
        "PatientID",
        "StudyDate",
        "OverlayData",
        "ALL",
        "except:Patient",
        "contains:Over",
        "fields:a",
    ),
    *("select:group:60", "select:VR:SQ", "var:x", "var:if", "func:f", "deid_func:jitter days=2"),
    *("1", '"', "\\", "+", "||", "coordinates 0,0,1,1", "(0009,1001)", "(", "\u2028", "#", "é"),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), max_size=4))
def test_whatever_is_converted_compiles(lines: list[str]):
    recipe = ["%fields a", "FIELD PatientID", "%filter graylist", *lines]
    try:
        found = convert_deid(recipe_of(lines, recipe), approximate=True)
    except ScriptError as error:
        assert {each.code for each in error.diagnostics} == {"bad-deid-recipe"}
    else:
        compile_script(found.text)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("FORMAT nifti\n%header\n", "x:1:1", "not for DICOM"),
        ("FORMAT dicom\n%headers\n", "x:2:1", "no section"),
        ("FORMAT dicom\nKEEP Modality\n", "x:2:1", "in no section"),
    ],
)
def test_what_is_no_recipe_is_refused_with_its_place(text: str, place: str, message: str):
    with pytest.raises(ScriptError, match=message) as caught:
        convert(Source("x", text), kind="deid")
    assert caught.value.diagnostics[0].location == place
