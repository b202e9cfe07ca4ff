"""The README's examples do what they say, in the order in which they stand."""

import re
import shlex
from pathlib import Path

import pytest

from dicomedit.cli.main import main

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [text for language, text in BLOCKS if language == kind]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in which the first command of the README has been typed."""
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    (tmp_path / "anon.das").write_text(blocks("das")[0], "utf-8")
    (tmp_path / "subjects.txt").write_text(blocks("text")[0], "utf-8")
    return tmp_path


def test_commands(folder, capsys):
    commands = [line for text in blocks("sh") for line in text.splitlines()]
    runs = [line for line in commands if line.startswith("dicomedit ")]
    assert runs
    for line in runs:
        assert main(shlex.split(line)[1:]) == 0
    assert "6 files: 6 written" in capsys.readouterr().out
    assert len(list((folder / "cleaned").rglob("*.dcm"))) == 6


def test_python(folder, capsys):
    for text in blocks("python"):
        exec(compile(text, "README.md", "exec"), {})
    out = capsys.readouterr().out.splitlines()[-2:]
    assert out == [
        "ANON^1 ['(0010,0010)', '(0020,000D)', '(0010,1040)']",
        "['written', 'written', 'written', 'rejected', 'rejected', 'rejected']",
    ]


def test_set_up_commands_are_those_of_the_checks():
    checks = (Path(__file__).parents[1] / ".ci" / "run").read_text("utf-8")
    assert "-m pytest -n auto" in checks
    assert "-m pytest -n auto" in README


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (Path(__file__).parents[1] / target).exists(), target
