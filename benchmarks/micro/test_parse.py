"""From script text to the tree."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from dicomedit.errors import Source
from dicomedit.lang.parser import parse


@pytest.mark.benchmark(group="parse")
def test_parse(benchmark: BenchmarkFixture, job: Path) -> None:
    parsed = benchmark(parse, Source(job.name, job.read_text("utf-8")))
    assert parsed.script.statements
