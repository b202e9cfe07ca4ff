"""Runs on a Dask cluster: a real scheduler, and two workers as processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pydicom.data
import pytest
from pydicom import dcmread

import dicomedit
from dicomedit import DicomEditError, Row, Status
from dicomedit.batch import cluster, cluster_link, cluster_worker
from dicomedit.batch.report_formats import read_rows

IMAGE = (Path(pydicom.data.__file__).parent / "test_files" / "CT_small.dcm").read_bytes()
V = 'version "6.6"\n'
SCRIPT = V + '(0010,0010) := "ANON"\n' + "-(0010,0030)\n" * 50
FILES = 120

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal"),
    # Sockets and loops that distributed leaves to the garbage collector when its client closes.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Processes:
    """A scheduler and workers, started by Dask's own commands."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self._folder = folder
        port = self.address.rpartition(":")[2]
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"
        )
        self.workers: list[subprocess.Popen[bytes]] = []

    def add_worker(self, *options: str, **environment: str) -> None:
        self.workers.append(
            self._start(
                *("worker", self.address, "--nthreads", "1", "--no-dashboard", *options),
                **environment,
            )
        )

    def _start(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        module = f"import sys; from distributed.cli.dask_{words[0]} import main; main()"
        return subprocess.Popen(
            [sys.executable, "-c", module, *words[1:]],
            cwd=self._folder,
            env=os.environ | environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def end(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Processes]:
    pytest.importorskip("distributed")
    (tmp_path / "elsewhere").mkdir()
    found = Processes(tmp_path / "elsewhere")
    for _ in range(2):
        found.add_worker("--no-nanny")
    yield found
    found.end()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    for number in range(FILES):
        path = folder / str(number // 40) / f"{number:03}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(IMAGE)
    (folder / "notes.txt").write_text("no image")
    (folder / "cut.dcm").write_bytes(IMAGE[:-100])
    (tmp_path / "s.das").write_text(SCRIPT)
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def told(row: Row, output: Path) -> tuple[object, ...]:
    place = row.destination.relative_to(output)
    return (row.source, place, row.status, row.outcome, row.reason, str(row.error), row.stamp)


def test_rows_and_results_are_those_of_one_process(
    source: Path, tmp_path: Path, dask: Processes, monkeypatch
):
    monkeypatch.chdir(tmp_path)  # workers have another folder: relative paths must work, too
    one = dicomedit.run(SCRIPT, "in", "one").rows
    two = dicomedit.run(SCRIPT, "in", "two", scheduler=dask.address).rows
    assert [told(row, Path("two")) for row in two] == [told(row, Path("one")) for row in one]
    assert tree(tmp_path / "two") == tree(tmp_path / "one")

    for report, address in (("one.jsonl", None), ("two.jsonl", dask.address)):
        dicomedit.run(SCRIPT, "in", "reported", scheduler=address, report=report)
    one_told, two_told = (
        [{**row, "seconds": None} for row in read_rows(Path(f"{name}.jsonl"))][:-1]
        for name in ("one", "two")
    )
    assert one_told == two_told
    assert {row["code"] for row in two_told} == {None, "malformed", "not-dicom"}

    mapped = V + '(0020,000D) := mapUID[(0020,000D), "1.2.3"]'
    rows = dicomedit.run(mapped, "in", "mapped", scheduler=dask.address).rows
    uids = {dcmread(row.destination).StudyInstanceUID for row in rows if not row.error}
    assert len(uids - {None}) == 1


def test_names_are_claimed_in_one_place(source: Path, tmp_path: Path, dask: Processes, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (source / "3").mkdir()
    (source / "3" / "000.dcm").write_bytes(IMAGE)
    given = {"layout": "flat", "scheduler": dask.address, "resume": True}
    rows = dicomedit.run(SCRIPT, "in", "out", **given).rows
    failed = [row.source.name for row in rows if row.status is Status.FAILED]
    assert sorted(failed) == ["000.dcm", "cut.dcm"]
    written = {row.destination for row in rows if row.status is Status.WRITTEN}
    assert written == {Path("out") / f"{number:03}.dcm" for number in range(FILES)}
    assert set(tree(tmp_path / "out")) == {path.name for path in written}
    again = dicomedit.run(SCRIPT, "in", "out", **given)
    assert (again.kept, again.count(Status.FAILED)) == (FILES + 1, 2)


def test_a_failure_stops_the_run_and_it_is_resumed(source: Path, tmp_path: Path, dask: Processes):
    given = {"resume": True, "scheduler": dask.address, "quarantine": tmp_path / "failed"}
    report = dicomedit.run(SCRIPT, source, tmp_path / "out", on_error="stop", **given)
    assert report.failed
    assert not report.complete
    assert (tmp_path / "failed" / "cut.dcm").exists()
    again = dicomedit.run(SCRIPT, source, tmp_path / "out", **given)
    assert again.complete
    assert again.total == FILES + 2
    assert again.count(Status.FAILED) == 1


def command(folder: Path, dask: Processes) -> subprocess.Popen[bytes]:
    words = ["run", "s.das", "in", "out", "--resume", "-q", "--scheduler", dask.address]
    return subprocess.Popen(
        [sys.executable, "-m", "dicomedit", *words], cwd=folder, stderr=subprocess.PIPE
    )


def wait_for_files(folder: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    while len(list(folder.glob("out/*/*.dcm"))) < count:
        assert process.poll() is None
        time.sleep(0.002)


def test_a_worker_that_is_killed_costs_nothing(source: Path, tmp_path: Path, dask: Processes):
    (source / "cut.dcm").unlink()
    dicomedit.run(SCRIPT, source, tmp_path / "expected")
    process = command(tmp_path, dask)
    wait_for_files(tmp_path, 5, process)
    dask.workers[0].kill()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert tree(tmp_path / "out") == tree(tmp_path / "expected")


def test_a_scheduler_that_is_killed_ends_the_run_which_is_resumed(
    source: Path, tmp_path: Path, dask: Processes
):
    (source / "cut.dcm").unlink()
    dicomedit.run(SCRIPT, source, tmp_path / "expected")
    process = command(tmp_path, dask)
    wait_for_files(tmp_path, 5, process)
    dask.scheduler.kill()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert cluster.GONE in err.decode()
    assert "--resume goes on" in err.decode()
    assert b"Traceback" not in err
    assert dicomedit.run(SCRIPT, source, tmp_path / "out", resume=True).complete
    assert tree(tmp_path / "out") == tree(tmp_path / "expected")


POISON = """
import os
from dicomedit.batch import cluster_worker

def job_of(names, honest=cluster_worker.job_of):
    if names[0].endswith("007.dcm"):
        os.kill(os.getpid(), 9)
    return honest(names)

def dask_setup(worker):
    cluster_worker.job_of = job_of
"""


def test_a_file_that_kills_workers_fails_alone(source: Path, tmp_path: Path, dask: Processes):
    for worker in dask.workers:
        worker.kill()
        worker.wait()
    (tmp_path / "poison.py").write_text(POISON)
    for _ in range(3):
        dask.add_worker("--no-nanny", "--preload", str(tmp_path / "poison.py"))
    report = dicomedit.run(SCRIPT, source, tmp_path / "out", scheduler=dask.address)
    failed = {row.source.name: row.reason for row in report.rows if row.status is Status.FAILED}
    assert failed.keys() == {"cut.dcm", "007.dcm"}
    assert cluster.LOST in str(failed["007.dcm"])
    assert report.count(Status.WRITTEN) == FILES - 1
    assert not list((tmp_path / "out").rglob(".*"))


def test_workers_of_other_versions_are_refused(
    source: Path, tmp_path: Path, dask: Processes, monkeypatch
):
    monkeypatch.setattr(cluster_link, "VERSION", "9.9.9")
    with pytest.raises(DicomEditError, match=r"it has dicomedit .*, the run has 9\.9\.9"):
        dicomedit.run(SCRIPT, source, tmp_path / "out", scheduler=dask.address)
    monkeypatch.setattr(cluster_link, "_python", lambda: "3.0")
    with pytest.raises(DicomEditError, match=r"it has Python .*, the run has 3\.0"):
        dicomedit.run(SCRIPT, source, tmp_path / "out", scheduler=dask.address)
    assert not (tmp_path / "out").exists()


def test_a_local_cluster_is_started(source: Path, tmp_path: Path):
    pytest.importorskip("distributed")
    words = ["run", "s.das", "in", "out", "-q", "--scheduler", "local", "--jobs", "2"]
    with socket.socket() as other:
        with suppress(OSError):  # when it is taken already
            other.bind(("127.0.0.1", 8787))  # the usual port of Dask, which would warn of that
            other.listen()
        done = subprocess.run(
            [sys.executable, "-m", "dicomedit", *words],
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 1
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["failed:"]
    assert len(tree(tmp_path / "out")) == FILES


def _says_something(dask_worker: Any) -> tuple[bool, int]:
    os.write(2, b"a decoder complains\n")
    warnings.warn("the disk is slow", stacklevel=1)
    return signal.SIGINT in signal.pthread_sigmask(
        signal.SIG_BLOCK, ()
    ), dask_worker.http_server.port


def test_workers_of_a_local_cluster_say_nothing(capfd):
    pytest.importorskip("distributed")
    with cluster_link.connected("local", 1) as client:
        ((is_deaf, port),) = client.run(_says_something).values()
        assert is_deaf
        for each in (port, client.cluster.scheduler.http_server.port):
            for page in ("info/main/workers.html", "metrics", "json/index.html"):
                with pytest.raises(HTTPError, match="404"):
                    urlopen(f"http://127.0.0.1:{each}/{page}")
    assert capfd.readouterr() == ("", "")


def test_a_local_cluster_that_does_not_start_is_told(source: Path, tmp_path: Path, monkeypatch):
    distributed = pytest.importorskip("distributed")

    def fail(**_: object) -> None:
        raise RuntimeError("Cluster failed to start")

    monkeypatch.setattr(distributed, "LocalCluster", fail)
    with pytest.raises(DicomEditError, match=r"cannot be started .*RuntimeError; --jobs does"):
        dicomedit.run(SCRIPT, source, tmp_path / "out", scheduler="local")


@pytest.mark.parametrize(
    ("scheduler", "message"),
    [("host:1", 'neither "local" nor an address'), ("tcp://127.0.0.1:9", "cannot be reached")],
)
def test_what_is_no_scheduler_is_refused(
    source: Path, tmp_path: Path, monkeypatch, scheduler: str, message: str
):
    monkeypatch.setattr(cluster_link, "CONNECTING", 0.5)
    with pytest.raises(DicomEditError, match=message):
        dicomedit.run(SCRIPT, source, tmp_path / "out", scheduler=scheduler)
    assert not (tmp_path / "out").exists()


def test_without_the_extra_the_message_says_what_to_install(
    source: Path, tmp_path: Path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DicomEditError, match=r'pip install "dicomedit\[cluster\]"'):
        dicomedit.run(SCRIPT, source, tmp_path / "out", scheduler="local")
    assert not (tmp_path / "out").exists()


class Anyone:
    """What a worker object is for `look`."""


@pytest.mark.parametrize(
    ("version", "place", "token", "message"),
    [
        ("0.0.0", "", b"", "the run has 0.0.0"),
        (cluster_worker.VERSION, "missing", b"", "does not see the input"),
        (cluster_worker.VERSION, "", b"other", "does not see the output"),
        (cluster_worker.VERSION, "", b"token", None),
    ],
)
def test_workers_look_for_the_folders(tmp_path: Path, version, place, token, message):
    (tmp_path / "probe").write_bytes(b"token")
    source, probe = str(tmp_path / place), str(tmp_path / "probe")
    told = cluster_worker.look(version, source, probe, token, Anyone())
    assert told is None if message is None else message in str(told)
