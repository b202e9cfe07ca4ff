"""`dicomedit.run`: a folder in, a folder out, and one row for each file in the report."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pydicom.data
import pytest
from pydicom import dcmread

import dicomedit
from dicomedit import DicomFileError, LookupTable, Options, Report, ScriptError, UidMap
from dicomedit.batch import program as batch_program
from dicomedit.batch.run import Row, Status
from dicomedit.io.synthetic import write_study

TEST_FILES = Path(pydicom.data.__file__).parent / "test_files"
CANARY = "CANARY^PATIENT"
V = 'version "6.6"\n'
ANONYMOUS = V + '(0010,0010) := "ANON"'
PATIENT, IDENTIFIER = "HOSP-000123", "HOSP-000456"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two made-up patients with three images each."""
    write_study(tmp_path / "in")
    return tmp_path / "in"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out"


def files(folder: Path) -> list[str]:
    """Everything below a folder that is not a folder, hidden files included."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def statuses(report: Report) -> dict[str, str]:
    return {row.source.name: row.status.value for row in report.rows}


def snapshot(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files(folder)}


def names(folder: Path) -> set[str]:
    return {str(dcmread(folder / name).PatientName) for name in files(folder)}


# --- the ordinary case --------------------------------------------------------------------------


def test_every_file_is_written_under_its_relative_path(source: Path, output: Path):
    report = dicomedit.run(ANONYMOUS, source, output)
    assert files(output) == files(source)
    assert names(output) == {"ANON"}
    assert [row.status for row in report.rows] == [Status.WRITTEN] * 6
    assert [row.source for row in report.rows] == sorted(row.source for row in report.rows)
    assert not report.failed


def test_the_input_is_never_changed(source: Path, output: Path):
    before = snapshot(source)
    dicomedit.run(ANONYMOUS, source, output)
    assert snapshot(source) == before


def test_what_no_statement_changes_is_written_too(source: Path, output: Path):
    """Unchanged is a status, not a reason to leave a file out."""
    report = dicomedit.run(V + "-(0010,4000)", source, output)
    assert report.count(Status.UNCHANGED) == 6
    assert files(output) == files(source)


def test_rejected_files_have_no_output(source: Path, output: Path):
    report = dicomedit.run(V + f'(0010,0020) = "{PATIENT}" ? reject[]', source, output)
    assert (report.count(Status.REJECTED), report.count(Status.UNCHANGED)) == (3, 3)
    assert all(name.startswith(IDENTIFIER) for name in files(output))
    assert not report.failed
    (row,) = {row.reason for row in report.rows if row.status is Status.REJECTED}
    assert row == "rejected by <script>, line 2"


def test_failed_files_have_no_output(source: Path, output: Path):
    script = V + f'(0010,0020) = "{PATIENT}" ? (0028,0010) := "many"\n(0010,0010) := "ANON"'
    report = dicomedit.run(script, source, output)
    assert (report.count(Status.FAILED), report.count(Status.WRITTEN)) == (3, 3)
    assert all(name.startswith(IDENTIFIER) for name in files(output))
    assert report.failed


def test_a_single_file(source: Path, output: Path):
    file = source / PATIENT / "slice1.dcm"
    report = dicomedit.run(ANONYMOUS, file, output)
    assert report.rows[0].destination == output / "slice1.dcm"
    assert files(output) == ["slice1.dcm"]
    dicomedit.run(ANONYMOUS, file, output / "named.dcm")
    assert files(output) == ["named.dcm", "slice1.dcm"]


def test_rows_are_told_as_they_come(source: Path, output: Path):
    heard: list[tuple[int, int, Row]] = []
    report = dicomedit.run(ANONYMOUS, source, output, on_row=lambda *told: heard.append(told))
    assert [(number, count) for number, count, _ in heard] == [(n, 6) for n in range(1, 7)]
    assert tuple(row for _, _, row in heard) == report.rows


def test_an_empty_folder_is_an_empty_report(tmp_path: Path, output: Path):
    (tmp_path / "empty").mkdir()
    assert dicomedit.run(ANONYMOUS, tmp_path / "empty", output).rows == ()


def test_strings_and_paths_are_taken(source: Path, output: Path, tmp_path: Path):
    script = tmp_path / "anon.das"
    script.write_text(ANONYMOUS, "utf-8")
    compiled = dicomedit.compile_script(script)
    for number, each in enumerate((ANONYMOUS, script, compiled, [script, compiled])):
        report = dicomedit.run(each, str(source), f"{output}{number}")
        assert report.count(Status.WRITTEN) == 6


# --- all kinds of input -------------------------------------------------------------------------


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "notes.txt").write_text(f"about {CANARY}, see the other file" * 10, "utf-8")
    (folder / "empty.dcm").write_bytes(b"")
    (folder / "short.dcm").write_bytes(b"DICM")
    whole = (TEST_FILES / "CT_small.dcm").read_bytes()
    (folder / "whole.dcm").write_bytes(whole)
    (folder / "cut.dcm").write_bytes(whole[:-100])
    (folder / "header.dcm").write_bytes(whole[:132])
    (folder / "garbage.dcm").write_bytes(whole + b"garbage")
    (folder / "bare.dcm").write_bytes((TEST_FILES / "no_meta.dcm").read_bytes())
    for name in ("image_dfl.dcm", "JPEG2000.dcm", "MR_small_bigendian.dcm"):
        shutil.copy(TEST_FILES / name, folder)
    return folder


def test_each_kind_of_input_has_its_status(mixed: Path, output: Path):
    report = dicomedit.run(ANONYMOUS, mixed, output)
    assert statuses(report) == {
        "JPEG2000.dcm": "written",
        "MR_small_bigendian.dcm": "written",
        "bare.dcm": "skipped",
        "cut.dcm": "failed",
        "empty.dcm": "skipped",
        "garbage.dcm": "failed",
        "header.dcm": "failed",
        "image_dfl.dcm": "written",
        "notes.txt": "skipped",
        "short.dcm": "skipped",
        "whole.dcm": "written",
    }
    written = [row.source.name for row in report.rows if row.status is Status.WRITTEN]
    assert files(output) == written
    assert names(output) == {"ANON"}


def test_each_file_without_output_has_a_reason(mixed: Path, output: Path):
    reasons = {row.source.name: row.reason for row in dicomedit.run(ANONYMOUS, mixed, output).rows}
    assert reasons["notes.txt"] == "not a DICOM file: no DICM prefix at byte 128"
    assert reasons["empty.dcm"] == "the file is empty"
    assert reasons["header.dcm"] == "there is no file meta information (at byte 132)"
    assert reasons["cut.dcm"] is not None
    assert "(FFFC,FFFC) claims 126 bytes, 26 are left" in reasons["cut.dcm"]
    assert reasons["whole.dcm"] is None


def test_reports_hold_no_values(source: Path, output: Path):
    for path in source.rglob("*.dcm"):
        ds = dcmread(path)
        ds.PatientName = ds.PatientID = CANARY
        ds.save_as(path)
    for script in (
        '(0010,0010) := "ANON"',
        "(0028,0010) := (0010,0010)",
        "echo substring[(0010,0010), 1, 99]",
        '(0010,0010) := lookup["pid", (0010,0020)]',
        'shiftDateTimeListByIncrement[{(0010,0030)}, (0010,0010), "days"]',
        "(0010,0010) := getURL[(0010,0010)]",
    ):
        report = dicomedit.run(V + script, source, output, options=Options(strict_lookup=True))
        assert "CANARY" not in repr(report)
        assert all("CANARY" not in str(row.error) for row in report.rows)


# --- what changes under our feet ----------------------------------------------------------------


def test_an_input_that_vanishes_costs_its_own_files_only(source: Path, output: Path):
    def vanish(number: int, _count: int, _row: Row) -> None:
        if number == 1:
            shutil.rmtree(source / IDENTIFIER)

    report = dicomedit.run(ANONYMOUS, source, output, on_row=vanish)
    assert (report.count(Status.WRITTEN), report.count(Status.FAILED)) == (3, 1)
    assert {row.reason for row in report.rows[3:]} == {"No such file or directory"}
    assert len(files(output)) == 3


def test_an_output_folder_that_vanishes_is_made_again(source: Path, output: Path):
    def vanish(number: int, _count: int, _row: Row) -> None:
        if number == 3:
            shutil.rmtree(output)

    report = dicomedit.run(ANONYMOUS, source, output, on_row=vanish)
    assert report.count(Status.WRITTEN) == 6
    assert len(files(output)) == 3


def test_a_file_in_place_of_an_output_folder_costs_its_own_files_only(source: Path, output: Path):
    output.mkdir()
    (output / PATIENT).write_bytes(b"in the way")
    report = dicomedit.run(ANONYMOUS, source, output)
    assert (report.count(Status.WRITTEN), report.count(Status.FAILED)) == (3, 3)
    assert all("cannot be created" in str(row.reason) for row in report.rows[:3])
    assert (output / PATIENT).read_bytes() == b"in the way"


def test_a_folder_in_place_of_an_output_file_costs_that_file(source: Path, output: Path):
    (output / PATIENT / "slice2.dcm").mkdir(parents=True)
    report = dicomedit.run(ANONYMOUS, source, output)
    assert [row.status for row in report.rows].count(Status.FAILED) == 1
    assert len(files(output)) == 5


# --- what was there before ----------------------------------------------------------------------


@pytest.mark.parametrize("statement", ["reject[]", '(0028,0010) := "many"'])
def test_an_earlier_output_stays_when_there_is_no_new_one(
    source: Path, output: Path, statement: str
):
    dicomedit.run(ANONYMOUS, source, output)
    before = snapshot(output)
    dicomedit.run(V + statement, source, output)
    assert snapshot(output) == before


def test_an_earlier_output_is_replaced_by_a_new_one(source: Path, output: Path):
    dicomedit.run(ANONYMOUS, source, output)
    dicomedit.run(V + '(0010,0010) := "OTHER"', source, output)
    assert names(output) == {"OTHER"}


def test_a_dry_run_writes_nothing(source: Path, output: Path):
    report = dicomedit.run(ANONYMOUS, source, output, dry_run=True)
    assert report.count(Status.WRITTEN) == 6
    assert not output.exists()
    dicomedit.run(ANONYMOUS, source, output)
    before = snapshot(output)
    dicomedit.run(V + '(0010,0010) := "OTHER"', source, output, dry_run=True)
    assert snapshot(output) == before


def test_a_dry_run_finds_what_would_fail(source: Path, output: Path):
    report = dicomedit.run(V + '(0028,0010) := "many"', source, output, dry_run=True)
    assert report.count(Status.FAILED) == 6


def test_nothing_is_touched_when_the_run_cannot_start(source: Path, output: Path):
    before = snapshot(source)
    with pytest.raises(ScriptError):
        dicomedit.run(V + "nosuch[]", source, output)
    with pytest.raises(DicomFileError):
        dicomedit.run(ANONYMOUS, source, source)
    with pytest.raises(DicomFileError):
        dicomedit.run(ANONYMOUS, source, source / "out")
    with pytest.raises(DicomFileError):
        dicomedit.run(ANONYMOUS, output / "missing", output)
    with pytest.raises(ValueError, match="lookup table"):
        dicomedit.run([ANONYMOUS], source, output, lookup=[None, None])
    assert snapshot(source) == before
    assert not output.exists()


def test_a_linked_folder_in_the_output_cannot_lead_back_to_the_input(source: Path, output: Path):
    """OUT/a is IN/b: the result of IN/a/x would replace the input IN/b/x."""
    output.mkdir()
    (output / PATIENT).symlink_to(source / IDENTIFIER)
    before = snapshot(source)
    dicomedit.run(ANONYMOUS, source, output)
    assert snapshot(source) == before


# --- several scripts ----------------------------------------------------------------------------


def test_scripts_are_applied_in_order(source: Path, output: Path):
    first = V + '(0010,0010) := "FIRST"\n(0010,0020) := "ID"'
    second = V + '(0010,0010) := concatenate[(0010,0010), "^SECOND"]'
    report = dicomedit.run([first, second], source, output)
    assert report.count(Status.WRITTEN) == 6
    assert names(output) == {"FIRST^SECOND"}


def test_each_script_has_its_own_lookup_table(source: Path, output: Path):
    script = '{} := lookup["pid", "k"]'
    scripts = [V + script.format("(0010,0010)"), V + script.format("(0010,0020)")]
    tables = [LookupTable.from_text("pid/k = ONE"), {("pid", "k"): "TWO"}]
    dicomedit.run(scripts, source, output, lookup=tables)
    ds = dcmread(output / PATIENT / "slice1.dcm")
    assert (ds.PatientName, ds.PatientID) == ("ONE", "TWO")


def test_one_lookup_table_serves_all_scripts(source: Path, output: Path):
    scripts = [V + f'({tag}) := lookup["pid", "k"]' for tag in ("0010,0010", "0010,0020")]
    dicomedit.run(scripts, source, output, lookup={("pid", "k"): "ONE"})
    ds = dcmread(output / PATIENT / "slice1.dcm")
    assert (ds.PatientName, ds.PatientID) == ("ONE", "ONE")


@pytest.mark.parametrize("second", ["reject[]", '(0028,0010) := "many"'])
def test_no_output_when_any_script_rejects_or_fails(source: Path, output: Path, second: str):
    report = dicomedit.run([ANONYMOUS, V + second], source, output)
    assert files(output) == []
    assert report.count(Status.WRITTEN) == 0


def test_after_a_rejection_the_next_script_is_not_applied(source: Path, output: Path):
    report = dicomedit.run([V + "reject[]", V + 'echo "here"'], source, output)
    assert report.count(Status.REJECTED) == 6
    assert all(row.outcome is not None and row.outcome.echo == () for row in report.rows)


def test_outcomes_of_several_scripts_are_joined(source: Path, output: Path):
    report = dicomedit.run(
        [V + '(0010,0010) := "A"\necho "one"', V + '-(0010,0020)\necho "two"'], source, output
    )
    outcome = report.rows[0].outcome
    assert outcome is not None
    assert outcome.echo == ("one", "two")
    data_set = [change for change in outcome.changes if not change.path.startswith("(0002")]
    assert [(change.path, change.kind) for change in data_set] == [
        ("(0010,0010)", "changed"),
        ("(0010,0020)", "removed"),
    ]


def test_scripts_that_change_nothing_report_nothing(source: Path, output: Path):
    report = dicomedit.run([V + "-(0010,4000)", V + "-(0010,4000)"], source, output)
    assert report.count(Status.UNCHANGED) == 6


def test_no_script_at_all_is_a_mistake_of_the_caller(source: Path, output: Path):
    with pytest.raises(ValueError, match="script"):
        dicomedit.run([], source, output)


# --- state --------------------------------------------------------------------------------------


def test_variables_do_not_leak_from_file_to_file(source: Path, output: Path):
    """The reference gives the second patient the name of the first (quirk 2)."""
    script = V + (
        f'(0010,0020) = "{PATIENT}" ? found := (0010,0010)\n'
        f'(0010,0020) = "{IDENTIFIER}" ? (0010,4000) := found'
    )
    report = dicomedit.run(script, source, output, variables={})
    assert [row.status for row in report.rows] == [Status.UNCHANGED] * 3 + [Status.FAILED] * 3


def test_variables_given_from_outside_are_fresh_for_each_file(source: Path, output: Path):
    script = V + 'x := concatenate[x, "+"]\n(0010,0010) := x'
    given = {"x": "A"}
    dicomedit.run(script, source, output, variables=given)
    assert names(output) == {"A+"}
    assert given == {"x": "A"}


def test_variables_do_not_leak_from_script_to_script(source: Path, output: Path):
    with_set = [V + 'x := "SET"', V + "(0010,0010) := x"]
    report = dicomedit.run(with_set, source, output)
    assert report.count(Status.FAILED) == 6


MAP_UIDS = V + '(0020,000D) := mapUID[(0020,000D), "1.2.3"]'


def studies(folder: Path) -> list[str]:
    return [dcmread(folder / name).StudyInstanceUID for name in files(folder)]


def test_new_uids_are_the_same_for_all_files_and_scripts_of_a_run(source: Path, output: Path):
    other = V + '(0020,000E) := mapUID["x", "1.2.3"]'
    dicomedit.run([MAP_UIDS, other], source, output)
    assert [studies(output).count(uid) for uid in studies(output)] == [3] * 6


def test_new_uids_differ_from_run_to_run(source: Path, output: Path):
    dicomedit.run(MAP_UIDS, source, output)
    first = studies(output)
    dicomedit.run(MAP_UIDS, source, output)
    assert not set(first) & set(studies(output))


def test_a_kept_uid_map_gives_the_same_uids_again(source: Path, output: Path):
    uids = UidMap()
    dicomedit.run(MAP_UIDS, source, output, uid_map=uids)
    first = studies(output)
    again = UidMap.from_rows(uids.rows())
    dicomedit.run(MAP_UIDS, source, output, uid_map=again)
    assert studies(output) == first
    assert len(again) == 2


# --- our own defects ----------------------------------------------------------------------------


@pytest.fixture
def defect(monkeypatch) -> Callable[[Exception], None]:
    """Make reading the second file of a run fail like a programming error."""

    def install(error: Exception) -> None:
        real = batch_program.read_file

        def read_file(path: Path, *more: object):
            if path.name == "slice2.dcm":
                raise error
            return real(path, *more)

        monkeypatch.setattr(batch_program, "read_file", read_file)

    return install


@pytest.mark.parametrize(
    "error", [RuntimeError(CANARY), KeyError(CANARY), AssertionError(), RecursionError(CANARY)]
)
def test_a_defect_costs_one_file_and_shows_no_values(
    source: Path, output: Path, defect, error: Exception
):
    defect(error)
    report = dicomedit.run(ANONYMOUS, source, output)
    assert (report.count(Status.WRITTEN), report.count(Status.FAILED)) == (4, 2)
    failed = [row for row in report.rows if row.status is Status.FAILED]
    assert {row.source.name for row in failed} == {"slice2.dcm"}
    for row in failed:
        assert row.reason == f"{type(error).__name__} in test_run.py [internal-error]"
    assert "CANARY" not in repr(report)
    assert not any(name.endswith("slice2.dcm") for name in files(output))


def test_a_defect_while_writing_leaves_no_part(source: Path, output: Path, monkeypatch):
    def encode(_instance: object) -> list[bytes]:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(batch_program, "encode_instance", encode)
    report = dicomedit.run(ANONYMOUS, source, output)
    assert report.count(Status.FAILED) == 6
    assert files(output) == []


def test_an_interrupt_is_no_defect(source: Path, output: Path, defect):
    defect(KeyboardInterrupt())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        dicomedit.run(ANONYMOUS, source, output)
    assert files(output) == [os.path.join(PATIENT, "slice1.dcm")]


# --- one file -----------------------------------------------------------------------------------


@pytest.fixture
def file(source: Path) -> Path:
    return source / PATIENT / "slice1.dcm"


def test_apply_file_writes_what_apply_makes(file: Path, tmp_path: Path):
    program = dicomedit.compile_script(ANONYMOUS)
    outcome = program.apply_file(file, tmp_path / "out.dcm")
    ds = dcmread(file)
    assert program.apply(ds).changes == outcome.changes
    assert dcmread(tmp_path / "out.dcm") == ds


def test_apply_file_never_writes_over_its_source(file: Path, tmp_path: Path):
    before = file.read_bytes()
    (tmp_path / "link.dcm").symlink_to(file)
    for destination in (file, str(file), tmp_path / "link.dcm"):
        with pytest.raises(DicomFileError, match="the destination is the source itself"):
            dicomedit.compile_script(ANONYMOUS).apply_file(file, destination)
    assert file.read_bytes() == before


def test_apply_file_tells_of_a_missing_file(tmp_path: Path):
    with pytest.raises(DicomFileError, match=r"nothing\.dcm: No such file or directory"):
        dicomedit.compile_script(ANONYMOUS).apply_file(tmp_path / "nothing.dcm", tmp_path / "o")


def test_file_meta_of_the_source_is_kept_on_demand(file: Path, tmp_path: Path):
    ds = dcmread(file)
    ds.file_meta.SourceApplicationEntityTitle = "WARD7"
    ds.save_as(tmp_path / "in.dcm")
    for keep in (False, True):
        options = Options(keep_file_meta=keep)
        dicomedit.run(ANONYMOUS, tmp_path / "in.dcm", tmp_path / "out.dcm", options=options)
        assert ("SourceApplicationEntityTitle" in dcmread(tmp_path / "out.dcm").file_meta) is keep
