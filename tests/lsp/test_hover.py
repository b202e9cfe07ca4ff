"""What an editor shows of the word under the pointer."""

from pathlib import Path

import pytest

from dicomedit.lsp.hover import hover
from dicomedit.lsp.tokens import tokens

SCRIPT = """\
version "6.6"
describe site "Name of the site"
code := lookup["pid", (0010,0020)]
(0009,{ACME 1.0}01) := code
-*/(0010,00X0)
-(0009,1001)
-(0010,FFFE)
(0008,0080) := other // (0008,0090)
unheardOf["x"]
"""


def hovered(word: str, script: str = SCRIPT, dialect: int = 6) -> str | None:
    found = hover(script, tokens(script), script.index(word) + 1, dialect)
    return None if found is None else found.text


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("(0010,0020)", "**Patient ID**\n\n`(0010,0020) PatientID`, VR LO"),
        ("(0010,0020)", "PS3.15 Table E.1-1: Z/D, empty, or replace by a dummy value"),
        ("(0009,{ACME 1.0}01)", "private creator `ACME 1.0`"),
        ("(0010,00X0)", "X stands for any hexadecimal digit"),
        ("(0009,1001)", "its meaning depends on the private creator"),
        ("(0010,FFFE)", "(0010,FFFE) is not in the data dictionary"),
        ("lookup", "`lookup[type, key]`\n\nLook a key of a type up in the lookup table"),
        ("code", '```das\ncode := lookup["pid", (0010,0020)]\n```'),
        ("site", 'describe site "Name of the site"'),
        ("other", "gets its value from outside"),
        ("version", "Says which version the script is written in"),
    ],
)
def test_hover(word: str, told: str):
    assert told in str(hovered(word))


@pytest.mark.parametrize("word", ["//", '"pid"', ":=", "unheardOf"])
def test_nothing_to_say(word: str):
    assert hovered(word) is None


def test_between_words_is_nothing():
    assert hover("a  :=", tokens("a  :="), 2, 6) is None


def test_functions_are_those_of_the_dialect():
    script = '(0010,0020) := concatenate["A", "B"]'
    assert "concatenate" in str(hovered("concatenate", script, 6))
    assert hovered("concatenate", script, 4) is None
    assert "null" in str(hovered("format", '(0010,0020) := format["{0}", x]', 4))


def test_the_span_is_that_of_the_word():
    found = hover(SCRIPT, tokens(SCRIPT), SCRIPT.index("(0010,0020)") + 3, 6)
    assert found is not None
    assert SCRIPT[found.span.start : found.span.end] == "(0010,0020)"


def test_every_word_of_every_script_can_be_asked_about():
    for path in (Path(__file__).parents[2] / "scripts").glob("*.das"):
        text = path.read_text("utf-8")
        found = tokens(text)
        for token in found:
            hover(text, found, token.span.start, 6)
