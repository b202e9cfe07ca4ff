"""The page about the confidentiality profile: its commands run, its options are all there are."""

import shlex

import examples
import pytest

from dicomedit.cli.main import main
from dicomedit.profiles.confidentiality import OPTIONS

PAGE = examples.ROOT / "docs" / "profile.md"
COMMANDS = [line for _, text in examples.blocks(PAGE, "sh") for line in text.splitlines()]


@pytest.mark.parametrize("line", COMMANDS)
def test_commands(line: str, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "anon.das").write_text('version "6.6"\n-*/(0010,0030)\n', "utf-8")
    assert main(shlex.split(line)[1:]) == 1
    assert "Patient&#x27;s" in (out := capsys.readouterr().out) or "Patient's" in out


def test_all_options_are_named():
    page = PAGE.read_text("utf-8")
    assert COMMANDS
    for option in OPTIONS:
        assert f"`{option}`" in page
