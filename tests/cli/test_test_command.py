"""`dicomedit test`: exit statuses, what is printed, coverage; and `run --coverage`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dicomedit.cli.main import main

SCRIPT = """version "6.6"
(0010,0020) := "ANON"
(0008,0060) = "CT" ? -(0010,0030)
"""
GOOD = '[[case]]\nname = "the ID goes"\nexpect = { PatientID = "ANON" }\n'
BAD = '[[case]]\nname = "nothing happens"\nelements = { PatientID = "4711" }\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "anon.das").write_text(SCRIPT, "utf-8")
    return tmp_path


def write(text: str, name: str = "anon.test.toml") -> None:
    Path(name).write_text(text, "utf-8")


def test_all_pass(capsys):
    write(GOOD)
    assert main(["test"]) == 0
    assert capsys.readouterr().out == (
        "passed  anon.test.toml: the ID goes\n1 test: 1 passed, 0 failed\n"
    )


def test_some_fail(capsys):
    write(GOOD + BAD)
    assert main(["test", "anon.test.toml"]) == 1
    assert capsys.readouterr().out == (
        "passed  anon.test.toml: the ID goes\n"
        "FAILED  anon.test.toml: nothing happens\n"
        '        (0010,0020) PatientID: changed from "4711" to "ANON", which is not expected\n'
        "2 tests: 1 passed, 1 failed\n"
    )


def test_quiet_tells_failures_only(capsys):
    write(GOOD + BAD)
    assert main(["test", "-q"]) == 1
    assert "passed" not in capsys.readouterr().out
    assert main(["test", "-q", "-k", "THE ID"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "error: there is no test\n"),
        (["nowhere"], "error: nowhere: there is no such file or folder\n"),
        (["anon.das"], "error: anon.das: the name of a file of tests ends in .test.toml\n"),
    ],
)
def test_nothing_to_run(arguments: list[str], said: str, capsys):
    assert main(["test", *arguments]) == 2
    assert capsys.readouterr() == ("", said)


def test_no_test_with_a_word(capsys):
    write(GOOD)
    assert main(["test", "-k", "dates"]) == 2
    assert capsys.readouterr().err == 'error: there is no test with "dates" in its name\n'


def test_all_files_that_are_wrong_are_told_and_no_test_is_run(capsys):
    write(GOOD)
    write("cases = 1", "b.test.toml")
    write('script = "anon.das"\n[[case]]\nnaem = "x"', "c.test.toml")
    assert main(["test"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        'error: b.test.toml: there is no key "cases" here; did you mean "case"?\n'
        'error: c.test.toml: case[0]: there is no key "naem" here; did you mean "name"?\n'
    )


COVERED = """anon.das: 3 of 6 reached
  3:1      never true               (0008,0060) = "CT"
  3:22     never carried out        -(0010,0030)
"""


def test_coverage(capsys):
    write(GOOD)
    assert main(["test", "--coverage"]) == 0
    assert capsys.readouterr().out.endswith(f"1 test: 1 passed, 0 failed\n{COVERED}")
    assert main(["test", "-q", "--coverage", "c.txt"]) == 0
    assert Path("c.txt").read_text("utf-8") == COVERED
    assert main(["test", "-q", "--coverage", "c.json"]) == 0
    assert json.loads(Path("c.json").read_text("utf-8"))["scripts"][0]["reached"] == 3
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["anon.das", "anon.test.toml", "none/c.json", "."])
def test_coverage_replaces_no_input(name: str, capsys):
    write(GOOD)
    assert main(["test", "--coverage", name]) == 2
    assert capsys.readouterr().err.startswith(f"error: {name}: ")
    assert Path("anon.das").read_text("utf-8") == SCRIPT


def test_coverage_of_a_run(capsys):
    assert main(["demo"]) == 0
    for jobs in ("1", "2"):
        out = f"out{jobs}"
        command = ["run", "anon.das", "dicomedit-demo/original", out, "--jobs", jobs]
        assert main([*command, "--coverage", f"{out}.txt"]) == 0
        assert Path(f"{out}.txt").read_text("utf-8") == (
            'anon.das: 5 of 6 reached\n  3:1      never false              (0008,0060) = "CT"\n'
        )


@pytest.mark.parametrize(
    "arguments",
    [
        ["script", "in", "out"],
        ["anon.das", "in", "out", "--lookup", "script"],
        ["in", "out", "-s", "anon.das, script"],
        ["anon.das", "in", "out", "--uid-map", "script"],
    ],
)
def test_coverage_of_a_run_replaces_no_input(arguments: list[str], capsys):
    Path("script").write_text(SCRIPT, "utf-8")
    Path("in").mkdir()
    assert main(["run", *arguments, "--coverage", "script"]) == 2
    assert "this would replace an input" in capsys.readouterr().err
    assert not Path("out").exists()
