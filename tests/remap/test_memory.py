"""What a summary keeps does not grow with the number of files."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import archive
import pytest

import dicomedit
from dicomedit import DicomFileError
from dicomedit.batch import survey as module
from dicomedit.batch.survey import survey
from dicomedit.io.roots import Inputs
from dicomedit.remap.config import read_config
from dicomedit.remap.reading import Header, HeaderReader
from dicomedit.remap.summary import Summary
from dicomedit.remap.xml_tree import parse


@pytest.fixture
def summary() -> Summary:
    return Summary.of(read_config(parse("c.xml", archive.CONFIG, hides_values=False)))


def headers(summary: Summary, count: int) -> Iterator[Header]:
    for number in range(count):
        values = tuple(f"{number % 20} of {place}" for place in range(len(summary.paths)))
        yield Header(Path(f"in/{number}"), values)


def kept_of(summary: Summary, count: int) -> int:
    """Return how many bytes more a summary keeps, of what it was given and has made of it.

    What others allocate meanwhile does not count: other threads, nor the table of interned texts,
    which every path adds to, and which the interpreter enlarges by megabytes once in a while.
    """
    tracemalloc.start()
    try:
        for header in headers(summary, count):
            summary.add(header)
        gc.collect()
        found = tracemalloc.take_snapshot()
    finally:
        tracemalloc.stop()
    package = f"{Path(dicomedit.__file__).parent}/*"
    places = [tracemalloc.Filter(True, file) for file in (__file__, package)]
    return sum(each.size for each in found.filter_traces(places).traces)


def test_one_row_is_kept_for_many_files(summary):
    for header in headers(summary, 20):
        summary.add(header)
    assert kept_of(summary, 5_000) < 10_000  # a row for each would be megabytes
    assert len(summary) == 20


@pytest.mark.parametrize("jobs", [1, 2])
def test_files_are_not_listed_far_ahead(tmp_path, jobs, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 2)
    path = archive.write(tmp_path / "in/1", PatientID="A")
    taken = told = 0

    def files() -> Iterator[Path]:
        nonlocal taken
        for _ in range(40):
            taken += 1
            yield path

    for header in survey(HeaderReader(()), files(), jobs=jobs):
        told += 1
        assert header.error is None
        assert taken - told <= 2 * (3 * jobs + 2)
    assert told == 40


def test_a_process_that_is_killed_ends_the_command_with_a_reason(tmp_path, monkeypatch):
    class Pool:
        def __init__(self, *_: object, **__: object) -> None:
            self.is_closed = False

        def submit(self, *_: object) -> Future:
            future: Future = Future()
            future.set_exception(BrokenProcessPool())
            return future

        def shutdown(self, **_: object) -> None:
            self.is_closed = True

    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", Pool)
    monkeypatch.setattr(module, "CHUNK", 1)
    paths = [archive.write(tmp_path / f"{number}") for number in range(3)]
    found = survey(HeaderReader(()), paths, jobs=2)
    assert next(found).error is None
    with pytest.raises(DicomFileError, match=r"1: a process that read this file, or one after"):
        list(found)


def test_inputs_are_found_as_they_are_asked_for(tmp_path):
    for name in ("a/1", "b/2"):
        archive.write(tmp_path / name)
    found = Inputs.of([tmp_path / "a", tmp_path / "b"]).find()
    assert next(found).name == "1"
    (tmp_path / "b/3").write_bytes((tmp_path / "b/2").read_bytes())
    assert [path.name for path in found] == ["2", "3"]
