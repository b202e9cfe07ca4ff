"""Configurations: what they may say, and the message for what they may not."""

import pytest

from dicomedit import ScriptError
from dicomedit.remap.config import RecordLevel, read_config
from dicomedit.remap.layout import layout
from dicomedit.remap.xml_tree import parse


def read(text: str):
    return read_config(parse("c.xml", text, hides_values=False))


def headers(text: str) -> list[str]:
    return [column.header for column in layout(read(f"<Columns>{text}</Columns>"))]


STUDY, SERIES, INSTANCE = "Study Instance UID", "Series Instance UID", "SOP Instance UID"
NAME = "Patient\N{RIGHT SINGLE QUOTATION MARK}s Name"


@pytest.mark.parametrize(
    ("children", "expected"),
    [
        ("<Global>(0008,0080)</Global>", ["Institution Name"]),
        ("<Patient>(0010,0040)</Patient>", [NAME, "Patient ID", "Patient\u2019s Sex"]),
        ("<Patient>(0010,0020)</Patient>", [NAME, "Patient ID"]),
        ("<Study>(0008,0020)</Study>", [NAME, "Patient ID", STUDY, "Study Date"]),
        ("<Series>(0020,000E)</Series>", [NAME, "Patient ID", STUDY, SERIES]),
        # A key that is listed under another level is added nevertheless.
        ("<Study>(0010,0020)</Study>", [NAME, "Patient ID", STUDY, "Patient ID"]),
        # The replacement column follows its element, or goes to the far right.
        ('<Global remap="A">(0008,0080)</Global>', ["Institution Name", "A"]),
        (
            '<Global remap="A" append="true">(0008,0080)</Global><Global>(0008,0070)</Global>',
            ["Institution Name", "Manufacturer", "A"],
        ),
        (
            '<Global remap="A" append="1">(8,80)</Global><Global remap="B">(8,70)</Global>',
            ["Institution Name", "Manufacturer", "B", "A"],
        ),
        (
            '<Global remap="A" append="yes">(8,80)</Global><Global>(8,70)</Global>',
            ["Institution Name", "A", "Manufacturer"],
        ),
        ('<Global remap="">(0008,0080)</Global>', ["Institution Name"]),
        ("<Global other='x'>\n (0008,0080)\t</Global>", ["Institution Name"]),
        ("<Global>(8,80)</Global><Global>(8,80)</Global>", ["Institution Name"] * 2),
        (
            "<Instance>(0008,0060)</Instance>",
            [NAME, "Patient ID", STUDY, SERIES, INSTANCE, "Modality"],
        ),
        ("<Global>(0019,1001)</Global>", ["Private Element (0019,1001)"]),
        ("<Global>(0008,9999)</Global>", ["Unknown Element (0008,9999)"]),
        (
            "<Global>(0008,1140)[0]/(0008,1155)</Global>",
            ["Referenced Image Sequence[0]/Referenced SOP Instance UID"],
        ),
        (
            "<Global>(0029,{SIEMENS CSA HEADER}10)</Global>",
            ["SIEMENS CSA HEADER (0029,10)"],
        ),
        ("", []),
    ],
)
def test_headers(children, expected):
    assert headers(children) == expected


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("<Column/>", "invalid root element (Column), must be <Columns>", "1:1"),
        (
            "<Columns>\n <patient>(10,20)</patient></Columns>",
            "invalid record level patient; must be one of"
            " [Global, Patient, Study, Series, Instance]",
            "2:2",
        ),
        ("<Columns><Patient>0010,0020</Patient></Columns>", "invalid DICOM tag 0010,0020", "1:10"),
        ("<Columns><Patient>(0010,002X)</Patient></Columns>", "has a wildcard", "1:10"),
        ("<Columns><Patient>(00010,0020)</Patient></Columns>", "invalid DICOM tag", "1:10"),
        ("<Columns><Patient/></Columns>", "invalid DICOM tag", "1:10"),
        ("<Columns><Patient>(8,1140)</Patient></Columns>", "a sequence has no text", "1:10"),
        ("<Columns><Patient>(7FE0,0010)</Patient></Columns>", "pixel data has no text", "1:10"),
        ("<Columns><Patient>*/(0010,0020)</Patient></Columns>", "several levels", "1:10"),
        (
            "<Columns><Patient>(0008,1140)/(0008,1155)</Patient></Columns>",
            "needs an item number",
            "1:10",
        ),
        (
            '<Columns><Instance remap="x">(0002,0003)</Instance></Columns>',
            "is made anew for every file",
            "1:10",
        ),
        ('<Columns><Instance remap="x">(0010,0000)</Instance></Columns>', "does not keep", "1:10"),
        ("<Columns><Patient><b/></Patient></Columns>", "holds a tag", "1:19"),
        ("<Columns>\n<Patient>", "this is no XML: no element found", "2:10"),
        ("", "this is no XML: no element found", "1:1"),
        ("\n\n<Columns></Column>", "this is no XML: mismatched tag", "3:12"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, message, place):
    with pytest.raises(ScriptError) as caught:
        read(text)
    (found,) = caught.value.diagnostics
    assert message in found.message
    assert found.location == f"c.xml:{place}"


def test_levels():
    config = read(
        "<Columns><Series>(20,11)</Series><Study remap='x'>(8,20)</Study>"
        "<Global remap='y'>(8,80)</Global></Columns>"
    )
    assert config.deepest is RecordLevel.SERIES
    assert config.remapped_levels == (RecordLevel.GLOBAL, RecordLevel.STUDY)
