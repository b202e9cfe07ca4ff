"""Text functions."""

from __future__ import annotations

import re

from dicomedit.errors import failed
from dicomedit.lang.functions.registry import function
from dicomedit.lang.java_regex import JavaPattern, MatchTimeout
from dicomedit.lang.program import Run
from dicomedit.lang.reading import argument_text
from dicomedit.lang.values import Value, check_length, flatten


@function("concatenate")
def concatenate(*texts: str) -> str:
    """Join texts, with nothing between them."""
    check_length(sum(map(len, texts)))
    return "".join(texts)


@function("format")
def format_text(pattern: str, *values: Value, run: Run) -> str:
    """Put values into a pattern: {0} stands for the first one, {1} for the second.

    An apostrophe begins a quoted stretch up to the next one; two apostrophes are one. A value
    that is absent leaves an empty place. Lists count as their elements.
    """
    from dicomedit.lang.message_format import PatternFormatError, format_message

    texts = [argument_text(run, value) or "" for value in flatten(values)]
    check_length(len(pattern) * (1 + max(map(len, texts), default=0)))
    try:
        return format_message(pattern, texts)
    except PatternFormatError as error:
        raise failed("bad-format", f"the pattern of format is wrong: {error}") from None


@function("lowercase")
def lowercase(text: str) -> str:
    """Turn capital letters into small ones."""
    return text.lower()


@function("uppercase", ignores_extra=True)
def uppercase(text: str) -> str:
    """Turn small letters into capitals; a sharp s becomes SS."""
    return text.upper()


@function("substring", ignores_extra=True)
def substring(text: str, start: int, end: int) -> str:
    """Take the characters from start up to, not including, end; the first character is 0."""
    if not 0 <= start <= end <= len(text):
        raise failed(
            "out-of-range",
            f"characters {start} to {end} were asked of a text that has {len(text)}",
            help='compare the length first, as with (0010,0020) ~ ".{3}.*"',
            value=text,
        )
    return text[start:end]


@function("replace", ignores_extra=True)
def replace(text: str, find: str, replacement: str) -> str:
    """Put a replacement in place of every occurrence of a text, taken literally."""
    check_length(len(text) + text.count(find) * len(replacement))
    return text.replace(find, replacement)


@function("match")
def match(text: str, pattern: JavaPattern, group: int) -> str | None:
    """Find the first place where a regular expression matches, and take one group of it.

    Group 0 is the whole match. Without a match, or when the group has no part in it, the result
    is nothing.
    """
    try:
        return pattern.find_group(text, group)
    except IndexError:
        raise failed(
            "no-such-group", f"the regular expression has {pattern.groups} groups, not {group}"
        ) from None
    except MatchTimeout as error:
        raise slow_match(error) from None


@function("ismatch")
def ismatch(text: str, pattern: JavaPattern) -> bool:
    """Tell whether a regular expression matches the whole text."""
    return full_match(pattern, text)


def full_match(pattern: JavaPattern, text: str) -> bool:
    """Match a whole text within the time allowed."""
    try:
        return pattern.full_match(text)
    except MatchTimeout as error:
        raise slow_match(error) from None


def slow_match(error: MatchTimeout) -> Exception:
    """Return the failure for a regular expression that takes too long."""
    return failed(
        "slow-match",
        f"the regular expression takes too long: {error}",
        help="write it without one repetition inside another",
    )


@function("normalizeString")
def normalize_string(text: str | None, replacement: str = "_") -> str | None:
    """Put a replacement, _ unless given, in place of every character that is not ASCII.

    In the replacement a backslash stands for the character after it.
    """
    if text is None:
        return None
    literal = re.sub(r"(?s)\\(.)", r"\1", replacement)
    check_length(len(text) * max(1, len(literal)))
    return "".join(c if c.isascii() else literal for c in text)


@function("urlEncode", is_newer=True)
def encode_for_url(text: str) -> str:
    """Write a text so that it can be part of a URL, in UTF-8 with percent signs."""
    from urllib.parse import quote

    if re.search("[\ud800-\udfff]", text):  # half a character
        raise failed("url-invalid", "the text holds a character that cannot be put into an address")
    return quote(text, safe="")
