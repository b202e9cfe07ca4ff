"""Traces: what they tell is what the engine does, and why; values stay hidden."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import golden
import pytest
from pydicom.data import get_testdata_file

from dicomedit.authoring.explaining.telling import trace_data, trace_text
from dicomedit.authoring.explaining.trace import Step, Trace, trace_script
from dicomedit.dicom.uids import UidMap
from dicomedit.errors import DicomFileError, EvaluationError, ScriptError, Source
from dicomedit.io.read import read_file
from dicomedit.io.source import include_loader
from dicomedit.lang.compile import compile_source
from dicomedit.lang.lookup import LookupTable
from dicomedit.lang.program import Resources

CT = Path(str(get_testdata_file("CT_small.dcm")))


def follow(text: str, *, dialect: int = 6, path: Path = CT, **given: Any) -> Trace:
    source = Source("a.das", text)
    return trace_script(
        source, lambda compiled: read_file(path, compiled.wanted).open(), dialect=dialect, **given
    )


def steps(text: str, **given: Any) -> list[Step]:
    return list(follow(text, **given).steps)


def changes(step: Step) -> list[tuple[str, str]]:
    return [(change.kind, change.path) for change in step.changes]


# --- what is changed ----------------------------------------------------------------------------


def test_each_statement_tells_what_it_changed():
    found = steps(
        '(0010,0010) := "A"\n(0010,4000) := "B"\n-(0010,0030)\n-(0010,9999)\n(0010,4000) := "B"'
    )
    assert [changes(step) for step in found] == [
        [("changed", "(0010,0010)")],
        [("added", "(0010,4000)")],
        [("removed", "(0010,0030)")],
        [],
        [],
    ]
    assert [step.line for step in found] == [1, 2, 3, 4, 5]
    assert found[0].changes[0].name == "Patient's Name"


def test_elements_in_items_are_told_by_their_paths():
    (step,) = steps('(0008,1140)[1]/(0008,1155) := "1.2"')
    assert ("added", "(0008,1140)[1]/(0008,1155)") in changes(step)


def test_only_the_branch_that_was_taken_is_followed():
    found = steps(
        'if ((0008,0060) = "MR") {\n-(0010,0010)\n} elseif ((0008,0060) = "CT") {\n'
        "-(0010,0020)\nif (isPresent[(0010,0020)]) {\n-(0010,0040)\n}\n} else {\n-(0010,0030)\n}"
    )
    assert [(step.line, step.depth, step.is_done) for step in found] == [
        (1, 0, True),
        (4, 1, True),
        (5, 1, False),
    ]
    assert [check.result for check in found[0].conditions] == [False, True]
    assert changes(found[1]) == [("removed", "(0010,0020)")]


READS = {
    "x := (0010,0020)": [("(0010,0020)", "present")],
    "(0010,0010) := concatenate[(0010,4000), lowercase[(0010,0030)]]": [
        ("(0010,4000)", "absent"),
        ("(0010,0030)", "empty"),
    ],
    "echo concatenate[(0010,0020), (0010,0020)]": [("(0010,0020)", "present")],
    "isPresent[(0010,0020)] ? echo (0010,0030)": [
        ("(0010,0020)", "present"),
        ("(0010,0030)", "empty"),
    ],
    "hashUIDList[(0008,0018), (0020,000D)]": [],
    'set["(0010,0010)", (0010,0020)]': [("(0010,0020)", "present")],
    "x := {(0010,0020)}": [],
    "-(0010,0020)": [],
}


@pytest.mark.parametrize("text", READS)
def test_each_statement_tells_what_it_read(text: str):
    (step,) = steps(text)
    assert [(read.path, read.value) for read in step.reads] == READS[text]


def test_what_version_4_reads_is_as_it_was_before():
    first, second = steps("-(0010,0020)\n(0020,000D) := new UID[(0010,0020)]", dialect=4)
    assert first.reads == ()
    assert [(read.path, read.value) for read in second.reads] == [
        ("(0020,000D)", "present"),
        ("(0010,0020)", "present"),
    ]


def test_variables_and_echo_are_told_by_kind():
    found = steps('x := (0010,0020)\ny := (0010,9999)\nz := {"a", "b"}\necho x')
    assert [step.keeps for step in found] == ["present", "absent", "a list of 2", None]
    assert found[3].printed == ("(hidden)",)


def test_earlier_statements_of_version_4_win():
    found = steps(
        '(0010,0010) := "A"\n(0010,0010) := (0010,0020)\n(0008,1030) := (0010,0010)\n'
        '(0008,0060) = "MR" : -(0010,0020)\n-(0010,XXXX)\necho (0010,0020)',
        dialect=4,
        show_values=True,
    )
    assert [change.lost_to for step in found[:2] for change in step.changes] == [None, 1]
    # What is read is what was there before anything changed.
    assert found[2].changes[0].after == "CompressedSamples^CT1"
    assert (found[3].is_done, changes(found[3])) == (False, [])
    lost = {change.path: change.lost_to for change in found[4].changes}
    assert (lost["(0010,0010)"], lost["(0010,0020)"]) == (1, None)
    assert found[5].printed == ("1CT1",)


# --- why a condition was true or false ----------------------------------------------------------

REASONS = {
    '(0008,0060) = "CT"': (True, "they are the same; Modality (0008,0060) is present"),
    '(0008,0060) = "MR"': (False, "they differ; Modality (0008,0060) is present"),
    '(0008,0060) != "MR"': (True, "they differ; Modality (0008,0060) is present"),
    '(0008,0060) != "CT"': (False, "they are the same; Modality (0008,0060) is present"),
    '(0008,0060) ~ "C."': (True, "it fits; Modality (0008,0060) is present"),
    '(0008,0060) ~ "C"': (False, "it does not fit; Modality (0008,0060) is present"),
    '(0008,0060) !~ "C"': (True, "it does not fit; Modality (0008,0060) is present"),
    '(0008,0060) !~ "C."': (False, "it fits; Modality (0008,0060) is present"),
    '(0010,0030) = "A"': (False, "they differ; Patient's Birth Date (0010,0030) is empty"),
    '(0010,4000) = "A"': (False, "Patient Comments (0010,4000) is absent"),
    '(0010,4000) != "A"': (True, "Patient Comments (0010,4000) is absent"),
    "(0010,4000) = (0010,4001)": (
        False,
        "Patient Comments (0010,4000) and the element (0010,4001) are absent",
    ),
    '"A" = 1': (False, "they differ"),
    'site = "A"': (True, "they are the same; the variable site is present"),
    "isPresent[(0010,4000)]": (False, "isPresent says no"),
    "isPresent[(0010,0010)]": (True, "isPresent says yes"),
}


@pytest.mark.parametrize("condition", REASONS)
def test_reasons(condition: str):
    (step,) = steps(f"{condition} ? echo", variables={"site": "A"})
    (found,) = step.conditions
    assert (found.result, found.reason) == REASONS[condition]
    assert step.is_done is found.result


def test_in_version_4_what_is_absent_on_both_sides_is_the_same():
    (step,) = steps("(0010,4000) = (0010,1060) : echo", dialect=4)
    (found,) = step.conditions
    assert found.result
    assert found.reason.endswith("are absent")


def test_conditions_are_asked_once():
    text = 'newUID[] = "a" ? echo\nmapUID["a", "1.2"] = lookup["a", "b"] ? echo'
    trace = follow(text)
    assert [notice.code for notice in trace.notices].count("unknown-key") == 1
    assert not trace.changes


# --- the end ------------------------------------------------------------------------------------


def test_a_rejection_ends_it():
    trace = follow("-(0010,0010)\nreject[]\n-(0010,0020)")
    assert (trace.rejected, trace.changes, len(trace.steps)) == (True, (), 2)
    assert [step.ended for step in trace.steps] == ["", "rejected"]


def test_a_failure_ends_it_and_has_its_place():
    trace = follow('-(0010,0010)\n(0028,0010) := "x"\n-(0010,0020)')
    assert isinstance(trace.failure, EvaluationError)
    assert trace.failure.source is not None and trace.failure.span is not None
    assert (len(trace.steps), trace.changes) == (2, ())
    assert [step.ended for step in trace.steps] == ["", "failed"]
    assert "- failed here\n" in trace_text(trace)
    trace = follow('substring[(0010,9999), 0, 1] = "a" ? echo')
    assert trace.failure is not None and trace.failure.span is not None


def test_a_failure_of_version_4_is_told_where_it_happened():
    trace = follow('(0028,0010) := "x"\n-(0010,0010)\n(0010,0020) := "A"', dialect=4)
    assert [step.ended for step in trace.steps] == ["failed", "", ""]


@pytest.mark.parametrize("dialect", [4, 6])
def test_a_missing_variable_is_a_failure(dialect: int):
    trace = follow("(0010,0010) := site", dialect=dialect)
    assert trace.failure is not None and trace.failure.code == "unknown-variable"


def test_included_scripts_are_followed(tmp_path: Path):
    (tmp_path / "b.das").write_text("-(0010,0010)\n")
    text = 'version "6.6"\ninclude "b.das"\n-(0010,0020)'
    found = steps(text, loader=include_loader(tmp_path))
    assert [(Path(step.script).name, step.line) for step in found] == [("b.das", 1), ("a.das", 3)]
    with pytest.raises(ScriptError, match="include"):
        follow(text)


def test_what_cannot_be_read_is_an_error(tmp_path: Path):
    with pytest.raises(DicomFileError):
        follow("-(0010,0010)", path=tmp_path / "none.dcm")
    with pytest.raises(ScriptError):
        follow("-(0010,0010")


# --- values -------------------------------------------------------------------------------------

TELLING = """version "6.6"
name := (0010,0010)
(0010,0020) = "x" ? echo
(0010,0010) := "ANON"
echo (0010,0020)
format["{0}", (0010,0020)] = name ? echo
(0028,0010) := concatenate["x", (0010,0020)]
"""


def test_values_are_shown_only_when_asked_for():
    hidden, shown = follow(TELLING), follow(TELLING, show_values=True)
    for value in ("CompressedSamples", "1CT1"):
        for told in (trace_text(hidden), json.dumps(trace_data(hidden)), repr(hidden)):
            assert value not in told
        assert value in trace_text(shown, show_values=True)
        assert value in json.dumps(trace_data(shown, show_values=True))
        assert value not in repr(shown)
    change = shown.steps[2].changes[0]
    assert (change.before, change.after) == ("CompressedSamples^CT1", "ANON")


def test_shown_values_of_other_kinds():
    text = '-(7FE0,0010)\n-(0010,1002)\n(0010,4000) := "A"'
    found = steps(text, show_values=True)
    told = [(change.before, change.after) for step in found for change in step.changes]
    assert told == [("(32768 bytes)", None), ("(2 items)", None), (None, "A")]
    assert "Comments: (absent) -> A\n" in trace_text(follow(text, show_values=True))


def test_long_values_are_cut():
    read, written = steps('x := (7FE0,0010)\n(0010,4000) := "' + "A" * 90 + '"', show_values=True)
    assert read.keeps is not None and len(read.keeps) < 200
    assert written.changes[0].after == "A" * 80 + "..."


def test_long_lists_are_cut_in_the_text_only():
    trace = follow("removeAllPrivateTags")
    count = len(trace.steps[0].changes)
    assert count > 100
    assert f"and {count - 20} more" in trace_text(trace)
    assert len(trace_data(trace)["steps"][0]["changes"]) == count


# --- the engine ---------------------------------------------------------------------------------


def cases(dialect: int) -> list[golden.Case]:
    """Return one golden case for each script that can be compiled."""
    found = {case.script: case for case in golden.read_cases(f"de{dialect}.json")}
    return [case for case in found.values() if compiles(case.script, dialect)]


def compiles(text: str, dialect: int) -> bool:
    try:
        compile_source(Source("a.das", text), dialect=dialect)
    except ScriptError:
        return False
    return True


@pytest.mark.parametrize("dialect", [6, 4])
def test_a_trace_tells_what_the_engine_does(dialect: int):
    assert len(cases(dialect)) > 200
    for case in cases(dialect):
        table = LookupTable.from_text(case.lookup or "")
        given = {"variables": case.variables or {}, "path": case.input_path()}
        resources = [Resources(lookup=table, uid_map=UidMap()) for _ in range(2)]
        trace = follow(
            case.script, dialect=dialect, resources=resources[0], show_values=True, **given
        )
        compiled = compile_source(Source("a.das", case.script), dialect=dialect)
        instance = read_file(given["path"], compiled.wanted).open()
        try:
            outcome = compiled.edit(instance, given["variables"], resources[1])
        except EvaluationError as error:
            assert trace.failure is not None, case.id
            assert (trace.failure.code, trace.failure.span) == (error.code, error.span), case.id
            continue
        assert trace.failure is None, case.id
        assert trace.rejected == outcome.rejected, case.id
        assert sorted(map(repr, trace.changes)) == sorted(map(repr, outcome.changes)), case.id
        if "UID[" not in case.script:
            printed = [line for step in trace.steps for line in step.printed]
            assert printed == list(outcome.echo), case.id


# What a sentence says of a path is what is removed. The file has a sequence of two items.
REMOVED = {
    "(0010,1002)": {"(0010,1002)"},
    "(0010,1002)[%]": {"(0010,1002)"},
    "(0010,1002)[%]/*": {"(0010,1002)"},
    "(0010,1002)[1]": {"(0010,1002)[1]/(0010,0020)", "(0010,1002)[1]/(0010,0022)"},
    "(0010,1002)[1]/*": {"(0010,1002)[1]/(0010,0020)", "(0010,1002)[1]/(0010,0022)"},
    "(0010,1002)/(0010,0020)": {"(0010,1002)[0]/(0010,0020)", "(0010,1002)[1]/(0010,0020)"},
    "*/(0010,0022)": {"(0010,1002)[0]/(0010,0022)", "(0010,1002)[1]/(0010,0022)"},
    "+/(0010,0020)": {"(0010,1002)[0]/(0010,0020)", "(0010,1002)[1]/(0010,0020)"},
    "./(0010,0020)": {"(0010,1002)[0]/(0010,0020)", "(0010,1002)[1]/(0010,0020)"},
    "(0010,1002)[0]/./(0010,0020)": set(),
}
SAID = {
    "(0010,1002)": "Other Patient IDs Sequence (0010,1002)",
    "(0010,1002)[%]": "Other Patient IDs Sequence (0010,1002)",
    "(0010,1002)[%]/*": "Other Patient IDs Sequence (0010,1002)",
    "(0010,1002)[1]": "everything in the second item of Other Patient IDs Sequence (0010,1002)",
    "(0010,1002)[1]/*": "everything in the second item of Other Patient IDs Sequence (0010,1002)",
    "(0010,1002)/(0010,0020)": "Patient ID (0010,0020) in every item of Other Patient IDs Sequence"
    " (0010,1002)",
    "*/(0010,0022)": "Type of Patient ID (0010,0022) everywhere",
    "+/(0010,0020)": "Patient ID (0010,0020) in sequences at any depth, but not at the top level",
    "./(0010,0020)": "Patient ID (0010,0020) in any item of any sequence of the top level",
    "(0010,1002)[0]/./(0010,0020)": "Patient ID (0010,0020) in any item of any sequence in the"
    " first item of Other Patient IDs Sequence (0010,1002)",
}


@pytest.mark.parametrize("path", REMOVED)
def test_words_for_paths_are_true(path: str):
    (step,) = steps(f"-{path}")
    assert step.text == f"Removes {SAID[path]}."
    assert {change.path for change in step.changes} == REMOVED[path]
