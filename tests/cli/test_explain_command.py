"""`dicomedit explain`: what it prints, its exit statuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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
