"""The page about checking: its commands print what it shows."""

from __future__ import annotations

import re
import shlex

import examples
import pytest

from dicomedit.cli.main import main

PAGE = (examples.ROOT / "docs" / "checking.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)[ ]?(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def blocks(mark: str) -> list[tuple[str, str]]:
    return [(name, text) for kind, name, text in BLOCKS if kind == mark]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in blocks("das"):
        (tmp_path / f"{name or 'study'}.das").write_text(text, "utf-8")
    return tmp_path


def test_commands(folder, capsys):
    first, second, third = (shlex.split(text)[1:] for _, text in blocks("sh"))
    assert main(first) == 1
    assert capsys.readouterr().out == blocks("text")[0][1]
    assert main(second) == 0
    assert capsys.readouterr().out == "no findings\n"
    assert main(third) == 1
    assert capsys.readouterr().out.count("::warning file=study.das,") == 4


def test_comments_take_findings_back(folder, capsys):
    assert main(["check", "ignored.das"]) == 0
    assert capsys.readouterr().out == "no findings\n"


def test_python(capsys):
    ((_, text),) = blocks("python")
    exec(compile(text, "checking.md", "exec"), {})
    assert capsys.readouterr().out == "study.das:2:2 warning unknown-element\n"


def test_every_option_is_explained(capsys):
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    for option in set(re.findall(r"^  (--[\w-]+)", capsys.readouterr().out, re.MULTILINE)):
        assert f"`{option}" in PAGE, option
