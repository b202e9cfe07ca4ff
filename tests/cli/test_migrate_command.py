"""`dicomedit migrate`: old scripts become new ones, and are tried on files."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from dicomedit import DicomFileError, compile_script
from dicomedit.batch.verify import differences
from dicomedit.cli.main import main
from dicomedit.lang.lookup import LookupTable

OLD = """// Anonymise
(0010,0010) := "ANON" // the name
(0008,0060) = "CT" : (0008,1030) := "CT-{0}" (0020,0013)
(0010,0020) := site
-(0008,0080)
"""


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    folder = tmp_path / "samples"
    folder.mkdir()
    for name in ("CT_small.dcm", "MR_small.dcm"):
        (folder / name).write_bytes(Path(str(get_testdata_file(name))).read_bytes())
    (folder / "notes.txt").write_text("no DICOM file")
    return folder


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.das"
    path.write_text(OLD)
    return path


def test_the_new_script_is_printed(old: Path, capsys):
    assert main(["migrate", str(old)]) == 0
    text = capsys.readouterr().out
    assert text.startswith('version "6.6"\n// Anonymise\n')
    compile_script(text)


def test_the_new_script_is_written_and_verified(old: Path, samples: Path, tmp_path: Path, capsys):
    new = tmp_path / "new.das"
    given = ["migrate", str(old), "-o", str(new), "--verify", str(samples), "--set", "site=S1"]
    assert main(given) == 0
    assert new.read_text().startswith('version "6.6"\n')
    told = capsys.readouterr()
    assert told.out == ""
    assert "verified on 2 files: no difference" in told.err


def test_a_folder_without_files_is_told(old: Path, tmp_path: Path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["migrate", str(old), "--verify", str(tmp_path / "empty")]) == 0
    assert "there was no DICOM file" in capsys.readouterr().err


def test_the_old_script_is_not_replaced(old: Path, capsys):
    assert main(["migrate", str(old), "-o", str(old)]) == 2
    assert "would replace the old one" in capsys.readouterr().err
    assert old.read_text() == OLD


@pytest.mark.parametrize("text", ['version "6.6"\n-(0010,0010)\n', "(0010,0010) := :=\n"])
def test_what_is_no_old_script_is_an_error_and_nothing_is_written(
    text: str, tmp_path: Path, capsys
):
    (tmp_path / "odd.das").write_text(text)
    assert main(["migrate", str(tmp_path / "odd.das"), "-o", str(tmp_path / "new.das")]) == 2
    assert "odd.das:1:" in capsys.readouterr().err
    assert not (tmp_path / "new.das").exists()


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ('(0010,0010) := "OTHER"', "not the same: (0010,0010)"),
        ("reject[]", "written by the first script, rejected by the second"),
        ('(0028,0010) := "x"', "written by the first script, failed (unfit-value) by the second"),
        ('(0010,0010) := "ANON"', None),
    ],
)
def test_differences_are_told_by_path_without_values(samples: Path, second: str, reason):
    scripts = [
        compile_script(f'version "6.6"\n{text}') for text in ('(0010,0010) := "ANON"', second)
    ]
    found = list(differences(*scripts, samples, variables={}, lookup=LookupTable()))
    assert [path.name for path, _ in found] == ["CT_small.dcm", "MR_small.dcm"]
    assert {None if each is None else each.reason for _, each in found} == {reason}


def test_a_broken_file_ends_the_comparison(samples: Path):
    broken = samples / "A_broken.dcm"
    broken.write_bytes((samples / "CT_small.dcm").read_bytes()[:2000])
    program = compile_script('version "6.6"\n-(0010,0010)')
    with pytest.raises(DicomFileError, match=r"A_broken\.dcm"):
        list(differences(program, program, samples, variables={}, lookup=LookupTable()))
