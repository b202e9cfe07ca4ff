"""`dicomedit send`, `run` to a peer, and `dicomedit receive`, as their users meet them."""

from __future__ import annotations

import importlib.util
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from peers import CANARY, LOCAL, data_set_of, free_port, make_study, peer
from pydicom import dcmread

from dicomedit.cli.main import main

ANONYMOUS = 'version "6.6"\n(0010,0010) := "ANON"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with two patients' images in `in` and a script."""
    make_study(tmp_path / "in")
    (tmp_path / "anon.das").write_text(ANONYMOUS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    try:
        return main(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)


# --- send ---------------------------------------------------------------------------------------


def test_send_counts_what_was_sent(folder: Path, capsys):
    (folder / "in" / "notes.txt").write_text("no DICOM")
    with peer() as archive:
        assert run("send", "in", archive.url) == 0
    assert len(archive.stored) == 6
    assert capsys.readouterr().out == "7 files: 6 sent, 0 failed, 1 skipped\n"


def test_send_goes_on_where_it_ended(folder: Path, capsys):
    with peer() as archive:
        archive.statuses = [0xA700]
        assert run("send", "in", archive.url) == 1
        told = capsys.readouterr()
        assert "the peer refuses it with status A700 (out of resources)" in told.err
        assert run("send", "in", archive.url, "--resume") == 0
        assert "(5 by an earlier run)" in capsys.readouterr().out
    assert len(archive.stored) == 6


def test_a_warning_of_the_peer_is_told(folder: Path, capsys):
    with peer() as archive:
        archive.statuses = [0xB000]
        assert run("send", "in", archive.url) == 0
    told = capsys.readouterr()
    assert "the peer stored it with a warning: B000 (coercion of data elements)" in told.err
    assert "notice in 1 file: peer-warning" in told.err
    assert "6 sent, 0 failed" in told.out


def test_send_says_when_the_peer_is_not_there(folder: Path, capsys):
    url = f"dicom://{LOCAL}:{free_port()}/ARCHIVE"
    assert run("send", "in", url, "--retries", "0") == 1
    told = capsys.readouterr()
    assert "the peer cannot be reached: connection refused" in told.err
    assert "5 files were not done; the same command with --resume goes on from here" in told.err


@pytest.fixture
def press() -> Iterator[Callable[[], None]]:
    """Return what presses Ctrl-C, which this process may have been started to ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: signal.raise_signal(signal.SIGINT)
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


def test_a_peer_that_does_not_answer_is_not_waited_for(folder: Path, capsys, monkeypatch, press):
    from dicomedit.net import sender

    given: list[object] = []

    def store(*all_given: object) -> int:
        given.append(all_given)
        if len(given) == 2:
            press()
            press()
            raise AssertionError("it was waited for")
        return 0

    monkeypatch.setattr(sender, "store", store)
    with peer() as archive:
        assert run("send", "in", archive.url, "--jobs", "1") == 130
    told = capsys.readouterr()
    assert told.out == "1 file: 1 sent, 0 failed, 0 skipped\n"
    advice = "the same command with --resume goes on from here"
    assert told.err == f"interrupted; files already written are complete; {advice}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["in", "dicom://host/"], "error: 'dicom://host/' does not say the title of the peer"),
        (["in", "out"], "error: 'out' is no address of a DICOM peer"),
        (["in"], "one input and one address are needed"),
        (["nothing", "dicom://host/A"], "there is no such file or folder"),
        (["in", "dicom://host/A", "--timeout", "0"], "invalid number of seconds value"),
        (["in", "dicoms://host/A", "--ca-file", "none"], "error: none: the certificate or key"),
        (["in", "dicoms://host/A", "--key", "none"], "of no use without its certificate"),
        (["in", "dicom://host/A", "--resume", "--no-journal"], "--resume needs the journal"),
    ],
)
def test_what_cannot_be_sent_is_refused(folder: Path, capsys, arguments: list[str], words: str):
    assert run("send", *arguments) == 2
    assert words in capsys.readouterr().err


def test_the_missing_extra_is_named(folder: Path, capsys, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for arguments in (
        ("send", "in", "dicom://host/A"),
        ("run", "anon.das", "in", "dicom://host/A"),
        ("receive", "--script", "anon.das", "out"),
    ):
        assert run(*arguments) == 2
        assert 'pip install "dicomedit[net]"' in capsys.readouterr().err


# --- run to a peer ------------------------------------------------------------------------------


def test_run_sends_what_it_would_write(folder: Path, capsys):
    with peer() as archive:
        assert run("run", "anon.das", "in", archive.url) == 0
    assert capsys.readouterr().out.startswith("6 files: 6 sent, 0 sent unchanged")
    assert run("run", "anon.das", "in", "out") == 0
    assert archive.data_sets == {data_set_of(path) for path in (folder / "out").rglob("*.dcm")}
    assert {path.name for path in folder.iterdir()} >= {"anon.das", "in", "out"}
    assert not (folder / "dicom:").exists()


def test_run_sends_nothing_that_failed(folder: Path, capsys):
    broken = sorted((folder / "in").rglob("*.dcm"))[0]
    broken.write_bytes(broken.read_bytes()[:-4])
    with peer() as archive:
        assert run("run", "anon.das", "in", archive.url, "--quarantine", "bad") == 1
        assert len(archive.stored) == 5
        assert run("run", "anon.das", "in", archive.url, "--resume") == 1
        assert len(archive.stored) == 5
    assert len(list((folder / "bad").rglob("*.dcm"))) == 1
    assert CANARY not in capsys.readouterr().err


def test_a_dry_run_sends_nothing(folder: Path, capsys):
    url = f"dicom://{LOCAL}:{free_port()}/ARCHIVE"
    assert run("run", "anon.das", "in", url, "--dry-run") == 0
    assert "changed  (0010,0010)" in capsys.readouterr().out


def test_run_sends_a_single_file(folder: Path):
    (path, *_) = sorted((folder / "in").rglob("*.dcm"))
    with peer() as archive:
        assert run("run", "anon.das", str(path), archive.url, "-q") == 0
    assert archive.instances == [str(dcmread(path).SOPInstanceUID)]


def test_send_reports_what_the_peer_said(folder: Path, monkeypatch):
    looked_at: list[tuple[Path, ...]] = []
    monkeypatch.setattr("dicomedit.net.pairs.survey", lambda *given: looked_at.append(given) or ())
    with peer() as archive:
        assert run("send", "in", archive.url, "--report", "r.jsonl") == 0
    *rows, _summary = [json.loads(line) for line in (folder / "r.jsonl").read_text().splitlines()]
    assert [row["answer"] for row in rows] == ["0000"] * 6
    assert looked_at == [(Path("in"),)]  # and at nothing else on this machine


def test_remap_sends_what_it_would_write(folder: Path, capsys):
    config = '<Columns><Patient remap="New">(0010,0020)</Patient></Columns>'
    (folder / "c.xml").write_text(config, "utf-8")
    assert run("summarize", "c.xml", "in", "-o", "t.csv") == 0
    table = (folder / "t.csv").read_text("utf-8")
    (folder / "t.csv").write_text(table.replace('""', '"NEW"'), "utf-8")
    with peer() as archive:
        assert run("remap", "c.xml", "in", archive.url, "--values", "t.csv", "--resume") == 0
        assert run("remap", "c.xml", "in", archive.url, "--values", "t.csv", "--resume") == 0
    assert len(archive.stored) == 6
    assert run("remap", "c.xml", "in", "out", "--values", "t.csv", "--report", "r.jsonl") == 0
    assert run("verify-report", "r.jsonl", "--unsigned") == 0
    assert archive.data_sets == {data_set_of(path) for path in (folder / "out").rglob("*.dcm")}
    assert not (folder / "dicom:").exists()


# --- receive ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["out"], "a script is needed: --script SCRIPT"),
        (["--script", "anon.das", "out", "more"], "one output is needed"),
        (["--script", "none.das", "out"], "none.das"),
        (["--script", "anon.das", "dicom://host/"], "does not say the title of the peer"),
        (["--script", "anon.das", "--allow-address", "10.0.0.1/8", "out"], "has host bits set"),
        (["--script", "anon.das", "--allow-title", "x" * 17, "out"], "more than 16 characters"),
        (["--script", "anon.das", "--title", "a\\b", "out"], "none of in one"),
        (["--script", "anon.das", "--port", "70000", "out"], "there is no port 70000"),
        (["--script", "anon.das", "--tls", "out"], "TLS needs a certificate and its key"),
        (["--script", "anon.das", "--client-ca-file", "x", "out"], "of no use without --tls"),
        (["--script", "anon.das", "--address", "192.0.2.1", "out"], "cannot listen at 192.0.2.1"),
        (["--script", "anon.das", "anon.das"], "anon.das"),
        (["--script", "anon.das", "--max-associations", "0", "out"], "invalid number value"),
    ],
)
def test_what_cannot_be_begun_is_refused(folder: Path, capsys, arguments: list[str], words: str):
    assert run("receive", *arguments) == 2
    assert words in capsys.readouterr().err


def test_a_receiver_tells_its_end_whatever_is_pressed_then(
    folder: Path, capsys, monkeypatch, press
):
    from dicomedit.cli import receive

    tell = receive._Log.tell

    def pressed(log: receive._Log, line: str) -> None:
        tell(log, line)
        if line.startswith("listening") or line == "ended":
            press()

    monkeypatch.setattr(receive._Log, "tell", pressed)
    given = ("receive", "--script", "anon.das", "--port", str(free_port()), "out")
    assert run(*given) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.splitlines()[-1].endswith(" ended")


@pytest.mark.parametrize("command", ["send", "receive", "run"])
def test_help_speaks_of_addresses(capsys, command: str):
    assert run(command, "--help") == 0
    assert "dicom://" in capsys.readouterr().out
