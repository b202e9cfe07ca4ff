"""What people get wrong in DicomEdit 4, and what to tell them. Imported after an error only."""

from __future__ import annotations

import re

from dicomedit.lang.syntax_errors import Mistakes, Problem
from dicomedit.lang.words import nearest

_KEYWORDS = ("echo", "describe", "export")
_RESERVED = frozenset((*_KEYWORDS, "new", "hidden"))

_STRING = re.compile(r'"(?:[^"\\]|\\[btnfr"\'\\])*')
_TAG_LIKE = re.compile(r"\([^()\n\"]*,[^()\n\"]*\)?")
_PATTERN = re.compile(r"\([0-9A-Fa-fX@#]{4},[0-9A-Fa-fX@#]{4}\)")
_TAG_ALONE = re.compile(r"(?:.*:[ \t]*)?\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\)")
_NUMBER_LIKE = re.compile(r"-?[0-9][0-9A-Za-z_.]*")
_NUMBER = re.compile(r"0|-?[1-9][0-9]*")
_WORD = re.compile(r"[A-Za-z_]\w*")
_EMPTY_CALL = re.compile(r"([A-Za-z_]\w*)[ \t]*\[[ \t]*$")

_OF_VERSION_6 = 'this is DicomEdit 6: a script of it begins with version "6.6"'
_PATTERN_PLACES = 'patterns stand to the left of ":=" and after "-" only'
_ONE_LINE = "a statement ends with its line; a backslash directly before the line end continues it"
_SIGNS = (
    ("!=", 'there is no "!="; write "~" with a pattern that leaves the value out: "(?!MR$).*"'),
    ("!~", 'there is no "!~"; write "~" with a pattern that leaves values out: "(?!MR$).*"'),
    ("?=", f'there is no "?="; {_OF_VERSION_6}'),
    (
        "?",
        f'the action follows a colon: (0008,0060) = "MR" : -(0010,0020); with "?" {_OF_VERSION_6}',
    ),
    ("==", 'write "=" to compare'),
    ("<>", 'compare with "=" or "~"; there is nothing for "not equal"'),
    ("&&", "write one condition after another: condition : condition : action"),
    ("||", 'write a pattern with alternatives: ~ "CT|MR"'),
    ("/*", 'comments begin with "//"'),
    ("/", f"there are no paths, only elements at the top level; {_OF_VERSION_6}"),
    ("*", f"there are no paths, only elements at the top level; {_OF_VERSION_6}"),
    ("#", 'comments begin with "//"'),
    ("'", 'text stands between double quotes: "text"'),
    (";", "a statement ends with its line"),
    ("\r", "lines end with LF or CR LF"),
    ("\\", "a backslash continues a line only when the line ends directly after it"),
)
# fmt: off
_TERMINALS = {
    "LSQB": '"["', "RSQB": '"]"', "COMMA": '","', "COLON": '":"', "MINUS": '"-"',
    "EQUALS": '"="', "MATCHES": '"~"', "TAG": "a tag", "TAG_PATTERN": "a tag pattern",
    "STRING": "a text", "NAME": "a name", "INTEGER": "a number",
    "_NEWLINE": "the end of the line", "$END": "the end of the script",
}
# fmt: on


def _known_mistake(text: str, start: int) -> Problem | None:
    here = text[start : start + 200]
    problem: Problem | None = None
    if here.startswith('"'):
        problem = _bad_string(text, start)
    elif here.startswith("("):
        problem = _bad_tag(text, start)
    elif here[:1].isdigit() or re.match("-[0-9]", here):
        problem = _bad_number(text, start)
    elif here.startswith("]"):
        problem = _empty_call(text, start)
    return problem or _in_its_place(text, start) or _bad_word(text, start) or _sign(text, start)


def _bad_string(text: str, start: int) -> Problem | None:
    found = _STRING.match(text, start)
    end = found.end() if found else start + 1
    following = text[end : end + 1]
    if following == '"':
        return None
    if following == "\\":
        advice = (
            r'write "\\" for a backslash, as in "\\d"; only \b \t \n \f \r \" \' \\ are escapes'
        )
        return Problem(end, end + 2, "bad-escape", "the backslash begins no escape", advice)
    line_end = text.find("\n", start)
    end = len(text) if line_end < 0 else line_end
    advice = "end the text with a double quote; the missing one may be that of a text further up"
    return Problem(start, end, "unclosed-text", "the text has no end", advice)


def _bad_tag(text: str, start: int) -> Problem | None:
    if _PATTERN.match(text, start):
        return _pattern_as_value(text, start)
    found = _TAG_LIKE.match(text, start)
    if found is None:
        return None
    advice = (
        "a tag is (gggg,eeee), without blanks, in hexadecimal digits; a pattern has X (a capital),"
        " @ or # in it"
    )
    if "{" in found.group():
        advice = f"a private element is named by its number, (0019,1001); {_OF_VERSION_6}"
    return Problem(*found.span(), "bad-tag", "this is not a tag", advice)


def _pattern_as_value(text: str, start: int) -> Problem | None:
    tag = text[start : start + 11]
    before = text[text.rfind("\n", 0, start) + 1 : start].strip(" \t")
    if not any(sign in tag for sign in "X@#") or not before or before.endswith("-"):
        return None
    message = "a tag pattern has no value"
    return Problem(start, start + 11, "plural-path", message, _PATTERN_PLACES)


def _bad_number(text: str, start: int) -> Problem | None:
    found = _NUMBER_LIKE.match(text, start)
    if found is None or _NUMBER.fullmatch(found.group()):
        return None
    advice = f'write "{found.group()}" in quotes for a text'
    return Problem(*found.span(), "bad-number", "this is not a number", advice)


def _empty_call(text: str, start: int) -> Problem | None:
    name = _EMPTY_CALL.search(text, max(0, start - 100), start)
    if name is None:
        return None
    message = "a function needs at least one argument"
    return Problem(name.start(), start + 1, "argument-count", message, None)


def _in_its_place(text: str, start: int) -> Problem | None:
    """Look for what is right in itself, but not where it stands."""
    line_start = text.rfind("\n", 0, start) + 1
    before = text[line_start:start].strip(" \t")
    here = text[start : start + 2]
    if here == ":=" and (not before or (":=" in before and before.endswith(")"))):
        return Problem(start, start + 2, "syntax", "':=' was not expected here", _ONE_LINE)
    if here.strip() in ("", "\\") and (
        _TAG_ALONE.fullmatch(before) or before.endswith((":", ":="))
    ):
        return Problem(start, start + 1, "syntax", "the statement is not complete", _ONE_LINE)
    if here[:1] in ("=", "~") and _PATTERN.fullmatch(before[-11:]):
        tag = start - len(text[:start]) + len(text[:start].rstrip()) - 11
        return Problem(tag, tag + 11, "plural-path", "a tag pattern has no value", _PATTERN_PLACES)
    if text.startswith("new", start) and _PATTERN.search(before):
        message = "a pattern cannot be given new values"
        return Problem(start, start + 3, "syntax", message, "name one element: (gggg,eeee)")
    if here.startswith(",") and re.search("[=~]", before.replace(":=", "")):
        message = "',' was not expected here"
        advice = "write one condition after another: condition : condition : action"
        return Problem(start, start + 1, "syntax", message, advice)
    if here == ":=" and re.search(r":[ \t]*\w+$", before):
        message = "a variable cannot depend on a condition"
        advice = "only assignments to elements, deletions and echo can"
        return Problem(start, start + 2, "syntax", message, advice)
    return None


def _bad_word(text: str, start: int) -> Problem | None:
    """Look at the word at or before the place, when it begins its statement."""
    line_start = text.rfind("\n", 0, start) + 1
    line = text[line_start:]
    found = _WORD.match(text, line_start + len(line) - len(line.lstrip(" \t")))
    if found is None or text[found.end() : start].strip():
        return None
    word = found.group()
    after = text[found.end() :].lstrip(" \t")
    if word == "version" and after.startswith('"'):
        message = "a script of DicomEdit 4 has no version statement"
        advice = "take it away, or run the script as the version it names"
        return Problem(*found.span(), "version-statement", message, advice)
    if word in _RESERVED and after.startswith(":="):
        message = f'"{word}" is a keyword and cannot name a variable'
        return Problem(*found.span(), "syntax", message, "choose another name")
    near = nearest(word, _KEYWORDS)
    if near is None or word in _RESERVED or after.startswith(("[", ":=", "=", "~")):
        return None
    advice = f'did you mean "{near}"?'
    return Problem(*found.span(), "unknown-statement", f'no statement is called "{word}"', advice)


def _sign(text: str, start: int) -> Problem | None:
    if start and text[start - 1 : start + 1] == "==":
        start -= 1
    for sign, advice in _SIGNS:
        if text.startswith(sign, start):
            shown = (
                f"U+{ord(sign):04X}" if len(sign) == 1 and not sign.isprintable() else repr(sign)
            )
            message = f"{shown} is not part of DicomEdit 4".replace('"\'"', '"\'"')
            return Problem(start, start + len(sign), "syntax", message, advice)
    return None


DICOMEDIT_4 = Mistakes(
    4,
    _known_mistake,
    _TERMINALS,
    frozenset(("ECHO", "DESCRIBE", "EXPORT", "MINUS")),
    texts_span_lines=True,
)
"""What is known of DicomEdit 4."""
