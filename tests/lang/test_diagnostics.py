"""What people read when a script is wrong: the messages of typical mistakes, compared whole.

The texts are in ``tests/golden/diagnostics``; ``pytest tests/lang --rewrite-golden`` writes them
anew, to be reviewed as a diff.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from dicomedit.errors import ScriptError, Source
from dicomedit.lang.compile import compile_source

FOLDER = Path(__file__).parents[1] / "golden" / "diagnostics"

MISTAKES = {
    # words
    "misspelt-function": '(0010,0010) := lowercse["A"]',
    "wrong-case-of-a-function": '(0010,0010) := isMatch["a", "b"] // ismatch',
    "unlike-any-function": "frobnicate[]",
    "misspelt-keyword": 'ecko "a"',
    "keyword-in-capitals": 'Echo "a"',
    "keyword-as-variable": 'hidden := "a"',
    "attribute-as-variable": 'PatientName := "ANON"',
    # operators and characters of other languages
    "double-equals": '(0010,0020) == "1" ? echo "a"',
    "not-equals-of-sql": '(0010,0020) <> "1" ? echo "a"',
    "double-ampersand": 'if (true[] && false[]) { echo "a" }',
    "exclamation-mark": 'if (!isPresent[(0010,0020)]) { echo "a" }',
    "single-quotes": "(0010,0010) := 'ANON'",
    "hash-comment": '# Anonymise\n(0010,0010) := "ANON"',
    "parentheses-for-a-call": '(0010,0010) := lowercase("A")',
    "semicolon": '(0010,0010) := "ANON";',
    # texts
    "bad-escape": r'(0010,0020) ~ "PID\d+" ? echo "a"',
    "unclosed-text": '(0010,0010) := "ANON\n(0010,0020) := "1"',
    "text-over-two-lines": 'echo "first\nsecond"',
    "bad-regular-expression": '(0010,0020) ~ "([A-Z" ? echo "a"',
    # tags
    "odd-group-without-creator": "-(0009,1001)",
    "even-group-with-creator": "-(0010,{ACME}10)",
    "X-as-last-digit-of-a-group": "-(60XX,3000)",
    "keyword-for-a-tag": "-PatientName",
    "blank-in-a-tag": "-( 0010,0010)",
    # blocks
    "else-if": 'if (true[]) {\n  echo "a"\n} else if (true[]) {\n  echo "b"\n}',
    "else-if-on-its-own-line": "if (true[]) {\n}\nelse if (true[]) {\n}",
    "missing-closing-brace": 'if (true[]) {\n  echo "a"\n\n',
    "missing-opening-brace": 'if (true[])\n  echo "a"\n}',
    "condition-that-is-none": 'if ((0010,0010)) {\n  echo "a"\n}',
    # what can be known without a data set
    "too-few-arguments": 'echo substring["abc", 1]',
    "too-many-arguments": 'echo lowercase["A", "B"]',
    "function-without-value": "(0010,0010) := removeTags[(0010,0020)]",
    "plural-path-on-the-left": '*/(0010,0010) := "ANON"',
    "sequence-without-item-on-the-left": '(0008,1140)/(0008,1155) := "1.2"',
    "plural-path-as-value": "(0010,0010) := (0010,002X)",
    "negative-item": '(0008,1140)[-1]/(0008,1155) := "1.2"',
    # versions
    "unknown-version": 'version "5.0"\n-(0010,0010)',
    "newer-version": 'version "6.8"\n-(0010,0010)',
    "newer-function": 'echo urlEncode["a b"]',
    # several
    "several-syntax-errors": "echo 'a'\n(0010,0010) := \"ok\"\n-(0009,1001)\nv := $w",
    "several-errors-in-order": (
        "foo[(0010,0010), bar[]]\nif (lowercase[] = \"a\") {\n  -(0008,1140)[-1]\n}\nversion \"9\""
    ),
    # the excerpt
    "very-long-line": f'(0010,0010) := concatenate["{"a" * 150}", uppercse["{"b" * 150}"]]',
    "tabs": '\t(0010,0010)\t:=\tlowercse["A"]',
    "continued-line": '(0010,0010) := \\\n  lowercse["A"]',
    "binary-garbage": "\x7fELF\x02\x01\x01\0\0\x1b[31m\nPK\x03\x04",
    "line-two-hundred": "\n" * 199 + "echo $",
}  # fmt: skip
"""Each under the name of the file that holds its message."""

WITHOUT_VERSION = {
    "no-version": '// Everywhere\n*/(0010,0010) ?= ""\n',
    "no-version-function": '(0010,0010) := concatenate["a", "b"]',
    "no-version-nor-right": '(0010,0020) = "1" ? (0010,0010) := lowercse["A"]',
    "no-version-wins": '(0010,0020) := "a"\n-(0010,0020)',
    "no-version-reads": '(0010,0020) := "a"\n(0010,0010) := (0010,0020)',
}
"""Scripts that nobody said the version of."""

MISTAKES_4 = {
    "v4-misspelt-function": '(0010,0010) := lowercse["A"]',
    "v4-misspelt-keyword": 'ecko "a"',
    "v4-keyword-as-variable": 'new := "a"',
    "v4-attribute-as-variable": 'PatientName := "ANON"',
    "v4-not-equal": '(0008,0060) != "MR" : -(0010,0020)',
    "v4-double-equals": '(0008,0060) == "MR" : -(0010,0020)',
    "v4-question-mark": '(0008,0060) = "MR" ? -(0010,0020)',
    "v4-comma": '(0008,0060) = "MR", (0020,0011) = "4" : -(0010,0020)',
    "v4-constrained-variable": '(0008,0060) = "MR" : v := "a"',
    "v4-single-quotes": "(0010,0010) := 'ANON'",
    "v4-hash-comment": "# Anonymise",
    "v4-semicolon": '(0010,0010) := "ANON";',
    "v4-bad-escape": r'(0010,0020) ~ "PID\d+" : echo "a"',
    "v4-unclosed-text": '(0010,0010) := "ANON\n(0010,0020) := "1"',
    "v4-blank-in-a-tag": "-(0010, 0010)",
    "v4-small-x": "-(0010,00xx)",
    "v4-private-creator": "-(0019,{ACME}01)",
    "v4-path": "-*/(0010,0010)",
    "v4-path-of-tags": '(0008,1140)/(0008,1155) := "1"',
    "v4-pattern-as-value": "(0010,0010) := (0010,00XX)",
    "v4-pattern-in-a-condition": '(0008,00XX) = "MR" : -(0010,0020)',
    "v4-pattern-of-new-values": "(0020,00XD) := new UID",
    "v4-two-statements-on-a-line": "-(0010,0010) -(0010,0020)",
    "v4-two-assignments-on-a-line": '(0010,0010) := "A" (0010,0020) := "B"',
    "v4-statement-over-two-lines": '(0010,0010)\n  := "A"',
    "v4-half-an-assignment": "(0010,0010) :=\n",
    "v4-blank-after-a-backslash": '(0010,0010) := \\ \n"A"',
    "v4-leading-zero": "(0010,0010) := 007",
    "v4-large-number": "(0010,0010) := 2147483648",
    "v4-no-arguments": "(0020,000D) := hashUID[]",
    "v4-too-few-arguments": '(0010,0010) := replace["a", "b"]',
    "v4-number-in-quotes": '(0010,0010) := substring["abc", "0", 1]',
    "v4-unknown-generator": "(0020,000D) := new uid",
    "v4-defined-twice": 'a := "1"\nA := "2"',
    "v4-variable-cycle": "a := b\nb := lowercase[C]\nc := a",
    "v4-fixed-element": '(0002,0010) := "1.2.840.10008.1.2"',
    "v4-version-6": 'version "6.6"\n-(0010,0010)',
    "v4-bad-patterns": '(0010,0010) ~ "[" : (0010,0010) := "{x}" "a"',
    "v4-old-line-ends": '(0010,0010) := "A"\r(0010,0020) := "B"\r',
    "v4-several-in-order": '-(0010,00xx)\n(0010,0010) := $w\n(0010,0020) ~ "a" ? echo',
}
"""Mistakes in scripts of DicomEdit 4."""


def _rendered(script: str, dialect: int | None = 6) -> str:
    """Return the script's errors, else its warnings, as they are printed."""
    try:
        notices = compile_source(Source("study.das", script), dialect=dialect).notices
    except ScriptError as error:
        return f"{error}\n"
    return "\n\n".join(map(str, notices)) + "\n"


def _compare(name: str, rendered: str, *, rewrite: bool) -> None:
    file = FOLDER / f"{name}.txt"
    if rewrite:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(rendered, "utf-8", newline="\n")
    assert rendered == file.read_text("utf-8")


@pytest.fixture
def rewrite(request):
    return request.config.getoption("--rewrite-golden", default=False)


@pytest.mark.parametrize("name", MISTAKES)
def test_message(name, rewrite):
    _compare(name, _rendered(MISTAKES[name]), rewrite=rewrite)


@pytest.mark.parametrize("name", WITHOUT_VERSION)
def test_message_without_version_statement(name, rewrite):
    _compare(name, _rendered(WITHOUT_VERSION[name], None), rewrite=rewrite)


@pytest.mark.parametrize("name", MISTAKES_4)
def test_message_of_version_4(name, rewrite):
    _compare(name, _rendered(MISTAKES_4[name], 4), rewrite=rewrite)


def test_every_stored_message_belongs_to_a_mistake():
    known = {*MISTAKES, *WITHOUT_VERSION, *MISTAKES_4}
    assert {file.stem for file in FOLDER.iterdir()} == known


@pytest.mark.parametrize("name", [*MISTAKES, *MISTAKES_4])
def test_messages_can_be_printed_anywhere(name):
    """No control characters reach the terminal, and no line is endless."""
    rendered = _rendered(MISTAKES[name]) if name in MISTAKES else _rendered(MISTAKES_4[name], 4)
    lines = rendered.split("\n")
    assert all(character.isprintable() for line in lines for character in line)
    assert max(map(len, lines)) < 240
