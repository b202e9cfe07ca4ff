"""`dicomedit run` as its users meet it: what they type, what it prints, its exit status.

Most tests call `main` in this process; those marked `slow` start the installed command.
"""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pydicom.data
import pytest
from pydicom import dcmread

from dicomedit.cli.main import main
from dicomedit.io.synthetic import write_study

TEST_FILES = Path(pydicom.data.__file__).parent / "test_files"
COMMAND = Path(sys.executable).with_name("dicomedit")
CANARY = "CANARY^PATIENT"
V = 'version "6.6"\n'
ANONYMOUS = V + '(0010,0010) := "ANON"\n'
SHOWN_IN_6 = (
    "notice in 6 files: identity-in-path (the path of the result contains the patient's name or ID"
    " of the input; --layout gives other names)\n"
)
"""The folders of the input are named for its patients."""


@dataclass
class Result:
    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


class Folder:
    """A working folder with two patients' images in `in`, and short ways to work in it."""

    def __init__(self, root: Path):
        self.root = root
        write_study(root / "in")
        for path in (root / "in").rglob("*.dcm"):
            ds = dcmread(path)
            ds.PatientName = CANARY
            ds.save_as(path)

    def script(self, text: str, name: str = "s.das") -> str:
        (self.root / name).write_text(text, "utf-8")
        return name

    def file(self, name: str, data: bytes | str) -> str:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return name

    def files(self, name: str = "out") -> list[str]:
        """All that is below a folder and no folder itself, hidden files included."""
        folder = self.root / name
        return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())

    def names(self, name: str = "out") -> set[str]:
        return {str(dcmread(self.root / name / file).PatientName) for file in self.files(name)}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Folder:
    monkeypatch.chdir(tmp_path)
    return Folder(tmp_path)


@pytest.fixture
def cli(capsys) -> Callable[..., Result]:
    """The command line in this process."""

    def call(*arguments: str) -> Result:
        try:
            status = main(arguments)
        except SystemExit as exit:
            status = int(exit.code or 0)
        return Result(status, *capsys.readouterr())

    return call


# --- ordinary use -------------------------------------------------------------------------------


def test_a_folder(folder: Folder, cli):
    result = cli("run", folder.script(ANONYMOUS), "in", "out")
    assert result == Result(
        0, "6 files: 6 written, 0 unchanged, 0 rejected, 0 failed, 0 skipped\n", SHOWN_IN_6
    )
    assert folder.files("out") == folder.files("in")
    assert folder.names() == {"ANON"}
    assert folder.names("in") == {CANARY}


def test_a_file(folder: Folder, cli):
    assert cli("run", folder.script(ANONYMOUS), "in/HOSP-000123/slice1.dcm", "out").status == 0
    assert folder.files() == ["slice1.dcm"]


def test_several_scripts_in_order(folder: Folder, cli):
    second = folder.script(V + '(0010,0010) := concatenate[(0010,0010), "2"]', "second.das")
    assert cli("run", folder.script(ANONYMOUS), second, "in", "out").status == 0
    assert folder.names() == {"ANON2"}


def test_dash_s_gives_each_script_its_table(folder: Folder, cli):
    script = '(0010,0010) := concatenate[(0010,0010), lookup["k", "x"]]'
    first = folder.script(V + '(0010,0010) := lookup["k", "x"]', "1.das")
    second = folder.script(V + script, "2.das")
    folder.file("1.txt", "k/x = ONE\n")
    folder.file("2.txt", "k/x = TWO\n")
    assert cli("run", "-s", f"{first},1.txt", "-s", f"{second} , 2.txt", "in", "out").status == 0
    assert folder.names() == {"ONETWO"}


def test_dash_s_without_table_takes_the_common_one(folder: Folder, cli):
    script = folder.script(V + '(0010,0010) := lookup["k", "x"]')
    folder.file("common.txt", "k/x = COMMON\n")
    assert cli("run", "-s", script, "--lookup", "common.txt", "in", "out").status == 0
    assert folder.names() == {"COMMON"}


def test_rejected_files_are_told_and_are_no_failure(folder: Folder, cli):
    script = folder.script(V + '(0010,0020) = "HOSP-000123" ? reject[]')
    result = cli("run", script, "in", "out")
    assert result.status == 0
    told = "rejected: in/HOSP-000123/slice1.dcm: rejected by s.das, line 2"
    assert told in result.err
    assert "3 rejected" in result.out
    assert len(folder.files()) == 3


def test_failed_files_are_told_and_give_status_1(folder: Folder, cli):
    script = folder.script(V + '(0010,0020) = "HOSP-000123" ? (0028,0010) := "many"')
    result = cli("run", script, "in", "out")
    assert result.status == 1
    assert re.search(
        r"failed: in/HOSP-000123/slice1\.dcm: s\.das:2:\d+: \(0028,0010\) Rows: .*\[unfit-value\]",
        result.err,
    )
    assert "3 failed" in result.out
    assert len(folder.files()) == 3


def test_echo_goes_to_standard_output(folder: Folder, cli):
    result = cli("run", folder.script(V + 'echo "hello"'), "in/HOSP-000123/slice1.dcm", "out")
    assert result.out.startswith("hello\n")


def test_notices_of_a_run_are_told_once(folder: Folder, cli):
    script = folder.script(V + '(0010,0010) := lookup["pid", (0010,0020)]')
    result = cli("run", script, "in", "out")
    for code in ("[unknown-key]", "[nothing-assigned]"):
        assert result.err.count(code) == 1
    assert result.err.count("(first seen in in/HOSP-000123/slice1.dcm)") == 2


# --- options ------------------------------------------------------------------------------------


def test_set(folder: Folder, cli):
    script = folder.script(V + "(0010,0010) := concatenate[a, b]")
    assert cli("run", script, "in", "out", "--set", "a=x=y ", "--set", "b=").status == 0
    assert folder.names() == {"x=y"}


@pytest.mark.parametrize("pair", ["days", "=1", "1x=2", "a b=1"])
def test_a_bad_set_is_refused(folder: Folder, cli, pair: str):
    result = cli("run", folder.script(ANONYMOUS), "in", "out", "--set", pair)
    assert result.status == 2
    assert "--set takes NAME=VALUE" in result.err
    assert folder.files() == []


def test_a_missing_variable_is_refused_without_a_terminal(folder: Folder, cli):
    script = folder.script(V + 'describe project "the project code"\n(0010,0010) := project\n')
    result = cli("run", script, "in", "out")
    assert result.status == 2
    assert "needs a value for project (the project code); add --set project=..." in result.err
    assert folder.files() == []


def test_lookup(folder: Folder, cli):
    script = folder.script(V + '(0010,0010) := lookup["pid", (0010,0020)]')
    folder.file("t.txt", "// subjects\n\npid/HOSP-000123 = SUBJ1\npid/HOSP-000456 = SUBJ2\n")
    result = cli("run", script, "in", "out", "--lookup", "t.txt")
    assert result.status == 0
    assert result.err == SHOWN_IN_6
    assert folder.names() == {"SUBJ1", "SUBJ2"}


def test_bad_lines_of_a_table_are_told_without_their_text(folder: Folder, cli):
    script = folder.script(ANONYMOUS)
    folder.file("t.txt", f"pid/1 = A\n{CANARY}\npid/{CANARY} A\npid/2 = B\n")
    result = cli("run", script, "in", "out", "--lookup", "t.txt")
    assert result.status == 0
    assert result.err.count("warning: ") == 2
    assert "warning: t.txt:2:1: the line is no entry" in result.err
    assert "warning: t.txt:3:1: the line is no entry" in result.err
    assert "CANARY" not in result.text


def test_strict_lookup(folder: Folder, cli):
    script = folder.script(V + '(0010,0010) := lookup["pid", (0010,0020)]')
    folder.file("t.txt", "pid/HOSP-000123 = SUBJ1\n")
    result = cli("run", script, "in", "out", "--lookup", "t.txt", "--strict-lookup")
    assert result.status == 1
    assert folder.names() == {"SUBJ1"}
    assert len(folder.files()) == 3
    assert "HOSP-000456" not in result.err.replace("in/HOSP-000456/", "")

    folder.file("t.txt", f"pid/HOSP-000123 = SUBJ1\n{CANARY}\n")
    result = cli("run", script, "in", "out2", "--lookup", "t.txt", "--strict-lookup")
    assert result.status == 2
    assert "t.txt:2:1" in result.err
    assert "CANARY" not in result.text
    assert folder.files("out2") == []


def test_dry_run(folder: Folder, cli):
    result = cli("run", folder.script(ANONYMOUS), "in", "out", "--dry-run")
    assert result.status == 0
    assert "in/HOSP-000123/slice1.dcm -> out/HOSP-000123/slice1.dcm" in result.out
    assert "  changed  (0010,0010)  (line 2)" in result.out
    assert "6 to be written" in result.out
    assert not (folder.root / "out").exists()


def test_dry_run_says_when_nothing_changes(folder: Folder, cli):
    result = cli("run", folder.script(V + "-(0010,4000)"), "in", "out", "--dry-run")
    assert result.out.count("  nothing changes\n") == 6


def test_quiet(folder: Folder, cli):
    """Only what somebody asked for, by `echo`, and failures."""
    script = folder.script(V + '(0010,0020) = "HOSP-000123" ? reject[]\necho "e"\n')
    folder.file("in/notes.txt", "no DICOM")
    result = cli("run", script, "in", "out", "-q")
    assert result == Result(0, "e\n" * 3, "")
    result = cli("run", folder.script(V + '(0028,0010) := "many"'), "in", "out", "--quiet")
    assert result.status == 1
    assert result.out == ""
    assert result.err.count("failed: ") == 6
    assert cli("run", folder.script(ANONYMOUS), "in", "out3", "-q", "--dry-run").text == ""


@pytest.mark.parametrize(
    "statement",
    [
        "(0028,0010) := (0010,0010)",
        '(0010,0010) := "ANON"',
        '(0018,0050) := concatenate[(0010,0010), "ü"]',
        "echo substring[(0010,0010), 1, 99]",
        '(0010,0020) := lookup["pid", (0010,0010)]',
        "(0008,0005) := (0010,0010)",
        "(0008,0020) := shiftDateByIncrement[(0010,0010), 1]",
        "(0020,000D) := mapUID[(0010,0010), (0010,0010)]",
        "(0010,0010) := getURL[(0010,0010)]",
        "isPresent[(0010,0010)] ? reject[]",
    ],
)
def test_values_appear_only_when_asked_for(folder: Folder, cli, statement: str):
    for extra in ((), ("--dry-run",), ("--strict-lookup",), ("--quiet",)):
        result = cli("run", folder.script(V + statement), "in", "out", *extra)
        assert "CANARY" not in result.text


def test_show_values(folder: Folder, cli):
    script = folder.script(V + "(0028,0010) := (0010,0010)")
    result = cli("run", script, "in", "out", "--show-values")
    assert result.status == 1
    assert f"(value: '{CANARY}')" in result.err


def test_keep_file_meta(folder: Folder, cli):
    path = folder.root / "in/HOSP-000123/slice1.dcm"
    ds = dcmread(path)
    ds.file_meta.SourceApplicationEntityTitle = "WARD7"
    ds.save_as(path)
    script = folder.script(ANONYMOUS)
    for name, options in (("dropped", ()), ("kept", ("--keep-file-meta",))):
        assert cli("run", script, str(path), name, *options).status == 0
        meta = dcmread(folder.root / name / "slice1.dcm").file_meta
        assert ("SourceApplicationEntityTitle" in meta) is (name == "kept")


def test_dialect(folder: Folder, cli):
    script = folder.script('(0010,0010) := "4"\n(0010,0010) := "6"')
    result = cli("run", script, "in", "out")
    assert result.status == 0
    assert "dialect-matters" in result.err
    assert folder.names() == {"4"}
    result = cli("run", script, "in", "out", "--dialect", "4")
    assert result.err == SHOWN_IN_6
    assert cli("run", script, "in", "out", "--dialect", "6").status == 0
    assert folder.names() == {"6"}


def test_a_script_that_cannot_be_of_the_version_it_lacks(folder: Folder, cli):
    script = folder.script('*/(0010,0010) ?= "ANON"')
    refused(folder, cli("run", script, "in", "out"), "s.das", "no-version")


def test_newer_versions(folder: Folder, cli):
    script = folder.script('version "6.8"\n(0010,0010) := "ANON"')
    assert cli("run", script, "in", "out").status == 2
    assert cli("run", script, "in", "out", "--newer-versions").status == 0


def test_a_uid_map_is_kept_between_runs(folder: Folder, cli):
    script = folder.script(V + '(0020,000D) := mapUID[(0020,000D), "1.2.3"]')
    for name in ("a", "b"):
        assert cli("run", script, "in", name, "--uid-map", "uids.csv").status == 0
    first, second = (
        {dcmread(folder.root / name / file).StudyInstanceUID for file in folder.files(name)}
        for name in ("a", "b")
    )
    assert first == second
    assert len(first) == 2


def test_options_may_stand_last(folder: Folder, cli):
    assert cli("run", folder.script(ANONYMOUS), "in", "out", "--dry-run").status == 0


def test_options_may_stand_between_the_paths(folder: Folder, cli):
    assert cli("run", folder.script(ANONYMOUS), "--dry-run", "in", "out").status == 0


# --- what cannot start: exit status 2, and nothing is touched -----------------------------------


def refused(folder: Folder, result: Result, *wanted: str) -> None:
    assert result.status == 2, result
    assert "Traceback" not in result.text
    for each in wanted:
        assert each in result.err
    assert folder.files("out") == []
    assert folder.names("in") == {CANARY}


@pytest.mark.parametrize("paths", [(), ("s.das",), ("s.das", "in")])
def test_missing_arguments(folder: Folder, cli, paths: tuple[str, ...]):
    folder.script(ANONYMOUS)
    refused(folder, cli("run", *paths), "usage: dicomedit run [options] SCRIPT... IN OUT")


def test_no_command(folder: Folder, cli):
    refused(folder, cli(), "usage: dicomedit", "COMMAND")
    refused(folder, cli("nosuch"), "nosuch")
    refused(folder, cli("run", "--nosuch", "a", "b", "c"), "--nosuch")


def test_a_missing_script(folder: Folder, cli):
    refused(folder, cli("run", "no.das", "in", "out"), "no.das", "No such file or directory")


def test_a_folder_as_script(folder: Folder, cli):
    refused(folder, cli("run", "in", "in", "out"), "in", "Is a directory")


@pytest.mark.parametrize(
    "data",
    [b"\xff\xfe\x00", bytes(range(256)) * 100, (TEST_FILES / "CT_small.dcm").read_bytes()],
    ids=["UTF-16", "bytes", "image"],
)
def test_a_binary_file_as_script(folder: Folder, cli, data: bytes):
    folder.file("s.das", data)
    refused(folder, cli("run", "s.das", "in", "out"), "s.das", "not text in UTF-8")


@pytest.mark.parametrize("text", ["", "\n\n", "// only a comment\n"])
def test_an_empty_script(folder: Folder, cli, text: str):
    """By the rule of the language it is DicomEdit 4, where that is allowed."""
    result = cli("run", folder.script(text), "in", "out")
    assert result.status == 0
    assert "unchanged" in result.out


def test_a_script_of_nothing_that_can_be_read(folder: Folder, cli):
    result = cli("run", folder.script("\0\0\0"), "in", "out")
    refused(folder, result, "s.das", "unknown-character")


def test_a_script_of_a_version_statement_is_valid(folder: Folder, cli):
    result = cli("run", folder.script(V), "in", "out")
    assert result.status == 0
    assert "6 unchanged" in result.out
    assert folder.names() == {CANARY}


@pytest.mark.parametrize("version", ["6.99", "7.0", "5.0", "six", ""])
def test_an_unknown_version(folder: Folder, cli, version: str):
    refused(folder, cli("run", folder.script(f'version "{version}"\n'), "in", "out"), "s.das:1:")


def test_all_mistakes_of_a_script_are_told(folder: Folder, cli):
    script = folder.script(V + 'nosuch[]\n(0010,0010) := "a"\nother["x"]\n')
    refused(folder, cli("run", script, "in", "out"), "s.das:2:", "nosuch", "s.das:4:", "other")


def test_a_mistake_in_the_second_script(folder: Folder, cli):
    script, broken = folder.script(ANONYMOUS), folder.script(V + "(0010", "broken.das")
    refused(folder, cli("run", script, broken, "in", "out"), "broken.das:2:")


def test_a_missing_table(folder: Folder, cli):
    script = folder.script(ANONYMOUS)
    refused(folder, cli("run", script, "in", "out", "--lookup", "no.txt"), "no.txt", "No such file")


def test_a_missing_input(folder: Folder, cli):
    script = folder.script(ANONYMOUS)
    refused(folder, cli("run", script, "nothing", "out"), "nothing: there is no such file")
    assert not (folder.root / "out").exists()


def test_the_output_is_the_input(folder: Folder, cli):
    script = folder.script(ANONYMOUS)
    refused(folder, cli("run", script, "in", "in"), "in: the output folder is the input folder")
    refused(folder, cli("run", script, "in", "in/new"), "lies inside the input folder")
    refused(folder, cli("run", script, "in", "."), "lies inside the output folder")
    file = "in/HOSP-000123/slice1.dcm"
    refused(folder, cli("run", script, file, file), "the output would replace the input")
    refused(folder, cli("run", script, file, "in/HOSP-000123"), "would replace the input")


def test_a_file_in_the_way_of_the_output(folder: Folder, cli):
    script = folder.script(ANONYMOUS)
    folder.file("way", "something else")
    refused(folder, cli("run", script, "in", "way"), "way: the output is a file")
    refused(folder, cli("run", script, "in", "way/out"), "way/out: cannot be created")
    assert (folder.root / "way").read_text() == "something else"


def test_a_name_no_file_can_have(folder: Folder, cli):
    refused(folder, cli("run", folder.script(ANONYMOUS), "a" * 300, "out"), "too long")


def test_a_url_pattern_without_known_form(folder: Folder, cli):
    result = cli("run", folder.script(ANONYMOUS), "in", "out", "--allow-url", "ftp://x/y")
    refused(folder, result, "allowed address 1 has no known form")


# --- files that cannot be edited: exit status 0 or 1, and no output for them --------------------


def broken_file(kind: str) -> bytes:
    whole = (TEST_FILES / "CT_small.dcm").read_bytes()
    return {"truncated": whole[:3000], "header only": whole[:132], "garbage": whole + b"xyz"}[kind]


@pytest.mark.parametrize("kind", ["truncated", "header only", "garbage"])
def test_a_broken_file_fails(folder: Folder, cli, kind: str):
    folder.file("in/bad.dcm", broken_file(kind))
    result = cli("run", folder.script(ANONYMOUS), "in", "out")
    assert result.status == 1
    assert re.search(r"failed: in/bad\.dcm: .* \(at byte \d+\)\n", result.err)
    assert len(folder.files()) == 6
    assert "bad.dcm" not in folder.files()


@pytest.mark.parametrize("data", ["", "some notes"], ids=["empty", "text"])
def test_what_is_not_dicom_is_skipped(folder: Folder, cli, data: str):
    folder.file("in/other", data)
    result = cli("run", folder.script(ANONYMOUS), "in", "out")
    assert result.status == 0
    assert "skipped: in/other: " in result.err
    assert "1 skipped" in result.out
    assert "other" not in folder.files()


def test_an_empty_input_folder(folder: Folder, cli):
    (folder.root / "empty").mkdir()
    result = cli("run", folder.script(ANONYMOUS), "empty", "out")
    assert result.status == 0
    assert "warning: there was no file in the input" in result.err


def test_an_output_file_that_cannot_be_written(folder: Folder, cli):
    (folder.root / "out/HOSP-000123/slice2.dcm").mkdir(parents=True)
    result = cli("run", folder.script(ANONYMOUS), "in", "out")
    assert result.status == 1
    assert "failed: in/HOSP-000123/slice2.dcm: cannot be written: Is a directory" in result.err
    assert len(folder.files()) == 5


def test_a_uid_map_that_cannot_be_written_is_told_before_anything_is_done(folder: Folder, cli):
    result = cli("run", folder.script(ANONYMOUS), "in", "out", "--uid-map", "no/uids.csv")
    refused(folder, result, "no/uids.csv")


# --- help ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("--help",), ("run", "--help"), ("demo", "--help")])
def test_help(cli, arguments: tuple[str, ...], monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    result = cli(*arguments)
    assert result.status == 0
    assert result.out.startswith("usage: dicomedit")
    assert result.err == ""


def test_help_names_the_commands_and_the_exit_statuses(cli):
    out = cli("--help").out
    assert all(word in out for word in ("run", "demo", "exit status", "--version"))


def test_help_of_run_explains_every_option(cli):
    out = cli("run", "--help").out
    options = re.findall(r"^  (?:-\w, )?(-[-\w]+)(.*)", out, re.MULTILINE)
    assert len(options) >= 12
    for examples in ("--lookup subjects.txt", "--set project=P1", "--dry-run"):
        assert examples in out


def test_version(cli):
    assert re.fullmatch(r"dicomedit \d+\.\d+.*\n", cli("--version").out)


# --- the installed command ----------------------------------------------------------------------


def start(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    options = {"stdin": subprocess.DEVNULL, "timeout": 60, **options}
    return subprocess.run(arguments, capture_output=True, text=True, check=False, **options)


@pytest.mark.slow
@pytest.mark.parametrize("command", [(str(COMMAND),), (sys.executable, "-m", "dicomedit")])
def test_the_command(folder: Folder, command: tuple[str, ...]):
    script = folder.script(ANONYMOUS)
    result = start(*command, "run", script, "in", "out")
    assert (result.returncode, result.stderr) == (0, SHOWN_IN_6)
    assert "6 written" in result.stdout
    result = start(*command, "run", script, "missing", "out")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "error: missing: there is no such file or folder\n"
    assert start(*command).returncode == 2


@pytest.mark.slow
def test_a_script_of_a_megabyte(folder: Folder):
    statement = '(0010,0010) := "ANON"\n'
    script = folder.script(V + statement * (1_000_000 // len(statement)))
    started = time.monotonic()
    result = start(str(COMMAND), "run", script, "in/HOSP-000123/slice1.dcm", "out")
    assert result.returncode == 0, result.stderr
    assert time.monotonic() - started < 30
    assert folder.names() == {"ANON"}


@pytest.mark.slow
def test_a_reader_that_goes_away(folder: Folder):
    """As with ``| head -1``."""
    edits = "".join(f'(0010,4000) := "{number}"\n-(0010,4000)\n' for number in range(5))
    script = folder.script(V + edits + 'echo "' + "x" * 50_000 + '"\n')
    line = f"{COMMAND} run --dry-run {script} in out | head -c 10"
    result = start("bash", "-c", f"set -o pipefail; {line}")
    assert result.stdout == "x" * 10
    assert result.stderr == ""
    assert result.returncode == 1


@pytest.mark.slow
def test_a_full_disk_behind_standard_output(folder: Folder):
    script = folder.script(ANONYMOUS)
    result = start("bash", "-c", f"{COMMAND} run {script} in out > /dev/full")
    assert "Traceback" not in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["<&-", ">&-"])
def test_closed_streams(folder: Folder, closed: str):
    script = folder.script(V + "(0010,0010) := name")
    result = start("bash", "-c", f"{COMMAND} run {script} in out {closed}")
    assert "Traceback" not in result.stderr
    result = start("bash", "-c", f"{COMMAND} run {script} in out --set name=ANON {closed}")
    assert (result.returncode, result.stderr) == (0, SHOWN_IN_6)


@pytest.mark.slow
def test_output_in_a_poor_encoding(folder: Folder):
    script = folder.script(V + 'echo "Größe 山"\n(0010,0010) := "ANON"\n')
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = start(str(COMMAND), "run", script, "in", "out", env=environment)
    assert "Traceback" not in result.stderr
    assert result.returncode == 0
    assert folder.names() == {"ANON"}


@pytest.fixture
def interruptible():
    """Let children react to SIGINT even when this process was started to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("quiet", [False, True])
def test_control_c(folder: Folder, quiet: bool):
    """What is written stays; the file at work has no output."""
    for number in range(600):
        folder.file(f"in/{number:04}.dcm", (TEST_FILES / "CT_small.dcm").read_bytes())
    script = folder.script(V + '(0010,0010) := "ANON"\n' * 200)
    command = [str(COMMAND), "run", script, "in", "out", *(["-q"] if quiet else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as it:
        wait_for(lambda: len(folder.files()) > 5)
        it.send_signal(signal.SIGINT)
        out, err = it.communicate(timeout=30)
    assert it.returncode == 130
    assert quiet or re.match(r"\d+ files: \d+ written", out)
    advice = "the same command with --resume goes on from here"
    assert err == f"interrupted; files already written are complete; {advice}\n"
    assert not [name for name in folder.files() if name.endswith(".part")]
    assert folder.names() == {"ANON"}


def wait_for(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


# --- on a terminal ------------------------------------------------------------------------------


def on_terminal(*arguments: str, typed: bytes = b"", expect: bytes = b"") -> tuple[int, str]:
    """Run the command on a terminal; type something once it has written `expect`."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["COLUMNS"] = "80"
        os.execv(COMMAND, [str(COMMAND), *arguments])
    shown = b""
    while chunk := read(terminal):
        shown += chunk
        if typed and expect in shown:
            time.sleep(0.1)
            os.write(terminal, typed)
            typed = b""
    os.close(terminal)  # which hangs up on the command if it still runs
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def read(terminal: int) -> bytes:
    """Return what is written next, nothing at the end or after a long silence."""
    if not select.select([terminal], [], [], 20)[0]:
        return b""
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux tells the end of a terminal
        return b""


NEEDS = V + 'describe who "the new name"\n(0010,0010) := who\n'


@pytest.mark.slow
def test_a_missing_variable_is_asked_for(folder: Folder):
    script = folder.script(NEEDS)
    status, shown = on_terminal(
        "run", script, "in", "out", typed=b"ASKED\n", expect=b"the new name: "
    )
    assert status == 0, shown
    assert folder.names() == {"ASKED"}


@pytest.mark.slow
def test_a_hidden_variable_is_asked_for_without_echo(folder: Folder):
    script = folder.script(V + "describe who hidden\n(0010,0010) := who\n")
    status, shown = on_terminal("run", script, "in", "out", typed=b"SECRET\n", expect=b"who: ")
    assert status == 0, shown
    assert "SECRET" not in shown
    assert folder.names() == {"SECRET"}


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
def test_control_c_at_a_question(folder: Folder):
    status, shown = on_terminal(
        "run", folder.script(NEEDS), "in", "out", typed=b"\x03", expect=b"name: "
    )
    assert status == 130
    assert "Traceback" not in shown
    assert folder.files() == []


@pytest.mark.slow
def test_control_d_at_a_question(folder: Folder):
    status, shown = on_terminal(
        "run", folder.script(NEEDS), "in", "out", typed=b"\x04", expect=b"name: "
    )
    assert status in (2, 130)
    assert "Traceback" not in shown
    assert folder.files() == []


@pytest.mark.slow
def test_a_bar_shows_the_progress(folder: Folder):
    script = folder.script(V + '(0010,0020) = "HOSP-000123" ? reject[]\n')
    status, shown = on_terminal("run", script, "in", "out")
    assert status == 0
    assert "6/6" in shown
    assert "rejected: in/HOSP-000123/slice1.dcm" in shown
    assert "6 files: " in shown


@pytest.mark.slow
def test_quiet_shows_no_bar(folder: Folder):
    assert on_terminal("run", folder.script(ANONYMOUS), "in", "out", "-q") == (0, "")
