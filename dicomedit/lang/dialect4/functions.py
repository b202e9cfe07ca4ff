"""The built-in functions of DicomEdit 4 (section 7). Arguments too many are not even evaluated."""

from __future__ import annotations

import re

from dicomedit.dicom.uids import hash_uid as uid_of
from dicomedit.errors import failed
from dicomedit.lang.functions.registry import Registry
from dicomedit.lang.functions.text import slow_match
from dicomedit.lang.java_regex import JavaPattern, MatchTimeout
from dicomedit.lang.program import Run
from dicomedit.lang.values import check_length

REGISTRY = Registry()
"""The built-in functions."""

function = REGISTRY.function


@function("substring", ignores_extra=True)
def substring(text: str | None, start: int, end: int) -> str | None:
    """Take the characters from start up to, not including, end; the first character is 0.

    Nothing stays nothing; an empty or blank text is left as it is, wherever start and end are.
    """
    if text is None or not text.strip():
        return text
    if not 0 <= start <= end <= len(text):
        raise failed(
            "out-of-range",
            f"characters {start} to {end} were asked of a text that has {len(text)}",
            help='test the length first, as with (0010,0020) ~ ".{3}.*" : ...',
            value=text,
        )
    return text[start:end]


@function("format", ignores_extra=True)
def format_text(pattern: str, *values: str | None) -> str:
    """Put values into a pattern: {0} stands for the first one, {1} for the second.

    An apostrophe begins a quoted stretch up to the next one; two apostrophes are one. For nothing
    stands ``null``. The same as the pattern with the values after it, as in "{0}-{1}" a, b.
    """
    from dicomedit.lang.message_format import PatternFormatError, format_message

    texts = ["null" if value is None else value for value in values]
    check_length(len(pattern) * (1 + max(map(len, texts), default=0)))
    try:
        return format_message(pattern, texts, strict=True)
    except PatternFormatError as error:
        raise failed("bad-format", f"the pattern of format is wrong: {error}") from None


@function("lowercase", ignores_extra=True)
def lowercase(text: str | None) -> str | None:
    """Turn capital letters into small ones; nothing stays nothing."""
    return None if text is None else text.lower()


@function("uppercase", ignores_extra=True)
def uppercase(text: str | None) -> str | None:
    """Turn small letters into capitals; a sharp s becomes SS. Nothing stays nothing."""
    return None if text is None else text.upper()


@function("replace", ignores_extra=True)
def replace(text: str, find: str, replacement: str) -> str:
    """Put a replacement in place of every occurrence of a text, taken literally.

    An empty text is found around every character.
    """
    check_length(len(text) + text.count(find) * len(replacement))
    return text.replace(find, replacement)


@function("match", ignores_extra=True)
def match(text: str | None, pattern: JavaPattern, group: int) -> str | None:
    """Match a whole text with a regular expression and take one group; group 0 is everything.

    Nothing stays nothing. Without a match, or when the group has no part in it, the result is
    nothing.
    """
    if text is None:
        return None
    try:
        return pattern.full_match_group(text, group)
    except IndexError:
        raise failed(
            "no-such-group", f"the regular expression has {pattern.groups} groups, not {group}"
        ) from None
    except MatchTimeout as error:
        raise slow_match(error) from None


@function("urlEncode", ignores_extra=True)
def encode_for_url(text: str | None) -> str | None:
    """Write a text as forms do, in UTF-8: a blank as +, other than letters, digits and .-*_ as %XX.

    Nothing stays nothing.
    """
    from urllib.parse import quote_plus

    if text is None:
        return None
    if re.search("[\ud800-\udfff]", text):  # half a character
        raise failed("url-invalid", "the text holds a character that cannot be put into an address")
    return quote_plus(text, safe="*").replace("~", "%7E")


@function("hashUID", ignores_extra=True)
def hash_uid(text: str | None) -> str | None:
    """Make the UID that always stands for a text, by hashing it; nothing stays nothing."""
    return None if text is None else uid_of(text)


@function("getURL", ignores_extra=True)
def get_url(url: str, *, run: Run) -> str:
    """Ask a web server and take its answer, lines joined. Off unless the host is allowed."""
    return run.resources.fetch(url)
