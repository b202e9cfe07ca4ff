"""What goes wrong around a run: disks, permissions, inputs in motion. No file is half there."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom.data
import pytest

import dicomedit
from dicomedit import DicomFileError, Report, Row, Status
from dicomedit.batch import program as batch_program
from dicomedit.batch import work as batch_work

TEST_FILES = Path(pydicom.data.__file__).parent / "test_files"
IMAGE = (TEST_FILES / "CT_small.dcm").read_bytes()
ANONYMOUS = 'version "6.6"\n(0010,0010) := "ANON"'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02}.dcm").write_bytes(IMAGE)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> int:
    """The size of each result."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "in.dcm").write_bytes(IMAGE)
    dicomedit.run(ANONYMOUS, folder / "in.dcm", folder / "out.dcm")
    return (folder / "out.dcm").stat().st_size


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte, which is less than the results need."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, check=False).returncode
    except OSError:
        done = 1
    if done:
        pytest.skip("nothing can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def remount(disk: Path, options: str) -> None:
    command = ["mount", "-o", f"remount,{options}", str(disk)]
    for _ in range(200):  # it is refused at a moment when a file is being written
        if not subprocess.run(command, capture_output=True, check=False).returncode:
            return
        time.sleep(0.01)
    pytest.skip("the disk cannot be changed")


def check_whole(output: Path, whole: int) -> int:
    """Assert that all there is is whole; return how many files there are."""
    sizes = {path.name: path.stat().st_size for path in output.rglob("*") if path.is_file()}
    assert set(sizes.values()) <= {whole}
    assert all(name.endswith(".dcm") for name in sizes)
    return len(sizes)


def reasons(report: Report) -> set[str | None]:
    return {row.reason for row in report.rows if row.status is Status.FAILED}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk(source: Path, disk: Path, whole: int, jobs: int):
    output = disk / "out"
    report = dicomedit.run(ANONYMOUS, source, output, journal=True, jobs=jobs)
    assert reasons(report) == {"cannot be written: No space left on device"}
    assert check_whole(output, whole) == report.count(Status.WRITTEN) > 5
    remount(disk, "size=20m")
    report = dicomedit.run(ANONYMOUS, source, output, resume=True, jobs=jobs)
    assert (report.failed, report.total) == (False, 40)
    assert report.kept > 5
    assert check_whole(output, whole) == 40


def test_a_full_disk_on_the_command_line(source: Path, disk: Path, whole: int, tmp_path: Path):
    (tmp_path / "s.das").write_text(ANONYMOUS)
    command = [sys.executable, "-m", "dicomedit", "run", "s.das", "in", "disk/out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "failed: in/39.dcm: cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert check_whole(disk / "out", whole) > 5


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_output_that_becomes_read_only(
    source: Path, disk: Path, whole: int, jobs: int, tmp_path: Path
):
    journal = tmp_path / "journal"  # open for writing, it would keep the disk from changing
    remount(disk, "size=20m")
    heard: list[Row] = []

    def protect(_number: int, _count: int, row: Row) -> None:
        heard.append(row)
        if len(heard) == 5:
            remount(disk, "ro")

    output = disk / "out"
    report = dicomedit.run(ANONYMOUS, source, output, journal=journal, jobs=jobs, on_row=protect)
    if jobs == 1:
        assert report.count(Status.FAILED) == 35
    assert reasons(report) <= {"cannot be written: Read-only file system", "cannot be written to"}
    assert check_whole(output, whole) == report.count(Status.WRITTEN)
    remount(disk, "rw")
    report = dicomedit.run(ANONYMOUS, source, output, journal=journal, resume=True)
    assert (report.failed, check_whole(output, whole)) == (False, 40)


def test_a_read_only_output(source: Path, disk: Path):
    remount(disk, "ro")
    with pytest.raises(DicomFileError, match="cannot be created: Read-only file system"):
        dicomedit.run(ANONYMOUS, source, disk / "out")
    remount(disk, "rw")
    (disk / "out").mkdir()
    remount(disk, "ro")
    with pytest.raises(DicomFileError, match="cannot be written"):
        dicomedit.run(ANONYMOUS, source, disk / "out")


@pytest.mark.skipif(not hasattr(os, "geteuid") or not os.geteuid(), reason="root may do anything")
def test_permissions_that_are_lost(source: Path, tmp_path: Path, whole: int):
    output = tmp_path / "out"

    def protect(number: int, _count: int, _row: Row) -> None:
        if number == 5:
            output.chmod(0o500)

    report = dicomedit.run(ANONYMOUS, source, output, on_row=protect)
    output.chmod(0o700)
    assert report.count(Status.FAILED) == 35
    assert check_whole(output, whole) == 5


# --- inputs in motion ---------------------------------------------------------------------------


def growing(monkeypatch, name: str, *, data: bytes = b"more") -> None:
    """Let an input grow just after it was read."""
    real = batch_program.read_file

    def read_file(path: Path, *more: object):
        found = real(path, *more)
        if path.name == name:
            with path.open("ab") as file:
                file.write(data)
        return found

    monkeypatch.setattr(batch_program, "read_file", read_file)


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("script", [ANONYMOUS, 'version "6.6"\nreject[]'])
def test_an_input_that_grows_while_it_is_read(
    source: Path, tmp_path: Path, monkeypatch, script: str, dry_run: bool
):
    growing(monkeypatch, "07.dcm")
    report = dicomedit.run(script, source, tmp_path / "out", dry_run=dry_run)
    assert reasons(report) == {
        "the file changed while it was read: perhaps it is still being written"
    }
    assert report.count(Status.FAILED) == 1
    assert not (tmp_path / "out" / "07.dcm").exists()
    assert not list(tmp_path.rglob("*.part"))


# --- what is tried again ------------------------------------------------------------------------


@pytest.fixture
def flaky(monkeypatch) -> Callable[[int, int], list[str]]:
    """Let reading one file fail a number of times; return the list of attempts."""
    monkeypatch.setattr(batch_work, "PAUSES", (0.001,))
    attempts: list[str] = []
    real = Path.open

    def install(times: int, number: int) -> list[str]:
        def fail(path: Path, *more, **named):
            if path.name == "07.dcm":
                attempts.append(path.name)
                if len(attempts) <= times:
                    raise OSError(number, os.strerror(number))
            return real(path, *more, **named)

        monkeypatch.setattr(Path, "open", fail)
        return attempts

    return install


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ETIMEDOUT])
def test_what_a_network_got_wrong_is_tried_again(source: Path, tmp_path: Path, flaky, number: int):
    attempts = flaky(2, number)
    assert not dicomedit.run(ANONYMOUS, source, tmp_path / "out").failed
    assert len(attempts) == 3


def test_but_not_for_ever(source: Path, tmp_path: Path, flaky):
    attempts = flaky(99, errno.EIO)
    report = dicomedit.run(ANONYMOUS, source, tmp_path / "out", retries=4)
    assert reasons(report) == {"Input/output error"}
    assert len(attempts) == 5


def test_what_will_not_go_away_is_not(source: Path, tmp_path: Path, flaky):
    attempts = flaky(1, errno.EACCES)
    report = dicomedit.run(ANONYMOUS, source, tmp_path / "out")
    assert (reasons(report), len(attempts)) == ({"Permission denied"}, 1)


# --- quarantine ---------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
def test_quarantine_has_the_failed_files_with_their_reasons(
    source: Path, tmp_path: Path, jobs: int
):
    (source / "sub").mkdir()
    (source / "sub" / "cut.dcm").write_bytes(IMAGE[:-100])
    (source / "notes.txt").write_text("skipped, not failed")
    folder = tmp_path / "quarantine"
    report = dicomedit.run(ANONYMOUS, source, tmp_path / "out", quarantine=folder, jobs=jobs)
    (reason,) = reasons(report)
    found = {str(p.relative_to(folder)): p for p in folder.rglob("*") if p.is_file()}
    assert set(found) == {"sub/cut.dcm", "sub/cut.dcm.reason.txt"}
    assert found["sub/cut.dcm"].read_bytes() == IMAGE[:-100]
    assert found["sub/cut.dcm.reason.txt"].read_text() == f"{reason}\n"
    assert {path.stat().st_mode & 0o777 for path in found.values()} == {0o600}


def test_quarantine_of_a_single_file(source: Path, tmp_path: Path):
    (source / "cut.dcm").write_bytes(IMAGE[:-100])
    folder = tmp_path / "quarantine"
    dicomedit.run(ANONYMOUS, source / "cut.dcm", tmp_path / "out", quarantine=folder)
    assert (folder / "cut.dcm").exists()


def test_quarantine_is_apart_from_inputs_and_results(source: Path, tmp_path: Path):
    for folder, name in ((source, "input"), (tmp_path / "out" / "q", "output")):
        with pytest.raises(DicomFileError, match=f"lies inside the {name} folder"):
            dicomedit.run(ANONYMOUS, source, tmp_path / "out", quarantine=folder)
    assert not (tmp_path / "out").exists()


def test_a_copy_that_cannot_be_made_is_told(source: Path, tmp_path: Path):
    (source / "cut.dcm").write_bytes(IMAGE[:-100])
    folder = tmp_path / "quarantine"

    def vanish(number: int, _count: int, _row: Row) -> None:
        if number == 1:
            shutil.rmtree(folder)
            folder.write_text("in the way")

    report = dicomedit.run(ANONYMOUS, source, tmp_path / "out", quarantine=folder, on_row=vanish)
    (reason,) = reasons(report)
    assert "; it is not in quarantine: cannot be created: File exists" in str(reason)
