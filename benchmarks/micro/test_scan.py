"""Finding all elements of a file, and proving that none is missed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from dicomedit.dicom.lookout import Lookout
from dicomedit.io.read import locate_elements


@pytest.mark.benchmark(group="scan")
@pytest.mark.parametrize("kind", ["ct", "mr", "sr", "siemens"])
def test_scan(benchmark: BenchmarkFixture, files: dict[str, Path], kind: str) -> None:
    data = files[kind].read_bytes()
    file = benchmark(locate_elements, data, kind)
    assert len(file.root.tags()) > 10


@pytest.mark.benchmark(group="scan")
@pytest.mark.parametrize("kind", ["ct", "mr", "sr", "siemens"])
def test_scan_after_others(benchmark: BenchmarkFixture, files: dict[str, Path], kind: str) -> None:
    """As in the middle of a run over a series: this is what the templates of headers save."""
    data, lookout = files[kind].read_bytes(), Lookout()
    for _ in range(3):
        locate_elements(data, kind, lookout)
    file = benchmark(locate_elements, data, kind, lookout)
    assert len(file.root.tags()) > 10
