"""The journal beside the output, and runs that are resumed with it."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest
from pydicom import dcmread

import dicomedit
from dicomedit import DicomFileError, Options, Report, Status
from dicomedit.batch import journal as journals
from dicomedit.batch.version import VERSION
from dicomedit.io.synthetic import write_study

CANARY = "CANARY^PATIENT"
V = 'version "6.6"\n'
ANONYMOUS = V + '(0010,0010) := "ANON"'
MAPPED = V + '(0020,000D) := mapUID[(0020,000D), "1.2.3"]'
RANDOM = V + '(0010,0010) := "ANON"\n(0008,0018) := newUID[]'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_study(tmp_path / "in")
    for path in (tmp_path / "in").rglob("*.dcm"):
        ds = dcmread(path)
        ds.PatientName = CANARY
        ds.save_as(path)
    (tmp_path / "in" / "notes.txt").write_text(f"about {CANARY}")
    return tmp_path / "in"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out"


def journal_of(output: Path) -> Path:
    return output.with_name("out.dicomedit-journal")


def lines(output: Path) -> list[dict]:
    return [json.loads(line) for line in journal_of(output).read_text().splitlines()]


def done_again(report: Report) -> set[str]:
    return {row.source.name for row in report.rows if not row.is_kept}


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def cut(output: Path, keep: int) -> None:
    """Leave the journal as a kill after some files would have left it, in mid-line."""
    path = journal_of(output)
    whole = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole[: 1 + keep]) + whole[1 + keep][:-10])


# --- what is written ----------------------------------------------------------------------------


def test_no_journal_unless_asked_for(source: Path, output: Path):
    dicomedit.run(ANONYMOUS, source, output)
    assert not journal_of(output).exists()
    dicomedit.run(ANONYMOUS, source, output, dry_run=True, resume=True)
    assert not journal_of(output).exists()


def test_a_line_for_the_run_one_for_each_file_and_one_for_the_end(source: Path, output: Path):
    dicomedit.run(ANONYMOUS, source, output, journal=True)
    first, *files, last = lines(output)
    assert first["dicomedit-journal"] == 1
    assert first["version"] == VERSION
    assert {line["file"]: line["status"] for line in files}["notes.txt"] == "skipped"
    assert files[1]["file"] == os.path.join("HOSP-000123", "slice1.dcm")
    path = source / "HOSP-000123" / "slice1.dcm"
    status = path.stat()
    assert files[1]["input"] == [status.st_size, status.st_mtime_ns, status.st_ctime_ns]
    assert files[1]["output"] == (output / "HOSP-000123" / "slice1.dcm").stat().st_size
    assert last == {"end": "complete", "removed_uids": 0}


def test_it_holds_no_values(source: Path, output: Path):
    secret = {"name": CANARY}
    script = V + "(0028,0010) := (0010,0010)\n(0010,0010) := name"
    dicomedit.run(script, source, output, journal=True, variables=secret, show_values=True,
                  lookup={("pid", CANARY): CANARY})  # fmt: skip
    assert "CANARY" not in journal_of(output).read_text()


def test_it_can_be_elsewhere_but_not_among_the_inputs(source: Path, output: Path, tmp_path: Path):
    dicomedit.run(ANONYMOUS, source, output, journal=tmp_path / "my.journal")
    assert (tmp_path / "my.journal").exists()
    assert not journal_of(output).exists()
    with pytest.raises(DicomFileError, match="lies inside the input folder"):
        dicomedit.run(ANONYMOUS, source, output, journal=source / "j")


def test_a_journal_that_cannot_be_written_is_told_at_once(source: Path, output: Path):
    with pytest.raises(journals.NoJournalError, match="the journal cannot be written"):
        dicomedit.run(ANONYMOUS, source, output, journal=output / "no" / "j")
    with pytest.raises(ValueError, match="without journal"):
        dicomedit.run(ANONYMOUS, source, output, journal=False, resume=True)


def test_the_version_is_that_of_the_package():
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    assert f'\nversion = "{VERSION}"\n' in project


# --- resuming -----------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_fresh_output_is_simply_begun(source: Path, output: Path, jobs: int):
    report = dicomedit.run(ANONYMOUS, source, output, resume=True, jobs=jobs)
    assert (report.total, report.kept) == (7, 0)


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_done_is_not_done_again(source: Path, output: Path, jobs: int):
    first = dicomedit.run(RANDOM, source, output, journal=True)
    before = tree(output)
    report = dicomedit.run(RANDOM, source, output, resume=True, jobs=jobs)
    assert done_again(report) == set()
    assert report.kept == 7
    assert report.counts == first.counts
    assert [row.reason for row in report.rows] == [row.reason for row in first.rows]
    assert tree(output) == before


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_journal_that_was_cut_off_is_continued(source: Path, output: Path, jobs: int):
    dicomedit.run(ANONYMOUS, source, output, journal=True)
    before = tree(output)
    (output / "HOSP-000456" / "slice3.dcm").unlink()
    (output / "HOSP-000456" / ".0123456789abcdef.part").write_bytes(b"half")
    (output / "HOSP-000456" / ".mine.part").write_bytes(b"not ours")
    cut(output, 3)
    report = dicomedit.run(ANONYMOUS, source, output, resume=True, jobs=jobs)
    assert report.kept == 3
    (output / "HOSP-000456" / ".mine.part").unlink()
    assert tree(output) == before
    assert len(lines(output)) == 1 + 7 + 1  # all of them whole


def test_half_written_files_go_when_a_run_is_begun_anew_too(source: Path, output: Path):
    dicomedit.run(ANONYMOUS, source, output, journal=True)
    cut(output, 3)
    part = output / "HOSP-000456" / ".0123456789abcdef.part"
    part.write_bytes(b"half")
    report = dicomedit.run(ANONYMOUS, source, output, journal=True)
    assert not part.exists()
    assert report.kept == 0


def test_changed_new_and_failed_files_are_done(source: Path, output: Path):
    broken = source / "broken.dcm"
    whole = (source / "HOSP-000123" / "slice1.dcm").read_bytes()
    broken.write_bytes(whole[:-3])
    assert dicomedit.run(ANONYMOUS, source, output, journal=True).failed
    broken.write_bytes(whole)
    (source / "new.dcm").write_bytes(whole)
    (source / "HOSP-000123" / "slice1.dcm").write_bytes(whole)
    (output / "HOSP-000456" / "slice1.dcm").unlink()
    report = dicomedit.run(ANONYMOUS, source, output, resume=True)
    assert done_again(report) == {"broken.dcm", "new.dcm", "slice1.dcm"}
    assert report.kept == 5
    assert not report.failed


def test_a_change_that_hides_behind_the_old_time_is_seen(source: Path, output: Path):
    dicomedit.run(ANONYMOUS, source, output, journal=True)
    path = source / "HOSP-000123" / "slice1.dcm"
    status = path.stat()
    time.sleep(0.02)
    path.write_bytes(path.read_bytes().replace(b"CT head", b"CT neck"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    report = dicomedit.run(ANONYMOUS, source, output, resume=True)
    assert done_again(report) == {"slice1.dcm"}


@pytest.mark.parametrize("digests", [False, True])
def test_digests_know_a_file_whatever_its_times(source: Path, output: Path, digests: bool):
    dicomedit.run(ANONYMOUS, source, output, journal=True, digests=digests)
    for path in source.rglob("*.dcm"):
        os.utime(path, (1, 1))
    report = dicomedit.run(ANONYMOUS, source, output, resume=True, digests=digests)
    assert report.kept == (7 if digests else 1)
    assert dicomedit.run(ANONYMOUS, source, output, resume=True, digests=digests).kept == 7


OTHER = (
    ({"scripts": V + '(0010,0010) := "OTHER"'}, "other scripts"),
    ({"variables": {"x": "1"}}, "other variables, lookup tables or options"),
    ({"lookup": {("a", "b"): "c"}}, "other variables, lookup tables or options"),
    ({"options": Options(keep_file_meta=True)}, "other variables, lookup tables or options"),
)


@pytest.mark.parametrize(("changed", "words"), OTHER)
def test_a_run_that_would_do_something_else_is_refused(
    source: Path, output: Path, changed: dict, words: str
):
    dicomedit.run(ANONYMOUS, source, output, journal=True)
    before = tree(output.parent)
    with pytest.raises(DicomFileError, match=f"cannot be resumed.*{words}.*mixed"):
        dicomedit.run(**{"scripts": ANONYMOUS, **changed}, source=source, destination=output,
                      resume=True)  # fmt: skip
    assert tree(output.parent) == before


def test_another_version_and_other_folders_are_refused(source: Path, output: Path, monkeypatch):
    dicomedit.run(ANONYMOUS, source, output, journal=True)
    with monkeypatch.context() as patched:
        patched.setattr(journals, "VERSION", "9.9")
        with pytest.raises(DicomFileError, match=r"version .* of dicomedit \(this is 9\.9\)"):
            dicomedit.run(ANONYMOUS, source, output, resume=True)
    shutil.copytree(source, source.with_name("in2"))
    with pytest.raises(DicomFileError, match="another input folder"):
        dicomedit.run(ANONYMOUS, source.with_name("in2"), output, resume=True)
    with pytest.raises(DicomFileError, match="another output folder"):
        journal = journal_of(output)
        dicomedit.run(ANONYMOUS, source, output.with_name("o2"), resume=True, journal=journal)


@pytest.mark.parametrize("data", ["no journal\n", "{}\n", "[]\n", '{"dicomedit-journal": 2}\n'])
def test_what_is_no_journal_is_refused(source: Path, output: Path, data: str):
    journal_of(output).write_text(data)
    with pytest.raises(DicomFileError, match="no journal of this version"):
        dicomedit.run(ANONYMOUS, source, output, resume=True)


def test_lines_that_cannot_be_read_cost_time_only(source: Path, output: Path):
    dicomedit.run(ANONYMOUS, source, output, journal=True)
    text = journal_of(output).read_text().splitlines()
    text[2:5] = ["{", '{"file": 1}', '{"status": "written", "input": [1], "file": "x"}']
    journal_of(output).write_text("\n".join(text) + "\n")
    assert dicomedit.run(ANONYMOUS, source, output, resume=True).kept == 4


def test_two_runs_never_work_on_the_same_output(source: Path, output: Path, monkeypatch):
    monkeypatch.setattr(journals, "PATIENCE", 0.1)
    with (
        dicomedit.iterate(ANONYMOUS, source, output, journal=True) as rows,
        pytest.raises(DicomFileError, match="another run is at work on the same output"),
    ):
        next(rows)
        dicomedit.run(ANONYMOUS, source, output, resume=True)
    assert lines(output)[-1]["end"] == "stopped"
    assert dicomedit.run(ANONYMOUS, source, output, resume=True).kept == 1


# --- UIDs ---------------------------------------------------------------------------------------


def uids(output: Path) -> Path:
    return output.with_name("out.dicomedit-uids")


def pairs(report: Report) -> set[tuple[str, str]]:
    return {
        (dcmread(row.source).StudyInstanceUID, dcmread(row.destination).StudyInstanceUID)
        for row in report.rows
        if row.status is Status.WRITTEN
    }


@pytest.mark.parametrize("jobs", [1, 2])
def test_uids_of_a_run_that_was_stopped_are_known_to_the_next(
    source: Path, output: Path, jobs: int
):
    with dicomedit.iterate(MAPPED, source, output, journal=True, jobs=jobs) as rows:
        next(row for row in rows if row.status is Status.WRITTEN)
    assert uids(output).stat().st_mode & 0o777 == 0o600
    with uids(output).open("ab") as file:
        file.write(b'["1.2.3", "torn')
    report = dicomedit.run(MAPPED, source, output, resume=True, jobs=jobs)
    assert report.kept >= 1
    assert len(pairs(report)) == 2
    assert not uids(output).exists()


def test_uids_of_a_complete_run_are_gone_and_not_made_anew(source: Path, output: Path):
    dicomedit.run(MAPPED, source, output, journal=True)
    assert not uids(output).exists()
    assert dicomedit.run(MAPPED, source, output, resume=True).kept == 7
    shutil.copy(source / "HOSP-000123" / "slice1.dcm", source / "new.dcm")
    report = dicomedit.run(MAPPED, source, output, resume=True)
    (failed,) = (row for row in report.rows if row.status is Status.FAILED)
    assert failed.source == source / "new.dcm"
    assert "the UIDs that the earlier run made are gone" in str(failed.reason)


def test_a_file_keeps_uids_for_later(source: Path, output: Path, tmp_path: Path):
    kept = tmp_path / "uids.json"
    for jobs in (1, 2):
        dicomedit.run(MAPPED, source, output, journal=True, uid_map_file=kept, jobs=jobs)
        assert not uids(output).exists()
    shutil.copy(source / "HOSP-000123" / "slice1.dcm", source / "new.dcm")
    report = dicomedit.run(MAPPED, source, output, resume=True, uid_map_file=kept)
    assert len(pairs(report)) == 2
    with pytest.raises(ValueError, match="not both"):
        dicomedit.run(MAPPED, source, output, uid_map_file=kept, uid_map=dicomedit.UidMap())


def test_a_uid_that_cannot_be_saved_is_not_given_out(source: Path, output: Path):
    uids(output).mkdir()
    with pytest.raises(DicomFileError):
        dicomedit.run(MAPPED, source, output, journal=True)
    uids(output).rmdir()
    with dicomedit.iterate(MAPPED, source, output, journal=True) as rows:
        uids(output).mkdir()
        report = rows.report(list(rows))
        uids(output).rmdir()
    assert report.count(Status.FAILED) == 6
    assert "a new UID cannot be saved" in str(report.rows[1].reason)
    assert tree(output) == {}
