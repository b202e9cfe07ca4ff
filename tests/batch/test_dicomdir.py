"""A new DICOMDIR for the results: complete, readable, and only where names allow it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.fileset import FileSet

import dicomedit
from dicomedit import DicomFileError
from dicomedit.cli.main import main
from dicomedit.io.synthetic import write_study

ANONYMOUS = 'version "6.6"\n(0010,0010) := "ANON"\n(0020,0010) := "1"\n(0020,0011) := "1"'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Images under names as they are on media."""
    for number, path in enumerate(write_study(tmp_path / "study")):
        target = tmp_path / "in" / f"P{number // 3}" / f"IM{number}"
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    return tmp_path / "in"


def listed(folder: Path) -> list[str]:
    found = FileSet(folder / "DICOMDIR")
    paths = sorted(Path(str(each.path)).relative_to(folder).as_posix() for each in found)
    found._stage["t"].cleanup()  # or the garbage collector would, with a warning
    return paths


NAMES = [f"P{number // 3}/IM{number}" for number in range(6)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_are_listed_under_their_names(source: Path, tmp_path: Path, jobs: int):
    (source / "README.TXT").write_text("not listed, since it is skipped")
    dicomedit.run(ANONYMOUS, source, tmp_path / "out", dicomdir=True, jobs=jobs)
    assert listed(tmp_path / "out") == NAMES
    records = dcmread(tmp_path / "out" / "DICOMDIR").DirectoryRecordSequence
    assert {str(r.PatientName) for r in records if "PatientName" in r} == {"ANON"}
    assert [record.DirectoryRecordType for record in records].count("PATIENT") == 2


def test_links_between_records_are_right_when_names_are_short(source: Path, tmp_path: Path):
    dicomedit.run(ANONYMOUS, source, tmp_path / "out", dicomdir=True)
    ds = dcmread(tmp_path / "out" / "DICOMDIR")
    starts = {record.seq_item_tell for record in ds.DirectoryRecordSequence}
    for record in ds.DirectoryRecordSequence:
        assert record.OffsetOfTheNextDirectoryRecord in {0, *starts}
        assert record.OffsetOfReferencedLowerLevelDirectoryEntity in {0, *starts}


def test_a_resumed_run_lists_all(source: Path, tmp_path: Path):
    with dicomedit.iterate(ANONYMOUS, source, tmp_path / "out", resume=True) as rows:
        next(rows)
    dicomedit.run(ANONYMOUS, source, tmp_path / "out", resume=True, dicomdir=True)
    assert listed(tmp_path / "out") == NAMES


@pytest.mark.parametrize("name", ["image.dcm", "lower", "TOOLONGNAME", "A/B/C/D/E/F/G/H/I"])
def test_a_name_that_no_dicomdir_takes_ends_the_run(source: Path, tmp_path: Path, name: str):
    target = source / name
    target.parent.mkdir(parents=True, exist_ok=True)
    (source / "P1" / "IM5").rename(target)
    with pytest.raises(DicomFileError, match="a DICOMDIR cannot name this result"):
        dicomedit.run(ANONYMOUS, source, tmp_path / "out", dicomdir=True)
    assert not (tmp_path / "out" / "DICOMDIR").exists()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("-(0010,0020)", "cannot list this result"),
        ('(0008,0018) := "1.2.3"', "two results have the same SOP Instance UID"),
    ],
)
def test_what_cannot_be_listed_leaves_no_dicomdir(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], script: str, reason: str
):
    path = tmp_path / "script.das"
    path.write_text(f"{ANONYMOUS}\n{script}")
    command = ["run", str(path), str(source), str(tmp_path / "out"), "--dicomdir"]
    assert main(command) == 1
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "out" / "DICOMDIR").exists()
    assert len(list((tmp_path / "out").rglob("IM*"))) == 6
