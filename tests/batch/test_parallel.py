"""Runs in several processes: the same rows in the same order, and the same results, as in one."""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pydicom.data
import pytest
from pydicom import dcmread

import dicomedit
from dicomedit import EvaluationError, Options, Row, Status, UidMap
from dicomedit.batch import processes
from dicomedit.batch.rows import lost_row
from dicomedit.batch.run import workers_for
from dicomedit.batch.serial import Stop
from dicomedit.batch.wire import Packer
from dicomedit.batch.work import Shared, Work
from dicomedit.io.scan import Job, plan
from dicomedit.io.synthetic import write_study

TEST_FILES = Path(pydicom.data.__file__).parent / "test_files"
IMAGE = (TEST_FILES / "CT_small.dcm").read_bytes()
CANARY = "CANARY^PATIENT"
V = 'version "6.6"\n'
ANONYMOUS = V + '(0010,0010) := "ANON"'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Images, and files of all kinds that are none, or broken."""
    folder = tmp_path / "in"
    write_study(folder)
    for path in folder.rglob("*.dcm"):
        ds = dcmread(path)
        ds.PatientName = CANARY
        ds.save_as(path)
    for number in range(30):
        (folder / f"{number:02}.dcm").write_bytes(IMAGE)
    (folder / "notes.txt").write_text("no image")
    (folder / "cut.dcm").write_bytes(IMAGE[:-100])
    return folder


def both(scripts, source: Path, **options) -> tuple[list[Row], list[Row]]:
    """The rows of a run in one process, and of one in two, with the folder names made equal."""
    found = []
    for jobs in (1, 2):
        output = source.with_name(f"out{jobs}")
        rows = dicomedit.run(scripts, source, output, jobs=jobs, **options).rows
        found.append([told(row, output) for row in rows])
    one, two = source.with_name("out1"), source.with_name("out2")
    assert {p.relative_to(one) for p in one.rglob("*")} == {
        p.relative_to(two) for p in two.rglob("*")
    }
    return found[0], found[1]


def told(row: Row, output: Path) -> tuple[object, ...]:
    place = row.destination.relative_to(output)
    return (row.source, place, row.status, row.outcome, row.reason, str(row.error), row.stamp)


@pytest.mark.parametrize(
    "script",
    [
        '(0010,0010) := "ANON"',
        "-(0010,4000)",
        '(0010,0020) = "HOSP-000123" ? reject[]\n(0010,0010) := "ANON"',
        '(0010,0010) := lookup["pid", (0010,0020)]\necho "told"',
        "(0028,0010) := (0010,0010)",
    ],
)
def test_rows_are_the_same(source: Path, script: str):
    one, two = both(V + script, source)
    assert one == two
    assert len(one) == 38


def test_results_are_the_same(source: Path):
    both([ANONYMOUS, V + "hashUIDList[*/(0008,0018), */(0020,000D)]\n(0010,0020) := name"], source,
         variables={"name": "N"})  # fmt: skip
    for path in source.with_name("out1").rglob("*.dcm"):
        twin = source.with_name("out2") / path.relative_to(source.with_name("out1"))
        assert twin.read_bytes() == path.read_bytes()


def test_tables_options_and_included_scripts_reach_the_workers(source: Path, tmp_path: Path):
    (tmp_path / "part.das").write_text(V + '(0010,0010) := lookup["pid", (0010,0020)]')
    program = dicomedit.compile_script(V + 'include "part.das"', include_from=tmp_path)
    (tmp_path / "part.das").write_text("changed in the meantime")
    table = {("pid", "HOSP-000123"): "ONE"}
    one, two = both(program, source, lookup=table, options=Options(strict_lookup=True))
    assert one == two
    assert sum(row[2] is Status.WRITTEN for row in two) == 3


def test_programs_can_be_pickled():
    program = dicomedit.compile_script(ANONYMOUS)
    again = pickle.loads(pickle.dumps(program))
    ds = dcmread(TEST_FILES / "CT_small.dcm")
    assert again.apply(ds).changes
    assert again == program


def test_values_at_fault_stay_in_the_worker_unless_asked_for(source: Path):
    script = V + "(0028,0010) := (0010,0010)"
    for jobs in (1, 2):
        for show in (False, True):
            rows = dicomedit.run(
                script, source, source.with_name("out"), jobs=jobs, show_values=show
            ).rows
            errors = [row.error for row in rows if isinstance(row.error, EvaluationError)]
            texts = [error.describe(show_values=True) for error in errors]
            assert any(CANARY in text for text in texts) is show


def test_mapped_uids_are_the_same_in_all_workers(source: Path, tmp_path: Path):
    script = (
        V + '(0020,000D) := mapUID[(0020,000D), "1.2.3"]\nmapReferencedUIDs["1.2.3", */(0008,1155)]'
    )
    uids = UidMap()
    report = dicomedit.run(script, source, tmp_path / "out", jobs=2, uid_map=uids)
    assert report.count(Status.WRITTEN) == 36
    pairs = {
        (dcmread(row.source).StudyInstanceUID, dcmread(row.destination).StudyInstanceUID)
        for row in report.rows
        if row.status is Status.WRITTEN
    }
    assert len(pairs) == 3
    assert {(old, new) for _, old, new in uids.rows()} >= pairs


ASKED: list[str] = []


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        ASKED.append(self.path)
        status = 404 if "missing" in self.path else 200
        body = f"NAME{len(ASKED)}".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web():
    ASKED.clear()
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_an_address_is_fetched_once_for_all_workers(source: Path, tmp_path: Path, web: str):
    script = V + f'(0010,0010) := getURL["http://{web}/name"]'
    report = dicomedit.run(script, source, tmp_path / "out", jobs=2, allow_urls=[web])
    assert report.count(Status.WRITTEN) == 36
    assert ASKED == ["/name"]
    written = (tmp_path / "out").rglob("*.dcm")
    assert {str(dcmread(path).PatientName) for path in written} == {"NAME1"}


def test_what_cannot_be_fetched_fails_with_its_place(source: Path, tmp_path: Path, web: str):
    script = V + f'(0010,0010) := getURL["http://{web}/missing"]'
    one, two = both(script, source, allow_urls=[web])
    assert one == two
    one, two = both(script, source)
    assert one == two
    assert any("[url-not-allowed]" in str(row[4]) for row in two)


# --- how many processes -------------------------------------------------------------------------


def test_a_few_small_files_are_not_worth_a_process(source: Path, tmp_path: Path):
    assert workers_for(None, plan(source, tmp_path / "out"), source) == 1
    assert workers_for(3, plan(source, tmp_path / "out"), source) == 3


def test_large_files_and_many_files_are(source: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("dicomedit.batch.run.cores", lambda: 7)
    with (source / "large").open("wb") as file:
        file.truncate(40 << 20)
    assert workers_for(None, plan(source, tmp_path / "out"), source) == 7
    (source / "large").unlink()
    for number in range(200):
        (source / f"{number}.txt").touch()
    assert workers_for(None, plan(source, tmp_path / "out"), source) == 7


@pytest.mark.parametrize("given", [{"jobs": 0}, {"on_error": "ignore"}])
def test_wrong_arguments(source: Path, tmp_path: Path, given):
    with pytest.raises(ValueError):
        dicomedit.run(ANONYMOUS, source, tmp_path / "out", **given)


# --- ends before the end ------------------------------------------------------------------------


def children() -> list[str]:
    """Return the processes of this one, but for that which multiprocessing has to the end."""
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [each for each in found if b"resource_tracker" not in command_of(each)]


def command_of(process: str) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except FileNotFoundError:  # it has just ended
        return b""


@pytest.mark.parametrize("jobs", [1, 2])
def test_rows_that_are_not_taken_end_the_run(source: Path, tmp_path: Path, jobs: int):
    with dicomedit.iterate(ANONYMOUS, source, tmp_path / "out", jobs=jobs) as rows:
        first = next(rows)
    assert first.source == source / "00.dcm"
    assert rows.count == 38
    report = rows.report()
    assert not report.complete
    assert report.total == 1
    assert not list((tmp_path / "out").rglob("*.part"))
    assert next(rows, None) is None
    if Path("/proc/self/task").exists():
        assert children() == []


def test_rows_that_are_never_taken_do_nothing(source: Path, tmp_path: Path):
    dicomedit.iterate(ANONYMOUS, source, tmp_path / "out", jobs=2).close()
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_stops_at_a_failure_if_it_shall(source: Path, tmp_path: Path, jobs: int):
    (source / "000.dcm").write_bytes(IMAGE[:-100])
    report = dicomedit.run(ANONYMOUS, source, tmp_path / "out", jobs=jobs, on_error="stop")
    assert not report.complete
    assert report.failed
    assert report.total < 39
    order = [job.source for job in plan(source, tmp_path / "out").jobs]
    places = [order.index(row.source) for row in report.rows]
    assert places == sorted(places)


def test_more_items_than_fit_wait_for_the_first(source: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(processes, "WINDOW", 3)
    report = dicomedit.run(ANONYMOUS, source, tmp_path / "out", jobs=2)
    assert report.total == 38


def test_workers_that_cannot_start_are_an_error(source: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("dicomedit.batch.pool_worker.COMMAND", "raise SystemExit(3) # {path}")
    with pytest.raises(dicomedit.DicomEditError, match=r"cannot be started: .*status 3"):
        dicomedit.run(ANONYMOUS, source, tmp_path / "out", jobs=2)
    gc.collect()


def test_a_script_without_main_guard_may_use_processes(source: Path, tmp_path: Path):
    code = (
        f"import dicomedit\nprint(dicomedit.run({ANONYMOUS!r}, {str(source)!r}, 'o', jobs=2).total)"
    )
    (tmp_path / "use.py").write_text(code)
    command = [sys.executable, "use.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("38\n", "")


def test_news_that_an_interrupt_has_swallowed_cost_no_others(tmp_path: Path):
    """A second Ctrl-C may come just after a message was taken from the queue."""
    jobs = [Job(tmp_path / f"{number}.dcm", tmp_path / "out.dcm") for number in range(3)]
    told: list[Row] = []

    def finished(row: Row) -> Row:
        told.append(row)
        return row

    work = Work((), (), {}, Options(), tmp_path)
    pool = processes._Pool(work, Shared(UidMap(), str), finished, Stop())
    worker = SimpleNamespace(in_hand=deque(enumerate(jobs)), since=0.0)
    pool._heed(worker, ("row", 1, Packer(()).pack(lost_row(jobs[1], "lost"))))
    assert [row.source.name for row in told] == ["1.dcm"]
    assert list(worker.in_hand) == [(2, jobs[2])]
