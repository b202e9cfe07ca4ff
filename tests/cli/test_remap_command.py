"""`dicomedit remap` as its users meet it: results, messages, refusals, exit statuses."""

from __future__ import annotations

import gzip
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import archive
import pytest
from pydicom import Dataset, dcmread

from dicomedit.cli.main import main

COMMAND = Path(sys.executable).with_name("dicomedit")

ORIGINAL = {
    "data/a/i4": ("General Hospital", "Doe^Jane", "P1"),
    "data/a/s1/i1": ("General Hospital", "Doe^Jane", "P1"),
    "data/a/s1/i2": ("General Hospital", "Doe^Jane", "P1"),
    "data/a/s1/i3": ("General Hospital", "Doe^Jane", "P1"),
    "data/b/i5": ("St. Elsewhere", "Roe^Rick", "P2"),
}
EXPECTED = {
    name: ("SITE", *(("Anon2", "A2") if "/b/" in name else ("Anon1", "A1"))) for name in ORIGINAL
}


@dataclass
class Result:
    status: int
    out: str
    err: str


class Folder:
    """A working folder with the worked example, and short ways to work in it."""

    def __init__(self, root: Path, cli: Callable[..., Result]) -> None:
        self.root = root
        self.cli = cli
        archive.write_example(root / "data")
        self.file("c.xml", archive.CONFIG)
        self.file("t.csv", archive.TABLE)

    def file(self, name: str, text: str | bytes) -> str:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
        return name

    def filled(self, cells: dict[tuple[int, int], str], name: str = "f.csv") -> str:
        archive.fill(self.root / "t.csv", self.root / name, cells)
        return name

    def remap(self, *arguments: str, cells: dict[tuple[int, int], str] | None = None) -> Result:
        """Apply the table with some cells filled in."""
        table = self.filled(archive.FILLED if cells is None else cells)
        return self.cli("remap", "c.xml", "data", "out", "--values", table, *arguments)

    def results(self, show: Callable[[Dataset], Any] = archive.of_example) -> dict[str, Any]:
        return archive.seen(self.root / "out", show)


@pytest.fixture
def cli(capsys) -> Callable[..., Result]:
    def call(*arguments: str) -> Result:
        try:
            status = main(arguments)
        except SystemExit as exit:
            status = int(exit.code or 0)
        return Result(status, *capsys.readouterr())

    return call


@pytest.fixture
def folder(tmp_path: Path, monkeypatch, cli) -> Folder:
    monkeypatch.chdir(tmp_path)
    return Folder(tmp_path, cli)


# --- the worked example -------------------------------------------------------------------------


def test_the_worked_example(folder: Folder):
    result = folder.remap()
    assert result == Result(
        0, "5 files: 5 written, 0 unchanged, 0 rejected, 0 failed, 0 skipped\n", ""
    )
    assert folder.results() == EXPECTED


def test_one_value_for_one_patient(folder: Folder):
    """What has no value stays as it is, and a warning says so."""
    result = folder.remap(cells={(2, 8): "A1"})
    assert result.status == 0
    assert folder.results() == {
        name: (place, person, "A1" if code == "P1" else code)
        for name, (place, person, code) in ORIGINAL.items()
    }
    assert result.err.splitlines() == [
        'warning[missing-values]: column 4 "Fixed Institution Name" has no value (rows 2-5): what'
        " the files have there stays",
        "--> f.csv",
        'warning[missing-values]: column 6 "Anon Patient Name" has no value for 2 patients (rows'
        " 2-4; row 5): what the files have there stays",
        "--> f.csv",
        'warning[missing-values]: column 8 "Anon PatientID" has no value for 1 patient (row 5):'
        " what the files have there stays",
        "--> f.csv",
    ]


def test_two_values_for_one_patient(folder: Folder):
    result = folder.remap(cells={(2, 8): "A1", (3, 8): "A9"})
    assert result.status == 2
    message = 'column 8 "Anon PatientID" has 2 different values for one patient, in rows 2-3'
    assert result.err == f"error[conflicting-values]: {message}\n--> f.csv\n"
    assert not Path("out").exists()
    shown = folder.remap("--show-values", cells={(2, 8): "A1", (3, 8): "A9"})
    assert f"{message}: ('Doe^Jane', 'P1') has ['A1', 'A9']" in shown.err


def test_every_conflict_is_told(folder: Folder):
    result = folder.remap(
        cells={(2, 4): "X", (5, 4): "x", (2, 8): "A1", (4, 8): "A1 ", (3, 6): "N"}
    )
    assert result.status == 2
    assert [line for line in result.err.splitlines() if line.startswith("error")] == [
        'error[conflicting-values]: column 4 "Fixed Institution Name" has 2 different values for'
        " the whole archive, in rows 2, 5",
        'error[conflicting-values]: column 8 "Anon PatientID" has 2 different values for one'
        " patient, in rows 2, 4",
    ]


def test_the_same_value_twice_is_fine(folder: Folder):
    cells = {**archive.FILLED, (3, 8): "A1", (4, 8): "A1", (5, 4): "SITE"}
    assert folder.remap(cells=cells).err == ""
    assert folder.results() == EXPECTED


def test_two_roots(folder: Folder, cli):
    table = folder.filled(archive.FILLED)
    assert cli("remap", "c.xml", "data/a", "data/b", "out", "--values", table).status == 0
    assert sorted(folder.results()) == ["a/i4", "a/s1/i1", "a/s1/i2", "a/s1/i3", "b/i5"]


def test_a_stray_file_is_skipped(folder: Folder):
    folder.file("data/notes.txt", "no image")
    result = folder.remap()
    assert result.status == 0
    assert "skipped: data/notes.txt: not a DICOM file" in result.err
    assert "5 written, 0 unchanged, 0 rejected, 0 failed, 1 skipped" in result.out
    assert folder.results() == EXPECTED


# --- tables -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\n\n") + "\n\n",
        lambda text: text + ",,,,,,,,,,\n",
        lambda text: text.replace('"', ""),
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: "\n".join(
            line + (',"more"' if number else "") for number, line in enumerate(text.splitlines())
        ),
    ],
    ids=["mark", "crlf", "blank lines", "empty row", "unquoted", "semicolons", "tabs", "extra"],
)
def test_tables_as_programs_write_them(folder: Folder, cli, change):
    folder.filled(archive.FILLED)
    text = Path("f.csv").read_bytes().decode("utf-8").replace("\r\n", "\n")
    folder.file("g.csv", change(text))
    assert cli("remap", "c.xml", "data", "out", "--values", "g.csv") == Result(
        0, "5 files: 5 written, 0 unchanged, 0 rejected, 0 failed, 0 skipped\n", ""
    )
    assert folder.results() == EXPECTED


def test_backslashes_quotes_and_line_ends(folder: Folder):
    item = {"PatientID": "A\\B", "PatientName": 'say "x",\\'}
    for path in (folder.root / "data/a").rglob("i*"):
        ds = dcmread(path)
        ds.update({"PatientName": item["PatientName"], "OtherPatientIDs": "x"})
        ds.PatientID = item["PatientID"]
        ds.save_as(path)
    config = '<Columns><Patient remap="N">(0010,4000)</Patient></Columns>'
    folder.file("d.xml", config)
    assert folder.cli("summarize", "d.xml", "data", "-o", "s.csv").status == 0
    rows = archive.read_csv(folder.root / "s.csv")
    text = 'line "one"\nline, two\\three'
    archive.write_csv(folder.root / "s.csv", [rows[0], *([*row[:3], text] for row in rows[1:])])
    assert folder.cli("remap", "d.xml", "data", "out", "--values", "s.csv").err == ""
    assert set(folder.results(lambda ds: ds.PatientComments).values()) == {text}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the table is empty: there is no header line"),
        (archive.TABLE.replace("Study ID", "Study No"), 'column 9 should be headed "Study ID"'),
        (archive.TABLE.replace(',"Series Number"', ""), 'column 11 should be headed "Series Num'),
        (archive.TABLE.replace("Number", 'Number","More'), "there are 12 columns, the config"),
        (archive.TABLE + '"1.3","1.3.1"\n', "row 6: there are 2 cells, 11 are needed"),
        (archive.TABLE + '"1.3', "row 6: this is no CSV"),
        (archive.TABLE + '"1"3"\n', "row 6: this is no CSV"),
    ],
)
def test_tables_that_are_refused(folder: Folder, cli, text, message):
    folder.file("g.csv", text)
    result = cli("remap", "c.xml", "data", "out", "--values", "g.csv")
    assert result.status == 2
    assert message in result.err
    assert "Doe" not in result.err
    assert not Path("out").exists()


def test_a_table_in_another_encoding(folder: Folder, cli):
    folder.file("g.csv", archive.TABLE.replace("Doe", "D\xf6").encode("cp1252", "replace"))
    result = cli("remap", "c.xml", "data", "out", "--values", "g.csv")
    assert result.status == 2
    assert "not text in UTF-8" in result.err


def test_another_header_on_request(folder: Folder, cli):
    folder.filled(archive.FILLED)
    text = Path("f.csv").read_text("utf-8")
    folder.file("g.csv", text.replace("Study ID", "Studien-Nr."))
    result = cli("remap", "c.xml", "data", "out", "--values", "g.csv", "--ignore-header")
    assert result.status == 0
    assert folder.results() == EXPECTED


def test_a_table_of_another_configuration(folder: Folder, cli):
    folder.file("d.xml", '<Columns><Patient remap="New">(0010,0010)</Patient></Columns>')
    result = cli("remap", "d.xml", "data", "out", "--values", "t.csv")
    assert result.status == 2
    assert 'row 1: column 1 should be headed "Patient ID"' in result.err
    folder.file("e.xml", "<Columns><Patient>(0010,0010)</Patient></Columns>")
    result = cli("remap", "e.xml", "data", "out", "--values", "t.csv")
    assert result.status == 2
    assert "no column of the configuration has new values" in result.err


# --- rows and files that do not find each other ---------------------------------------------------


def test_rows_and_files_that_do_not_match(folder: Folder):
    result = folder.remap(cells={**archive.FILLED, (5, 7): "P9"})
    assert result.status == 0
    assert result.err.splitlines()[:4] == [
        "warning[no-such-record]: no file has the patient of row 5",
        "--> f.csv",
        "warning[not-covered]: data/b/i5: nothing is given for its patient",
        "--> f.csv",
    ]
    assert folder.results()["data/b/i5"] == ("SITE", "Roe^Rick", "P2")


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        ({(5, 7): "P9"}, ["no-such-record", "not-covered"]),
        ({(5, 8): ""}, ["missing-values"]),
        ({(5, 8): "", (5, 6): ""}, ["missing-values", "missing-values"]),
    ],
)
def test_strict(folder: Folder, cells, codes):
    result = folder.remap("--strict", cells={**archive.FILLED, **cells})
    assert result.status == 2
    assert re.findall(r"error\[([\w-]+)\]", result.err) == codes
    assert not Path("out").exists()


def test_strict_with_nothing_wrong(folder: Folder):
    assert folder.remap("--strict") == Result(
        0, "5 files: 5 written, 0 unchanged, 0 rejected, 0 failed, 0 skipped\n", ""
    )


def test_strict_with_a_file_that_cannot_be_read(folder: Folder):
    path = folder.root / "data/a/i4"
    path.write_bytes(path.read_bytes()[:-3])
    result = folder.remap("--strict")
    assert result.status == 2
    assert "data/a/i4: " in result.err
    assert not Path("out").exists()
    result = folder.remap()
    assert result.status == 1
    assert "failed: data/a/i4: " in result.err
    assert sorted(folder.results()) == sorted(ORIGINAL.keys() - {"data/a/i4"})


def test_an_object_without_a_key_never_matches(folder: Folder):
    """Not even an empty cell; an element that is present and empty does."""
    archive.write(folder.root / "data/c/1", PatientName="N")
    archive.write(folder.root / "data/c/2", PatientName="N", PatientID="")
    folder.file("d.xml", '<Columns><Patient remap="New">(0010,4000)</Patient></Columns>')
    assert folder.cli("summarize", "d.xml", "data/c", "-o", "s.csv").status == 0
    rows = archive.read_csv(folder.root / "s.csv")
    archive.write_csv(folder.root / "s.csv", [rows[0], *([*row[:3], "C"] for row in rows[1:])])
    result = folder.cli("remap", "d.xml", "data/c", "out", "--values", "s.csv")
    assert "data/c/1: nothing is given for its patient" in result.err
    assert folder.results(lambda ds: ds.get("PatientComments")) == {"c/1": None, "c/2": "C"}


def test_several_columns_for_one_element(folder: Folder, cli):
    """The most specific level wins, then the leftmost column; and it is told."""
    folder.file(
        "d.xml",
        '<Columns><Series remap="S1">(8,103E)</Series><Series remap="S2">(8,103E)</Series>'
        '<Patient remap="P">(8,103E)</Patient></Columns>',
    )
    assert cli("summarize", "d.xml", "data", "-o", "s.csv").status == 0
    rows = archive.read_csv(folder.root / "s.csv")
    assert rows[0][5:] == ["S1", "Series Description", "S2", "Series Description", "P"]
    for row, cells in zip(rows[1:], ["ab", " c", "  ", "  "], strict=True):
        row[5], row[7], row[9] = cells[0].strip(), cells[1].strip(), "p"
    archive.write_csv(folder.root / "s.csv", rows)
    result = cli("remap", "d.xml", "data", "out", "--values", "s.csv")
    assert (
        'warning[several-columns]: column 6 "S1" and column 8 "S2" and column 10 "P" both give'
        ' (0008,103E) values: where a file gets several, column 6 "S1" wins'
    ) in result.err
    assert folder.results(lambda ds: ds.SeriesDescription) == {
        "data/a/s1/i1": "a",
        "data/a/s1/i2": "a",
        "data/a/s1/i3": "c",
        "data/a/i4": "p",
        "data/b/i5": "p",
    }


def test_a_value_that_does_not_fit_fails_the_object(folder: Folder, cli):
    """Nothing is written for it; the message shows no value."""
    folder.file("d.xml", '<Columns><Patient remap="R">(0028,0010)</Patient></Columns>')
    assert cli("summarize", "d.xml", "data", "-o", "s.csv").status == 0
    rows = archive.read_csv(folder.root / "s.csv")
    rows[1][3], rows[2][3] = "12", "abc"
    archive.write_csv(folder.root / "s.csv", rows)
    result = cli("remap", "d.xml", "data", "out", "--values", "s.csv")
    assert result.status == 1
    assert (
        "failed: data/b/i5: s.csv:3:1: (0028,0010) Rows: the value does not fit VR US: it is no"
        " integer [unfit-value]"
    ) in result.err
    assert "abc" not in result.err
    assert set(folder.results(lambda ds: ds.Rows)) == ORIGINAL.keys() - {"data/b/i5"}
    assert (
        "'abc'" in cli("remap", "d.xml", "data", "out2", "--values", "s.csv", "--show-values").err
    )


def test_what_happens_in_every_row_is_told_once(folder: Folder):
    result = folder.remap(cells={**archive.FILLED, (2, 6): "\xe9", (5, 6): "\xe8"})
    assert result.status == 0
    assert len(re.findall(r"warning: .*\[utf8-declared\]", result.err)) == 1
    assert "notice in 5 files: utf8-declared" in result.err


# --- scripts ------------------------------------------------------------------------------------


def test_scripts_win_over_the_table(folder: Folder):
    script = folder.file("s.das", '(0010,0010) := "FromScript"\n')
    assert folder.remap("-d", script).status == 0
    assert folder.results() == {
        name: (place, "FromScript", code) for name, (place, _, code) in EXPECTED.items()
    }


def test_the_first_script_of_version_4_wins_and_all_read_the_input(folder: Folder):
    first = folder.file("1.das", '(0010,0020) = "P1" : (0010,0010) := "1 {0}" (0010,0020)\n')
    second = folder.file("2.das", '(0010,0010) := "2"\n(0008,1030) := (0010,0010)\n')
    assert folder.remap("-d", first, "-d", second).status == 0
    found = folder.results(lambda ds: (ds.PatientName, ds.PatientID, ds.StudyDescription))
    assert found["data/a/i4"] == ("1 P1", "A1", "Doe^Jane")
    assert found["data/b/i5"] == ("2", "A2", "Roe^Rick")


def test_scripts_of_version_6_go_on_from_the_result(folder: Folder):
    early = folder.file("4.das", '(0010,0010) := "4"\n')
    late = folder.file(
        "6.das", 'version "6.6"\n(0008,1030) := (0010,0020)\n(0010,0020) := "6"\n-(0008,0080)\n'
    )
    assert folder.remap("-d", late, "-d", early).status == 0
    found = folder.results(
        lambda ds: (ds.PatientName, ds.PatientID, ds.StudyDescription, "InstitutionName" in ds)
    )
    assert found["data/a/i4"] == ("4", "6", "A1", False)


def test_an_absent_element_that_a_script_deletes_stays_absent(folder: Folder):
    """The table gives it a value, but a deletion in a script has the last word."""
    folder.file("d.xml", '<Columns><Global remap="C">(0010,4000)</Global></Columns>')
    folder.file("s.csv", '"Patient Comments","C"\n"","text"\n')
    for name, text in (("4", "-(0010,40XX)\n"), ("6", 'version "6.6"\n-(0010,4000)\n')):
        script = folder.file(f"{name}.das", text)
        folder.cli("remap", "d.xml", "data", "out", "--values", "s.csv", "-d", script)
        assert set(folder.results(lambda ds: "PatientComments" in ds).values()) == {False}


def test_copies_without_values_and_scripts(folder: Folder, cli):
    result = cli("remap", "c.xml", "data", "out")
    assert "5 files: 0 written, 5 unchanged" in result.out
    assert folder.results() == ORIGINAL


def test_the_basic_script(folder: Folder, cli):
    assert cli("remap", "c.xml", "data", "out", "-d", "basic").status == 0
    found = folder.results(
        lambda ds: ("PatientName" in ds, "StudyID" in ds, ds.SOPInstanceUID, ds.StudyInstanceUID)
    )
    assert {each[:2] for each in found.values()} == {(False, False)}
    assert len({each[2] for each in found.values()}) == 5
    assert len({each[3] for each in found.values()}) == 3
    assert all(each[2].startswith("2.25.") for each in found.values())
    folder.file("basic", '(0008,0080) := "mine"\n')
    assert cli("remap", "c.xml", "data", "out2", "-d", "basic").status == 0
    mine = archive.seen(folder.root / "out2", lambda ds: ds.InstitutionName)
    assert set(mine.values()) == {"mine"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "No such file or directory"),
        ('(0010,0010) = "x" ? -(0010,0020)\n', "error["),
        ('(0010,0010) := nofunction["x"]\n', "nofunction"),
    ],
)
def test_scripts_that_are_refused(folder: Folder, text, message):
    if text is not None:
        folder.file("s.das", text)
    result = folder.remap("-d", "s.das")
    assert result.status == 2
    assert message in result.err
    assert not Path("out").exists()


def test_new_uids_under_a_root(folder: Folder):
    script = folder.file("s.das", "(0008,0018) := new UID\n")
    late = folder.file("6.das", 'version "6.6"\n(0020,000D) := newUID[]\n')
    assert folder.remap("-d", script, "-d", late, "-r", "1.2.840.99999").status == 0
    found = folder.results(
        lambda ds: (ds.SOPInstanceUID, ds.StudyInstanceUID, ds.file_meta.MediaStorageSOPInstanceUID)
    )
    for uid, study, meta in found.values():
        assert re.fullmatch(r"1\.2\.840\.99999\.\d+", uid)
        assert re.fullmatch(r"1\.2\.840\.99999\.\d+", study)
        assert len(uid) <= 64
        assert meta == uid


# --- variables ----------------------------------------------------------------------------------

ASKING = """\
describe site "Name of the site"
describe secret hidden
secret := (0010,0020)
code := (0010,0020)
label := "fixed"
(0008,0080) := site
(0008,1010) := "{0}/{1}/{2}" secret, code, label
"""


def test_variables_from_the_command_line(folder: Folder):
    """Hidden and defaulted ones are evaluated for each object."""
    script = folder.file("s.das", ASKING)
    assert folder.remap("-d", script, "--var", "site=HERE", "--set", "LABEL=L").status == 0
    found = folder.results(lambda ds: (ds.InstitutionName, ds.StationName))
    assert found["data/a/i4"] == ("HERE", "P1/P1/L")
    assert found["data/b/i5"] == ("HERE", "P2/P2/L")


def test_a_missing_variable_without_a_terminal(folder: Folder):
    script = folder.file("s.das", ASKING)
    result = folder.remap("-d", script)
    assert result.status == 2
    assert "a value is needed for site (Name of the site); add --var site=..." in result.err
    assert not Path("out").exists()


def test_a_variable_that_nothing_asks_for(folder: Folder):
    result = folder.remap("--var", "place=x")
    assert 'warning: nothing asks for the variable "place"' in result.err
    assert "--var takes NAME=VALUE" in folder.remap("--var", "place").err


def on_terminal(folder: Folder, answers: list[str], *arguments: str) -> tuple[int, str]:
    """Run the installed command on a terminal; type an answer at each question."""
    folder.filled(archive.FILLED)
    master, slave = pty.openpty()
    command = [COMMAND, "remap", "c.xml", "data", "out", "--values", "f.csv", *arguments]
    process = subprocess.Popen(command, cwd=folder.root, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    shown, limit, waiting = b"", time.monotonic() + 60, list(answers)
    while time.monotonic() < limit:
        if select.select([master], [], [], 0.2)[0]:
            try:
                shown += os.read(master, 4096)
            except OSError:
                break
        if waiting and shown.endswith(b": "):
            os.write(master, waiting.pop(0).encode() + b"\n")
            shown += b"\n"
    os.close(master)
    return process.wait(timeout=60), shown.decode()


@pytest.mark.slow
def test_questions_on_a_terminal(folder: Folder):
    script = folder.file("s.das", ASKING)
    status, shown = on_terminal(folder, ["", "L", "HERE"], "-d", script)
    assert status == 0, shown
    questions = re.findall(r"Enter value for [^:]*: ", shown)
    assert questions == [
        "Enter value for code [(0010,0020)]: ",
        "Enter value for label [fixed]: ",
        "Enter value for Name of the site: ",
    ]
    found = folder.results(lambda ds: (ds.InstitutionName, ds.StationName))
    assert found["data/a/i4"] == ("HERE", "P1/P1/L")
    assert found["data/b/i5"] == ("HERE", "P2/P2/L")


@pytest.mark.slow
def test_no_questions_with_no_input_and_an_example_with_show_values(folder: Folder):
    script = folder.file("s.das", ASKING)
    status, shown = on_terminal(folder, [], "-d", script, "--no-input")
    assert status == 2
    assert "Enter value" not in shown
    status, shown = on_terminal(folder, ["", "", ""], "-d", script, "--show-values")
    assert status == 0, shown
    assert "Enter value for code [P1]: " in shown
    assert folder.results(lambda ds: ds.StationName)["data/b/i5"] == "P2/P2/fixed"


# --- output -------------------------------------------------------------------------------------


def test_file_meta_information(folder: Folder):
    for path in (folder.root / "data").rglob("i*"):
        ds = dcmread(path)
        ds.file_meta.SourceApplicationEntityTitle = "SENDER"
        ds.file_meta.MediaStorageSOPInstanceUID = "9.9"
        ds.save_as(path, enforce_file_format=False)
    assert folder.remap().status == 0
    found = folder.results(
        lambda ds: (
            ds.file_meta.SourceApplicationEntityTitle,
            ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID,
        )
    )
    assert set(found.values()) == {("DicomRemap", True)}
    script = folder.file("s.das", '(0002,0016) := "MINE"\n')
    assert folder.remap("-d", script).status == 0
    titles = folder.results(lambda ds: ds.file_meta.SourceApplicationEntityTitle)
    assert set(titles.values()) == {"MINE"}


def test_gzip_in_gzip_out(folder: Folder):
    path = folder.root / "data/b/i5"
    (folder.root / "data/b/i5.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    assert folder.remap().status == 0
    written = Path("out/data/b/i5.gz").read_bytes()
    folder.file("unzipped/x", gzip.decompress(written))
    assert archive.of_example(dcmread("unzipped/x")) == ("SITE", "Anon2", "A2")


def test_a_data_set_without_preamble_is_no_file_to_remap(folder: Folder, cli):
    data = (folder.root / "data/b/i5").read_bytes()
    folder.file("data/bare", data[data.index(b"\x08\0\x16\0") :])
    result = folder.remap()
    assert result.status == 0
    assert "skipped: data/bare: no DICM prefix at byte 128" in result.err
    result = cli("remap", "c.xml", "data/bare", "out3", "--values", "f.csv")
    assert result.status == 2
    assert "there is no DICOM file" in result.err


@pytest.mark.parametrize(
    ("inputs", "out", "message"),
    [
        (["data"], "data", "the output folder is the input folder data"),
        (["data"], "data/out", "the output folder lies inside the input folder data"),
        (["data"], ".", "results would get among the inputs in data"),
        (["data/b/i5"], "data", "the output would replace the input"),
        (["data/a", "data/b"], "data", "results would get among the inputs in data/a"),
        (["data"], "c.xml", "the output is a file"),
        (["nowhere"], "out", "nowhere: there is no such file or folder"),
        (["data"], "ftp://host/x", "the output is a folder or dicom://...; ftp: is not known here"),
    ],
)
def test_places_that_are_refused(folder: Folder, cli, inputs, out, message):
    before = archive.seen(folder.root / "data", archive.of_example)
    table = folder.filled(archive.FILLED)
    result = cli("remap", "c.xml", *inputs, out, "--values", table)
    assert result.status == 2
    assert message in result.err
    assert archive.seen(folder.root / "data", archive.of_example) == before
    assert not Path("out").exists()


def test_an_output_as_a_uri(folder: Folder, cli):
    table = folder.filled(archive.FILLED)
    out = (folder.root / "out").as_uri()
    assert cli("remap", "c.xml", "data", out, "--values", table).status == 0
    assert folder.results() == EXPECTED


def test_a_link_back_into_the_input(folder: Folder):
    Path("out").mkdir()
    Path("out/data").symlink_to(folder.root / "data")
    result = folder.remap()
    assert result.status == 2
    assert archive.seen(folder.root / "data", archive.of_example)["a/i4"][1] == "Doe^Jane"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-s", "http://x"), "there is no UID root server"),
        (("-r", "1.2.x"), "the root has to be a UID of at most 24 characters"),
        (("-r", "1." * 20 + "1"), "the root has to be a UID of at most 24 characters"),
        (("--init",), "--init takes a configuration and a table"),
        (("--resume", "--no-journal"), "--resume needs the journal"),
    ],
)
def test_arguments_that_are_refused(folder: Folder, arguments, message):
    result = folder.remap(*arguments)
    assert result.status == 2
    assert message in result.err
    assert not Path("out").exists()


def test_too_few_arguments(folder: Folder, cli):
    assert "XML IN... OUT" in cli("remap", "c.xml", "data").err
    assert cli("remap", "c.xml", "data").status == 2


# --- the machinery of runs ----------------------------------------------------------------------


def test_a_dry_run_writes_nothing_and_says_what_would_change(folder: Folder):
    result = folder.remap("--dry-run")
    assert result.status == 0
    assert "data/b/i5 -> out/data/b/i5" in result.out
    assert "  changed  (0010,0010)  (line 5)" in result.out
    assert "Anon" not in result.out
    assert not Path("out").exists()


def test_processes_journal_and_resume(folder: Folder):
    assert folder.remap("--jobs", "2").status == 0
    assert folder.results() == EXPECTED
    assert Path("out.dicomedit-journal").exists()
    assert "Anon" not in Path("out.dicomedit-journal").read_text("utf-8")
    assert "(5 by an earlier run)" in folder.remap("--resume").out
    result = folder.remap("--resume", cells={**archive.FILLED, (5, 8): "A3"})
    assert result.status == 2
    assert "it was begun with other scripts" in result.err


def test_failures_stop_or_go_into_quarantine(folder: Folder):
    script = folder.file("s.das", '(0010,0020) = "P1" : (0028,0010) := "x"\n')
    result = folder.remap("-d", script, "--quarantine", "held", "--jobs", "2")
    assert result.status == 1
    assert set(folder.results()) == {"data/b/i5"}
    held = {path.name for path in Path("held").rglob("*") if path.is_file()}
    assert {"i1", "i2", "i3", "i4", "i1.reason.txt"} <= held
    result = folder.remap("-d", script, "--on-error", "stop")
    assert "stopped after a failure; 4 files were not done" in result.err
