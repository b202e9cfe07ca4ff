"""The report of a run: what it tells of each file, in three forms, and what it never tells."""

from __future__ import annotations

import errno
import gc
import json
import os
import signal
import subprocess
import sys
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

import dicomedit
from dicomedit import DicomEditError, DicomFileError, ReportFile
from dicomedit.batch import report_formats
from dicomedit.batch.report_check import check_report
from dicomedit.batch.report_file import summary_path
from dicomedit.batch.report_formats import COLUMNS, FORMATS, read_rows
from dicomedit.batch.rows import lost_row
from dicomedit.errors import failed
from dicomedit.io.scan import Job
from dicomedit.io.synthetic import write_study

PATIENT, IDENTIFIER = "HOSP-000123", "HOSP-000456"
V = 'version "6.6"\n'
SCRIPT = V + '(0010,0010) := "ANON"\n(0010,4000) := "none"\n-(0010,0030)\n-(0010,2160)\n'
"""Changes one element, adds one, removes one, and removes one that no file has."""

JUDGE = V + f'(0010,0020) = "{PATIENT}" ? reject[]\n' + '(0010,0010) := "ANON"\n'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two made-up patients with three images each."""
    write_study(tmp_path / "in")
    return tmp_path / "in"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report.jsonl"


def read(report: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the rows of a report and its summary."""
    rows = list(read_rows(report))
    if report.suffix == ".jsonl":
        return rows[:-1], rows[-1]
    return rows, json.loads(summary_path(report).read_text())


def digest(path: str | Path) -> str:
    return sha256(Path(path).read_bytes()).hexdigest()


def without_times(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "seconds": None} for row in rows]


# --- what it tells ------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("jobs", [1, 2])
def test_it_tells_what_was_done_to_each_file(source: Path, output: Path, suffix: str, jobs: int):
    report = output.with_name(f"report{suffix}")
    dicomedit.run(SCRIPT, source, output, report=report, jobs=jobs)
    rows, summary = read(report)
    assert [row["input"] for row in rows] == sorted(map(str, source.rglob("*.dcm")))
    for row in rows:
        assert tuple(row) == tuple(name for name, _ in COLUMNS)
        assert row["output"] == row["input"].replace(str(source), str(output))
        assert (row["status"], row["code"], row["reason"]) == ("written", None, None)
        assert (row["statements"], row["lines"]) == (3, ["1:2", "1:3", "1:4"])
        assert (row["added"], row["changed"], row["removed"]) == (1, 1, 1)
        assert row["script_sha256"] == [sha256(SCRIPT.encode()).hexdigest()]
        for what in ("input", "output"):
            assert row[f"{what}_sha256"] == digest(row[what])
            assert row[f"{what}_size"] == Path(row[what]).stat().st_size
        assert row["seconds"] > 0
        assert row["is_kept"] is False
    assert (summary["files"], summary["planned"], summary["is_complete"]) == (6, 6, True)
    assert summary["status"]["written"] == 6
    assert (summary["added"], summary["changed"], summary["removed"]) == (6, 6, 6)
    assert not list(output.parent.glob("*.part"))


def test_no_form_tells_more_than_another(source: Path, output: Path):
    (source / "text.txt").write_text("x")
    told = []
    for suffix in FORMATS:
        report = output.with_name(f"report{suffix}")
        dicomedit.run(JUDGE, source, output, report=ReportFile(report, uids=True))
        told.append(without_times(read(report)[0]))
    assert told[0] != []
    for form in told[1:]:
        assert form == told[0]


def test_every_file_without_output_has_a_code(source: Path, output: Path, report: Path):
    (source / "text.txt").write_text("x")
    (source / "study.zip").write_bytes(b"PK\3\4")
    broken = source / PATIENT / "slice1.dcm"
    broken.write_bytes(broken.read_bytes()[:-9])
    script = JUDGE + '(0020,0013) = "2" ? (0010,0020) := substring[(0010,0020), 5, 99]\n'
    dicomedit.run(script, source, output, report=report)
    rows, summary = read(report)
    codes = {str(Path(row["input"]).relative_to(source)): row["code"] for row in rows}
    assert codes[f"{PATIENT}/slice1.dcm"] == "malformed"
    assert codes[f"{PATIENT}/slice2.dcm"] == codes[f"{PATIENT}/slice3.dcm"] == "rejected"
    assert codes["text.txt"] == "not-dicom"
    assert codes["study.zip"] == "skipped-archive"
    assert all(bool(row["code"]) == (row["output"] is None) for row in rows)
    assert all(row["reason"] for row in rows if row["code"])
    assert all(row["input_sha256"] == digest(row["input"]) for row in rows)
    assert sum(summary["codes"].values()) == sum(row["output"] is None for row in rows)


def test_codes_of_what_goes_wrong_around_a_file(tmp_path: Path):
    job = Job(tmp_path / "a.dcm", tmp_path / "b.dcm")
    assert lost_row(job, "killed").code == "worker-lost"
    import pickle

    error = pickle.loads(pickle.dumps(DicomFileError("a", "why", offset=3, code="malformed")))
    assert (error.code, error.offset) == ("malformed", 3)
    assert failed("no-such", "it failed").code == "no-such"


def test_statements_of_several_scripts_are_told_apart(source: Path, output: Path, report: Path):
    dicomedit.run([SCRIPT, V + '\n\n(0010,0010) := "B"'], source, output, report=report)
    rows, _ = read(report)
    assert rows[0]["lines"] == ["1:2", "1:3", "1:4", "2:4"]
    assert len(rows[0]["script_sha256"]) == 2


def test_what_changes_nothing_fires_no_statement(source: Path, output: Path, report: Path):
    dicomedit.run(V + "-(0010,2160)", source, output, report=report)
    rows, summary = read(report)
    assert {row["status"] for row in rows} == {"unchanged"}
    assert {(row["statements"], row["changed"]) for row in rows} == {(0, 0)}
    assert {row["output_sha256"] for row in rows} == {digest(row["output"]) for row in rows}
    assert summary["status"]["unchanged"] == 6


# --- what it does not tell ----------------------------------------------------------------------


def values_of(source: Path) -> set[str]:
    found = set()
    for path in source.rglob("*.dcm"):
        ds = dcmread(path)
        found |= {str(ds.PatientName), str(ds.StudyInstanceUID), str(ds.SOPInstanceUID)}
    return found


@pytest.mark.parametrize("private", [False, True])
def test_no_value_is_in_it(source: Path, output: Path, report: Path, private: bool):
    script = (
        JUDGE + "(0020,000D) := hashUID[(0020,000D)]\n(0010,0020) := substring[(0010,0010), 9, 5]"
    )
    given = ReportFile(report, private=private)
    dicomedit.run(script, source, output, report=given, show_values=True)
    assert {row["status"] for row in read(report)[0]} == {"rejected", "failed"}
    text = report.read_text()
    assert not any(value in text for value in values_of(source))


def test_uids_are_told_when_asked(source: Path, output: Path, report: Path):
    script = V + '(0020,000D) := hashUID[(0020,000D)]\n(0008,1140)[0]/(0008,1155) := "1.2"\n'
    dicomedit.run(script, source, output, report=ReportFile(report, uids=True), jobs=2)
    for row in read(report)[0]:
        old, new = dcmread(row["input"]), dcmread(row["output"])
        assert row["uids"][0] == {
            "element": "(0020,000D)",
            "old": old.StudyInstanceUID,
            "new": new.StudyInstanceUID,
        }
        assert row["uids"][1]["element"] == "(0008,1140)[0]/(0008,1155)"
        assert row["uids"][1]["new"] == "1.2"
    if os.name != "nt":
        assert report.stat().st_mode & 0o077 == 0


def test_uids_never_get_into_the_journal(source: Path, output: Path, report: Path):
    script = V + "(0020,000D) := hashUID[(0020,000D)]"
    given = ReportFile(report, uids=True)
    dicomedit.run(script, source, output, report=given, journal=True)
    journal = output.with_name("out.dicomedit-journal").read_text()
    assert not any(value in journal for value in values_of(source))
    dicomedit.run(script, source, output, report=given, resume=True)
    assert {(row["is_kept"], str(row["uids"])) for row in read(report)[0]} == {(True, "[]")}


# --- private reports ----------------------------------------------------------------------------


def test_a_private_report_names_no_path(source: Path, output: Path, report: Path):
    (source / PATIENT / "DOE_JANE.dcm").write_bytes(b"x" * 200)
    dicomedit.run(SCRIPT, source, output, report=ReportFile(report, private=True))
    text = report.read_text()
    assert not any(name in text for name in ("DOE_JANE", PATIENT, IDENTIFIER, str(source)))
    rows, _ = read(report)
    assert all(row["input"].startswith("hmac-sha256:") for row in rows)
    assert len({row["input"] for row in rows}) == 7
    key = report.with_name("report.jsonl.key")
    if os.name != "nt":
        assert key.stat().st_mode & 0o777 == 0o600
    before = [row["input"] for row in rows]
    dicomedit.run(SCRIPT, source, output, report=ReportFile(report, private=True))
    assert [row["input"] for row in read(report)[0]] == before, "the key is used again"


@pytest.mark.skipif(os.name == "nt", reason="there are no such modes")
def test_a_key_that_others_can_read_is_refused(source: Path, output: Path, report: Path):
    key = report.with_name("key")
    key.write_text("ab" * 32)
    key.chmod(0o640)
    with pytest.raises(DicomFileError, match="others can read the key"):
        dicomedit.run(SCRIPT, source, output, report=ReportFile(report, private=True, key=key))
    assert not report.exists()
    assert not list(output.rglob("*.dcm"))


@pytest.mark.parametrize("text", ["", "ab", "no key", "ab" * 31])
def test_a_key_that_is_none_is_refused(source: Path, output: Path, report: Path, text: str):
    key = report.with_name("key")
    key.write_text(text)
    key.chmod(0o600)
    with pytest.raises(DicomFileError, match="this is no key"):
        dicomedit.run(SCRIPT, source, output, report=ReportFile(report, private=True, key=key))


# --- runs that do not go straight ---------------------------------------------------------------


@pytest.mark.parametrize("had_report", [True, False])
def test_a_resumed_run_reports_all_files(
    source: Path, output: Path, report: Path, had_report: bool
):
    (source / "text.txt").write_text("x")
    rows = dicomedit.iterate(
        JUDGE, source, output, journal=True, report=report if had_report else None
    )
    with rows:
        for _ in range(4):
            next(rows)
    if had_report:
        told, summary = read(report)
        assert (len(told), summary["is_complete"]) == (4, False)
    dicomedit.run(JUDGE, source, output, resume=True, report=report)
    told, summary = read(report)
    assert (summary["is_complete"], summary["files"], summary["kept"]) == (True, 7, 4)
    for row in told:
        assert row["input_sha256"] == digest(row["input"])
        if row["output"]:
            assert row["output_sha256"] == digest(row["output"])
            assert row["changed"] == (1 if had_report or not row["is_kept"] else None)
    assert [row["code"] for row in told if "text" in row["input"]] == [
        "not-dicom" if had_report else "skipped"
    ]


def test_codes_survive_a_resumption(source: Path, output: Path, report: Path):
    (source / "a-text.txt").write_text("x")
    dicomedit.run(JUDGE, source, output, journal=True, report=report)
    first = read(report)[0]
    dicomedit.run(JUDGE, source, output, resume=True, report=report)
    again = read(report)[0]
    assert {row["is_kept"] for row in again} == {True}
    assert [{**row, "is_kept": False} for row in again] == first


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_done_is_reported_when_the_run_is_closed_early(
    source: Path, output: Path, report: Path, jobs: int
):
    """As after Ctrl-C: no result may be there that the report does not know."""
    for number in range(60):
        (source / f"{number:02}.dcm").write_bytes((source / PATIENT / "slice1.dcm").read_bytes())
    with dicomedit.iterate(SCRIPT, source, output, jobs=jobs, report=report) as rows:
        next(rows)
    told, summary = read(report)
    assert sorted(row["output"] for row in told) == sorted(map(str, output.rglob("*.dcm")))
    assert (summary["is_complete"], summary["files"]) == (False, len(told))
    assert check_report(report, unsigned=True).findings == ()


def test_a_run_that_stops_at_an_error_is_reported(source: Path, output: Path, report: Path):
    (source / "00.dcm").write_bytes((source / PATIENT / "slice1.dcm").read_bytes()[:-9])
    dicomedit.run(SCRIPT, source, output, on_error="stop", report=report)
    told, summary = read(report)
    assert told[-1]["code"] == "malformed"
    assert summary["is_complete"] is False
    assert summary["files"] < summary["planned"]


def test_a_dry_run_is_reported_without_results(source: Path, output: Path, report: Path):
    dicomedit.run(SCRIPT, source, output, dry_run=True, report=report)
    told, summary = read(report)
    assert summary["is_dry_run"] is True
    assert {(row["changed"], row["output_sha256"]) for row in told} == {(1, None)}
    assert not output.exists()
    with pytest.raises(DicomFileError, match="dry run"):
        check_report(report, unsigned=True)


@pytest.mark.parametrize("private", [False, True])
def test_members_of_archives_are_inputs_too(
    source: Path, output: Path, report: Path, private: bool
):
    archive = source.with_name("study.zip")
    with zipfile.ZipFile(archive, "w") as made:
        for path in sorted(source.rglob("*.dcm")):
            made.write(path, path.relative_to(source))
    given = ReportFile(report, private=private)
    dicomedit.run(SCRIPT, archive, output, report=given, journal=True)
    told, _ = read(report)
    assert [row["input_sha256"] for row in told] == list(map(digest, sorted(source.rglob("*.dcm"))))
    checked = check_report(report, output=output, unsigned=True)
    assert (checked.intact, checked.findings) == (6, ())
    dicomedit.run(SCRIPT, archive, output, report=given, resume=True)
    assert [row["output_sha256"] for row in read(report)[0]] == [
        row["output_sha256"] for row in told
    ]


def test_large_files_are_digested_too(source: Path, output: Path, report: Path, monkeypatch):
    monkeypatch.setattr("dicomedit.io.read.MAP_FROM", 1)
    monkeypatch.setattr("dicomedit.dicom.views.PIECE", 1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # mapped files are closed with their data
        dicomedit.run(SCRIPT, source, output, report=report)
        gc.collect()
    assert check_report(report, unsigned=True).intact == 6


@pytest.mark.parametrize("private", [False, True])
def test_a_dicomdir_of_the_run_is_known_and_no_other(
    source: Path, output: Path, report: Path, private: bool
):
    flat = source.with_name("FLAT")
    flat.mkdir()
    for number, path in enumerate(sorted(source.rglob("*.dcm"))):
        (flat / f"IM{number}").write_bytes(path.read_bytes())
    given = ReportFile(report, private=private)
    listed = SCRIPT + '(0020,0010) := "1"\n(0020,0011) := "1"\n'
    dicomedit.run(listed, flat, output, report=given, dicomdir=True)
    checked = check_report(report, output=output, unsigned=True)
    assert (checked.intact, checked.findings) == (7, ())
    dicomedit.run(SCRIPT, flat, output, report=given)
    (found,) = check_report(report, output=output, unsigned=True).findings
    assert (found.kind, found.name) == ("extra", "DICOMDIR")


def test_a_report_does_not_hide_why_a_run_failed_at_its_end(
    source: Path, output: Path, report: Path
):
    with pytest.raises(DicomFileError, match="a DICOMDIR cannot name this result"):
        dicomedit.run(SCRIPT, source, output, report=report, dicomdir=True)
    told, summary = read(report)
    assert (summary["is_complete"], told[0]["status"]) == (False, "written")


def test_results_in_a_store_are_copied_to_be_checked(source: Path, output: Path, report: Path):
    fsspec = pytest.importorskip("fsspec")
    address = "memory://reported/out"
    dicomedit.run(SCRIPT, source, address, report=report)
    with pytest.raises(DicomFileError, match="copy them, and give --output"):
        check_report(report, unsigned=True)
    fsspec.filesystem("memory").get("reported/out", str(output), recursive=True)
    checked = check_report(report, output=output, unsigned=True)
    assert (checked.intact, checked.findings) == (6, ())


def test_a_single_file(source: Path, tmp_path: Path, report: Path):
    image = source / PATIENT / "slice1.dcm"
    dicomedit.run(SCRIPT, image, tmp_path / "result.dcm", report=report)
    checked = check_report(report, unsigned=True)
    assert (checked.intact, checked.findings) == (1, ())


# --- where it cannot be -------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["in/report.jsonl", "out/report.jsonl", "out/a/report.csv"])
def test_it_must_not_lie_among_inputs_or_results(source: Path, output: Path, place: str):
    (output / "a").mkdir(parents=True)
    with pytest.raises(DicomFileError, match=r"lies inside the (in|out)put folder"):
        dicomedit.run(SCRIPT, source, output, report=source.with_name("x").parent / place)
    assert not list(output.rglob("*.dcm"))


@pytest.mark.parametrize("name", ["report.txt", "report", "no/such/folder/report.jsonl"])
def test_it_is_refused_before_the_run_begins(source: Path, output: Path, name: str):
    with pytest.raises(DicomFileError):
        dicomedit.run(SCRIPT, source, output, report=output.parent / name, journal=True)
    assert not list(output.rglob("*.dcm"))
    assert not output.with_name("out.dicomedit-journal").exists()


@pytest.mark.parametrize("suffix", FORMATS)
def test_it_replaces_a_report_only(source: Path, output: Path, suffix: str):
    """Not a table of pseudonyms with the same name."""
    report = output.with_name(f"report{suffix}")
    for _ in range(2):
        dicomedit.run(SCRIPT, source, output, report=report)
    report.write_text("a,b")
    with pytest.raises(DicomFileError, match="it is no report"):
        dicomedit.run(SCRIPT, source, output, report=report)
    assert report.read_text() == "a,b"


def test_a_folder_is_not_replaced(source: Path, output: Path, report: Path):
    report.mkdir()
    with pytest.raises(DicomFileError, match="Is a directory"):
        dicomedit.run(SCRIPT, source, output, report=report)


def test_parquet_without_pyarrow(source: Path, output: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DicomEditError, match=r'pip install "dicomedit\[parquet\]"'):
        dicomedit.run(SCRIPT, source, output, report=output.with_name("report.parquet"))


@pytest.fixture
def full(monkeypatch) -> Iterator[Callable[[int], None]]:
    """Let the disk be full after a number of rows."""
    real = report_formats._JsonLines.write

    def install(rows: int) -> None:
        left = [rows]

        def write(self: Any, values: dict[str, Any]) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            real(self, values)

        monkeypatch.setattr(report_formats._JsonLines, "write", write)

    yield install


@pytest.mark.parametrize("rows", [0, 3, 6])
def test_a_disk_that_is_full(source: Path, output: Path, report: Path, full: Any, rows: int):
    """The run is done all the same, and the report of the run before is left alone."""
    report.write_text('{"kind": "summary"}')
    full(rows)
    with pytest.raises(DicomFileError, match="the report cannot be written: No space"):
        dicomedit.run(SCRIPT, source, output, report=report)
    assert len(list(output.rglob("*.dcm"))) == 6
    assert report.read_text() == '{"kind": "summary"}'
    assert not list(output.parent.glob("*.part"))


def test_names_that_are_no_text(source: Path, output: Path):
    try:
        odd = source / os.fsdecode(b"odd-\xff.dcm")
        (source / PATIENT / "slice1.dcm").rename(odd)
    except OSError:
        pytest.skip("this file system has no such names")
    for suffix in FORMATS:
        report = output.with_name(f"report{suffix}")
        dicomedit.run(SCRIPT, source, output, report=report)
        assert check_report(report, unsigned=True).findings == ()


@pytest.mark.parametrize("suffix", FORMATS)
def test_long_lists(tmp_path: Path, suffix: str):
    """As of a file with many UIDs."""
    report = tmp_path / f"report{suffix}"
    row = {**dict.fromkeys(name for name, _ in COLUMNS), "lines": ["1:1"] * 40_000}
    sink = report_formats.open_sink(report, report, with_uids=False)
    sink.write(row)
    sink.close({"kind": "summary"})
    assert next(iter(read_rows(report))) == row


def test_parquet_is_written_in_groups(source: Path, output: Path, monkeypatch):
    from pyarrow import parquet

    monkeypatch.setattr(report_formats, "ROW_GROUP", 2)
    report = output.with_name("report.parquet")
    dicomedit.run(SCRIPT, source, output, report=report)
    with parquet.ParquetFile(report) as file:
        assert file.num_row_groups == 3
    assert len(read(report)[0]) == 6


# --- the real command ---------------------------------------------------------------------------


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    (folder / "s.das").write_text(SCRIPT + "-(0010,0030)\n" * 300)
    image = next((folder / "in").rglob("*.dcm")).read_bytes()
    for number in range(400):
        (folder / "in" / f"{number:03}.dcm").write_bytes(image)
    command = [sys.executable, "-m", "dicomedit", "run", "s.das", "in", "out", "-q", *options]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    limit = time.monotonic() + 30
    while len(list((folder / "out").glob("*.dcm"))) < 10:
        assert process.poll() is None
        assert time.monotonic() < limit
        time.sleep(0.002)
    return process


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_control_c(source: Path, output: Path, report: Path, jobs: str):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = start(output.parent, "--jobs", jobs, "--report", report.name)
    finally:
        signal.signal(signal.SIGINT, before)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    told, summary = read(report)
    results = {str(path.relative_to(output.parent)) for path in output.rglob("*.dcm")}
    assert {row["output"] for row in told} == results
    assert (summary["is_complete"], summary["files"]) == (False, len(results))
    assert summary["planned"] == 406


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Linux lists children there")
def test_a_worker_that_is_killed(source: Path, output: Path, report: Path):
    process = start(output.parent, "--jobs", "2", "--report", report.name)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    process.communicate(timeout=60)
    told, summary = read(report)
    lost = [row for row in told if row["code"]]
    assert len(told) == summary["files"] == 406
    assert process.returncode == (1 if lost else 0)
    assert {row["code"] for row in lost} <= {"worker-lost"}
    for row in lost:
        assert row["input_sha256"] == digest(output.parent / row["input"])


@pytest.mark.slow
def test_a_run_that_is_killed_and_resumed(source: Path, output: Path, report: Path):
    process = start(output.parent, "--jobs", "2", "--report", report.name)
    process.kill()
    process.communicate(timeout=30)
    assert not report.exists()
    assert main_of(output.parent, "--resume", "--jobs", "2", "--report", report.name) == 0
    told, summary = read(report)
    assert (len(told), summary["is_complete"]) == (406, True)
    assert summary["kept"] > 0
    checked = check_report(report, output=output, unsigned=True)
    assert (checked.intact, checked.findings) == (406, ())


def main_of(folder: Path, *options: str) -> int:
    command = [sys.executable, "-m", "dicomedit", "run", "s.das", "in", "out", "-q", *options]
    return subprocess.run(command, cwd=folder, check=False).returncode
