"""`dicomedit run --layout`, as its users meet it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dicomedit.cli.main import main
from dicomedit.io.synthetic import write_study

SCRIPT = 'version "6.6"\n(0010,0010) := "ANON"\n'


@pytest.fixture
def cli(tmp_path: Path, monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.chdir(tmp_path)
    write_study(tmp_path / "in")
    (tmp_path / "s.das").write_text(SCRIPT)

    def call(*arguments: str) -> tuple[int, str, str]:
        try:
            status = main(["run", "s.das", *arguments])
        except SystemExit as exit:
            status = int(exit.code or 0)
        return (status, *capsys.readouterr())

    return call


def test_a_pattern_that_cannot_be_used(cli, tmp_path: Path):
    status, out, err = cli("in", "out", "--layout", "{PatientID}/{SOPInstanceUid}.dcm")
    assert (status, out) == (2, "")
    assert err.splitlines() == [
        "error[bad-layout]: there is no element with this keyword",
        " --> layout:1:14",
        "  |",
        "1 | {PatientID}/{SOPInstanceUid}.dcm",
        "  |              ^^^^^^^^^^^^^^",
        "  = help: did you mean SOPInstanceUID?",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "s.das"]


def test_collisions(cli, tmp_path: Path):
    status, out, err = cli("in", "out", "--layout", "flat", "--jobs", "1")
    assert status == 1
    assert "3 written, 0 unchanged, 0 rejected, 3 failed" in out
    assert err.count("another input has a result with the same name") == 3
    assert [path.name for path in sorted((tmp_path / "out").iterdir())] == [
        f"slice{number}.dcm" for number in (1, 2, 3)
    ]


def test_a_single_file_twice(cli):
    for _ in range(2):
        single = cli("in/HOSP-000123/slice1.dcm", "out", "--layout", "{SOPInstanceUID}.dcm")
        assert single == (
            0,
            "1 file: 1 written, 0 unchanged, 0 rejected, 0 failed, 0 skipped\n",
            "",
        )


@pytest.mark.parametrize(
    ("destination", "words"),
    [
        ("dicom://localhost:1/PEER", "a folder of this machine only"),
        ("s3://bucket/out", "a folder of this machine only"),
        ("result.dcm", "a layout needs a folder"),
    ],
)
def test_outputs_that_a_layout_cannot_name(cli, destination: str, words: str):
    status, out, err = cli("in/HOSP-000123/slice1.dcm", destination, "--layout", "{SOPInstanceUID}")
    assert (status, out) == (2, "")
    assert words in err


def test_a_dry_run_shows_names(cli, tmp_path: Path):
    status, out, _ = cli("in", "out", "--layout", "{Modality}/{SOPInstanceUID}.dcm", "--dry-run")
    assert status == 0
    assert out.count(" -> out/CT/2.25.") == 6
    assert not (tmp_path / "out").exists()
