"""DicomEdit 4: what the golden cases leave open."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark import Token, Transformer
from lark.exceptions import UnexpectedInput
from pydicom import DataElement, Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from dicomedit import EvaluationError, ScriptError, UidMap, apply, compile_script, run
from dicomedit.errors import Source
from dicomedit.io.synthetic import write_study
from dicomedit.lang import driver, grammar
from dicomedit.lang.compile import compile_source
from dicomedit.lang.diagnosis import lark_parser
from dicomedit.lang.dialect4.builder import Builder
from dicomedit.lang.dialect4.compiler import TwoPhases

CHECKOUT = Path(__file__).parents[2]
SCRIPTS = [
    case["script"]
    for case in json.loads((CHECKOUT / "tests/conformance/de4.json").read_text("utf-8"))
]


def dataset(**values: object) -> Dataset:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", "1.2.3"
    ds.PatientID, ds.PatientName = "4711", "Doe^Jane"
    for name, value in values.items():
        setattr(ds, name, value)
    return ds


def text(ds: Dataset, tag: int) -> str | None:
    return str(ds[tag].value) if tag in ds else None


def save(ds: Dataset, path: Path) -> None:
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.save_as(path, enforce_file_format=True)


# --- parsing ------------------------------------------------------------------------------------


class LarkBuilder(Transformer):
    """Makes the nodes of the tree that Lark makes, with the same builder."""

    def __default__(self, data, children, meta):
        start, end = (0, 0) if meta.empty else (meta.start_pos, meta.end_pos)
        return getattr(Builder(), data)(children, start, end)

    def __default_token__(self, token: Token) -> str:
        return str(token)


def by_lark(script: str) -> str | None:
    try:
        return repr(LarkBuilder().transform(lark_parser(4).parse(script, start="start")))
    except UnexpectedInput:
        return None


def by_driver(script: str) -> str | None:
    try:
        return repr(driver.parse(grammar.tables(4), script, "start", Builder()))
    except driver.Rejected:
        return None


def test_the_driver_reads_what_lark_reads():
    accepted = 0
    for script in SCRIPTS:
        expected = by_lark(script)
        assert by_driver(script) == expected, script
        accepted += expected is not None
    assert accepted > len(SCRIPTS) * 0.8


TAGS = ("(0010,0010)", "(0010,00XX)", "(XXX#,XXXX)")
WORDS = ("new UID", "v", "echo", "describe", "hidden", "export", "// c", "lowercase[", "-5", "0")
PIECES = st.sampled_from((*'":=~-[],\n\\ \t\r?!', ":=", *TAGS, *WORDS, '"a"', '" b', "\\\n"))


@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_the_driver_reads_no_other_text(script):
    assert by_driver(script) == by_lark(script)


def test_the_driver_reads_what_lark_reads_of_damaged_scripts():
    pick = random.Random(1)
    for script in SCRIPTS:
        first, last = sorted(pick.choices(range(len(script) + 1), k=2))
        last = min(last, first + 6)
        for changed in (script[:first] + script[last:], script[:last] + script[first:]):
            assert by_driver(changed) == by_lark(changed), changed


@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_a_script_compiles_or_is_refused_with_a_reason(script):
    try:
        compile_source(Source("s", script))
    except ScriptError as refused:
        assert refused.diagnostics


DEEP = {
    "calls": f'(0010,0010) := {"lowercase[" * 5000}"a"{"]" * 5000}',
    "fewer calls": f'(0010,0010) := {"lowercase[" * 900}"a"{"]" * 900}',
}


@pytest.mark.parametrize("script", DEEP.values(), ids=DEEP)
def test_deep_nesting_is_refused_or_run(script):
    try:
        apply(script, dataset())
    except ScriptError as refused:
        assert {each.code for each in refused.diagnostics} <= {"nested-too-deeply"}
    except EvaluationError as error:
        assert error.code == "nested-too-deeply"


def test_the_text_of_a_script():
    ds = dataset()
    apply('\ufeff(0010,0010) := "A\r\nB"  // "c\r\n\r\n(0010,0020):=\\\r\n-5\r\n', ds)
    assert (text(ds, 0x00100010), text(ds, 0x00100020)) == ("A\r\nB", "-5")


# --- which version ------------------------------------------------------------------------------

VERSION_4 = {
    "nothing": "",
    "comment": '// version "6.6"',
    "text": '(0010,0010) := "version 6.6"',
    "variable": 'version := "6.6"',
    "described variable": 'describe version "6.6"\nversion := "1"',
    "exported variable": 'export version "6.6"',
    "version 4": 'version "4.0"\n(0010,0010) := "A"\n(0010,0010) := "B"',
    "version 4 after comments": '\n // a\r\n\tversion   "4"\n',
    "in a text of two lines": '(0010,0010) := "a\nversion "',
}
VERSION_6 = {
    "first": 'version "6.6"\n(0010,0010) := "A"',
    "last": '-(0010,0010)\nversion "6.6"',
    "on the same line": '-(0010,0010) version "6.6"',
    "continued": 'version \\\n"6.6"',
    "with a constraint of version 4 in a comment": 'version "6.6" // a = b : c',
}


@pytest.mark.parametrize("script", VERSION_4.values(), ids=VERSION_4)
def test_version_4(script):
    assert isinstance(compile_script(script)._script.statements[0], TwoPhases)


@pytest.mark.parametrize("script", VERSION_6.values(), ids=VERSION_6)
def test_version_6(script):
    with pytest.raises(ScriptError):
        compile_script(script, dialect=4)
    compile_script(script)


def test_an_included_file_may_have_the_version(tmp_path):
    (tmp_path / "a.das").write_text('version "6.6"\n*/(0010,0010) ?= "A"', "utf-8")
    (tmp_path / "b.das").write_text('include "a.das"\n', "utf-8")
    compile_script(tmp_path / "b.das", include_from=tmp_path)


REFUSED = {
    "of 6": ('-*/(0010,0010)', None, {"no-version"}),
    "a function of 6": ("(0010,0010) := concatenate[\"a\"]", None, {"no-version"}),
    "of neither": ('*/(0010,0010) := lowercse["A"]', None, {"syntax", "no-version"}),
    "of neither, nothing of 6": ("(0010,0010) := $", None, {"unknown-character"}),
    "wrong in 6": ('version "6.6"\n(0010,0010) := lowercse["A"]', None, {"unknown-function"}),
    "another version": ('version "5.0"', None, {"unknown-version"}),
    "forced to be 4": ('version "6.6"', 4, {"version-statement"}),
    "version 4 further down": ('-(0010,0010)\nversion "4.0"', None, {"unknown-version"}),
    "no dialect": ("", 5, {"unknown-dialect"}),
}  # fmt: skip


@pytest.mark.parametrize(("script", "dialect", "codes"), REFUSED.values(), ids=REFUSED)
def test_refused(script, dialect, codes):
    with pytest.raises(ScriptError) as refused:
        compile_script(script, dialect=dialect)
    assert {each.code for each in refused.value.diagnostics} == codes


DOUBTS = {
    "assigned twice": ('(0010,0010) := "A"\n(0010,0010) := "B"', 2),
    "assigned, then deleted": ('(0010,0010) := "A"\n-(0010,00XX)', 2),
    "deleted, then assigned": ('-(0010,0010)\n(0010,0010) := "B"', 2),
    "read in a format, which is of 4": ('-(0010,0010)\n(0010,0020) := "{0}" (0010,0010)', None),
    "read by itself afterwards": ('(0010,0010) := "A"\n\n(0010,0020) := (0010,0010)', 3),
    "read after it was deleted": ("-(0010,XXXX)\nv := (0010,0010)\n(0008,0050) := v", 2),
    "echoed after it was assigned": ('(0010,0010) := "A"\necho (0010,0010)', 2),
    "assigned the same": ('(0010,0010) := "A"\n(0010,0010) := "A"', None),
    "deleted twice": ("-(0010,00XX)\n-(0010,0010)", None),
    "read before": ('(0010,0020) := (0010,0010)\n(0010,0010) := "A"', None),
    "itself": ("(0010,0020) := lowercase[(0010,0020)]", None),
    "another": ('(0010,0020) := "A"\n-(0010,003X)', None),
    "not of 6 anyway": ('(0010,0010) := "A"\n(0010,00XX) := "B"', None),
    "conditions of 4": ('(0010,0010) := "A"\n(0010,0020) = "1" : (0010,0010) := "B"', None),
}  # fmt: skip


@pytest.mark.parametrize(("script", "line"), DOUBTS.values(), ids=DOUBTS)
def test_a_notice_tells_where_version_6_would_differ(script, line):
    notices = compile_script(script).notices
    assert [(n.code, n.line) for n in notices] == ([("dialect-matters", line)] if line else [])
    assert compile_script(script, dialect=4).notices == ()


def test_who_runs_version_6_waits_for_nothing_of_version_4():
    code = (
        "import sys, dicomedit; dicomedit.compile_script('version \"6.6\"\\n-(0010,0010)');"
        "print([name for name in sys.modules if 'dialect4' in name or name == 'graphlib'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- variables ----------------------------------------------------------------------------------


def test_variables_are_told_in_the_order_in_which_hosts_ask():
    program = compile_script(
        'describe Zeta "the last"\ndescribe m hidden\nexport a "field"\n'
        'a := "{0}{1}" zeta, k\nk := "1"\n(0010,0010) := A\n(0010,0020) := "{0}" B'
    )
    told = [(v.name, v.required) for v in program.variables]
    assert told == [("k", False), ("Zeta", True), ("a", False), ("B", True), ("m", False)]
    by_name = {variable.name: variable for variable in program.variables}
    assert by_name["Zeta"].description == "the last"
    assert by_name["m"].hidden
    assert by_name["a"].export == "field"


GIVEN = {
    "another spelling": ({"SITE": "S1"}, "S1"),
    "the spelling of the script counts": ({"SITE": "S1", "site": "S2"}, "S2"),
    "the same twice": ({"SITE": "S1", "Site": "S1"}, "S1"),
    "empty": ({"site": ""}, ""),
    "others": ({"site": "S1", "project": "P", "PROJECT": "Q"}, "S1"),
}


@pytest.mark.parametrize(("variables", "expected"), GIVEN.values(), ids=GIVEN)
def test_given_values(variables, expected):
    ds = dataset()
    apply('site := "none"\n(0010,0010) := site', ds, variables=variables)
    assert text(ds, 0x00100010) == expected


FAILURES = {
    "no value": ("(0010,0010) := v", {}, "unknown-variable"),
    "no value inside another": ("v := lowercase[w]\n(0010,0010) := v", {}, "unknown-variable"),
    "no value where it is not reached": ('"a" = "b" : echo v', {}, "unknown-variable"),
    "two values": ("(0010,0010) := v", {"V": "1", "_": "", "v ": ""}, None),
    "two values, neither as spelt": ("echo Vv", {"VV": "1", "vv": "2"}, "ambiguous-variable"),
    "replace of nothing": ('(0010,0010) := replace["a", "b", (0010,0099)]', {}, "absent-value"),
    "format of nothing": ("(0010,0010) := format[(0010,0099)]", {}, "absent-value"),
    "a pattern that is nothing": ('(0010,0099) ~ (0010,0098) : echo', {}, "absent-value"),
    "a pattern that is none": ('(0010,0020) ~ (0010,4000) : echo', {}, "bad-pattern"),
    "a group that is none": ('(0010,0010) := match["a", "a", -1]', {}, "no-such-group"),
    "a large number": ('(0028,0010) := "70000"', {}, "unfit-value"),
    "blanks around a number": ('(0028,0010) := " 7"', {}, "unfit-value"),
    "binary": ('(7FE0,0010) := ""', {}, "unfit-value"),
    "a sequence by a pattern": ('(0008,114X) := "a"', {}, "sequence-as-target"),
    "a sequence as a value": ("(0010,0010) := (0008,1140)", {}, "sequence-as-value"),
    "a delimiter": ('(FFFE,E000) := "a"', {}, "not-an-element"),
    "a character set that is none": ('(0008,0005) := "LATIN"', {}, "unknown-character-set"),
    "a text that grows": (
        "\n".join(f'a{n} := "{{0}}{{0}}{{0}}{{0}}" a{n + 1}' for n in range(16))
        + '\na16 := "abcdefgh"\n(0010,0010) := a0', {}, "text-too-long"),
}  # fmt: skip


@pytest.mark.parametrize(("script", "variables", "code"), FAILURES.values(), ids=FAILURES)
def test_failures_leave_everything_as_it_was(script, variables, code):
    ds = dataset(PatientComments="(")
    ds.ReferencedImageSequence = [Dataset()]
    if code is None:
        apply(script, ds, variables=variables, dialect=4)
        return
    with pytest.raises(EvaluationError) as failed:
        apply(f'(0008,0050) := "changed"\n{script}\n(0010,0040) := "F"', ds, variables=variables)
    assert failed.value.code == code
    assert "AccessionNumber" not in ds
    assert "PatientSex" not in ds


def test_a_variable_is_worked_out_once():
    script = "\n".join(f'a{n} := "{{0}}" a{n + 1}, a{n + 1}, a{n + 1}' for n in range(200))
    ds = dataset()
    apply(f"{script}\na200 := (0010,0020)\n(0010,0010) := a0", ds)
    assert text(ds, 0x00100010) == "4711"


# --- what is stored -----------------------------------------------------------------------------

STORED = {
    "public, of another VR": ("(0010,0020)", "DS", "1", "x", "LO"),
    "private": ("(0019,1001)", "DS", "1", "x", "LO"),
    "private and absent": ("(0019,1001)", None, None, "x", "LO"),
    "private creator": ("(0019,0010)", "UN", b"AB", "x", "LO"),
    "private sequence": ("(0019,1001)", "SQ", [], "x", "LO"),
    "not in the dictionary": ("(0010,9999)", None, None, "x", "LO"),
    "private, other than ASCII": ("(0019,1001)", None, None, "Zoë", "LO"),
    "integer": ("(0028,0010)", "US", 5, "+7", "US"),
    "date": ("(0010,0030)", "DA", "20200101", "x", "DA"),
}


@pytest.mark.parametrize(("tag", "vr", "before", "value", "expected"), STORED.values(), ids=STORED)
def test_the_dictionary_says_the_vr(tag, vr, before, value, expected, tmp_path):
    ds, number = dataset(), int(tag[1:5] + tag[6:10], 16)
    if vr is not None:
        ds[number] = DataElement(number, vr, before)
    script = f'{tag} := "{value}"'
    save(ds, tmp_path / "in.dcm")
    compile_script(script).apply_file(tmp_path / "in.dcm", tmp_path / "out.dcm")
    apply(script, ds)
    for written in (ds[number], dcmread(tmp_path / "out.dcm")[number]):
        assert written.VR in (expected,)
        assert str(written.value) == value.lstrip("+")


def test_everything_can_be_deleted(tmp_path):
    ds = dataset(SpecificCharacterSet="ISO_IR 192", PatientComments="Ünï")
    ds[0x00191001] = DataElement(0x00191001, "SQ", [Dataset()])
    save(ds, tmp_path / "in.dcm")
    outcome = compile_script("-(XXXX,XXXX)").apply_file(tmp_path / "in.dcm", tmp_path / "out.dcm")
    written = dcmread(tmp_path / "out.dcm")
    assert not list(written)
    assert written.file_meta.TransferSyntaxUID
    assert {notice.code for notice in outcome.notices} == {"no-identity"}


def test_texts_are_stored_anew_when_the_character_set_changes():
    ds = dataset(SpecificCharacterSet="ISO_IR 100", PatientName="Müller")
    apply('(0008,0005) := "ISO_IR 192"\n(0010,4000) := "Ünï"', ds)
    assert (str(ds.PatientName), ds.PatientComments) == ("Müller", "Ünï")


def test_group_lengths_are_not_stored():
    ds = dataset()
    outcome = apply('(0010,0000) := 5\n(0010,00X0) := "x"', ds)
    assert 0x00100000 not in ds
    assert [notice.code for notice in outcome.notices] == ["not-stored"]


def test_values_are_read_as_the_reference_does():
    ds = dataset(PatientName=" Doe^Jane^^ ", FrameIncrementPointer=0x00181063)
    ds[0x00191001] = DataElement(0x00191001, "UN", b" M\xfcller ")
    ds.SpecificCharacterSet = "ISO_IR 100"
    outcome = apply("echo (0010,0010)\necho (0028,0009)\necho (0019,1001)\necho (0010,0099)", ds)
    assert outcome.echo == ("Doe^Jane^^", str(0x00181063), " Müller", "null")


def test_changes_are_told_with_the_line_that_made_them():
    ds = dataset()
    ds.file_meta = FileMetaDataset()
    script = '(0010,0010) := "A"\n(0010,0010) := "B"\n(0010,0020) := "4711"\n\n-(0008,0018)'
    outcome = apply(script, ds)
    assert [(c.path, c.kind, c.line) for c in outcome.changes] == [
        ("(0008,0018)", "removed", 5),
        ("(0010,0010)", "changed", 2),
    ]
    assert {notice.code for notice in outcome.notices} >= {"no-identity"}


# --- new UID ------------------------------------------------------------------------------------

NEW = '(0020,000D) := new UID\n(0020,000E) := new UID["x", (0010,0020)]'


def new_uids(uid_map: UidMap, study: str | None) -> tuple[str, str]:
    ds = dataset(SeriesInstanceUID="1.2")
    if study is not None:
        ds.StudyInstanceUID = study
    apply(NEW, ds, uid_map=uid_map)
    return ds.StudyInstanceUID, ds.SeriesInstanceUID


def test_new_uids_last_for_a_run():
    run, other = UidMap(), UidMap()
    first = new_uids(run, "1.2")
    assert len({*first, "1.2"}) == 3
    assert new_uids(run, "1.2") == first
    assert new_uids(run, "1.3")[0] != first[0]
    assert new_uids(other, "1.2")[0] != first[0]
    assert new_uids(run, None) == new_uids(run, None)
    assert len({new_uids(run, None)[0], new_uids(run, "")[0], first[0]}) == 3


def test_new_uids_leave_no_trace_of_old_ones():
    run = UidMap()
    new_uids(run, "1.2.3.47118154711815471181547118")
    assert not any("4711815471181547118" in part for row in run.rows() for part in row)


@pytest.mark.parametrize("jobs", [1, 2])
def test_new_uids_hold_the_studies_of_a_run_together(jobs, tmp_path):
    write_study(tmp_path / "in")
    before = [dcmread(path).StudyInstanceUID for path in sorted((tmp_path / "in").rglob("*.dcm"))]
    report = run(NEW, tmp_path / "in", tmp_path / "out", jobs=jobs)
    assert not report.failed
    after = [dcmread(path).StudyInstanceUID for path in sorted((tmp_path / "out").rglob("*.dcm"))]
    assert len(set(after)) == len(set(before)) == len(set(zip(before, after, strict=True)))
    assert not set(before) & set(after)


def test_new_uid_of_a_sequence_is_an_error():
    ds = dataset()
    ds.ReferencedImageSequence = []
    with pytest.raises(EvaluationError):
        apply("(0008,1140) := new UID", ds)
