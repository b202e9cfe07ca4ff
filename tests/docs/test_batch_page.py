"""The page about many files: commands and programs do what they say, without Prefect or Airflow."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import examples
import pytest

from dicomedit.batch import run, work
from dicomedit.cli.main import main

PAGE = (examples.ROOT / "docs" / "batch.md").read_text("utf-8")


def blocks(mark: str) -> list[str]:
    return [text for _, text in examples.blocks(examples.ROOT / "docs" / "batch.md", mark)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch, capsys) -> Path:
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    (tmp_path / "anon.das").write_text(blocks("das")[0], "utf-8")
    capsys.readouterr()
    return tmp_path


def test_commands(folder: Path, capsys):
    lines = [line for text in blocks("sh") for line in text.splitlines()]
    assert len(lines) == 3
    for line in lines:
        assert main(shlex.split(line)[1:]) == 0
    out = capsys.readouterr().out
    assert out.count("6 files: 6 written") == 3
    assert out.count("(6 by an earlier run)") == 2
    assert (folder / "cleaned.dicomedit-journal").exists()
    assert not (folder / "cleaned.dicomedit-uids").exists()


def decorated(*given: Any, **_options: Any) -> Callable[..., Any]:
    """Stand for any of their decorators, with or without arguments: change nothing."""
    return given[0] if given else decorated


@pytest.fixture
def pipelines(monkeypatch):
    """Modules with the names that the examples import."""
    for name in ("prefect", "airflow", "airflow.decorators"):
        module = ModuleType(name)
        for each in ("flow", "task", "dag"):
            setattr(module, each, decorated)
        monkeypatch.setitem(sys.modules, name, module)


def test_python(folder: Path, pipelines: None, capsys):
    known: dict[str, Any] = {}
    for text in blocks("python"):
        exec(compile(text, "batch.md", "exec"), known)
    out = capsys.readouterr().out.splitlines()
    assert out[:6] == [f"slice{n}.dcm written " for n in (1, 2, 3, 1, 2, 3)]
    assert out[6:] == ["6 of 6", "6 files to upload"]
    for name in ("in-python", "nightly", "daily"):
        assert len(list((folder / name).rglob("*.dcm"))) == 6


def test_every_option_is_explained(capsys):
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    shown = capsys.readouterr().out.partition("how files are worked through")[2]
    options = re.findall(r"^  (--[\w-]+)", shown, re.MULTILINE)
    assert len(options) == 9
    for option in options:
        assert re.search(rf"^\| `{option}\b.*` \| `\w+=.*` \|", PAGE, re.MULTILINE), option


def test_numbers_are_those_of_the_code():
    assert f"at most {run.FEW_FILES} files and {run.FEW_BYTES >> 20} megabytes" in PAGE
    assert "after {:g}, {:g} and {:g} seconds".format(*work.PAUSES) in PAGE
