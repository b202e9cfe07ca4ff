"""Format patterns give the texts that java.text.MessageFormat gave for them.

Each row of message_format.json is a pattern and the text for the arguments "a" and "b", null
where Java refused the pattern. The answers were taken from OpenJDK 17.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomedit.lang.message_format import PatternFormatError, format_message

ROWS = json.loads(Path(__file__).with_name("message_format.json").read_text("ascii"))


@pytest.mark.parametrize(("pattern", "expected"), ROWS)
def test_same_answer_as_java(pattern: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(PatternFormatError):
            format_message(pattern, ["a", "b"])
        return
    assert format_message(pattern, ["a", "b"]) == expected


@given(st.text(alphabet="{}'0, a\n\u00e9"))
def test_quoted_text_stays(text: str) -> None:
    doubled = text.replace("'", "''")
    assert format_message(f"'x{doubled}'{{0}}", [text]) == f"x{text}{text}"


@given(st.text(alphabet="{}'01, ax+-\t"))
def test_any_pattern_is_formatted_or_refused(pattern: str) -> None:
    try:
        format_message(pattern, ["a", "b"])
    except PatternFormatError as refused:
        assert refused.args


def test_arguments_are_not_patterns() -> None:
    assert format_message("{0}-{1}", ["{1}", "it's"]) == "{1}-it's"


def test_enormous_number_is_refused() -> None:
    with pytest.raises(PatternFormatError):
        format_message("{" + "9" * 10_000 + "}", [])
