"""The page about formatting: commands and programs do what it says."""

from __future__ import annotations

import shlex
from pathlib import Path

import examples
import pytest

from dicomedit.authoring.formatting.format import format_script
from dicomedit.cli.main import main

PAGE = examples.ROOT / "docs" / "formatting.md"


def blocks(mark: str) -> list[str]:
    return [text for _, text in examples.blocks(PAGE, mark)]


def test_commands(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rough, fine, bare, named = blocks("das")
    (tmp_path / "study.das").write_text(rough)
    (tmp_path / "tags.das").write_text(f'version "6.6"\n{bare}')
    in_place, check, annotate = (shlex.split(text)[1:] for text in blocks("sh"))
    assert main(check) == 1
    assert main(in_place) == 0
    assert (tmp_path / "study.das").read_text() == fine
    capsys.readouterr()
    assert main(check) == 0
    assert capsys.readouterr() == ("", "")
    assert main(annotate) == 0
    assert (tmp_path / "tags.das").read_text() == f'version "6.6"\n{named}'


def test_python(capsys):
    for program, printed in zip(blocks("python"), blocks("text"), strict=True):
        exec(compile(program, PAGE.name, "exec"), {})
        assert capsys.readouterr().out == printed


@pytest.mark.parametrize("number", [1, 3])
def test_results_do_not_change_again(number: int):
    text = blocks("das")[number]
    assert format_script(text, dialect=6) == text
