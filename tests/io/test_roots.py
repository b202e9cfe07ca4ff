"""Several inputs: whose tree goes where, each file once, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicomedit import DicomFileError
from dicomedit.io.roots import Inputs, plan_inputs

FILES = ["data/a/1", "data/a/b/2", "data/c/3", "more/a/4", "more/a_1/5", "x/6", "x/7"]

CASES = {
    "one folder": (["data"], ["data/a/1", "data/a/b/2", "data/c/3"]),
    "a relative path": (["data/../data/c"], ["c/3"]),
    "the longest root wins": (["data", "data/a"], ["a/1", "a/b/2", "data/c/3"]),
    "the longest root wins in any order": (["data/a", "data"], ["a/1", "a/b/2", "data/c/3"]),
    "equal last names": (["data/a", "more/a"], ["a/1", "a/b/2", "a_1/4"]),
    "a name that is taken": (["data/a", "more/a_1", "more/a"], ["a/1", "a/b/2", "a_1/5", "a_2/4"]),
    "the same folder twice": (["data/c", "data/c"], ["c/3"]),
    "a file": (["x/6"], ["x/6"]),
    "two files of a folder": (["x/6", "x/7"], ["x/6", "x/7"]),
    "a file twice": (["x/6", "x/../x/6"], ["x/6"]),
    "a file in a folder makes a root": (["data", "data/a/b/2"], ["b/2", "data/a/1", "data/c/3"]),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, "utf-8")
    return tmp_path


@pytest.mark.parametrize(("inputs", "outputs"), CASES.values(), ids=CASES)
def test_outputs(folder, inputs, outputs):
    plan = plan_inputs(Inputs.of(list(map(Path, inputs))), Path("out"))
    jobs = list(plan.jobs)
    assert sorted(str(job.destination) for job in jobs) == [f"out/{each}" for each in outputs]
    assert all(job.source.name == job.destination.name for job in jobs)
    assert plan.count == len(jobs)
    assert len({job.source.resolve() for job in jobs}) == len(jobs)


def test_the_folder_that_is_run_in(folder, monkeypatch):
    monkeypatch.chdir("data")
    plan = plan_inputs(Inputs.of([Path()]), Path("../out"))
    assert len(list(plan.jobs)) == 3


@pytest.mark.parametrize(
    ("inputs", "out"),
    [
        (["data"], "data"),
        (["data"], "data/new"),
        (["data"], "."),
        (["data/a"], "data"),
        (["data", "x"], "data/x"),
        (["data/a/b"], "data/a"),
        (["x/6"], "."),
        (["data"], "linked"),
        (["data"], "x/6"),
    ],
)
def test_no_output_is_an_input(folder, inputs, out):
    Path("linked").symlink_to("data")
    with pytest.raises(DicomFileError):
        plan_inputs(Inputs.of(list(map(Path, inputs))), Path(out))


def test_a_file_may_go_into_a_folder_beside_it(folder):
    (job,) = plan_inputs(Inputs.of([Path("x/6")]), Path("x/out")).jobs
    assert str(job.destination) == "x/out/x/6"
