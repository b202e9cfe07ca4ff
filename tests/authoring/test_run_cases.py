"""Cases: what passes, what fails, and with which words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from dicomedit.authoring.testing.cases import read_cases
from dicomedit.authoring.testing.run_cases import Runner

V = 'version "6.6"\n'
ID = V + '(0010,0020) := "ANON"'
HEAD = '[[case]]\nname = "a"\n'

PASSING = {
    "a value by keyword": (ID, 'expect = { PatientID = "ANON" }'),
    "a value by tag": (ID, 'expect = { "(0010,0020)" = "ANON" }'),
    "a pattern": (ID, 'expect = { PatientID = { matches = "AN.*" } }'),
    "that it is there": (ID, "expect = { PatientID = { present = true } }"),
    "nothing else counts": (ID, 'others = "any"\nexpect = { "(0010,0020)" = "ANON" }'),
    "no value": (
        V + '(0010,0020) ?= ""',
        'elements = { PatientID = "1" }\nexpect = { PatientID = { empty = true } }',
    ),
    "several values": (
        V + '(0008,0008) := "A\\\\B"',
        'elements = { ImageType = ["C", "D"] }\nexpect = { ImageType = ["A", "B"] }',
    ),
    "numbers": (
        V + "(0028,0010) := (0028,0011)",
        "elements = { Rows = 1, Columns = 512, PatientWeight = 70.5 }\nexpect = { Rows = 512 }",
    ),
    "a sequence": (
        V + "-*/(0010,0010)",
        'elements = { RequestAttributesSequence = [{ PatientName = "x", PatientID = "1" }] }\n'
        'expect = { RequestAttributesSequence = [{ PatientID = "1" }] }\n'
        'absent = ["*/PatientName"]',
    ),
    "an element of an item": (
        V + '(0008,1140)[1]/(0008,1155) := "1.2"',
        'expect = { "(0008,1140)[1]/(0008,1155)" = "1.2", ReferencedImageSequence = [{}, {}] }',
    ),
    "an empty sequence": (V, "elements = { ReferencedImageSequence = [] }"),
    "a sequence that goes": (
        V + "-(0008,1140)",
        'elements = { ReferencedImageSequence = [{ "(0008,1155)" = "1" }] }\n'
        'absent = ["ReferencedImageSequence"]',
    ),
    "a new sequence around what is named": (
        V + '(0008,1140)[0]/(0008,1155) := "1.2"',
        'expect = { "ReferencedImageSequence[0]/ReferencedSOPInstanceUID" = "1.2" }',
    ),
    "a private element and its creator": (
        V + '(0019,{ACME}01) := "x"',
        'expect = { "(0019,{ACME}01)" = "x" }',
    ),
    "a private element by number": (
        V + "-(0019,{ACME}01)",
        'elements = { "(0019,0010)" = "ACME", "(0019,1001)" = "x" }\nabsent = ["(0019,1001)"]',
    ),
    "all private elements": (
        V + "removeAllPrivateTags",
        'elements = { "(0019,{A}01)" = "x", "(0040,0275)[0]/(0019,{B}01)" = "y" }\n'
        'absent = ["private"]',
    ),
    "a VR": (
        V + "(0010,4000) := (0019,{A}01)",
        'elements = { "(0019,{A}01)" = { vr = "US", value = 7 } }\n'
        'expect = { PatientComments = "7" }',
    ),
    "bytes": (
        V + "echo (0010,0020)",
        'elements = { PatientID = { hex = "41 42" } }\necho = ["AB"]',
    ),
    "a character set": (
        V + "(0010,0020) := (0010,0010)",
        'elements = { PatientName = "Müller", SpecificCharacterSet = "ISO_IR 192" }\n'
        'expect = { PatientID = "Müller" }',
    ),
    "variables": (V + "(0010,0020) := v", 'variables = { v = 7 }\nexpect = { PatientID = "7" }'),
    "lookup": (
        V + '(0010,0020) := lookup["pid", "1"]',
        'lookup = { "pid/1" = "S" }\nexpect = { PatientID = "S" }',
    ),
    "a UID map": (
        V + '(0020,000D) := mapUID[(0020,000D), "2.25"]',
        'elements = { StudyInstanceUID = "1.2" }\nexpect = { StudyInstanceUID = "2.25.7" }\n'
        'uid_map = [{ text = "1.2", uid = "2.25.7" }]',
    ),
    "an error": (V + '(0028,0010) := "x"', 'elements = { Rows = 1 }\nerror = "unfit-value"'),
    "an error of a script": (V + "nothing[]", 'error = "unknown-function"'),
    "a strict table": (
        V + '(0010,0020) := lookup["pid", "1"]',
        'strict_lookup = true\nerror = "unknown-key"',
    ),
    "a rejection": (V + "reject[]", "rejected = true"),
    "the reason of a rejection": (V + "reject[]", 'rejected = "line [0-9]"'),
    "notices": (
        V + '(0010,0020) := lookup["pid", "1"]',
        'elements = { PatientID = "1" }\nnotices = ["unknown-key", "nothing-assigned"]',
    ),
    "DicomEdit 4": ('(0010,0020) := "ANON"', 'expect = { PatientID = "ANON" }'),
}

FAILING = {
    "another value": (
        ID,
        'expect = { PatientID = "X" }',
        '(0010,0020) PatientID: expected "X", got "ANON"',
    ),
    "no value": (
        ID,
        "expect = { PatientID = { empty = true } }",
        '(0010,0020) PatientID: expected no value, got "ANON"',
    ),
    "it is there": (
        ID,
        'absent = ["PatientID"]',
        '(0010,0020) PatientID: expected it to be absent, got "ANON"',
    ),
    "it is not there": (
        V,
        'expect = { PatientID = "X" }',
        '(0010,0020) PatientID: expected "X", but it is absent',
    ),
    "no match": (
        ID,
        'expect = { PatientID = { matches = "A" } }',
        '(0010,0020) PatientID: expected a match of "A", got "ANON"',
    ),
    "another number of items": (
        V,
        "elements = { ReferencedImageSequence = [{}] }\n"
        "expect = { ReferencedImageSequence = [{}, {}] }",
        "(0008,1140) ReferencedImageSequence: expected 2 items, got 1 item",
    ),
    "it changed": (
        ID,
        'elements = { PatientID = "1" }',
        '(0010,0020) PatientID: changed from "1" to "ANON", which is not expected',
    ),
    "it was created": (
        ID,
        "",
        '(0010,0020) PatientID: was created with "ANON", which is not expected',
    ),
    "it was removed": (
        V + "-(0010,0020)",
        'elements = { PatientID = "1" }',
        "(0010,0020) PatientID: was removed, which is not expected",
    ),
    "a sequence was removed, which is told once": (
        V + "-(0008,1140)",
        'elements = { ReferencedImageSequence = [{ "(0008,1155)" = "1" }] }',
        "(0008,1140) ReferencedImageSequence: was removed, which is not expected",
    ),
    "an element of an item": (
        V + "-*/(0010,0020)",
        'elements = { RequestAttributesSequence = [{ PatientID = "1" }] }',
        "(0040,0275)[0]/(0010,0020) PatientID: was removed, which is not expected",
    ),
    "a creator that others need": (
        V + '(0019,{ACME}01) := "x"',
        'elements = { PatientID = "1" }\nothers = "any"\nabsent = ["(0019,0010)"]',
        '(0019,0010): expected it to be absent, got "ACME"',
    ),
    "one of many": (
        V,
        'elements = { PatientName = "x", RequestAttributesSequence = [{ PatientName = "" }] }\n'
        'empty = ["*/PatientName"]',
        '(0010,0010) PatientName: expected no value, got "x"',
    ),
    "no error": (V, 'error = "unfit-value"', "the script did not fail"),
    "another error": (
        V + '(0028,0010) := "x"',
        'elements = { Rows = 1 }\nerror = "bad-date"',
        "the script failed instead of with bad-date",
    ),
    "a script that is wrong": (V + "nothing[]", "", "the script cannot be used"),
    "no rejection": (V, "rejected = true", "did not reject the data set"),
    "a rejection": (V + "reject[]", "", "the script rejected the data set: rejected by"),
    "another reason": (V + "reject[]", 'rejected = "line 7"', "with the reason"),
    "other lines": (V + 'echo "a"', 'echo = ["b"]', 'echo: expected "b", got "a"'),
    "no lines": (V, 'echo = ["b"]', 'echo: expected "b", got none'),
    "other notices": (V, 'notices = ["x"]', 'notices: expected "x", got none'),
    "a variable that nobody asks for": (
        V + "(0010,0020) := days\n-(0010,0020)",
        "variables = { days = 1, dais = 2 }",
        'the script asks for no variable "dais"; did you mean "days"?',
    ),
    "a variable that is missing": (V + "(0010,0020) := days", "", "unknown-variable"),
    "items of what has none": (
        V,
        "elements = { PatientID = [{}] }",
        "the input cannot be made: (0010,0020) PatientID: the element has no items",
    ),
    "an input that cannot be": (
        V,
        'elements = { PatientName = "Müller" }',
        "the input cannot be made: (0010,0010) PatientName: the value does not fit VR PN",
    ),
}


def failures(path: Path, **options: bool) -> list[str]:
    (case,) = read_cases(path)
    return list(Runner(**options).run(case).failures)


@pytest.mark.parametrize("counting", [False, True], ids=["plain", "counting"])
@pytest.mark.parametrize(("script", "case"), PASSING.values(), ids=PASSING)
def test_what_passes(written: Callable[..., Path], script: str, case: str, counting: bool):
    assert failures(written(HEAD + case, script), counting=counting) == []


@pytest.mark.parametrize(("script", "case", "said"), FAILING.values(), ids=FAILING)
def test_what_fails(written: Callable[..., Path], script: str, case: str, said: str):
    (failure,) = failures(written(HEAD + case, script))
    assert said in failure


def test_values_are_given_once_for_all_cases(written: Callable[..., Path]):
    path = written(
        '[elements]\nPatientID = "1"\nPatientName = "x"\n[expect]\nPatientID = "ANON"\n'
        '[[case]]\nname = "a"\n'
        '[[case]]\nname = "b"\nwithout = ["PatientName"]\nabsent = ["PatientName"]\n'
        '[[case]]\nname = "c"\nexpect = { PatientID = "other" }\n'
        '[[case]]\nname = "d"\nerror = "unfit-value"\n'
    )
    runner = Runner()
    found = {case.name: runner.run(case).failures for case in read_cases(path)}
    assert [name for name, failures in found.items() if failures] == ["c", "d"]


def test_a_sequence_of_a_case_takes_the_place_of_that_of_the_file(written: Callable[..., Path]):
    path = written(
        '[elements]\nRequestAttributesSequence = [{ PatientID = "1" }, { PatientID = "2" }]\n'
        '[[case]]\nname = "a"\n'
        'elements = { RequestAttributesSequence = [{ PatientName = "x" }] }\n'
        "expect = { RequestAttributesSequence = [{ PatientID = { absent = true } }] }\n",
        V,
    )
    assert failures(path) == []


# --- cases of a file ------------------------------------------------------------------------------

OF_FILE = 'file = "image.dcm"\nexpect = { PatientID = "X" }\nothers = "unchanged"'


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.dcm"
    path.write_bytes(Path(get_testdata_file("CT_small.dcm")).read_bytes())
    return path


LEAKING = {
    "expected": (V + '(0010,0020) := "X"\n-(0010,0030)', 'expect = { PatientID = "Y" }'),
    "changed": (V + "(0010,4000) := (0010,0010)\n(0010,0020) := (0010,0010)", ""),
    "echoed": (V + "echo (0010,0010)", 'echo = ["x"]'),
    "at fault": (V + "(0028,0010) := (0010,0010)", ""),
}


@pytest.mark.parametrize(("script", "case"), LEAKING.values(), ids=LEAKING)
def test_values_of_files_are_not_shown(
    written: Callable[..., Path], image: Path, script: str, case: str
):
    before = image.read_bytes()
    path = written(f'{HEAD}file = "image.dcm"\n{case}', script)
    hidden, shown = failures(path), failures(path, show_values=True)
    assert hidden
    assert len(hidden) == len(shown)
    for value in ("CompressedSamples", "1CT1"):
        assert value not in "".join(hidden)
    if "(0010,0010)" in script:
        assert "CompressedSamples" in "".join(shown)
    assert image.read_bytes() == before


def test_a_file_passes_with_all_its_elements(written: Callable[..., Path], image: Path):
    case = 'file = "image.dcm"\nexpect = { PatientID = "ANON" }'
    assert failures(written(HEAD + case)) == []


def test_a_file_that_is_no_dicom_fails(written: Callable[..., Path], image: Path):
    image.write_bytes(b"nothing")
    (failure,) = failures(written(HEAD + 'file = "image.dcm"'))
    assert "not a DICOM file" in failure
