"""`dicomedit format`: what it writes, what it prints, its exit statuses."""

from __future__ import annotations

import io
import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from dicomedit.cli.main import main

ROUGH = 'version "6.6"\r\n(0010,0010):="A"//name\r\n'
FINE = 'version "6.6"\n(0010,0010) := "A"  //name\n'


@pytest.fixture
def rough(tmp_path: Path) -> Path:
    path = tmp_path / "rough.das"
    path.write_bytes(ROUGH.encode())
    return path


@pytest.fixture
def fine(tmp_path: Path) -> Path:
    path = tmp_path / "fine.das"
    path.write_bytes(FINE.encode())
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.das"
    path.write_text('version "6.6"\n(0010,0010) := \n')
    return path


def give(monkeypatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))


def test_in_place(rough: Path, fine: Path, capsys):
    before = fine.stat()
    assert main(["format", str(rough), str(fine)]) == 0
    assert rough.read_bytes() == FINE.encode()
    assert capsys.readouterr() == ("", f"formatted: {rough}\n")
    assert (fine.stat().st_ino, fine.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
@pytest.mark.parametrize("mode", [0o600, 0o666, 0o750])
def test_permissions_and_links_stay(rough: Path, mode: int):
    rough.chmod(mode)
    link = rough.with_name("link.das")
    link.symlink_to(rough.name)
    assert main(["format", str(link)]) == 0
    assert link.is_symlink()
    assert rough.read_bytes() == FINE.encode()
    assert stat.S_IMODE(rough.stat().st_mode) == mode
    assert sorted(path.name for path in rough.parent.iterdir()) == ["link.das", "rough.das"]


def test_check(rough: Path, fine: Path, capsys):
    assert main(["format", "--check", str(fine)]) == 0
    assert main(["format", "--check", str(rough), str(fine)]) == 1
    assert capsys.readouterr() == ("", f"would change: {rough}\n")
    assert rough.read_bytes() == ROUGH.encode()


def test_diff(rough: Path, fine: Path, capsys):
    assert main(["format", "--diff", str(rough), str(fine)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [f"--- {rough}", f"+++ {rough} (formatted)"]
    assert '+(0010,0010) := "A"  //name' in lines
    assert main(["format", "--check", "--diff", str(rough)]) == 1
    assert rough.read_bytes() == ROUGH.encode()


def test_diff_tells_of_a_missing_line_end(tmp_path: Path, capsys):
    (tmp_path / "a.das").write_text("echo")
    assert main(["format", "--diff", str(tmp_path / "a.das")]) == 0
    assert capsys.readouterr().out.endswith("-echo\n\\ No newline at end of file\n+echo\n")


def test_standard_input(monkeypatch, capsys):
    give(monkeypatch, ROUGH.replace("A", "\u00c4").encode())
    assert main(["format", "-"]) == 0
    assert capsys.readouterr() == (FINE.replace("A", "\u00c4"), "")


def test_annotate(fine: Path):
    assert main(["format", "--annotate", str(fine)]) == 0
    assert fine.read_text() == FINE.replace("//name", "//name // Patient's Name")


def test_dialect(tmp_path: Path, capsys):
    path = tmp_path / "a.das"
    path.write_text('(0010,0010)?="A"')
    assert main(["format", "--dialect", "4", str(path)]) == 2
    assert "a.das:1:12" in capsys.readouterr().err
    assert main(["format", "--dialect", "6", str(path)]) == 0
    assert path.read_text() == '(0010,0010) ?= "A"\n'


def test_what_cannot_be_parsed_is_told_and_the_others_are_formatted(
    broken: Path, rough: Path, capsys
):
    text = broken.read_bytes()
    assert main(["format", str(broken), str(rough)]) == 2
    assert f"{broken}:2:" in capsys.readouterr().err
    assert broken.read_bytes() == text
    assert rough.read_bytes() == FINE.encode()


def test_what_cannot_be_read_is_told(tmp_path: Path, monkeypatch, capsys):
    (tmp_path / "latin.das").write_bytes(b'version "6.6"\n// \xe4\n')
    give(monkeypatch, b"\xff")
    names = [str(tmp_path / "latin.das"), str(tmp_path / "none.das"), str(tmp_path), "-"]
    assert main(["format", *names]) == 2
    told = capsys.readouterr().err
    assert "latin.das" in told and "none.das" in told and "<standard input>" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("given", [[], ["--dialect", "5", "a.das"], ["--chek", "a.das"]])
def test_wrong_arguments(given: list[str], capsys):
    with pytest.raises(SystemExit) as left:
        main(["format", *given])
    assert left.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
