"""`dicomedit demo`: a first look, without any data of one's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydicom import dcmread

from dicomedit.cli.main import main
from dicomedit.io.bundled import bundled_script
from dicomedit.io.synthetic import PEOPLE, SLICES

COMMAND = Path(sys.executable).with_name("dicomedit")


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)


def images(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.dcm"))


def test_it_writes_originals_and_results(tmp_path: Path, capsys):
    assert main(["demo", "here"]) == 0
    assert capsys.readouterr().err == ""
    original, cleaned = images(tmp_path / "here/original"), images(tmp_path / "here/cleaned")
    assert len(original) == len(cleaned) == len(PEOPLE) * SLICES
    text = b"".join(path.read_bytes() for path in cleaned)
    for person in PEOPLE:
        for value in (person.name, person.identifier, person.birth_date, person.accession):
            assert value.encode() not in text


def test_it_shows_what_happened(capsys):
    main(["demo", "here"])
    out = capsys.readouterr().out
    assert "one of 6 images, before and after basic-header.das" in out
    assert PEOPLE[0].name in out
    assert "ANON^" in out
    assert f"Run it yourself: dicomedit run {bundled_script('basic-header.das')}" in out


def test_results_are_images_still(tmp_path: Path):
    main(["demo", "here"])
    for before, after in zip(
        images(tmp_path / "here/original"), images(tmp_path / "here/cleaned"), strict=True
    ):
        assert (dcmread(before).pixel_array == dcmread(after).pixel_array).all()


def test_the_folder_has_a_default(tmp_path: Path):
    assert main(["demo"]) == 0
    assert (tmp_path / "dicomedit-demo/cleaned").is_dir()


def test_it_can_be_repeated(tmp_path: Path):
    main(["demo", "here"])
    first = {path: path.read_bytes() for path in images(tmp_path)}
    assert main(["demo", "here"]) == 0
    assert {path: path.read_bytes() for path in images(tmp_path)} == first


@pytest.mark.parametrize("way", ["here", "here/original", "here/cleaned"])
def test_a_file_in_the_way(tmp_path: Path, capsys, way: str):
    (tmp_path / way).parent.mkdir(exist_ok=True)
    (tmp_path / way).write_text("something else")
    assert main(["demo", "here"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: here")
    assert err.count("\n") == 1
    assert (tmp_path / way).read_text() == "something else"


@pytest.mark.slow
def test_the_command():
    result = subprocess.run(
        [COMMAND, "demo", "here"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "The images are in here/original, the edited ones in here/cleaned." in result.stdout
