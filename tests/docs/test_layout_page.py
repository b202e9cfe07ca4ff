"""The page about names of results: its commands and its program do what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import examples
import pytest

from dicomedit.cli.main import main
from dicomedit.io.file_names import LONGEST_NAME, LONGEST_VALUE

PATH = examples.ROOT / "docs" / "layout.md"


def blocks(mark: str) -> list[str]:
    return [text for _, text in examples.blocks(PATH, mark)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch, capsys) -> Path:
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    (tmp_path / "anon.das").write_text(blocks("das")[0], "utf-8")
    capsys.readouterr()
    return tmp_path


def test_the_page(folder: Path, capsys):
    mirrored, named = (shlex.split(text)[1:] for text in blocks("sh"))
    notice, printed = blocks("text")
    assert main(mirrored) == 0
    assert capsys.readouterr().err == notice
    assert main(named) == 0
    assert capsys.readouterr().err == ""
    shape = re.compile(r"trial/20240229-2\.25\.\d+/2\.25\.\d+\.dcm")
    results = [path.relative_to("named") for path in Path("named").rglob("*.dcm")]
    assert len(results) == 6
    assert all(shape.fullmatch(path.as_posix()) for path in results)
    assert Path("named.dicomedit-names").exists()
    known: dict[str, Any] = {}
    (program,) = blocks("python")
    exec(compile(program, "layout.md", "exec"), known)
    assert capsys.readouterr().out == printed


def test_numbers_are_those_of_the_code():
    page = PATH.read_text("utf-8")
    assert f"more than {LONGEST_VALUE} bytes" in page
    assert f"more than {LONGEST_NAME} bytes" in page
