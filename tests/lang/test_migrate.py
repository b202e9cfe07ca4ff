"""Scripts of DicomEdit 4 turned into scripts of version 6 that do the same."""

from __future__ import annotations

import re
from pathlib import Path

import golden
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import DataElement, Dataset, config, dcmread
from pydicom.datadict import dictionary_VR
from strategies import modest

from dicomedit import EvaluationError, ScriptError, UidMap, apply, compile_script
from dicomedit.errors import Source
from dicomedit.lang.dialect4.migrate import migrate

PAGE = Path(__file__).parents[2] / "docs" / "migrating.md"

# --- golden cases -------------------------------------------------------------------------------

GAPS = {
    "de4-assign-022": "new private elements have VR UN",
    "de4-order-061": "new private elements have VR UN",
    "de4-pattern-084": "the odd half of a pattern is lost",
    "de4-pattern-085": "the odd half of a pattern is lost",
    "de4-variable-external-140": "a definition counts more than a given value",
    "de4-variable-external-141": "a definition counts more than a given value",
}
_NO_CREATOR = "private elements are named without their creator"
_UNREACHED = "version 6 refuses a wrong pattern at once, also where it is never used"
REFUSED = {
    "de4-pattern-070": _NO_CREATOR,
    "de4-pattern-072": _NO_CREATOR,
    "de4-pattern-073": _NO_CREATOR,
    "de4-pattern-078": _NO_CREATOR,
    "de4-pattern-082": _NO_CREATOR,
    "de4-realfile-269": _NO_CREATOR,
    "de4-fn-urlencode-165": "version 6.6 has no urlEncode",
    "de4-fn-urlencode-166": "version 6.6 has no urlEncode",
    "de4-lexical-203": "version 6 has no text with a double quote",
    "de4-lexical-204": "version 6 has no text with a line end",
    "de4-constraint-re-118": _UNREACHED,
    "de4-constraint-and-124": _UNREACHED,
}
CASES = [case for case in golden.read_cases("de4.json") if "error" not in case.expect]


def migrated(script: str) -> str:
    return migrate(Source("old.das", script)).text


def result(script: str, case: golden.Case, dialect: int) -> dict[str, object]:
    ds = dcmread(case.input_path())
    apply(script, ds, dialect=dialect, variables=case.variables, uid_map=UidMap())
    elements = golden.dump_dataset(ds)
    return {path: value for path, value in elements.items() if path not in case.expect_re}


@pytest.mark.filterwarnings("ignore")  # pydicom's remarks on the inputs
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_golden_case(case):
    if case.id in REFUSED:
        with pytest.raises(ScriptError):
            migrated(case.script)
        return
    now, before = migrate(Source("old.das", case.script)), case.script
    compiled = compile_script(now.text)  # it has its version statement
    assert {notice.code for notice in compiled.notices} <= {"keyword-as-variable"}
    same = result(now.text, case, 6) == result(before, case, 4)
    assert same == (case.id not in GAPS), now.text
    assert same or now.notices


@pytest.mark.parametrize("listed", [GAPS, REFUSED], ids=["gaps", "refused"])
def test_the_page_lists_what_does_not_pass(listed):
    page = PAGE.read_text("utf-8")
    lines = "\n".join(f"| `{case}` | {reason} |" for case, reason in listed.items())
    assert lines in page


# --- any script ---------------------------------------------------------------------------------

TAGS = ("(0010,0010)", "(0010,0020)", "(0010,0021)", "(0010,4000)", "(0008,0050)", "(0008,1030)")
PATTERNS = ("(0010,00XX)", "(0010,00@0)", "(00#0,XXXX)", "(0008,00XX)", "(001@,#000)")
TEXTS = ('"A"', '"b\\\\c"', '" "', '""', '"{0}"', "\"a{0}b''\"", "5", "given")


def terms(*names: str, may_fail: bool = True) -> st.SearchStrategy[str]:
    """Return terms that use some variables."""

    def calls(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        simple = st.sampled_from(("lowercase", "uppercase", "hashUID"))
        fallible = (
            st.builds('replace[{}, "A", {}]'.format, inner, inner),
            st.builds("substring[{}, 0, {}]".format, inner, st.integers(0, 3)),
            st.builds("format[{}, {}, {}]".format, inner, inner, inner),
        )
        return st.one_of(
            st.builds("{}[{}]".format, simple, inner),
            st.builds("match[{}, {}, 0]".format, inner, st.sampled_from(('"(.)b?(x)?.*"', '"A"'))),
            st.builds('format["{{0}}{{1}}", {}, {}]'.format, inner, inner),
            *(fallible if may_fail else ()),
        )

    return st.recursive(st.sampled_from((*TAGS, *TEXTS, *names)), calls, max_leaves=4)


def values(*names: str, may_fail: bool = True) -> st.SearchStrategy[str]:
    term = terms(*names, may_fail=may_fail)
    return st.one_of(term, st.builds('"{{1}}-{{0}}" {}, {}'.format, term, term))


tags = st.sampled_from(TAGS)
any_value = values("v", "W")
conditions = st.one_of(
    st.builds("{} = {}".format, any_value, any_value),
    st.builds("{} ~ {}".format, any_value, st.sampled_from(('"A|B.*"', '".*"', '"(?i)a.?"', '""'))),
)
actions = st.one_of(
    st.builds("{} := {}".format, tags, any_value),
    st.builds("{} := {}".format, st.sampled_from(PATTERNS), any_value),
    st.builds("-{}".format, st.one_of(tags, st.sampled_from(PATTERNS))),
    # What fails in an echo does not fail the script.
    st.builds("echo {}".format, values("v", "W", may_fail=False)),
)
statements = st.one_of(
    actions,
    st.builds("{} : {}".format, conditions, actions),
    st.builds("{} : {} : {}".format, conditions, conditions, actions),
)
# Nor does a definition that nothing needs.
scripts = st.builds(
    "{}\nv := {}\n{}\nw := {}\n{}".format,
    *(statements, values(may_fail=False), statements, values("v", may_fail=False)),
    st.lists(statements, max_size=4).map("\n".join),
)
texts = st.sampled_from((None, "", "A", "ab", "Axy", "A b", "B{0}", "b\\c"))


@modest
@given(scripts, st.tuples(*[texts] * len(TAGS)))
def test_any_script_does_the_same(script, contents):
    def done(text: str, dialect: int) -> tuple[object, ...]:
        ds = Dataset()
        for tag, content in zip(TAGS, contents, strict=True):
            if content is not None:
                number = int(tag[1:5] + tag[6:10], 16)
                ds[number] = DataElement(number, dictionary_VR(number), content, config.IGNORE)
        try:
            outcome = apply(text, ds, dialect=dialect, variables={"given": "A"})
        except EvaluationError:
            return ("failed",)
        return golden.dump_dataset(ds), outcome.echo

    text = migrated(script)
    assert done(text, 6) == done(script, 4), text


# --- the text -----------------------------------------------------------------------------------

_BLOCKS = re.findall(r"```das4\n(.*?)```\n(?:.*?)```das\n(.*?)```", PAGE.read_text("utf-8"), re.S)


@pytest.mark.parametrize(("old", "new"), _BLOCKS)
def test_the_examples_of_the_page(old, new):
    assert migrated(old) == new


def test_there_are_examples():
    assert len(_BLOCKS) >= 3


TOLD = {
    "new UID": ("(0020,000D) := new UID", {"new-uid"}),
    "all private": ("-(XXX#,XXXX)", {"private-items"}),
    "both parities": ("-(60XX,3000)", {"mixed-pattern"}),
    "private by number": ('(0019,1001) := "a"', {"private-element"}),
    "two that may be absent": ("(0010,0010) = (0010,0020) : -(0010,0030)", {"both-absent"}),
    "a pattern that may be absent": ("(0010,0010) ~ (0010,0020) : echo", {"absent-pattern"}),
    "tags as values": ("(0010,0010) := (0028,0009)", {"tag-as-value"}),
    "names that cannot be": ("(0010,0010) := if", {"renamed-variable"}),
    "definitions": ('v := "a"\n(0010,0010) := v', {"fixed-variable"}),
    "an echo that may fail": ('echo replace["a", "b", (0010,0010)]', {"failing-echo"}),
    "definitions that may fail": (
        'v := substring["abc", 0, 1]\n(0010,0010) := v',
        {"fixed-variable", "eager-definition"},
    ),
    "version 4": ('version "4"\n-(0010,0010)', {"version-statement"}),
    "nothing": ('(0010,0010) := "A"\n-(0010,0020)', set()),
}


@pytest.mark.parametrize(("script", "codes"), TOLD.values(), ids=TOLD)
def test_what_is_not_as_it_was_is_told(script, codes):
    found = migrate(Source("old.das", script))
    assert {notice.code for notice in found.notices} == codes
    compile_script(found.text)


NO_EQUIVALENT = {
    "a quote": r'(0010,0010) := "\""',
    "a line end": '(0010,0010) := "a\nb"',
    "urlEncode": '(0010,0010) := urlEncode["a"]',
    "a pattern of private elements": "-(0019,XXXX)",
    "assigning private elements": '(0019,10XX) := "a"',
    "reading a private element": "(0010,0010) := (0019,1001)",
}


@pytest.mark.parametrize("script", NO_EQUIVALENT.values(), ids=NO_EQUIVALENT)
def test_what_has_no_equivalent_is_refused(script):
    with pytest.raises(ScriptError) as refused:
        migrated(script)
    assert {each.code for each in refused.value.diagnostics} == {"no-equivalent"}


def test_comments_stay_with_their_statements():
    old = (
        "\ufeff// top\r\n\r\n// a\r\n\r\n// b\r\n-(0010,0010) // c\r\n\\\r\n// d\\\r\n"
        '(0010,0010) \\\r\n := "e // f"//g\r\n\r\n// end'
    )
    lines = migrated(old).splitlines()
    assert lines[:4] == ['version "6.6"', "// top", "", "// a"]
    assert lines[-6:] == ["// d\\ ", '(0010,0010) := "e // f" //g', "// b", "-(0010,0010) // c", "",
                          "// end"]  # fmt: skip
