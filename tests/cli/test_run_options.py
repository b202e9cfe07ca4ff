"""`dicomedit run` on many files: processes, resuming, failures, as their users meet them."""

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
from pathlib import Path

import pydicom.data
import pytest

from dicomedit.cli.main import main

IMAGE = (Path(pydicom.data.__file__).parent / "test_files" / "CT_small.dcm").read_bytes()
SCRIPT = 'version "6.6"\n(0010,0010) := "ANON"\n'
MAPPED = SCRIPT + '(0020,000D) := mapUID[(0020,000D), "1.2.3"]\n'
SLOW = SCRIPT + '(0010,0010) := "ANON"\n' * 300
COUNTS = "{} files: {} written, 0 unchanged, 0 rejected, {} failed, 1 skipped"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for number in range(8):
        (tmp_path / "in" / f"{number}.dcm").write_bytes(IMAGE)
    (tmp_path / "in" / "notes.txt").write_text("no image")
    for name, text in (("s.das", SCRIPT), ("mapped.das", MAPPED), ("slow.das", SLOW)):
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def cli(capsys) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str) -> tuple[int, str, str]:
        try:
            status = main(["run", *arguments])
        except SystemExit as exit:
            status = int(exit.code or 0)
        return (status, *capsys.readouterr())

    return call


def test_names_of_variables_are_told_as_the_dialect_tells_them(folder: Path, cli):
    (folder / "old.das").write_text("(0010,0020) := Project\n")
    status, _, told = cli("old.das", "in", "out", "--set", "PROJECT=P")
    assert status == 0 and "PROJECT" not in told
    (folder / "new.das").write_text('version "6.6"\n(0010,0020) := Project\n')
    status, _, told = cli("new.das", "in", "out2", "--set", "PROJECT=P")
    assert status == 2 and "--set Project=..." in told


def test_echo_of_version_4_goes_to_standard_error(folder: Path, cli):
    (folder / "old.das").write_text('echo "hello"\n')
    _, output, told = cli("old.das", "in/0.dcm", "out")
    assert "hello" not in output and told == "hello\n"


def test_variables_without_value_are_nothing_when_that_is_allowed(folder: Path, cli):
    (folder / "old.das").write_text('(0010,0020) := project\n(0010,0010) := "a{0}" project\n')
    status, _, told = cli("old.das", "in", "out")
    assert status == 2 and "--set project=..." in told
    assert cli("old.das", "in", "out", "--allow-unset")[0] == 0
    ds = pydicom.dcmread(folder / "out" / "0.dcm")
    assert (ds.PatientID, ds.PatientName) == ("", "anull")


def results(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "out").iterdir())


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_jobs_print_the_same(folder: Path, cli, jobs: str):
    (folder / "in" / "5.dcm").write_bytes(IMAGE[:-100])
    status, out, err = cli("s.das", "in", "out", "--jobs", jobs)
    assert (status, out) == (1, COUNTS.format(9, 7, 1) + "\n")
    failed, skipped = err.splitlines()
    assert failed.startswith("failed: in/5.dcm: ")
    assert skipped.startswith("skipped: in/notes.txt: ")


@pytest.mark.parametrize("jobs", ["0", "-1", "many", ""])
def test_a_number_of_jobs_that_is_none(folder: Path, cli, jobs: str):
    status, _, err = cli("s.das", "in", "out", f"--jobs={jobs}")
    assert status == 2
    assert "argument --jobs: invalid number of processes value" in err
    assert not (folder / "out").exists()


def test_resume(folder: Path, cli):
    (folder / "in" / "5.dcm").write_bytes(IMAGE[:-100])
    assert cli("s.das", "in", "out")[0] == 1
    (folder / "in" / "5.dcm").write_bytes(IMAGE)
    status, out, err = cli("s.das", "in", "out", "--resume")
    assert (status, out) == (0, COUNTS.format(9, 8, 0) + " (8 by an earlier run)\n")
    assert err == ""  # what was told before is not told again


def test_resume_with_another_script_is_refused(folder: Path, cli):
    cli("s.das", "in", "out")
    before = [(folder / "out" / name).read_bytes() for name in results(folder)]
    status, out, err = cli("mapped.das", "in", "out", "--resume")
    assert (status, out) == (2, "")
    assert re.match(r"error: .*out\.dicomedit-journal: the run cannot be resumed: .*scripts", err)
    assert [(folder / "out" / name).read_bytes() for name in results(folder)] == before


def test_the_journal_is_beside_the_output_or_elsewhere_or_not_at_all(folder: Path, cli):
    for number, more in enumerate(([], ["--no-journal"], ["--journal", "j"], ["--dry-run"])):
        assert cli("s.das", "in", f"out{number}", *more)[0] == 0
    assert cli("s.das", "in/1.dcm", "file.dcm")[0] == 0
    found = sorted(path.name for path in folder.iterdir() if "journal" in path.name)
    assert found == ["out0.dicomedit-journal"]
    assert (folder / "j").exists()


def test_resume_and_no_journal_contradict(folder: Path, cli):
    assert "--resume needs the journal" in cli("s.das", "in", "out", "--resume", "--no-journal")[2]


def test_where_no_journal_can_be_kept_the_run_goes_without(folder: Path, cli):
    (folder / "out.dicomedit-journal").mkdir()
    status, _, err = cli("s.das", "in", "out")
    assert status == 0
    assert "the journal cannot be written: Is a directory; the run cannot be resumed" in err
    assert cli("s.das", "in", "out", "--resume")[0] == 2


def test_on_error_stop(folder: Path, cli):
    (folder / "in" / "5.dcm").write_bytes(IMAGE[:-100])
    status, out, err = cli("mapped.das", "in", "out", "--on-error", "stop", "--jobs", "1")
    assert status == 1
    assert out.startswith("6 files: 5 written")
    assert "stopped after a failure; 3 files were not done; the same command with --resume" in err
    assert "out.dicomedit-uids holds original identifiers, until the run is resumed" in err
    (folder / "in" / "5.dcm").write_bytes(IMAGE)
    assert cli("mapped.das", "in", "out", "--on-error", "stop", "--resume")[0] == 0
    assert not (folder / "out.dicomedit-uids").exists()


def test_quarantine(folder: Path, cli):
    (folder / "in" / "5.dcm").write_bytes(IMAGE[:-100])
    assert cli("s.das", "in", "out", "--quarantine", "failed")[0] == 1
    assert sorted(os.listdir("failed")) == ["5.dcm", "5.dcm.reason.txt"]
    status, _, err = cli("s.das", "in", "out", "--quarantine", "in/failed")
    assert (status, "the quarantine folder lies inside the input folder" in err) == (2, True)


def test_workers_that_cannot_start_are_told(folder: Path, cli, monkeypatch):
    monkeypatch.setattr("dicomedit.batch.pool_worker.COMMAND", "raise SystemExit(3) # {path}")
    status, out, err = cli("s.das", "in", "out", "--jobs", "2")
    assert status == 1
    assert out.startswith("0 files: ")
    assert "error: workers cannot be started" in err
    assert "try --jobs 1" in err


# --- Ctrl-C and the bar -------------------------------------------------------------------------


@pytest.fixture
def interruptible():
    """Let children react to SIGINT even when this process was started to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def wait_for(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("presses", [1, 2])
def test_control_c_in_processes(folder: Path, presses: int):
    for number in range(300):
        (folder / "in" / f"x{number:03}.dcm").write_bytes(IMAGE)
    command = [sys.executable, "-m", "dicomedit", "run", "slow.das", "in", "out", "--jobs", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as it:
        wait_for(lambda: (folder / "out").exists() and len(results(folder)) > 5)
        for _ in range(presses):
            it.send_signal(signal.SIGINT)
            time.sleep(0.01)
        out, err = it.communicate(timeout=30)
    assert it.returncode == 130
    advice = "the same command with --resume goes on from here"
    assert err.splitlines()[-1] == f"interrupted; files already written are complete; {advice}"
    assert "Traceback" not in err
    done = int(re.match(r"\d+ files: (\d+) written", out)[1])
    if presses == 1:
        assert done == len(results(folder))
    assert not [name for name in results(folder) if name.endswith(".part")]
    done = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=True)
    assert "309 files: 308 written" in done.stdout


@pytest.mark.slow
def test_the_bar_counts_to_the_end(folder: Path):
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["COLUMNS"] = "80"
        command = ["-m", "dicomedit", "run", "slow.das", "in", "out", "--jobs", "2"]
        os.execv(sys.executable, [sys.executable, *command])
    shown = b""
    while select.select([terminal], [], [], 20)[0]:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:
            break
        shown += chunk
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    counts = [int(found) for found in re.findall(rb"(\d+)/9", shown)]
    assert counts == sorted(counts)
    assert counts[-1] == 9
