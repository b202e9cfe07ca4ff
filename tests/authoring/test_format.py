"""Formatting: one style, the same meaning, all comments, and nothing to do the second time."""

from __future__ import annotations

import re
from functools import cache

import golden
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import modest, scripts

from dicomedit.authoring.formatting import format as formatting
from dicomedit.authoring.formatting.format import format_script
from dicomedit.authoring.formatting.reading import read_script
from dicomedit.authoring.formatting.rows import rows_of, tokens_of
from dicomedit.errors import ScriptError, Source
from dicomedit.io.bundled import bundled_script
from dicomedit.lang.printer import print_script

# What each script becomes.
STYLE = {
    "blanks": ('(0010,0010):="A"', '(0010,0010) := "A"'),
    "blanks where there are none": (
        "- * / (0010 , 0010)\nx := f [ a , { 1 , 2 } ]",
        "-*/(0010,0010)\nx := f[a, {1, 2}]",
    ),
    "items": ('(0008,1140) [ 0 ] / (0008,1155) := "1"', '(0008,1140)[0]/(0008,1155) := "1"'),
    "private elements keep their creator": (
        '(0019, {A , "B" // C}01):=1',
        '(0019,{A , "B" // C}01) := 1',
    ),
    "spelling is the author's": ('(00x8,00@a) ?= "\\\\d"', '(00x8,00@a) ?= "\\\\d"'),
    "negative numbers": ("x := -5\n- (0010,0010)", "x := -5\n-(0010,0010)"),
    "one statement a line": (
        "-(0010,0010) -(0010,0020) ; x := 1;;",
        "-(0010,0010)\n-(0010,0020)\nx := 1",
    ),
    "conditionals": ("a~b?x:=1:x:=2", "a ~ b ? x := 1 : x := 2"),
    "blocks": (
        "if(a=b){-(0010,0010)}elseif(f[]){}else{x:=1}",
        "if (a = b) {\n    -(0010,0010)\n} elseif (f[]) {\n} else {\n    x := 1\n}",
    ),
    "blocks over several lines": (
        "if (a = b)\n\n{\n\n  if (a = b) { x := {1} }\n\n}\n\nelse\n{ echo }",
        "if (a = b) {\n    if (a = b) {\n        x := {1}\n    }\n} else {\n    echo\n}",
    ),
    "comments between blocks": (
        "if (a = b) { // one\n// two\n} // three\n// four\nelse { // five\n}",
        "if (a = b) {  // one\n    // two\n}  // three\n// four\nelse {  // five\n}",
    ),
    "lists over several lines": (
        "f[{\n(0010,0010), // one\n\n\n  (0010,0020)\n}, {a\n,b}]",
        "f[{\n    (0010,0010),  // one\n\n    (0010,0020)\n}, {a\n    , b}]",
    ),
    "empty lines": ("\n\nx := 1\n \t\n\n\ny := 2\n\n", "x := 1\n\ny := 2"),
    "comments in one column": (
        "x := 1//a\n  long := 2    // b  \n\ny := 3   // c\nz := 4\n   //   d",
        "x := 1     //a\nlong := 2  // b\n\ny := 3  // c\nz := 4\n//   d",
    ),
    "line ends": ("x := 1\r\ny := 2 // a\r\n", "x := 1\ny := 2  // a"),
    "byte order mark": ("\ufeffx := 1", "x := 1"),
    "continued lines": (
        "x := f[1,\\\n2, \\\r\n \\\n3] \\\n// a\n\\\ny := 1\\\n",
        "x := f[1, \\\n    2, \\\n    3]  // a\ny := 1",
    ),
    "continued words are joined": ("descr\\\nibe x hid\\\nden", "describe x hidden"),
    "continued texts stay": ('x :=  "a \\\r\n   b"', 'x := "a \\\n   b"'),
    "continued comments stay": (
        "x := 1 // a\\\n  y := 2\nz:=3",
        "x := 1  // a\\\n  y := 2\nz := 3",
    ),
    "a backslash before a blank continues nothing": (
        "x := 1 // a\\ \ny := 2",
        "x := 1  // a\\ \ny := 2",
    ),
    "include": ("include   a.das\ninclude:=1", "include a.das\ninclude := 1"),
    "a variable called include": ('include~"a" ? x := 1', 'include~ "a" ? x := 1'),
    "no statement": ("", ""),
    "nothing but a comment": ("  // a", "// a"),
}

STYLE_4 = {
    "messages and constraints": (
        '(0008,0060)="MR":(0010,0010)~"x" :(0008,1030):="{0}"(0020,0013),-5',
        '(0008,0060) = "MR" : (0010,0010) ~ "x" : (0008,1030) := "{0}" (0020,0013), -5',
    ),
    "generated UIDs": (
        "(0020,000D):=new  UID [(0020,000D)]",
        "(0020,000D) := new UID[(0020,000D)]",
    ),
    "patterns": ("- (0010,XX0a)", "-(0010,XX0a)"),
    "line ends in texts are part of them": (
        'x := "a\r\nb"\r\n-(0010,0010)',
        'x := "a\r\nb"\n-(0010,0010)',
    ),
    "continued lines": ('x := f["a",\\\n"b"]', 'x := f["a", \\\n    "b"]'),
    "comments are not continued": ("// a\\\nx:=1", "// a\\ \nx := 1"),
    "a version": ('version "4"\nx:=1', 'version "4"\nx := 1'),
}


@pytest.mark.parametrize(
    ("dialect", "before", "after"),
    [
        *(pytest.param(6, *pair, id=name) for name, pair in STYLE.items()),
        *(pytest.param(4, *pair, id=f"4: {name}") for name, pair in STYLE_4.items()),
    ],
)
def test_style(dialect: int, before: str, after: str):
    wanted = f"{after}\n" if after else ""
    assert format_script(before, dialect=dialect) == wanted
    assert format_script(wanted, dialect=dialect) == wanted


# --- annotations --------------------------------------------------------------------------------

ANNOTATED = {
    "deletions": ("-*/(0010,0030)", "-*/(0010,0030)  // Patient's Birth Date"),
    "assignments": ('(0010,0020) ?= ""', '(0010,0020) ?= ""  // Patient ID'),
    "the last step counts": (
        '(0008,1140)[0]/(0008,1155) := "1"',
        '(0008,1140)[0]/(0008,1155) := "1"  // Referenced SOP Instance UID',
    ),
    "repeating groups": ("-(60x@,3000)", "-(60x@,3000)  // Overlay Data"),
    "both ways of a condition": (
        "a = b ? -(0010,0030) : (0010,0030) := c",
        "a = b ? -(0010,0030) : (0010,0030) := c  // Patient's Birth Date",
    ),
    "calls": ("hashUIDList[*/(0008,0018)]", "hashUIDList[*/(0008,0018)]  // SOP Instance UID"),
    "lists": (
        "f[{\n(0010,0010), // a\n(0010,0020)\n}]",
        "f[{\n    (0010,0010),  // a // Patient's Name\n    (0010,0020)   // Patient ID\n}]",
    ),
    "the author's words come first": (
        "-(0010,0030) // asked for",
        "-(0010,0030)  // asked for // Patient's Birth Date",
    ),
    "the author has said it": ("-(0010,0020) // the Patient ID", "-(0010,0020)  // the Patient ID"),
    "another name is replaced": (
        "-(0010,0030) // a // Patient ID\n-(0010,0030) // Patient ID",
        "-(0010,0030)  // a // Patient's Birth Date\n-(0010,0030)  // Patient's Birth Date",
    ),
    "continued comments": ("-(0010,0030) // a\\\nb", "-(0010,0030)  // a\\\nb"),
    "nothing to name": (
        "-(0010,XXXX)\n-(0019,{A}01)\nx := (0010,0010)\necho // Patient ID",
        "-(0010,XXXX)\n-(0019,{A}01)\nx := (0010,0010)\necho  // Patient ID",
    ),
}


@pytest.mark.parametrize(("before", "after"), ANNOTATED.values(), ids=ANNOTATED)
def test_annotations(before: str, after: str):
    assert format_script(before, dialect=6, annotate=True) == f"{after}\n"
    assert format_script(f"{after}\n", dialect=6, annotate=True) == f"{after}\n"


def test_annotations_of_version_4():
    text = '(0008,0060) = "MR" : -(0010,0030)\n(0020,000D) := new UID\n'
    found = [line.partition("  // ")[2] for line in annotated(text).splitlines()]
    assert found == ["Patient's Birth Date", "Study Instance UID"]


def annotated(text: str) -> str:
    return format_script(text, annotate=True)


# --- meaning ------------------------------------------------------------------------------------


@cache
def golden_scripts(dialect: int) -> list[str]:
    """Return the scripts of the golden cases that can be parsed."""
    found = {case.script: None for case in golden.read_cases(f"de{dialect}.json")}
    return [script for script in found if parses(script, dialect)]


def parses(text: str, dialect: int) -> bool:
    try:
        read_script(Source("<script>", text), dialect)
    except ScriptError:
        return False
    return True


def check(text: str, dialect: int) -> None:
    """Compare meaning and comments by themselves, without trusting what the function does."""
    for annotate in (False, True):
        once = format_script(text, dialect=dialect, annotate=annotate)
        assert format_script(once, dialect=dialect, annotate=annotate) == once
        before, after = (read_script(Source("<script>", each), dialect) for each in (text, once))
        assert before.statements == after.statements
        wanted = [row.comment for row in rows_of(before) if row.comment]
        got = [row.comment for row in rows_of(after) if row.comment]
        if not annotate:
            assert wanted == got


@pytest.mark.parametrize("dialect", [6, 4])
def test_golden_scripts(dialect: int):
    assert len(golden_scripts(dialect)) > 200
    for text in golden_scripts(dialect):
        check(text, dialect)


_ends = st.sampled_from(("\n", "\r\n", "\n\n \n\n", " // a\n", "//\\ \r\n", " // a\\\n b\n"))
_blanks = st.sampled_from(("", "", " ", "\t ", "  ", "\\\n", " \\\r\n  "))


@st.composite
def roughened(draw: st.DrawFn, texts: st.SearchStrategy[str], dialect: int) -> str:
    """Draw a script with other blanks, line ends and comments between its tokens."""
    rough = ""
    for token in tokens_of(read_script(Source("<script>", draw(texts)), dialect)):
        if token.kind == "_NEWLINE":
            rough += draw(_ends)
        else:
            needs_blank = re.fullmatch(r"\w\w", rough[-1:] + token.text[:1]) is not None
            rough += (draw(_blanks) or " " * needs_blank) + token.text
    return rough


@modest
@given(st.data())
def test_generated_scripts(data: st.DataObject):
    text = print_script(data.draw(scripts()))
    rough = data.draw(roughened(st.just(text), 6))
    assume(parses(rough, 6))  # a blank behind a variable called "include" makes another script
    check(rough, 6)


@modest
@given(st.data(), st.sampled_from((4, 6)))
def test_roughened_golden_scripts(data: st.DataObject, dialect: int):
    rough = data.draw(roughened(st.sampled_from(golden_scripts(dialect)), dialect))
    assume(parses(rough, dialect))
    check(rough, dialect)


# --- trouble ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "dialect", "line"),
    [
        ('version "6.6"\n(0010,0010) :=', None, 2),
        ("(0010,0010) := :=", None, 1),
        ('(0010,0010) ?= "a"', 4, 1),
        ('"', 6, 1),
    ],
)
def test_what_cannot_be_parsed_is_an_error(text: str, dialect: int | None, line: int):
    with pytest.raises(ScriptError) as raised:
        format_script(text, dialect=dialect, name="a.das")
    assert raised.value.diagnostics[0].location.startswith(f"a.das:{line}:")


def test_what_is_nested_too_deeply_is_an_error():
    with pytest.raises(ScriptError) as raised:
        format_script("x := " + "{" * 3000 + "}" * 3000, dialect=6)
    assert raised.value.diagnostics[0].code == "nested-too-deeply"


def test_without_version_only_what_is_no_version_4_is_version_6():
    assert format_script('x:="a\nb"') == 'x := "a\nb"\n'
    assert format_script("-*/(0010,0010)") == "-*/(0010,0010)\n"


@pytest.mark.parametrize("lost", ["a comment", "a statement", "the grammar"])
def test_a_wrong_result_is_never_returned(lost: str, monkeypatch):
    def wrong(_rows: object) -> list[str]:
        return {
            "a comment": ["x := 1", "y := 2"],
            "a statement": ["x := 1  // a"],
            "the grammar": ["x :="],
        }[lost]

    monkeypatch.setattr(formatting, "_lines", wrong)
    with pytest.raises(ScriptError, match="without changing what it means"):
        format_script("x := 1 // a\ny := 2", dialect=6)


def test_bundled_scripts_are_in_this_style():
    scripts_here = sorted(bundled_script("basic-header.das").parent.glob("*.das"))
    assert scripts_here
    for path in scripts_here:
        text = path.read_text("utf-8")
        assert format_script(text) == text, path
