"""The page about editors: its commands run, its settings can be read."""

import json
import shlex

import examples
import pytest

from dicomedit.cli.main import main

PAGE = examples.ROOT / "docs" / "editors.md"
COMMANDS = [
    line
    for _, text in examples.blocks(PAGE, "sh")
    for line in text.splitlines()
    if line.startswith("dicomedit")
]


@pytest.mark.parametrize("line", COMMANDS)
def test_commands(line: str, capsys):
    command, _, _ = line.partition(" > ")
    assert main(shlex.split(command)[1:]) == 0
    assert capsys.readouterr().out


def test_there_are_commands():
    assert len(COMMANDS) == 6


def test_settings_for_helix():
    tomllib = pytest.importorskip("tomllib")
    ((_, text),) = examples.blocks(PAGE, "toml")
    assert tomllib.loads(text)["language-server"]["dicomedit"]["args"] == ["lsp"]


def test_the_extension_has_the_settings_that_the_page_names():
    package = json.loads((examples.ROOT / "editors/vscode/package.json").read_text("utf-8"))
    page = PAGE.read_text("utf-8")
    for name in package["contributes"]["configuration"]["properties"]:
        assert f"`{name}`" in page
    assert f"{package['name']}-{package['version']}.vsix" in page
