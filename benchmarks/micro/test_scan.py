"""Finding all elements of a file, and proving that none is missed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from dicomedit.io.read import locate_elements


@pytest.mark.benchmark(group="scan")
@pytest.mark.parametrize("kind", ["ct", "mr", "sr", "siemens"])
def test_scan(benchmark: BenchmarkFixture, files: dict[str, Path], kind: str) -> None:
    data = files[kind].read_bytes()
    file = benchmark(locate_elements, data, kind)
    assert len(file.root.tags()) > 10
