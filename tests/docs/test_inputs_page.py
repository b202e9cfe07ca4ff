"""The page about inputs: its commands do what its table says."""

from __future__ import annotations

import shlex
import zipfile
from pathlib import Path
from typing import Any

import examples
import pytest

from dicomedit.cli.main import main
from dicomedit.io import archives

PAGE = examples.ROOT / "docs" / "inputs.md"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch, capsys) -> Path:
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    Path("anon.das").write_text('version "6.6"\n(0010,0010) := "ANON"\n', "utf-8")
    original = Path("dicomedit-demo/original")
    Path("archived").mkdir()
    with zipfile.ZipFile("study.zip", "w") as zipped:
        for path in sorted(original.rglob("*.dcm")):
            zipped.write(path, path.relative_to(original))
    Path("archived/study.zip").write_bytes(Path("study.zip").read_bytes())
    Path("files.txt").write_text("".join(f"{path}\n" for path in original.rglob("*.dcm")))
    capsys.readouterr()
    return tmp_path


def test_commands(folder: Path, capsys):
    lines = [line for _, text in examples.blocks(PAGE, "sh") for line in text.splitlines()]
    for line in lines:
        assert main(shlex.split(line)[1:]) == 0
    assert capsys.readouterr().out.count("6 files: 6 written") == len(lines) == 5
    for name in ("by-pattern", "both", "listed", "unpacked", "opened/study.zip"):
        assert len(list((folder / name).glob("HOSP-*/slice?.dcm"))) == 6, name


def test_python(folder: Path, capsys):
    known: dict[str, Any] = {}
    for _, text in examples.blocks(PAGE, "python"):
        exec(compile(text, "inputs.md", "exec"), known)
    assert capsys.readouterr().out == f"9 files, {folder}/study.zip/HOSP-000456/slice3.dcm\n"


def test_numbers_are_those_of_the_code():
    text = " ".join(PAGE.read_text("utf-8").split())
    assert f"{archives.MAX_MEMBER >> 30} gigabytes for one member" in text
    assert f"{archives.MAX_RATIO} times the size" in text
    assert f"more than {archives.FREE >> 20} megabytes" in text
