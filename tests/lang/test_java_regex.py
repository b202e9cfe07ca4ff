"""Java patterns give the answers that java.util.regex gave for them.

Each row of java_regex.json is a pattern, a text, what Matcher.matches() returned, null where
Java refused the pattern, and the groups of the first match that Matcher.find() came upon, null
where there was none. The answers were taken from OpenJDK 17.
"""

import json
import time
from pathlib import Path

import pytest

from dicomedit.lang.java_regex import MatchTimeout, PatternError, compile_pattern

ROWS = json.loads(Path(__file__).with_name("java_regex.json").read_text("ascii"))


@pytest.mark.parametrize(("pattern", "text", "matches", "groups"), ROWS)
def test_same_answer_as_java(
    pattern: str, text: str, matches: bool | None, groups: list[str | None] | None
) -> None:
    if matches is None:
        with pytest.raises(PatternError):
            compile_pattern(pattern)
        return
    compiled = compile_pattern(pattern)
    found = [compiled.find_group(text, group) for group in range(compiled.groups + 1)]
    assert compiled.full_match(text) == matches
    assert found == (groups or [None] * len(found))


def test_catastrophic_pattern_times_out() -> None:
    compiled = compile_pattern("(a|aa)+$", timeout=0.05)
    text = "a" * 60 + "!"
    start = time.monotonic()
    with pytest.raises(MatchTimeout):
        compiled.full_match(text)
    with pytest.raises(MatchTimeout):
        compiled.find_group(text, 0)
    assert time.monotonic() - start < 2.0


@pytest.mark.parametrize("group", [-1, 2])
def test_unknown_group(group: int) -> None:
    with pytest.raises(IndexError):
        compile_pattern("(a)").find_group("b", group)


@pytest.mark.parametrize(
    "pattern",
    [
        "(" * 5000,
        "[" * 5000,
        "a{2147483647}",
        "((a{1000}){1000}){1000}",
        "(?:" * 40 + "a" + ")+" * 40,
    ],
)
def test_pattern_too_large(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", ["(?c)a", r"\b{g}a", "[a-z&&]", r"(?i)(\X)\1", r"\p{javaFoo}"])
def test_known_refusals(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


def test_error_shows_the_pattern() -> None:
    with pytest.raises(PatternError, match=r"the pattern 'a\*\*' has a dangling '\*'"):
        compile_pattern("a**")
