"""The benchmarks: made-up files, always the same, and programs that run. Nothing is timed."""

from __future__ import annotations

import hashlib
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from pydicom import dcmread
from pydicom.uid import RLELossless

import dicomedit
from dicomedit import Status

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"

SMALL = {
    "ct": {"count": 2, "rows": 8},
    "mr": {"count": 1, "rows": 8, "frames": 3},
    "sr": {"count": 2, "depth": 4},
    "us": {"count": 3, "rows": 12, "frames": 2},
    "siemens": {"count": 2, "rows": 8},
    "big": {"count": 1, "size": 5_000},
    "wide": {"count": 1, "elements": 300},
    "deep": {"count": 1, "depth": 5},
}
JOBS = ("light", "basic-profile")

pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="only in a checkout")

measures = pytest.mark.skipif(not hasattr(os, "wait4"), reason="measuring needs os.wait4")


@pytest.fixture(scope="module")
def modules() -> Iterator[dict[str, ModuleType]]:
    """The benchmarks' modules, which find each other while their folder is on the path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        names = ("corpus", "kinds", "kinds.common", "translate")
        yield {name: importlib.import_module(name) for name in names}


@pytest.fixture
def write_corpus(modules):
    return modules["corpus"].write_corpus


def digests(folder: Path) -> dict[str, str]:
    paths = sorted(folder.iterdir())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def run(script: str, *options: object, **environment: str) -> str:
    """Return what one of the scripts prints; what it complains is told when it fails."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / script), *map(str, options)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- the corpus ---------------------------------------------------------------------------------


def test_each_kind_is_tried_here(modules):
    assert set(modules["kinds"].KINDS) == set(SMALL)


@pytest.mark.parametrize("kind", SMALL)
def test_the_same_words_give_the_same_bytes(write_corpus, tmp_path: Path, kind: str):
    write_corpus(tmp_path / "one", kind, **SMALL[kind])
    write_corpus(tmp_path / "two", kind, **SMALL[kind])
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert len(digests(tmp_path / "one")) == SMALL[kind]["count"]


def test_another_process_writes_the_same_bytes(write_corpus, tmp_path: Path):
    write_corpus(tmp_path / "here", "ct", **SMALL["ct"])
    sizes = ("--count", 2, "--rows", 8)
    run("corpus.py", tmp_path / "there", "--kind", "ct", *sizes, PYTHONHASHSEED="7")
    assert digests(tmp_path / "here") == digests(tmp_path / "there")


@pytest.mark.parametrize("encoding", ["EXPLICIT", "IMPLICIT", "BIG_ENDIAN"])
@pytest.mark.parametrize("kind", SMALL)
def test_pydicom_reads_it_back(modules, write_corpus, tmp_path: Path, kind: str, encoding: str):
    chosen = modules["kinds.common"].Encoding[encoding]
    write_corpus(tmp_path, kind, encoding=chosen, **SMALL[kind])
    for path in tmp_path.iterdir():
        ds = dcmread(path)
        people = {each.identifier: each for each in modules["kinds.common"].PEOPLE}
        assert ds.PatientName == people[ds.PatientID].name
        if ds.file_meta.TransferSyntaxUID != RLELossless:
            assert ds.file_meta.TransferSyntaxUID == chosen.transfer_syntax
        if "PixelData" in ds:
            assert ds.pixel_array.shape[:2] in {
                (ds.Rows, ds.Columns),
                (ds.get("NumberOfFrames"), ds.Rows),
            }


def test_ultrasound_is_compressed_and_not(write_corpus, tmp_path: Path):
    write_corpus(tmp_path, "us", **SMALL["us"])
    syntaxes = [dcmread(path).file_meta.TransferSyntaxUID for path in sorted(tmp_path.iterdir())]
    assert [each == RLELossless for each in syntaxes] == [True, True, False]


def test_ct_has_about_two_hundred_elements(write_corpus, tmp_path: Path):
    write_corpus(tmp_path, "ct", count=1, rows=8)
    ds = dcmread(tmp_path / "ct00000.dcm")
    assert 150 <= sum(1 for _ in ds.iterall()) <= 250


@pytest.mark.parametrize("count", [100, 1_000])
def test_wide_has_as_many_elements_as_asked(write_corpus, tmp_path: Path, count: int):
    write_corpus(tmp_path, "wide", elements=count)
    ds = dcmread(tmp_path / "wide00000.dcm")
    assert abs(sum(1 for _ in ds.iterall()) - count) < 10


@pytest.mark.parametrize("depth", [1, 7])
def test_deep_is_as_deep_as_asked(write_corpus, tmp_path: Path, depth: int):
    write_corpus(tmp_path, "deep", depth=depth)
    level, found = dcmread(tmp_path / "deep00000.dcm"), 0
    while "ContentSequence" in level:
        level, found = level.ContentSequence[0], found + 1
    assert found == depth


@pytest.mark.parametrize(
    ("text", "size"), [("512", 512), ("10KiB", 10 << 10), ("3 MiB", 3 << 20), ("4GiB", 1 << 32)]
)
def test_sizes(modules, text: str, size: int):
    assert modules["corpus"].byte_count(text) == size


# --- the jobs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("kind", SMALL)
def test_each_job_does_each_kind(write_corpus, tmp_path: Path, kind: str, job: str):
    write_corpus(tmp_path / "in", kind, **SMALL[kind])
    script = BENCHMARKS / "jobs" / f"{job}.das"
    report = dicomedit.run(script, tmp_path / "in", tmp_path / "out")
    assert {row.status for row in report.rows} == {Status.WRITTEN}
    for path in (tmp_path / "out").iterdir():
        before, after = dcmread(tmp_path / "in" / path.name), dcmread(path)
        assert str(after.PatientName).startswith("ANON^")
        assert after.get("PixelData") == before.get("PixelData")


@pytest.mark.parametrize("kind", SMALL)
def test_the_profile_leaves_nobody(modules, write_corpus, tmp_path: Path, kind: str):
    write_corpus(tmp_path / "in", kind, **SMALL[kind])
    script = BENCHMARKS / "jobs" / "basic-profile.das"
    dicomedit.run(script, tmp_path / "in", tmp_path / "out")
    for path in (tmp_path / "out").iterdir():
        written = path.read_bytes()
        for person in modules["kinds.common"].PEOPLE:
            assert person.name.encode() not in written
            assert person.identifier.encode() not in written


def test_the_profile_has_as_many_rules_as_the_tables_say(modules):
    translate = modules["translate"]
    text = (BENCHMARKS / "jobs" / "basic-profile.das").read_text("utf-8")
    lines = [line.partition("//")[0].strip() for line in text.splitlines()]
    assert len([line for line in lines if line and not line.startswith("version")]) == 260
    job = translate.read_job(BENCHMARKS / "jobs" / "basic-profile.das")
    assert job.removes_private


def test_the_jobs_of_the_peers_are_up_to_date(modules):
    for path, text in modules["translate"].translations():
        assert path.read_text("utf-8") == text, f"run {BENCHMARKS.name}/translate.py"


# --- the programs -------------------------------------------------------------------------------


@measures
@pytest.mark.slow
def test_compare_prints_its_tables():
    told = run(
        "compare.py", "--runs", 1, "--scale", 0.005, "--corpora", "ct,us,big,start",
        "--peers", "copy,pydicom,dicomedit",
    )  # fmt: skip
    assert "| job | copy | pydicom | dicomedit |" in told
    assert "| 1 CT slices, light edit |" in told
    assert "| 1 CT slices, full basic profile (260 rules) |" in told
    assert "| program | wall seconds | CPU seconds | peak memory, MiB |" in told
    assert "| python -c pass |" in told
    assert "fails" not in told


@measures
@pytest.mark.slow
def test_growth_prints_its_table():
    told = run("growth.py", "--quick", "--runs", 1, "--no-plots", "--series", "size,files")
    assert "| bytes of the file | 10,240 |" in told
    assert "| files | 1 | 10 |" in told


@measures
@pytest.mark.slow
def test_throughput_prints_its_table():
    told = run("throughput.py", "--count", 4, "--runs", 1, "--jobs", "1,2")
    *_, one, two = (line.split("|")[1:-1] for line in told.splitlines())
    assert one[0].strip() == "--jobs 1"
    assert one[-1].strip() == "1.00"
    assert two[0].strip() == "--jobs 2"
    assert float(two[3]) > 0


@measures
@pytest.mark.slow
def test_leftovers_tells_what_is_left():
    told = run("leftovers.py", "--kinds", "ct")
    (ours,) = (line for line in told.splitlines() if "| dicomedit |" in line)
    assert ours.endswith("| 0 | 0 | 0 | 0 |")
