"""`dicomedit.check`: what it tells of scripts, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import golden
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import dicomedit
from dicomedit import DicomEditError, check
from dicomedit.errors import Diagnostic, Severity
from dicomedit.io.source import include_loader

SCRIPTS = sorted((Path(__file__).parents[2] / "scripts").glob("*.das"))
CASES = [
    (case, dialect)
    for name, dialect in (("de6.json", 6), ("de4.json", None))
    for case in golden.read_cases(name)
]


def codes(text: str, **options) -> list[str]:
    return [each.code for each in check(text, **({"dialect": 6} | options))]


def told(text: str, **options) -> list[str]:
    """Return the codes that are no remarks on the version statement."""
    return [code for code in codes(text, **options) if code != "missing-version"]


def has_error(found: list[Diagnostic]) -> bool:
    return any(each.severity is Severity.ERROR for each in found)


# --- the golden scripts -------------------------------------------------------------------------


@pytest.mark.parametrize(("case", "dialect"), CASES, ids=lambda value: getattr(value, "id", ""))
def test_golden_scripts(case, dialect):
    """What the reference cannot parse is an error, what it runs is none, and run agrees."""
    found = check(case.script, dialect=dialect)
    error = case.expect.get("error")
    if error == "parse":
        assert has_error(found)
    elif not error:
        assert not has_error(found), found
    assert has_error(found) != compiles(case.script, dialect)


def compiles(script: str, dialect: int | None) -> bool:
    try:
        dicomedit.compile_script(script, dialect=dialect)
    except DicomEditError:
        return False
    return True


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_the_ready_made_scripts_have_no_findings(path):
    assert check(path.read_text("utf-8")) == []


# --- what comes of a script ---------------------------------------------------------------------


def test_findings_come_in_the_order_of_the_text():
    script = 'PatientID := "A"\n-(0010,0031)\n(0010,0020) := lookup["a", "b"]\n'
    found = check(script, dialect=6)
    assert [each.line for each in found] == sorted(each.line for each in found)
    assert {each.source.name for each in found} == {"<script>"}


def test_errors_and_warnings_are_told_together():
    assert told("-(0010,0031)\nfoo[]\n") == ["unknown-element", "unknown-function"]


def test_a_script_that_does_not_parse_has_syntax_errors_only():
    assert set(codes("-(0010,0031)\nif\nfoo[]\n")) == {"syntax"}


def test_a_script_without_version_is_checked_as_what_it_must_be():
    assert codes("-(0010,0031)\n", dialect=None) == ["unknown-element"]
    assert codes("-*/(0010,0031)\n", dialect=None) == ["no-version", "unknown-element"]


@pytest.mark.parametrize("script", ["", "\n", "// nothing\n"])
def test_an_empty_script(script):
    assert told(script) == ["does-nothing"]


def test_newer_versions_and_dialects():
    assert codes('version "6.8"\n-(0010,0010)') == ["newer-version"]
    (found,) = check('version "6.8"\n-(0010,0010)', newer_versions=True)
    assert found.severity is Severity.WARNING
    (found,) = check("-(0010,0010)", dialect=5)
    assert (found.code, found.severity) == ("unknown-dialect", Severity.ERROR)


def test_variables_that_will_be_given():
    script = "(0012,0040) := subject\n"
    assert told(script) == ["undeclared-variable"]
    assert told(script, variables=["subject"]) == []
    assert codes(script, variables=["SUBJECT"], dialect=4) == []


# --- includes -----------------------------------------------------------------------------------


def test_included_scripts_are_checked_in_their_places(tmp_path):
    (tmp_path / "common.das").write_text('id := "A"\n-(0010,0031)\n', "utf-8")
    script = 'version "6.6"\ninclude "common.das"\n(0010,0020) := id\n'
    (found,) = check(script, loader=include_loader(tmp_path))
    assert (found.code, found.line) == ("unknown-element", 2)
    assert found.source.name.endswith("common.das")


def test_files_that_cannot_be_included(tmp_path):
    loader = include_loader(tmp_path)
    (tmp_path / "self.das").write_text('include "self.das"\n', "utf-8")
    for number in range(101):
        text = f'include "{number + 1}.das"\n'
        (tmp_path / f"{number}.das").write_text(text, "utf-8")
    assert codes('include "gone.das"\n', loader=loader) == ["include-failed"]
    assert codes('include "self.das"\n', loader=loader) == ["include-cycle"]
    assert codes('include "0.das"\n', loader=loader) == ["too-many-includes"]


def test_limits():
    assert told(f"-{'(0008,1140)/' * 201}(0010,0010)\n") == ["long-path"]
    assert "nested-too-deeply" in codes(f'echo {"lowercase[" * 5000}"A"{"]" * 5000}\n')


def test_texts_that_double_are_not_worked_out():
    doubled = "v := concatenate[v, v]\n" * 60
    assert told(f'v := "ab"\n{doubled}(0010,4000) := v\n') == []


# --- what must not be told ----------------------------------------------------------------------

QUIET = {
    "a variable that is tested": 'id := lookup["a", "b"]\nid ~ ".+" ? (0010,0020) := id\n',
    "blanked first": '(0010,0020) := ""\n(0010,0020) := lookup["a", "b"]\n',
    "deleted first": '-(0010,0020)\n(0010,0020) := lookup["a", "b"]\n',
    "matched first": '(0010,0020) ~ "a(.*)" ? (0010,0020) := match[(0010,0020), "a(.*)", 1]\n',
    "hashed in place": "(0020,000D) := hashUID[(0020,000D)]\n",
    "made anew after a deletion": '-(0010,0010)\n(0010,0010) := "A"\n(0010,0010) ?= "B"\n',
    "made anew by set": '-(0010,0010)\nset["(0010,0010)", "A"]\n(0010,0010) ?= "B"\n',
    "another item": "-(0008,1140)[0]/(0008,1155)\n-(0008,1140)[1]/(0008,1155)\n",
    "one item, then all": "-(0008,1140)[0]/(0008,1155)\n-(0008,1140)/(0008,1155)\n",
    "deleted in a branch": '(0008,0060) = "MR" ? -(0010,0010)\n(0010,0010) ?= "A"\n',
    "read in between": '(0010,0020) := "A"\nhashUIDList[*/(0010,002X)]\n(0010,0020) := "B"\n',
    "replaced in a branch": '(0010,0020) := "A"\n(0008,0060) = "MR" ? (0010,0020) := "B"\n',
    "set in all branches": (
        'if ((0008,0060) = "MR") {\n v := "a"\n} else {\n v := "b"\n}\n(0010,0020) := v\n'
    ),
    "rejected otherwise": '(0008,0060) = "MR" ? v := "a" : reject[]\n(0010,0020) := v\n',
    "below, and on top otherwise": '+/(0010,0010) ?= ""\n(0010,0010) := "A"\n',
    "below what is named": '(0008,1140)/+/(0010,0010) ?= ""\n'.replace("+", "*"),
    "private elements": '-(0019,{ACME 1.0}01)\n(0019,{ACME 1.0}02) ?= "1"\n',
    "repeating groups": "-(6000,3000)\n-(60X@,3000)\n-(6002,0022)\n",
    "several dates": '(0018,1012) := "20200101\\\\20200102"\n',
    "numbers of either sign": '(0028,0106) := "-5"\n',
    "an empty date": '(0008,0020) := ""\n',
    "a whole match of a code": '(0008,0060) ~ "MR|CT" ? -(0008,1030)\n',
    "quoted on purpose": "(0008,1030) := format[\"'{0}' is {0}\", (0008,0060)]\n",
    "a list as values": 'v := {"a", "b"}\n(0008,1030) := format["{0} {1}", v]\n',
    "set and read on the same condition": (
        '(0008,0060) = "MR" ? v := "a"\n(0008,0060) = "MR" ? (0008,1030) := v\n'
    ),
    "a switch of the script": 'blanks := "no"\nblanks = "yes" ? -(0008,1030)\n',
    "below, of an element of sequences": "-+/(0008,0100)\n",
    "private elements made anew": (
        'removeAllPrivateTags\n(0019,{A}01) := "x"\n(0019,{A}01) ?= "y"\n'
    ),
    "exported": 'v := "a"\nexport v "study/label"\n(0010,0010) := "A"\n',
    "described and set": 'describe v "what"\nv := "a"\n(0010,0010) := v\n',
    "an argument of set": 'set["(0019,1001)", "a"]\n',
}


@pytest.mark.parametrize("name", QUIET)
def test_no_warning(name):
    found = check(QUIET[name], dialect=6)
    assert [each for each in found if each.severity is not Severity.INFO] == []


# --- comments -----------------------------------------------------------------------------------

IGNORED = {
    "on the line": "-(0010,0031) // dicomedit: ignore[unknown-element]\n",
    "on the line before": "// dicomedit: ignore[unknown-element]\n-(0010,0031)\n",
    "among others": "-(0010,0031) //dicomedit:ignore[ no-effect , unknown-element ]\n",
}


@pytest.mark.parametrize("dialect", [4, 6])
@pytest.mark.parametrize("name", IGNORED)
def test_ignored(name, dialect):
    assert "unknown-element" not in codes(IGNORED[name], dialect=dialect)


NOT_IGNORED = {
    "two lines before": "// dicomedit: ignore[unknown-element]\n\n-(0010,0031)\n",
    "behind another": "-(0010,0010) // dicomedit: ignore[unknown-element]\n-(0010,0031)\n",
    "in a text": '-(0010,0031) (0010,4000) := "// dicomedit: ignore[unknown-element]"\n',
    "another code": "-(0010,0031) // dicomedit: ignore[no-effect]\n",
    "no code": "-(0010,0031) // dicomedit: ignore\n",
}


@pytest.mark.parametrize("name", NOT_IGNORED)
def test_not_ignored(name):
    assert "unknown-element" in codes(NOT_IGNORED[name])


@pytest.mark.parametrize(
    ("comment", "code", "advice"),
    [
        ("ignore[no-effect]", "unused-ignore", "take the comment away"),
        ("ignore[unknown-elment]", "unknown-code", 'did you mean "unknown-element"?'),
        ("ignore[zzz]", "unknown-code", "the codes are in docs/diagnostics.md"),
        ("ignore[]", "unknown-code", "write which: // dicomedit: ignore[unused-variable]"),
        ("ignore", "unknown-code", "write which: // dicomedit: ignore[unused-variable]"),
    ],
)
def test_comments_that_do_nothing(comment, code, advice):
    (found,) = check(f'version "6.6"\n-(0010,0010) // dicomedit: {comment}\n')
    assert (found.code, found.help, found.severity) == (code, advice, Severity.INFO)


def test_errors_cannot_be_ignored():
    found = told("foo[] // dicomedit: ignore[unknown-function]\n")
    assert found == ["unknown-function", "unused-ignore"]


def test_comments_of_an_included_script_count_there(tmp_path):
    text = "-(0010,0031) // dicomedit: ignore[unknown-element]\n"
    (tmp_path / "common.das").write_text(text, "utf-8")
    script = 'version "6.6"\ninclude "common.das"\n-(0010,0010)\n'
    assert check(script, loader=include_loader(tmp_path)) == []


# --- anything -----------------------------------------------------------------------------------

PIECES = (
    *("(0010,0010)", "*/(0010,0020)", "(0019,{A}01)", "(0008,1140)[0]/", "+/", "-", ":=", "?="),
    *("=", "~", "?", ":", '"a"', '"{0}"', '"("', "5", "v", "w", "echo ", "if (", ") {", "}", "\n"),
    *("lookup[", "format[", "set[", "match[", "reject[", "]", ",", "{", "// dicomedit: ignore["),
    *(
        'version "6.6"',
        'version "4"',
        "describe v hidden",
        "new UID",
        'include "x"',
        "\\",
        "\ufeff",
    ),
)


@given(
    st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join)),
    st.sampled_from([None, 4, 6]),
)
@example("-\ud800", None)
@example('(0010,0010) := "\ud800"', 6)
@example("(0002,0010)/(0010,0010) := (0010,0010)[0]", 6)
def test_check_never_raises(script, dialect):
    for found in check(script, dialect=dialect):
        assert 0 <= found.span.start <= found.span.end <= len(script) + 1
        assert str(found)
