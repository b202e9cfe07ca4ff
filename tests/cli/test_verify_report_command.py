"""`dicomedit run --report --sign`, and `dicomedit verify-report`: what they print and return."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dicomedit.cli.main import main
from dicomedit.io.synthetic import write_study


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch, capsys) -> Path:
    """A signed report of a run, in the working folder."""
    monkeypatch.chdir(tmp_path)
    write_study(tmp_path / "in")
    Path("anon.das").write_text('version "6.6"\n(0010,0010) := "ANON"\n')
    assert main(["verify-report", "--make-key", "auditor.pem"]) == 0
    assert run("--sign", "auditor.pem") == 0
    capsys.readouterr()
    return tmp_path


def run(*options: str, report: str = "report.jsonl") -> int:
    return main(["run", "anon.das", "in", "out", "--report", report, *options])


def verify(*options: str) -> int:
    return main(["verify-report", *options])


def test_what_is_as_it_should_be(capsys):
    assert verify("report.jsonl", "--key", "auditor.pem.pub") == 0
    said = capsys.readouterr()
    assert said.out == (
        "6 results as reported, nothing is missing, changed or extra; signature valid\n"
    )
    assert not said.err


def test_without_a_key_the_signer_is_not_known(capsys):
    assert verify("report.jsonl") == 0
    assert "--key tells whether it is the right one" in capsys.readouterr().err


def test_what_is_missing_changed_or_extra_is_listed(capsys):
    results = sorted(Path("out").rglob("*.dcm"))
    results[0].unlink()
    data = results[1].read_bytes()
    results[1].write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    results[2].write_bytes(data[:-1])
    Path("out/extra.txt").write_text("x")
    assert verify("report.jsonl", "--key", "auditor.pem.pub") == 1
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines[:-1]) == [
        f"changed: {results[1].relative_to('out')}: it has another SHA-256",
        f"changed: {results[2].relative_to('out')}: it has another size",
        "extra: extra.txt: the report does not know it",
        f"missing: {results[0]}: it is not there",
    ]
    assert lines[-1] == "3 results as reported, 4 findings; signature valid"


def test_a_report_that_was_changed(capsys):
    report = Path("report.jsonl")
    report.write_text(report.read_text().replace('"changed": 1', '"changed": 2', 1))
    assert verify("report.jsonl", "--key", "auditor.pem.pub") == 1
    assert capsys.readouterr().out == "report: report.jsonl: the file is not what was signed\n"


def test_no_signature(capsys):
    Path("report.jsonl.sig").unlink()
    assert verify("report.jsonl") == 1
    assert "report: report.jsonl: there is no signature" in capsys.readouterr().out
    assert verify("report.jsonl", "--unsigned") == 0


def test_results_that_were_moved(capsys):
    Path("out").rename("elsewhere")
    assert verify("report.jsonl") == 2
    assert "there is no such folder of results" in capsys.readouterr().err
    assert verify("report.jsonl", "--output", "elsewhere") == 0


def test_a_private_report(capsys):
    assert run("--private-report", "--sign", "auditor.pem", "--report-key", "secret") == 0
    assert verify("report.jsonl", "--report-key", "secret") == 2
    assert "give --output" in capsys.readouterr().err
    Path("out/extra.txt").write_text("x")
    assert verify("report.jsonl", "--report-key", "secret", "--output", "out") == 1
    assert "extra: extra.txt" in capsys.readouterr().out
    assert verify("report.jsonl", "--output", "out") == 2
    assert "the key of the report cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "a report is needed"),
        (["none.jsonl"], "there is no such file"),
        (["report.txt"], "a report ends in .jsonl, .csv or .parquet"),
        (["report.jsonl", "--key", "none"], "No such file"),
        (["report.jsonl", "--key", "anon.das"], "no public key in PEM form"),
        (["report.jsonl", "--key", "auditor.pem.pub", "--unsigned"], "--unsigned for none"),
        (["--make-key", "auditor.pem"], "there is such a file already"),
        (["report.jsonl", "--make-key", "new.pem"], "--make-key takes no report"),
    ],
)
def test_what_cannot_be_verified(words: list[str], message: str, capsys):
    try:
        assert verify(*words) == 2
    except SystemExit as end:
        assert end.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sign", "auditor.pem"], "--sign needs --report FILE"),
        (["--private-report"], "--private-report needs --report FILE"),
        (["--report-uids"], "--report-uids needs --report FILE"),
        (["--report", "r.csv", "--report-key", "k"], "--report-key is for --private-report"),
        (
            ["--report", "r.csv", "--sign", "auditor.pem", "--dry-run"],
            "--sign is not for --dry-run",
        ),
    ],
)
def test_options_that_do_not_go_together(options: list[str], message: str, capsys):
    with pytest.raises(SystemExit) as end:
        main(["run", "anon.das", "in", "out", *options])
    assert end.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("report", ["in/report.jsonl", "out/report.csv", "no/r.jsonl", "r.txt"])
def test_a_report_that_cannot_be_written_begins_no_run(report: str, capsys):
    before = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")}
    assert run(report=report) == 2
    assert capsys.readouterr().err.startswith(f"error: {report}: ")
    assert {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")} == before


def test_a_report_that_cannot_be_finished_makes_the_run_fail(capsys, monkeypatch):
    """The results are there, but nobody may take the run for one that was reported."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dicomedit.batch.report_formats._JsonLines.close", fail)
    assert run() == 1
    said = capsys.readouterr()
    assert "6 files: 6 written" in said.out
    assert "error: report.jsonl: the report cannot be written: No space left" in said.err


def test_failures_have_codes(capsys):
    image = next(Path("in").rglob("*.dcm"))
    image.write_bytes(image.read_bytes()[:-9])
    Path("out2").mkdir()
    assert main(["run", "anon.das", "in", "out2", "--report", "report.jsonl"]) == 1
    summary = json.loads(Path("report.jsonl").read_text().splitlines()[-1])
    assert summary["codes"] == {"malformed": 1}
    assert verify("report.jsonl", "--unsigned") == 0


def test_a_run_without_report_needs_nothing_of_it():
    import subprocess
    import sys

    code = (
        "import sys; from dicomedit.cli.main import main;"
        " main(['run', 'anon.das', 'in', 'out3', '--jobs', '1', '--no-journal']);"
        " print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    parts = ("report_file", "report_formats", "facts", "audit", "signature", "report_key")
    assert not loaded & {f"dicomedit.batch.{part}" for part in parts}
    assert not loaded & {"json", "hashlib", "hmac", "csv", "pyarrow", "cryptography"}
