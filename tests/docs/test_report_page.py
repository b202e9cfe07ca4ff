"""The page about reports: its commands and programs do what it says, its tables are complete."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import examples
import pytest

from dicomedit.batch.report_formats import COLUMNS
from dicomedit.cli.main import main

PAGE = examples.ROOT / "docs" / "report.md"
TEXT = PAGE.read_text("utf-8")
NAMES = re.findall(r"`([\w-]+)`(?=[^|\n]*\|[^|\n]*\|$)", TEXT, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch, capsys) -> Path:
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    ((_, script),) = examples.blocks(PAGE, "das")
    Path("anon.das").write_text(script, "utf-8")
    capsys.readouterr()
    return tmp_path


def test_commands(folder: Path, capsys):
    lines = [line for _, text in examples.blocks(PAGE, "sh") for line in text.splitlines()]
    for line in lines:
        assert main(shlex.split(line)[1:]) == 0, line
    out = capsys.readouterr().out
    assert len(lines) == 7
    assert out.count("6 results as reported, nothing is missing, changed or extra") == 3
    assert out.count("signature valid") == 1


def test_python(folder: Path, capsys):
    known: dict[str, Any] = {}
    for _, text in examples.blocks(PAGE, "python"):
        exec(compile(text, "report.md", "exec"), known)
    assert capsys.readouterr().out == "written 1\n" * 6


def test_every_field_is_explained():
    assert {name for name, _ in COLUMNS} | {"uids"} <= set(NAMES)


def test_every_code_is_explained():
    assert codes() <= set(NAMES)
    assert len(codes()) > 12


def codes() -> set[str]:
    """Return what is given to errors about files as their code, or stands in their classes."""
    found = set()
    for path in (examples.ROOT / "dicomedit").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "code":
                found |= texts_in(node.value)
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
                found |= texts_in(node.value)
    return found


def texts_in(node: ast.expr) -> set[str]:
    constants = (each for each in ast.walk(node) if isinstance(each, ast.Constant))
    return {each.value for each in constants if isinstance(each.value, str)}


def test_every_option_is_explained(capsys):
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    shown = capsys.readouterr().out.partition("the report (for auditors)")[2]
    options = re.findall(r"^  (--[\w-]+)", shown.partition("how files are")[0], re.MULTILINE)
    assert len(options) == 5
    for option in options:
        assert re.search(rf"^\| `{option}\b", TEXT, re.MULTILINE), option
