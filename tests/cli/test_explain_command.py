"""`dicomedit explain`: what it prints, its exit statuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from dicomedit.cli.main import main

SCRIPT = """version "6.6"
describe days "days to move by"
if ((0008,0060) = "MR") {
    -*/(0010,0030)
}
(0008,0020) := shiftDateByIncrement[(0008,0020), days]
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "a.das"
    path.write_text(SCRIPT)
    return path


def test_text(script: Path, capsys):
    assert main(["explain", str(script)]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    lines = told.out.splitlines()
    assert lines[0] == f"{script}: DicomEdit 6"
    assert "Needs a value from outside for the variable days: days to move by." in lines
    assert "4      Removes Patient's Birth Date (0010,0030) everywhere." in lines


def test_json(script: Path, capsys):
    assert main(["explain", "--format", "json", str(script)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["script"], found["dialect"]) == (str(script), 6)
    assert found["variables"] == [{"name": "days", "description": "days to move by"}]
    wanted = {
        "line": 4,
        "depth": 1,
        "text": "Removes Patient's Birth Date (0010,0030) everywhere.",
    }
    assert found["statements"][3] == wanted


def test_dialect(tmp_path: Path, capsys):
    path = tmp_path / "a.das"
    path.write_text("(0010,0010) := (0010,0020)")
    for dialect, end in (("6", "stays as it is."), ("4", "becomes empty.")):
        assert main(["explain", "--dialect", dialect, str(path)]) == 0
        out = capsys.readouterr().out
        assert out.startswith(f"{path}: DicomEdit {dialect}\n")
        assert out.rstrip().endswith(end)


@pytest.mark.parametrize(
    "text", ['version "6.6"\n(0010,0010) :=', 'version "6.6"\nlowercse["A"]', "\xff"]
)
def test_what_could_not_be_run_is_an_error(text: str, tmp_path: Path, capsys):
    path = tmp_path / "a.das"
    path.write_bytes(text.encode("latin-1"))
    assert main(["explain", str(path)]) == 2
    told = capsys.readouterr()
    assert told.out == "" and "a.das" in told.err and "Traceback" not in told.err


def test_no_such_script(tmp_path: Path, capsys):
    assert main(["explain", str(tmp_path / "none.das")]) == 2
    assert "none.das" in capsys.readouterr().err


# --- with a file --------------------------------------------------------------------------------

FILE = str(get_testdata_file("CT_small.dcm"))
TRACED = """version "6.6"
(0010,0010) := lookup["name", (0010,0020)]
(0008,0020) := shiftDateByIncrement[(0008,0020), days]
"""


@pytest.fixture
def traced(tmp_path: Path) -> list[str]:
    """Arguments that follow a script on a file, with all it needs."""
    (tmp_path / "a.das").write_text(TRACED)
    (tmp_path / "table.txt").write_text("name/1CT1 = Jane\n")
    inputs = ["--lookup", str(tmp_path / "table.txt"), "--set", "days=1"]
    return ["explain", str(tmp_path / "a.das"), FILE, *inputs]


def test_a_trace(traced: list[str], capsys):
    assert main(traced) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert "- changed (0010,0010) Patient's Name\n" in told.out
    assert told.out.endswith("2 elements would be different.\n")
    assert "Jane" not in told.out


def test_a_trace_with_values(traced: list[str], capsys):
    assert main([*traced, "--show-values"]) == 0
    told = capsys.readouterr().out
    assert "Patient's Name: CompressedSamples^CT1 -> Jane" in told


def test_a_trace_as_json(traced: list[str], capsys):
    assert main([*traced, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rejected"] is False and found["failure"] is None
    wanted = {"path": "(0010,0010)", "name": "Patient's Name", "kind": "changed"}
    assert found["steps"][0]["changes"] == [wanted]


def test_a_failure_on_a_file(tmp_path: Path, capsys):
    (tmp_path / "a.das").write_text('version "6.6"\n(0028,0010) := (0010,0020)\n')
    assert main(["explain", str(tmp_path / "a.das"), FILE]) == 1
    told = capsys.readouterr().out
    assert "The script fails: nothing would be written." in told
    assert "a.das:2:" in told and "1CT1" not in told
    assert main(["explain", str(tmp_path / "a.das"), FILE, "--show-values"]) == 1
    assert "1CT1" in capsys.readouterr().out


def test_what_must_be_allowed(tmp_path: Path, capsys):
    (tmp_path / "b.das").write_text("-(0010,0010)\n")
    (tmp_path / "a.das").write_text('version "6.7"\ninclude "b.das"\n')
    given = ["explain", str(tmp_path / "a.das"), FILE]
    assert main(given) == 2
    assert main([*given, "--include-from", str(tmp_path), "--newer-versions"]) == 0
    assert f"in {tmp_path / 'b.das'}:" in capsys.readouterr().out
    (tmp_path / "a.das").write_text('version "6.6"\nx := getURL["https://example.org/"]\n')
    assert main(given) == 1
    assert "--allow-url" in capsys.readouterr().out


def test_notices_are_told(tmp_path: Path, capsys):
    (tmp_path / "a.das").write_text('version "6.6"\nx := lookup["a", "b"]\n')
    assert main(["explain", str(tmp_path / "a.das"), FILE]) == 0
    assert "warning[unknown-key]" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["none.dcm", "a.das", "."])
def test_what_is_no_file_to_follow(name: str, tmp_path: Path, capsys):
    (tmp_path / "a.das").write_text('version "6.6"\n-(0010,0010)\n')
    assert main(["explain", str(tmp_path / "a.das"), str(tmp_path / name)]) == 2
    told = capsys.readouterr()
    assert told.out == "" and str(tmp_path / name) in told.err


@pytest.mark.parametrize("given", [[], ["a.das", "--set", "x"], ["a.das", "--format", "xml"]])
def test_wrong_arguments(given: list[str], traced: list[str], capsys):
    with pytest.raises(SystemExit) as left:
        main(["explain", *(traced[1:3] if given[1:2] == ["--set"] else []), *given[1:]])
    assert left.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
