"""Coverage: what is counted in both dialects, over several processes, and how it is told."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from pydicom import Dataset

import dicomedit
from dicomedit import EvaluationError, Program, compile_script
from dicomedit.authoring.testing.coverage_report import as_json, as_text, reports
from dicomedit.io.synthetic import write_study
from dicomedit.lang.coverage import Event

SCRIPT_6 = """version "6.6"
(0008,0060) = "CT" ? (0008,1030) := "CT" : (0008,1030) := "other"
if ((0010,0020) ~ "1.*") {
    -(0010,0030)
} elseif (isPresent[(0010,1000)]) {
    echo "x"
} else {
    v := "y"
}
-*/(0010,1040)
*/(0010,1001) ?= ""
hashUIDList[*/(0008,0018)]
reject[isPresent[(0010,4000)]]
removeAllPrivateTags
"""

SCRIPT_4 = """v := "a"
w := "b"
(0008,0060) = "CT" : (0010,0020) = "1" : (0008,1030) := v
-(0010,1040)
(0020,000D) := new UID
echo "x"
"""


def missed(program: Program) -> list[tuple[str, str | None]]:
    assert program.coverage is not None
    return [
        (place.text, place.missed)
        for report in reports([program.coverage])
        for place in report.places
        if place.missed
    ]


def data_set(**elements: str) -> Dataset:
    ds = Dataset()
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return ds


def test_what_is_missed_in_dialect_6():
    program = compile_script(SCRIPT_6, coverage=True)
    program.apply(data_set(Modality="CT", PatientID="1", SOPInstanceUID="1.2"))
    assert missed(program) == [
        ('(0008,0060) = "CT"', "never false"),
        ('(0008,1030) := "other"', "never carried out"),
        ('(0010,0020) ~ "1.*"', "never false"),
        ("-(0010,0030)", "never edited an element"),
        ("isPresent[(0010,1000)]", "never evaluated"),
        ('echo "x"', "never carried out"),
        ('v := "y"', "never carried out"),
        ("-*/(0010,1040)", "never edited an element"),
        ('*/(0010,1001) ?= ""', "never edited an element"),
        ("removeAllPrivateTags", "never edited an element"),
    ]


def test_further_data_sets_add_to_it():
    program = compile_script(SCRIPT_6, coverage=True)
    program.apply(data_set(Modality="CT", PatientID="1", SOPInstanceUID="1.2"))
    program.apply(data_set(PatientID="2", PatientAddress="x", OtherPatientNames="y"))
    program.apply(data_set(PatientID="2", OtherPatientIDs="z", PatientBirthDate=""))
    last = data_set(PatientID="1", PatientBirthDate="", PatientComments="rejected")
    last.private_block(0x19, "ACME", create=True).add_new(1, "LO", "x")
    assert program.apply(last).rejected
    assert missed(program) == [("removeAllPrivateTags", "never edited an element")]


def test_what_is_missed_in_dialect_4():
    program = compile_script(SCRIPT_4, coverage=True)
    program.apply(data_set(Modality="MR", StudyInstanceUID="1.2"))
    assert missed(program) == [
        ('v := "a"', "never carried out"),
        ('w := "b"', "never carried out"),
        ('(0008,0060) = "CT"', "never true"),
        ('(0010,0020) = "1"', "never evaluated"),
        ("(0008,1030) := v", "never carried out"),
        ("-(0010,1040)", "never edited an element"),
    ]
    program.apply(data_set(Modality="CT", PatientID="1", PatientAddress="x"))
    assert missed(program) == [
        ('w := "b"', "never carried out"),
        ('(0010,0020) = "1"', "never false"),
    ]


def test_a_statement_that_fails_was_carried_out():
    program = compile_script('version "6.6"\n(0028,0010) := "x"', coverage=True)
    with pytest.raises(EvaluationError, match="unfit-value"):
        program.apply(data_set())
    assert missed(program) == [('(0028,0010) := "x"', "never edited an element")]


def test_nothing_is_counted_unless_asked():
    assert compile_script(SCRIPT_6).coverage is None
    assert compile_script(SCRIPT_4).coverage is None


def test_a_program_that_travels_begins_at_nothing():
    program = compile_script(SCRIPT_6, coverage=True)
    program.apply(data_set(PatientID="1"))
    arrived = pickle.loads(pickle.dumps(program)).coverage
    assert program.coverage is not None
    assert arrived.points == program.coverage.points
    assert set(arrived.counts) == {0}


def test_what_was_taken_can_be_added_elsewhere():
    one, other = (compile_script(SCRIPT_6, coverage=True) for _ in range(2))
    for program in (one, other):
        program.apply(data_set(PatientID="1"))
    assert one.coverage is not None
    assert other.coverage is not None
    counted = list(one.coverage.counts)
    one.coverage.add(other.coverage.take())
    assert one.coverage.counts == [2 * count for count in counted]
    assert set(other.coverage.counts) == {0}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_counts_whatever_the_number_of_processes(tmp_path: Path, jobs: int):
    write_study(tmp_path / "in")
    script = 'version "6.6"\n(0010,0010) ~ "Sample.*" ? -(0010,0030)\n-*/(0010,0010)'
    program = compile_script(script, coverage=True)
    report = dicomedit.run(program, tmp_path / "in", tmp_path / "out", jobs=jobs)
    assert (len(report.rows), report.failed) == (6, False)
    assert program.coverage is not None
    counts = zip(program.coverage.points, program.coverage.counts, strict=True)
    assert {(point.span.start, point.event): count for point, count in counts} == {
        (14, Event.TRUE): 3,
        (14, Event.FALSE): 3,
        (script.index("-(0010"), Event.RUN): 3,
        (script.index("-(0010"), Event.EDIT): 3,
        (script.index("-*/"), Event.RUN): 6,
        (script.index("-*/"), Event.EDIT): 6,
    }


def test_included_scripts_have_reports_of_their_own(tmp_path: Path):
    (tmp_path / "part.das").write_text("-(0010,0030)\n", "utf-8")
    script = 'version "6.6"\ninclude "part.das"\n-(0010,0040)\n'
    program = compile_script(script, include_from=tmp_path, coverage=True)
    assert program.coverage is not None
    found = {Path(each.source.name).name: each.total for each in reports([program.coverage])}
    assert found == {"<script>": 2, "part.das": 2}


def test_as_text_and_as_json():
    script = 'version "6.6"\n-(0010,0030)\necho concatenate["' + "x" * 80 + '"]\n'
    programs = [compile_script(script, coverage=True) for _ in range(2)]
    programs[0].apply(data_set())
    found = reports(program.coverage for program in programs if program.coverage)
    assert as_text(found) == (
        "<script>: 2 of 3 reached\n  2:1      never edited an element  -(0010,0030)\n"
    )
    (data,) = json.loads(as_json(found))["scripts"]
    assert (data["script"], data["total"], data["reached"]) == ("<script>", 3, 2)
    assert data["places"][0] == {
        "line": 2,
        "column": 1,
        "end_line": 2,
        "end_column": 13,
        "text": "-(0010,0030)",
        "counts": {"run": 1, "edit": 0},
        "missed": "never edited an element",
    }
    assert data["places"][1]["text"] == 'echo concatenate["' + "x" * 39 + "..."
