"""`dicomedit check` on the command line: what it prints and how it ends."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from dicomedit.cli.main import main

GOOD = 'version "6.6"\n-*/(0010,0010)\n'
INFO = 'version "6.6"\n(0010,0020) = "" ? reject[]\n'
WARNING = 'version "6.6"\n-(0010,0031)\n'
ERROR = 'version "6.6"\nfoo[]\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {"good": GOOD, "info": INFO, "warning": WARNING, "error": ERROR}.items():
        (tmp_path / f"{name}.das").write_text(text, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("scripts", "status", "end"),
    [
        (["good.das"], 0, "no findings"),
        (["info.das"], 0, "1 info"),
        (["warning.das"], 1, "1 warning"),
        (["error.das"], 1, "1 error"),
        (["good.das", "warning.das", "error.das"], 1, "1 error, 1 warning"),
    ],
)
def test_status_and_count(folder, scripts, status, end, capsys):
    assert main(["check", *scripts]) == status
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1] == end
    assert printed.err == ""


def test_text(folder, capsys):
    main(["check", "warning.das"])
    assert capsys.readouterr().out == (
        "warning[unknown-element]: no element (0010,0031) is in the DICOM dictionary\n"
        " --> warning.das:2:2\n"
        "  |\n"
        "2 | -(0010,0031)\n"
        "  |  ^^^^^^^^^^^\n"
        "  = help: compare its number with the standard\n"
        "\n"
        "1 warning\n"
    )


@pytest.mark.parametrize("arguments", [[], ["gone.das"], ["good.das", "--dialect", "5"]])
def test_what_cannot_be_checked(folder, arguments, capsys):
    try:
        status = main(["check", *arguments])
    except SystemExit as stopped:
        status = stopped.code
    assert status == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("data", [b"\xff", b"-" * ((16 << 20) + 1)], ids=["bytes", "size"])
def test_input_that_is_no_script(data, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert main(["check", "-"]) == 2
    assert "error[unreadable-file]" in capsys.readouterr().err


def test_standard_input(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WARNING.encode())))
    assert main(["check", "-"]) == 1
    assert "--> <stdin>:2:2" in capsys.readouterr().out


# --- options ------------------------------------------------------------------------------------


def test_dialect(folder, capsys):
    (folder / "four.das").write_text("-*/(0010,0010)\n", "utf-8")
    assert main(["check", "four.das"]) == 1
    assert main(["check", "four.das", "--dialect", "6"]) == 0


def test_variables(folder, capsys):
    (folder / "given.das").write_text('version "6.6"\n(0012,0040) := subject\n', "utf-8")
    main(["check", "given.das"])
    assert "undeclared-variable" in capsys.readouterr().out
    assert main(["check", "given.das", "--set", "subject", "--set", "site=A"]) == 0
    assert capsys.readouterr().out == "no findings\n"
    with pytest.raises(SystemExit):
        main(["check", "given.das", "--set", "1"])


def test_includes_and_newer_versions(folder, capsys):
    (folder / "top.das").write_text('version "6.6"\ninclude "warning.das"\n', "utf-8")
    main(["check", "top.das"])
    assert "include-not-allowed" in capsys.readouterr().out
    main(["check", "top.das", "--include-from", "."])
    assert "unknown-element" in capsys.readouterr().out
    (folder / "newer.das").write_text('version "6.7"\nsite := urlEncode["a"]\necho site\n', "utf-8")
    main(["check", "newer.das", "--newer-versions"])
    assert "error" not in capsys.readouterr().out


# --- formats ------------------------------------------------------------------------------------


def printed(capsys, *arguments: str) -> str:
    main(["check", *arguments])
    return capsys.readouterr().out


def test_json(folder, capsys):
    (row,) = json.loads(printed(capsys, "warning.das", "--format", "json"))
    assert row == {
        "code": "unknown-element",
        "severity": "warning",
        "message": "no element (0010,0031) is in the DICOM dictionary",
        "help": "compare its number with the standard",
        "script": "warning.das",
        "line": 2,
        "column": 2,
        "end_line": 2,
        "end_column": 13,
    }
    assert json.loads(printed(capsys, "good.das", "--format", "json")) == []


def test_github(folder, capsys):
    assert printed(capsys, "warning.das", "info.das", "--format", "github").splitlines() == [
        "::warning file=warning.das,line=2,col=2,endColumn=13,title=unknown-element::"
        "no element (0010,0031) is in the DICOM dictionary%0Acompare its number with the standard",
        "::notice file=info.das,line=2,col=1,endColumn=17,title=absent-or-empty::this is false when"
        ' (0010,0020) PatientID is absent: absent is not empty%0Awrite !~ ".+" for absent or empty',
    ]
    assert printed(capsys, "good.das", "--format", "github") == ""


def test_sarif(folder, capsys):
    """The parts that SARIF 2.1.0 requires, and those that viewers need."""
    log = json.loads(printed(capsys, "warning.das", "error.das", "--format", "sarif"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "dicomedit"
    assert [rule["id"] for rule in driver["rules"]] == ["unknown-element", "unknown-function"]
    first, second = run["results"]
    assert (first["ruleId"], first["level"]) == ("unknown-element", "warning")
    assert second["level"] == "error"
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "warning.das"
    region = {"startLine": 2, "startColumn": 2, "endLine": 2, "endColumn": 13}
    assert place["region"] == region
    assert "compare its number" in first["message"]["text"]
    assert json.loads(printed(capsys, "good.das", "--format", "sarif"))["runs"][0]["results"] == []


def test_names_that_need_escapes(folder, capsys):
    (folder / "a, b%.das").write_text(WARNING, "utf-8")
    assert "file=a%2C b%25.das," in printed(capsys, "a, b%.das", "--format", "github")
    log = json.loads(printed(capsys, "a, b%.das", "--format", "sarif"))
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%2C%20b%25.das"
