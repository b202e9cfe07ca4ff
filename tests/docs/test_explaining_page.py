"""The page about explanations: commands and programs print what it says."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import examples
import pytest
from pydicom.data import get_testdata_file

from dicomedit.cli.main import main

PAGE = examples.ROOT / "docs" / "explaining.md"


def blocks(mark: str) -> list[str]:
    return [text for _, text in examples.blocks(PAGE, mark)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("study.das").write_text(blocks("das")[0])
    Path("subjects.txt").write_text("pid/1CT1 = SUBJ-001\n")
    shutil.copy(str(get_testdata_file("CT_small.dcm")), "image.dcm")


@pytest.mark.parametrize("number", [0, 1])
def test_commands(number: int, capsys):
    assert main(shlex.split(blocks("sh")[number])[1:]) == 0
    assert capsys.readouterr() == (blocks("text")[number], "")


def test_python(capsys):
    (program,) = blocks("python")
    exec(compile(program, PAGE.name, "exec"), {})
    assert capsys.readouterr().out == blocks("text")[2]
