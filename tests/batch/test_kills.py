"""Runs and workers are killed at any moment: what is there is whole, and resuming ends the run.

Each run is the real command, in processes of its own.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pydicom.data
import pytest
from pydicom import dcmread

import dicomedit

KILLS = 25
FILES = 90
IMAGE = (Path(pydicom.data.__file__).parent / "test_files" / "CT_small.dcm").read_bytes()
UID = b"1.3.6.1.4.1.5962.1.2.1.20040119072730.12322"  # the study of the image
SCRIPT = 'version "6.6"\n' + '(0010,0010) := "ANON"\n-(0010,0030)\n' * 50
MAPPED = SCRIPT + '(0020,000D) := mapUID[(0020,000D), "1.2.3"]\n'

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with 90 small images of 15 studies in `in`, and a script."""
    assert UID in IMAGE
    for number in range(FILES):
        study = UID[:-5] + f"{10000 + number % 15}".encode()
        path = tmp_path / "in" / str(number // 30) / f"{number:03}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(IMAGE.replace(UID, study))
    (tmp_path / "s.das").write_text(SCRIPT)
    (tmp_path / "mapped.das").write_text(MAPPED)
    return tmp_path


def start(folder: Path, script: str = "s.das", *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dicomedit", "run", script, "in", "out", "--resume", "-q"]
    return subprocess.Popen(
        [*command, "--jobs", "2", *more], cwd=folder, stderr=subprocess.PIPE, bufsize=0
    )


def finish(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    _, err = process.communicate(timeout=60)
    return process.returncode, err.decode()


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder by name, but for those that never got a final name."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(".part")
    }


def expected(folder: Path) -> dict[str, bytes]:
    dicomedit.run(folder / "s.das", folder / "in", folder / "expected")
    return tree(folder / "expected")


def moments() -> Iterator[float]:
    chance = random.Random(7)
    while True:
        yield chance.uniform(0.05, 0.8)


def test_a_run_that_is_killed_at_any_moment_can_be_resumed(folder: Path):
    whole = expected(folder)
    killed = 0
    for pause in moments():
        process = start(folder)
        try:
            process.wait(pause)
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        status, err = finish(process)
        assert status in (0, -signal.SIGKILL), err
        done = tree(folder / "out") if (folder / "out").exists() else {}
        assert done.items() <= whole.items()
        if status == 0:
            assert done == whole
            if killed >= KILLS:
                break
            clear(folder)
    assert [p for p in (folder / "out").rglob(".*")] == []


def test_results_with_names_of_their_own_are_there_once_after_kills(folder: Path):
    """Every attempt gives a file another name: what an earlier one left has to go."""
    script = SCRIPT + "(0008,0018) := newUID[]\n"
    (folder / "new.das").write_text(script)
    layout = "{StudyInstanceUID}/{SOPInstanceUID}.dcm"
    killed = 0
    for pause in moments():
        process = start(folder, "new.das", "--layout", layout)
        try:
            process.wait(pause / 3 if killed < 6 else 60)  # it is done in a quarter of a second
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        status, err = finish(process)
        assert status in (0, -signal.SIGKILL), err
        if status == 0:
            break
    assert killed
    done = tree(folder / "out")
    assert len(done) == FILES
    for name in done:
        ds = dcmread(folder / "out" / name)
        assert name == f"{ds.StudyInstanceUID}/{ds.SOPInstanceUID}.dcm"
    counts = [name.partition("/")[0] for name in done]
    assert {counts.count(study) for study in counts} == {FILES // 15}


def clear(folder: Path) -> None:
    for path in (folder / "out").rglob("*.dcm"):
        path.unlink()
    (folder / "out.dicomedit-journal").unlink()


def test_uids_are_the_same_before_and_after_a_kill(folder: Path):
    killed = count = 0
    while True:
        process = start(folder, "mapped.das")
        while process.poll() is None and len(list(folder.glob("out/*/*.dcm"))) < count + 5:
            time.sleep(0.002)
        if killed < 5:
            process.kill()
        status, err = finish(process)
        assert status in (0, -signal.SIGKILL), err
        if status == 0:
            break
        killed += 1
        count = len(list(folder.glob("out/*/*.dcm")))
        assert (folder / "out.dicomedit-uids").exists()
    assert killed
    pairs = {
        (dcmread(path).StudyInstanceUID, dcmread(folder / "out" / name).StudyInstanceUID)
        for name, path in ((p.relative_to(folder / "in"), p) for p in folder.glob("in/*/*"))
    }
    assert len(pairs) == 15
    assert not (folder / "out.dicomedit-uids").exists()


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    try:
        text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in text.split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Linux lists children there")
def test_a_worker_that_is_killed_costs_one_file(folder: Path):
    whole = expected(folder)
    chance, killed = random.Random(7), 0
    while killed < KILLS:
        process = start(folder)
        in_this_run = 0
        while process.poll() is None:
            time.sleep(chance.uniform(0.05, 0.5))
            workers = workers_of(process)
            if workers and killed < KILLS:
                os.kill(chance.choice(workers), signal.SIGKILL)
                in_this_run, killed = in_this_run + 1, killed + 1
        status, err = finish(process)
        failures = [line for line in err.splitlines() if line.startswith("failed: ")]
        assert len(failures) <= in_this_run, err
        assert all("worker process was killed by SIGKILL" in line for line in failures)
        assert status == (1 if failures else 0), err
        done = tree(folder / "out")
        assert done.items() <= whole.items()
        assert len(done) >= FILES - in_this_run
        if killed < KILLS and status == 0:
            clear(folder)
    status, err = finish(start(folder))
    assert (status, err) == (0, "")
    assert tree(folder / "out") == whole
    assert [p for p in (folder / "out").rglob(".*")] == []
