"""One file from disk to disk, with a program that is compiled already."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import dicomedit


@pytest.mark.benchmark(group="one file")
@pytest.mark.parametrize("kind", ["ct", "mr", "sr", "siemens"])
def test_one_file(
    benchmark: BenchmarkFixture, files: dict[str, Path], job: Path, kind: str, tmp_path: Path
) -> None:
    program = dicomedit.compile_script(job)
    outcome = benchmark(program.apply_file, files[kind], tmp_path / "out.dcm")
    assert outcome.changes
