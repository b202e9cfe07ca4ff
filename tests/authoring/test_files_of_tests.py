"""Files of tests: what is refused, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dicomedit import DicomFileError
from dicomedit.authoring.testing.cases import mentions, read_cases
from dicomedit.authoring.testing.find_tests import find_test_files

CASE = '[[case]]\nname = "a"\n'

REFUSED = {
    "no TOML": ("case = ", "this is no TOML"),
    "no case": ('script = "anon.das"', "there is no [[case]] in it"),
    "a case without name": ("[[case]]", 'case[0]: a case needs a "name"'),
    "two of a name": (CASE + CASE, 'two cases have the name "a"'),
    "no script": ('script = "other.das"\n' + CASE, "other.das is not there"),
    "no file": (CASE + 'file = "x.dcm"', "x.dcm is not there"),
    "file and elements": (CASE + 'file = "anon.das"\nelements = {}', 'a "file" or "elements"'),
    "a dialect": ("dialect = 5\n" + CASE, '"dialect" is 4 or 6'),
    "a key of the file": ("variabels = {}\n" + CASE, 'did you mean "variables"?'),
    "a key of a case": (CASE + "exepct = {}", 'case "a": there is no key "exepct" here; did you'),
    "a key of a value": (CASE + "elements = { PatientID = { valeu = 1 } }", 'you mean "value"?'),
    "a key of an expectation": (CASE + "expect = { PatientID = { absnt = true } }", '"absent"?'),
    "a keyword": (CASE + 'expect = { PatientsName = "x" }', 'did you mean "PatientName"?'),
    "a keyword without a like": (CASE + 'expect = { Zzzz = "x" }', 'has the keyword "Zzzz"'),
    "a tag": (CASE + 'expect = { "(0010,001)" = "x" }', "is no keyword, tag or path"),
    "levels only": (CASE + 'absent = ["*/"]', "is no keyword, tag or path"),
    "many elements as input": (CASE + 'elements = { "*/(0010,0010)" = "" }', "not name one"),
    "a private number with levels": (CASE + 'absent = ["*/(0019,1001)"]', "needs the creator"),
    "a kind of value": (CASE + "elements = { PatientID = true }", "is a text or a number"),
    "a date": (CASE + "elements = { StudyDate = 2024-03-01 }", "dates stand in quotes, too"),
    "a kind of list": (CASE + "absent = [1]", '"absent" is a list of texts'),
    "a kind of flag": ("newer_versions = 1\n" + CASE, '"newer_versions" is true or false'),
    "a VR": (CASE + 'elements = { PatientID = { vr = "XX", value = "" } }', 'no VR "XX"'),
    "hex": (CASE + 'elements = { PatientID = { hex = "0" } }', '"hex" holds pairs'),
    "value and hex": (CASE + 'elements = { PatientID = { hex = "", value = "" } }', "or"),
    "two kinds": (CASE + "expect = { PatientID = { absent = true, empty = true } }", "one of"),
    "a kind that is not": (CASE + "expect = { PatientID = { absent = false } }", "only be true"),
    "a pattern": (CASE + 'expect = { PatientID = { matches = "(" } }', "no regular expression"),
    "without nothing": (CASE + 'without = ["PatientID"]', "not among the elements of the file"),
    "a key of lookup": (CASE + 'lookup = { "4711" = "x" }', "no key of a lookup table"),
    "a UID": (CASE + 'uid_map = [{ text = "a", uid = "x" }]', "no UID under its prefix"),
    "others": (CASE + 'others = "all"', '"others" is "unchanged" or "any"'),
    "error and rejected": (CASE + 'error = "x"\nrejected = true', "not both"),
    "an error with elements": (CASE + 'error = "x"\nabsent = ["PatientID"]', "nothing is changed"),
    "nothing to fail": (CASE + 'others = "any"', "it could not fail"),
    "rejected": (CASE + "rejected = 1", '"rejected" is true, false or'),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_told(written: Callable[..., Path], text: str, said: str):
    path = written(text)
    with pytest.raises(DicomFileError) as caught:
        read_cases(path)
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path):
    with pytest.raises(DicomFileError, match="No such file"):
        read_cases(tmp_path / "none.test.toml")
    (tmp_path / "latin.test.toml").write_bytes(b'name = "M\xfcller"')
    with pytest.raises(DicomFileError, match=r"not text in UTF-8 \(byte 9\)"):
        read_cases(tmp_path / "latin.test.toml")


def test_files_are_found_below_folders_but_not_in_hidden_ones(tmp_path: Path):
    for name in ("b.test.toml", "a/c.test.toml", ".git/d.test.toml", "e.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = find_test_files([tmp_path, tmp_path / "b.test.toml"])
    assert [path.name for path in found] == ["c.test.toml", "b.test.toml"]
    for path, said in ((tmp_path / "e.toml", "ends in .test.toml"), (tmp_path / "f", "no such")):
        with pytest.raises(DicomFileError, match=said):
            find_test_files([path])


def test_cases_are_picked_by_a_word(written: Callable[..., Path]):
    (case,) = read_cases(written('[[case]]\nname = "Names go"'))
    assert [mentions(case, word) for word in ("names", "ANON", "dates")] == [True, True, False]


def test_virtual_environments_and_hidden_folders_are_passed_over(tmp_path):
    for place in ("study", ".hidden", "venv/lib"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "a.test.toml").touch()
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    assert find_test_files([tmp_path]) == [tmp_path / "study" / "a.test.toml"]
