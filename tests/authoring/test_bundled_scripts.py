"""The ready-made scripts pass their own tests, which leave nothing of them out."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicomedit.authoring.testing.cases import read_cases
from dicomedit.authoring.testing.coverage_report import reports
from dicomedit.authoring.testing.run_cases import Runner

SCRIPTS = sorted((Path(__file__).parents[2] / "scripts").glob("*.das"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_its_tests_pass_and_reach_all_of_it(script: Path):
    runner = Runner(counting=True)
    for case in read_cases(script.with_suffix(".test.toml")):
        assert runner.run(case).failures == (), case.name
    (report,) = reports(runner.coverages)
    assert [(place.text, place.missed) for place in report.places if place.missed] == []
