"""The page about the network: commands are understood, programs run, tables are whole."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import examples
import pytest
from pynetdicom import AE, _config, evt

from dicomedit.cli.main import build_parser, main, parse
from dicomedit.net import destination, sender, statuses
from dicomedit.net.address import CALLING, PORTS
from dicomedit.net.pairs import MOST, SURVEYED

FILE = examples.ROOT / "docs" / "network.md"
PAGE = FILE.read_text("utf-8")


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, list[Any]]]:
    """A peer that takes everything: its port, and what it has got."""
    stored: list[Any] = []

    def store(event: evt.Event) -> int:
        stored.append(event.request)
        return 0

    monkeypatch.setattr(_config, "UNRESTRICTED_STORAGE_SERVICE", True)
    server = AE("ARCHIVE").start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, store)]
    )
    yield server.server_address[1], stored
    server.shutdown()


def test_commands_are_understood():
    lines = [line for _, text in examples.blocks(FILE, "sh") for line in text.splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("dicomedit")]
    assert len(commands) == 7
    for command in commands:
        assert parse(build_parser(command), command).command


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_programs_run(tmp_path: Path, monkeypatch, capsys, archive: tuple[int, list[Any]]):
    port, stored = archive
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    (tmp_path / "dicomedit-demo" / "original").rename(tmp_path / "original")
    capsys.readouterr()
    known: dict[str, Any] = {}
    for _, text in examples.blocks(FILE, "python"):
        exec(compile(text.replace("11112", str(port)), FILE.name, "exec"), known)
    assert capsys.readouterr().out.startswith(str(["0000"] * 6))
    assert len(stored) == 6
    assert len(list((tmp_path / "received").rglob("*.dcm"))) == 6
    assert [row.answer for row in known["report"].rows] == ["0000"] * 6


def _options(command: str, *, until: str, capsys: Any) -> list[str]:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    shown = capsys.readouterr().out.partition(until)[0]
    return re.findall(r"^  (--[\w-]+)", shown, re.MULTILINE)


def test_options_of_send_are_explained(capsys):
    options = _options("send", until="how files are worked through", capsys=capsys)
    assert len(options) == 5
    _check_explained(options, PAGE.partition("## Edit and send")[0])


def test_options_of_receive_are_explained(capsys):
    options = _options("receive", until="what scripts are given", capsys=capsys)
    assert len(options) == 15
    _check_explained([*options, "--journal", "--keep-file-meta"], PAGE.partition("## Receive")[2])


def _check_explained(options: list[str], text: str) -> None:
    for option in options:
        if option != "--script":
            assert re.search(rf"^\|[^|]*`{option}\b", text, re.MULTILINE), option


def test_statuses_are_explained():
    for name in ("OUT_OF_RESOURCES", "NO_MATCH", "NOT_UNDERSTOOD", "EDIT_FAILED", "REJECTED"):
        assert f"| `{getattr(statuses, name):04X}` |" in PAGE
    for status in (statuses.NOT_TAKEN, statuses.DEFECT):
        assert f"| `{status:04X}` |" in PAGE


def test_numbers_are_those_of_the_code():
    pauses = [f"{pause:g}" for pause in sender.PAUSES]
    for words in (
        f"after {', '.join(pauses[:-1])} and {pauses[-1]} seconds",
        f"`--timeout` ({destination.PATIENCE:g} seconds)",
        f"`--retries` times ({destination.RETRIES})",
        f"The port is {PORTS['dicom']}, or {PORTS['dicoms']} with TLS",
        f"room for {MOST} of",
        f"the first {SURVEYED:,} files",
        f"`{CALLING}` unless",
    ):
        assert words in PAGE.replace("\n", " "), words


def test_pictures_are_there_and_show_the_commands():
    names = re.findall(r"!\[.+?\]\((images/\w+\.svg)\)", PAGE)
    assert names == ["images/send.svg", "images/receive.svg"]
    for name in names:
        text = (FILE.parent / name).read_text("utf-8")
        assert f"dicomedit&#160;{Path(name).stem}" in text
        assert "font-face" not in text
