"""`dicomedit completion`: what shells offer when a person presses the tabulator key."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dicomedit.cli.main import COMMANDS, main

_IN_BASH = """
source completion.sh
COMP_WORDS=({words}); COMP_CWORD={number}
$(complete -p dicomedit | sed 's/.*-F \\([^ ]*\\).*/\\1/') dicomedit "${{COMP_WORDS[$COMP_CWORD]}}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def script(capsys, shell: str) -> str:
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_all_commands_and_options_are_known(capsys, shell: str):
    text = script(capsys, shell)
    for name, summary in COMMANDS.items():
        assert name in text
        assert shell == "bash" or summary in text
    for option in ("resume", "dialect", "newer-versions"):
        assert option in text


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("r", "run"),
        ("run --newer", "--newer-versions"),
        ("run --on-error st", "stop"),
        ("run an", "anon.das"),
        ("run anon.das --lookup sub", "subjects.txt"),
        ("functions --dialect ", "4"),
    ],
)
def test_bash(tmp_path: Path, capsys, typed: str, offered: str):
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    (tmp_path / "completion.sh").write_text(script(capsys, "bash"), "utf-8")
    for name in ("anon.das", "subjects.txt"):
        (tmp_path / name).touch()
    words = ["dicomedit", *typed.split(" ")]
    quoted = " ".join(f"'{word}'" for word in words)
    code = _IN_BASH.format(words=quoted, number=len(words) - 1)
    result = subprocess.run(
        ["bash", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert offered in result.stdout.split(), result.stderr


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_can_read_it(tmp_path: Path, capsys, shell: str):
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    path = tmp_path / "completion"
    path.write_text(script(capsys, shell), "utf-8")
    result = subprocess.run(
        [shell, "-n", path], capture_output=True, text=True, check=False, timeout=60
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_fish_offers_commands(tmp_path: Path, capsys):
    if shutil.which("fish") is None:
        pytest.skip("there is no fish")
    (tmp_path / "completion.fish").write_text(script(capsys, "fish"), "utf-8")
    code = "source completion.fish; complete -C 'dicomedit mig'"
    result = subprocess.run(
        ["fish", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert result.stdout.split("\t")[0] == "migrate", result.stderr


def test_without_shtab(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 2
    assert 'pip install "dicomedit[completion]"' in capsys.readouterr().err


def test_the_server_without_pygls(monkeypatch, capsys):
    for name in [*sys.modules]:
        if name.split(".")[0] in ("pygls", "lsprotocol") or name == "dicomedit.lsp.server":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "lsprotocol", None)
    assert main(["lsp"]) == 2
    assert 'pip install "dicomedit[lsp]"' in capsys.readouterr().err
