"""Matching tag paths: where a pattern looks at a level, and what it accepts there."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pytest_benchmark.fixture import BenchmarkFixture

from dicomedit.dicom.paths import Pattern
from dicomedit.lang.parser import parse_path

PATHS = {
    "one tag": "(0020,000D)",
    "every level": "*/(0008,1155)",
    "below a sequence": "(5200,9230)/(0020,9111)/(0018,9074)",
    "wildcards": "*/(0018,9XXX)",
    "two levels of any kind": "././(0008,0100)",
}


Outline = tuple[tuple[int, tuple["Outline", ...]], ...]
"""The tags of one level, each with the outlines of its items."""


def outline(ds: Dataset) -> Outline:
    """Return the tags of a data set without anything else."""
    return tuple(
        (int(element.tag), tuple(map(outline, element.value)) if element.VR == "SQ" else ())
        for element in ds
    )


@pytest.fixture(scope="module")
def enhanced(files: dict[str, Path]) -> Outline:
    """The outline of an enhanced MR: 2,900 elements."""
    return outline(dcmread(files["mr"]))


@pytest.mark.benchmark(group="match")
@pytest.mark.parametrize("text", PATHS.values(), ids=PATHS)
def test_match(benchmark: BenchmarkFixture, enhanced: Outline, text: str) -> None:
    path = parse_path(text)
    assert path is not None
    pattern = Pattern(path)
    assert benchmark(count, pattern, enhanced, pattern.start) > 0


def count(pattern: Pattern, level: Outline, states: frozenset[int]) -> int:
    """Return how many elements a pattern matches, at a level and below it."""
    found = 0
    for tag, items in level:
        found += pattern.accepts(states, tag, None)
        for number, item in enumerate(items):
            inner = pattern.enter(states, tag, None, number)
            if inner:
                found += count(pattern, item, inner)
    return found
