"""The page about tests of scripts: files are written, commands run, outputs compared."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import examples
import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from dicomedit.authoring.testing import cases
from dicomedit.cli.main import main

PAGE = examples.ROOT / "docs" / "testing-scripts.md"


def blocks(mark: str) -> list[str]:
    return [text for _, text in examples.blocks(PAGE, mark)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a reader who follows the page has, and an image of the patient."""
    monkeypatch.chdir(tmp_path)
    Path("anon.das").write_text(blocks("das")[0], "utf-8")
    Path("subjects.txt").write_text("pid/4711 = SUBJ-001\n", "utf-8")
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, "1.2.3"
    ds.PatientID, ds.PatientBirthDate, ds.Modality = "4711", "19610314", "CT"
    ds.private_block(0x19, "ACME", create=True).add_new(1, "LO", "x")
    Path("in").mkdir()
    ds.save_as("in/image.dcm", enforce_file_format=True)
    return tmp_path


def test_commands(folder: Path, capsys):
    first, failing = blocks("toml")
    passed, failed, coverage, fired = blocks("text")
    test, test_private, test_coverage, run, by_pytest = (text.strip() for text in blocks("sh"))

    def printed(command: str, status: int) -> str:
        assert main(shlex.split(command)[1:]) == status
        return capsys.readouterr().out

    Path("anon.test.toml").write_text(first, "utf-8")
    assert printed(test, 0) == passed
    Path("private.test.toml").write_text(failing, "utf-8")
    assert printed(test_private, 1) == failed
    assert printed(test_coverage, 0) == coverage
    assert printed(run, 0) == ""
    assert Path("fired.txt").read_text("utf-8") == fired
    assert by_pytest == "pytest anon.test.toml"


def test_python(folder: Path, capsys):
    (text,) = blocks("python")
    exec(compile(text, PAGE.name, "exec"), {})
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "4 false"
    assert "9 edit" in out


def test_every_key_is_explained_and_no_other():
    text = PAGE.read_text("utf-8").partition("## The file")[2]
    explained = set(re.findall(r"^\| `(?:\[\[)?(\w+)(?:\]\])?`", text, re.MULTILINE))
    assert explained == {*cases.FILE_KEYS, *cases.CASE_KEYS}
    starred = set(re.findall(r"^\| `(\w+)`\*", text, re.MULTILINE))
    assert starred == set(cases.SHARED)
