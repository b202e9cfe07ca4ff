"""From script text to the program: parsing, checking, compiling."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import dicomedit


@pytest.mark.benchmark(group="compile")
def test_compile(benchmark: BenchmarkFixture, job: Path) -> None:
    program = benchmark(dicomedit.compile_script, job.read_text("utf-8"))
    assert not program.notices
