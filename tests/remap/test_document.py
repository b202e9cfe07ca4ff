"""Mappings in one document: what they do, what is wrong with them, and that the schema agrees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import archive
import pytest
import xmlschema
from pydicom import Dataset, dcmread

from dicomedit import ScriptError
from dicomedit.batch.remap import read_xml
from dicomedit.cli.main import main
from dicomedit.remap.document import RemapDocument

SCHEMA = Path(__file__).parents[2] / "docs" / "remap.xsd"

P1 = '<Match tag="(0010,0020)">P1</Match>'
RULE = f'<Patient>{P1}<Set tag="(0010,0010)">A</Set></Patient>'

VALID = {
    "nothing": "<Remap/>",
    "all settings": '<Remap covers="Patient Study"><Input>a</Input><Input>b</Input>'
    '<Output>o</Output><Script>s</Script><Variable name="v">x</Variable></Remap>',
    "where the schema is": '<Remap xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:noNamespaceSchemaLocation="remap.xsd"/>',
    "a rule": f"<Remap>{RULE}</Remap>",
    "a rule without action": f"<Remap><Patient>{P1}</Patient></Remap>",
    "a rule for all": '<Remap><Global><Clear tag="(8,80)"/></Global></Remap>',
    "all actions": '<Remap><Global><Set tag="(0008,0080)">a</Set><Clear tag="(0008,0081)"/>'
    '<Delete tag="(0008,1140)"/><Value tag="(0008,1030)">lowercase[(0008,1030)]</Value>'
    "</Global></Remap>",
    "a blank value": '<Remap><Global><Set tag="(0008,0080)"> </Set></Global></Remap>',
    "sequences and private elements": "<Remap><Instance>"
    '<Match tag="(0008,1140)[0]/(0008,1155)">1.2</Match>'
    '<Set tag="(0029,{SIEMENS CSA HEADER}10)">x</Set>'
    '<Set tag="(0008,1111)[2]/(0029,{ACME}10)">x</Set><Delete tag="(0019,1001)"/>'
    "</Instance></Remap>",
    "an empty match": '<Remap><Study><Match tag="(0020,000D)"/></Study></Remap>',
}

INVALID = {
    "another root": ("<remap/>", "invalid root element (remap)"),
    "text": ("<Remap>x</Remap>", "<Remap> holds text"),
    "an attribute": ('<Remap version="1"/>', '<Remap> has no attribute "version"'),
    "covers": ('<Remap covers="Global"/>', "covers lists levels"),
    "an unknown level": ("<Remap><Visit/></Remap>", "<Visit> has no place here"),
    "a level in lower case": ("<Remap><patient/></Remap>", "<patient> has no place here"),
    "settings behind rules": (f"<Remap>{RULE}<Input>a</Input></Remap>", "comes before the rules"),
    "the output first": ("<Remap><Output>o</Output><Input>a</Input></Remap>", "before <Output>"),
    "two outputs": ("<Remap><Output>o</Output><Output>o</Output></Remap>", "a second <Output>"),
    "an empty input": ("<Remap><Input> </Input></Remap>", "<Input> is empty"),
    "an input in an input": ("<Remap><Input><a/></Input></Remap>", "<a> has no place in <Input>"),
    "a variable without name": ("<Remap><Variable>x</Variable></Remap>", 'needs the attribute "na'),
    "a strange variable": ('<Remap><Variable name="a b"/></Remap>', "none of the language"),
    "a variable twice": (
        '<Remap><Variable name="a"/><Variable name="a"/></Remap>',
        "a second value for the variable",
    ),
    "no match": ('<Remap><Study><Clear tag="(8,80)"/></Study></Remap>', "<Study> needs a <Match>"),
    "a match for all": (f"<Remap><Global>{P1}</Global></Remap>", "<Global> is for all files"),
    "a match behind": (
        f'<Remap><Patient>{P1}<Clear tag="(8,80)"/>{P1}</Patient></Remap>',
        "<Match> comes before",
    ),
    "an unknown action": (f"<Remap><Patient>{P1}<Put/></Patient></Remap>", "<Put> has no place"),
    "text in a rule": (f"<Remap><Patient>{P1}x</Patient></Remap>", "<Patient> holds text"),
    "no tag": ("<Remap><Global><Clear/></Global></Remap>", '<Clear> needs the attribute "tag"'),
    "a keyword": ('<Remap><Global><Clear tag="Rows"/></Global></Remap>', "invalid DICOM tag Rows"),
    "a wildcard": ('<Remap><Global><Clear tag="(0008,00XX)"/></Global></Remap>', "wildcard"),
    "any level": ('<Remap><Global><Clear tag="*/(0008,0080)"/></Global></Remap>', "levels"),
    "no item": ('<Remap><Global><Clear tag="(0008,1140)/(0008,1155)"/></Global></Remap>', "item"),
    "an empty set": ('<Remap><Global><Set tag="(8,80)"/></Global></Remap>', "<Set> is empty"),
    "an empty value": ('<Remap><Global><Value tag="(8,80)"> </Value></Global></Remap>', "is empty"),
    "text in a clear": ('<Remap><Global><Clear tag="(8,80)">x</Clear></Global></Remap>', "text"),
    "not closed": ("<Remap>", "this is no XML"),
}

BEYOND_THE_SCHEMA = {
    "an expression that is none": (
        '<Remap><Global><Value tag="(8,80)">lowercase[</Value></Global></Remap>',
        "",
    ),
    "an unknown function": (
        '<Remap><Global><Value tag="(8,80)">nofunction["x"]</Value></Global></Remap>',
        "nofunction",
    ),
    "a statement": (
        '<Remap><Global><Value tag="(8,80)">"x"\n-(0010,0010)</Value></Global></Remap>',
        "one value expression is expected",
    ),
    "a sequence": ('<Remap><Global><Clear tag="(8,1140)"/></Global></Remap>', "no text"),
    "pixel data": ('<Remap><Global><Clear tag="(7FE0,10)"/></Global></Remap>', "no text"),
    "file meta information": (
        '<Remap><Global><Delete tag="(0002,0003)"/></Global></Remap>',
        "is made anew",
    ),
    "an element twice": (
        '<Remap><Global><Clear tag="(8,80)"/><Set tag="(0008,0080)">x</Set></Global></Remap>',
        "a second action on (0008,0080)",
    ),
    "a match twice": (f"<Remap><Patient>{P1}{P1}</Patient></Remap>", "a second <Match> for"),
    "rules that contradict": (
        f'<Remap>{RULE}<Patient>{P1}<Clear tag="(0010,0010)"/></Patient></Remap>',
        "(0010,0010) is given different values for one record, in line",
    ),
}


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], RemapDocument]:
    def call(text: str) -> RemapDocument:
        path = tmp_path / "m.xml"
        path.write_text(text, "utf-8")
        found = read_xml(path)
        assert isinstance(found, RemapDocument)
        return found

    return call


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(SCHEMA)


def agrees(schema: xmlschema.XMLSchema, text: str) -> bool:
    try:
        return schema.is_valid(text)
    except xmlschema.XMLSchemaException:
        return False
    except SyntaxError:  # no XML at all
        return False


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_valid_documents(read, schema, text):
    read(text)
    assert agrees(schema, text)


@pytest.mark.parametrize(("text", "message"), INVALID.values(), ids=INVALID)
def test_invalid_documents(read, schema, text, message):
    with pytest.raises(ScriptError) as caught:
        read(text)
    (found,) = caught.value.diagnostics
    assert message in found.message
    assert ":1:" in found.location
    assert not agrees(schema, text)


@pytest.mark.parametrize(("text", "message"), BEYOND_THE_SCHEMA.values(), ids=BEYOND_THE_SCHEMA)
def test_what_no_schema_can_tell(read, schema, text, message):
    with pytest.raises(ScriptError) as caught:
        read(text)
    assert message in str(caught.value)
    assert agrees(schema, text)


def test_an_error_names_line_and_column(read):
    with pytest.raises(ScriptError) as caught:
        read(f"<Remap>\n  <Patient>\n    {P1}\n    <Clear tag='x'/>\n  </Patient>\n</Remap>")
    assert caught.value.diagnostics[0].location.endswith("m.xml:4:5")
    assert "4 |     <Clear tag='x'/>" in str(caught.value)


def test_an_error_in_an_expression_shows_it(read):
    with pytest.raises(ScriptError) as caught:
        read('<Remap>\n<Global><Value tag="(8,80)">nofunction["x"]</Value></Global></Remap>')
    (found,) = caught.value.diagnostics
    assert 'nofunction["x"]' in str(found)
    assert "value of line 2" in found.location


# --- what mappings do ---------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    archive.write_example(tmp_path / "data")
    return tmp_path


def test_everything_in_one_document(folder: Path, capsys):
    """Inputs, output and scripts are found beside the mapping, wherever the command is run."""
    item = Dataset()
    item.ReferencedSOPInstanceUID = "1.2.3"
    for path in (folder / "data").rglob("i*"):
        ds = dcmread(path)
        ds.ReferencedImageSequence = [item]
        ds.OtherPatientIDs = "X"
        ds.private_block(0x0029, "ACME 1.0", create=True).add_new(0x10, "LO", "private")
        ds.save_as(path)
    (folder / "job").mkdir()
    (folder / "job/s.das").write_text('(0010,4000) := "{0} {1}" who, (0010,0020)\n', "utf-8")
    (folder / "job/m.xml").write_text(
        f"""<?xml version="1.0" encoding="UTF-8"?>
<Remap>
  <Input>../data/a</Input>
  <Input>../data/b</Input>
  <Output>../out</Output>
  <Script>s.das</Script>
  <Variable name="who">me</Variable>
  <Global>
    <Set tag="(0008,0080)">SITE</Set>
    <Delete tag="(0008,1140)"/>
    <Delete tag="(0029,{{ACME 1.0}}10)"/>
    <Set tag="(0040,0275)[0]/(0040,0007)">made</Set>
    <Set tag="(0031,{{OURS}}01)">own</Set>
  </Global>
  <Patient>
    {P1}
    <Value tag="(0010,0020)">concatenate["N-", (0010,0020)]</Value>
    <Value tag="(0010,0010)">concatenate[(0010,0020), who]</Value>
    <Clear tag="(0010,1000)"/>
  </Patient>
  <Series>
    <Match tag="(0020,0011)">2</Match>
    <Match tag="(0010,0020)">P1</Match>
    <Set tag="(0008,0080)">SERIES</Set>
  </Series>
</Remap>
""",
        "utf-8",
    )
    assert main(["remap", "job/m.xml"]) == 0
    err = capsys.readouterr().err
    assert "(0008,0080) is changed at the levels Global and Series" in err
    assert "data/b/i5: nothing is given for its patient and series" in err
    found = archive.seen(folder / "out", lambda ds: ds)
    assert {name: ds.InstitutionName for name, ds in found.items()} == {
        "a/i4": "SITE",
        "a/s1/i1": "SITE",
        "a/s1/i2": "SITE",
        "a/s1/i3": "SERIES",
        "b/i5": "SITE",
    }
    jane, rick = found["a/i4"], found["b/i5"]
    assert (jane.PatientID, jane.PatientName) == ("N-P1", "P1me")
    assert (rick.PatientID, rick.PatientName) == ("P2", "Roe^Rick")
    assert (jane.OtherPatientIDs, rick.OtherPatientIDs) == ("", "X")
    assert jane.PatientComments == "me P1"
    for ds in found.values():
        assert "ReferencedImageSequence" not in ds
        assert 0x10 not in ds.private_block(0x0029, "ACME 1.0")
        assert ds.RequestAttributesSequence[0].ScheduledProcedureStepDescription == "made"
        assert ds.private_block(0x0031, "OURS")[0x01].value in ("own", b"own\0")


def test_the_command_line_takes_the_place_of_inputs_and_output(folder: Path, capsys):
    (folder / "m.xml").write_text(
        f"<Remap><Input>nowhere</Input><Output>x</Output>{RULE}</Remap>", "utf-8"
    )
    assert main(["remap", "m.xml", "data", "out"]) == 0
    assert archive.seen(folder / "out", lambda ds: ds.PatientName)["data/a/i4"] == "A"
    for given, message in (
        (["m.xml"], "nowhere: there is no such file"),
        (["m.xml", "data", "out", "--values", "t.csv"], "--values goes with a configuration"),
        (["m.xml", "data"], "an input and an output are needed"),
        (["--init", "m.xml", "t.csv"], "this is a mapping already"),
    ):
        capsys.readouterr()
        try:
            assert main(["remap", *given]) == 2
        except SystemExit as exit:
            assert exit.code == 2
        assert message in capsys.readouterr().err


def test_strict_asks_for_a_rule_for_every_file(folder: Path, capsys):
    (folder / "m.xml").write_text(f"<Remap>{RULE}</Remap>", "utf-8")
    assert main(["remap", "m.xml", "data", "out", "--strict"]) == 2
    assert "data/b/i5: nothing is given for its patient" in capsys.readouterr().err
    assert main(["remap", "m.xml", "data/a", "out", "--strict"]) == 0


def test_a_file_that_changes_between_the_passes_fails(folder: Path, monkeypatch, capsys):
    """With --strict the run itself holds on to it, too."""
    from dicomedit.cli import remap

    (folder / "m.xml").write_text(f"<Remap>{RULE}</Remap>", "utf-8")
    monkeypatch.setattr(remap, "_check_coverage", lambda *_: None)
    assert main(["remap", "m.xml", "data", "out", "--strict"]) == 1
    assert "failed: data/b/i5: " in capsys.readouterr().err
    assert "data/b/i5" not in archive.seen(folder / "out", str)


def test_nothing_to_assign_leaves_the_element(folder: Path, capsys):
    text = '<Remap><Global><Value tag="(0008,0080)">(0010,4000)</Value></Global></Remap>'
    (folder / "m.xml").write_text(text, "utf-8")
    assert main(["remap", "m.xml", "data", "out"]) == 0
    assert "nothing-assigned" in capsys.readouterr().err
    assert archive.seen(folder / "out", lambda ds: ds.InstitutionName)["data/b/i5"] == (
        "St. Elsewhere"
    )


# --- from a table to a mapping ------------------------------------------------------------------


def test_a_table_becomes_a_mapping(folder: Path, capsysbinary, schema):
    (folder / "c.xml").write_text(archive.CONFIG, "utf-8")
    (folder / "t.csv").write_text(archive.TABLE, "utf-8")
    archive.fill(folder / "t.csv", folder / "f.csv", {**archive.FILLED, (5, 6): '<&>\r\n"é]]>'})
    assert main(["remap", "--init", "c.xml", "f.csv"]) == 0
    text = capsysbinary.readouterr().out.decode("utf-8")
    assert agrees(schema, text)
    (folder / "m.xml").write_text(text, "utf-8")
    assert main(["remap", "c.xml", "data", "one", "--values", "f.csv"]) == 0
    assert main(["remap", "m.xml", "data", "two"]) == 0
    for path in (folder / "one").rglob("i*"):
        other = folder / "two" / path.relative_to(folder / "one")
        assert path.read_bytes() == other.read_bytes()


def test_a_table_that_xml_cannot_hold(folder: Path, capsys):
    (folder / "c.xml").write_text(archive.CONFIG, "utf-8")
    (folder / "t.csv").write_text(archive.TABLE, "utf-8")
    archive.fill(folder / "t.csv", folder / "f.csv", {(2, 6): "a\x1bb"})
    assert main(["remap", "--init", "c.xml", "f.csv"]) == 2
    captured = capsys.readouterr()
    assert "the table cannot be written as XML" in captured.err
    assert captured.out == ""
