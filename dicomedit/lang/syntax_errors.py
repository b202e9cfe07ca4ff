"""What a parse error means to the person who wrote the script."""

from __future__ import annotations

import re

from lark.exceptions import UnexpectedInput, UnexpectedToken

from dicomedit.lang.words import KEYWORDS, RESERVED, nearest
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable


class Problem(Record):
    """One syntax error: where it stands in the joined text, and what to say."""

    start: int
    end: int
    code: str
    message: str
    help: str | None = None


class Mistakes(Record):
    """What a dialect has words for: mistakes with a name, tokens, the words that begin statements.

    Where texts may span lines nothing is certain after one that has no end.
    """

    dialect: int
    known: Callable[[str, int], Problem | None] = field(compare=False)
    terminals: dict[str, str]
    statement_words: frozenset[str]
    texts_span_lines: bool = False


def explain(text: str, error: UnexpectedInput, mistakes: Mistakes) -> Problem:
    """Return what is wrong at the place where parsing stopped."""
    start = _position(text, error)
    has_braces = "RBRACE" in mistakes.terminals
    if has_braces and isinstance(error, UnexpectedToken) and error.token.type == "$END":
        brace = _open_brace(text)
        if brace is not None:
            advice = "each block and list ends with a closing brace"
            return Problem(brace, brace + 1, "unclosed-brace", "the brace is never closed", advice)
    return mistakes.known(text, start) or _unexpected(text, start, error, mistakes)


def _position(text: str, error: UnexpectedInput) -> int:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return len(text.rstrip())
    position = error.pos_in_stream
    return len(text) if position is None else position


_BRACES = re.compile(r'\{[^}\\\n]*\}(?=..\))|"(?:[^"\\\n]|\\.)*"|//[^\n]*|([{}])')


def _open_brace(text: str) -> int | None:
    """Return where the innermost brace stands that has no partner."""
    opened: list[int] = []
    for found in _BRACES.finditer(text):
        if found.group(1) == "{":
            opened.append(found.start())
        elif found.group(1) == "}" and opened:
            opened.pop()
    return opened[-1] if opened else None


# --- mistakes with a name -----------------------------------------------------------------------

_TAG_LIKE = re.compile(r"\(\s*([^\s,(){}]*)\s*,([^)\n]*)\)?")
_NAME_BEFORE = re.compile(r"[A-Za-z_]\w*$")
_NUMBER_LIKE = re.compile(r"[0-9][0-9A-Za-z_.]*")
_NUMBER = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")
_WORD = re.compile(r"[A-Za-z_]\w*")
_BAD_STRING = re.compile(r'"(?:[^"\\\r\n]|\\[nrtbf()\\]|\\[0-7]{3})*')
_LOOKALIKES = (
    (re.compile(r"=\s*="), "=="),
    (re.compile(r"<>"), "<>"),
    (re.compile(r"&&|\|\|"), "&&"),
    (re.compile(r"!(?![=~])"), "!"),
    (re.compile(r"/\*"), "/*"),
    (re.compile(r"#"), "#"),
    (re.compile(r"'"), "'"),
)
_LOOKALIKE_HELP = {
    "==": 'write "=" to compare',
    "<>": 'write "!=" to compare',
    "&&": "use and[...] or or[...], or one condition inside another",
    "!": 'there is no "not"; compare with "!=" or "!~", or use if ... else',
    "/*": 'comments begin with "//"',
    "#": 'comments begin with "//"',
    "'": 'text stands between double quotes: "text"',
}


def _known_mistake(text: str, start: int) -> Problem | None:
    here = text[start : start + 200]
    problem: Problem | None = None
    if here.startswith('"'):
        problem = _bad_string(text, start)
    elif here.startswith("("):
        problem = _call_in_parentheses(text, start) or _bad_tag(text, start)
    elif here[:1].isdigit():
        problem = _bad_number(text, start)
    elif here.startswith("if") and text[:start].rstrip(" \t").endswith("else"):
        problem = Problem(start, start + 2, "syntax", "'if' was not expected here", _ELSE_HELP)
    return problem or _misspelt_keyword(text, start) or _lookalike(text, start)


def _bad_string(text: str, start: int) -> Problem | None:
    found = _BAD_STRING.match(text, start)
    end = found.end() if found else start + 1
    following = text[end : end + 1]
    if following == "\\":
        advice = r'write "\\" for a backslash, as in "\\d"; only \\ \n \r \t \b \f \( \) \ooo may'
        advice += " follow; a text cannot hold a double quote"
        return Problem(end, end + 2, "bad-escape", "the backslash begins no escape", advice)
    if following == '"':
        return None
    advice = "end the text with a double quote on the same line"
    return Problem(start, end, "unclosed-text", "the text has no end on this line", advice)


def _bad_number(text: str, start: int) -> Problem | None:
    found = _NUMBER_LIKE.match(text, start)
    if found is None or _NUMBER.fullmatch(found.group()):
        return None
    advice = f'write "{found.group()}" in quotes for a text'
    return Problem(*found.span(), "bad-number", "this is not a number", advice)


def _call_in_parentheses(text: str, start: int) -> Problem | None:
    name = _NAME_BEFORE.search(text, max(0, start - 100), start)
    if name is None or name.group() in RESERVED:
        return None
    advice = f"arguments stand in square brackets: {name.group()}[...]"
    return Problem(start, start + 1, "syntax", "'(' was not expected here", advice)


def _bad_tag(text: str, start: int) -> Problem | None:
    found = _TAG_LIKE.match(text, start)
    if found is None:
        return None
    group, element = found.group(1), found.group(2)
    return Problem(start, found.end(), "bad-tag", "this is not a tag", _tag_advice(group, element))


def _tag_advice(group: str, element: str) -> str:
    if group and "{" not in element and group[-1] in "13579BDFbdf#":
        return f"a private tag names its creator: ({group},{{CREATOR}}01)"
    if group and "{" in element and group[-1] in "02468ACEace@":
        return f"only odd groups have private tags: ({group},0010)"
    if group and group[-1] in "Xx":
        return "the last position of a group must be a digit, @ (even) or # (odd)"
    return (
        "a tag is (gggg,eeee) or (gggg,{CREATOR}ee), in hexadecimal digits or the wildcards X @ #,"
        " with blanks only around the comma"
    )


def _lookalike(text: str, start: int) -> Problem | None:
    if text[start - 1 : start + 1] == "==":
        start -= 1
    for pattern, name in _LOOKALIKES:
        found = pattern.match(text, start)
        if found is not None:
            message = f"{found.group()!r} is not part of the language".replace("'\"'\"'", '"\'"')
            return Problem(start, found.end(), "syntax", message, _LOOKALIKE_HELP[name])
    return None


def _misspelt_keyword(text: str, start: int) -> Problem | None:
    """Look at the word at or before the place, when it begins its statement."""
    line_start = text.rfind("\n", 0, start) + 1
    found = _WORD.match(text, line_start + len(text[line_start:]) - len(text[line_start:].lstrip()))
    if found is None or text[found.end() : start].strip():
        return None
    word = found.group()
    if word == "else" and text[start : start + 2] == "if":
        return Problem(
            found.start(), start + 2, "syntax", "there is no 'else if'", 'write "elseif"'
        )
    if word in RESERVED and text[found.end() :].lstrip(" \t").startswith(":="):
        message = f'"{word}" is a keyword and cannot name a variable'
        return Problem(*found.span(), "syntax", message, "choose another name")
    near = nearest(word, KEYWORDS)
    if near is None or word in KEYWORDS:
        return None
    advice = f'did you mean "{near}"?'
    return Problem(*found.span(), "unknown-statement", f'no statement is called "{word}"', advice)


# --- anything else ------------------------------------------------------------------------------

_TERMINALS = {
    "LPAR": '"("',
    "RPAR": '")"',
    "LSQB": '"["',
    "RSQB": '"]"',
    "LBRACE": '"{"',
    "RBRACE": '"}"',
    "COMMA": '","',
    "SLASH": '"/"',
    "COLON": '":"',
    "QMARK": '"?"',
    "MINUS": '"-"',
    "EQUALS": '"="',
    "NOT_EQUALS": '"!="',
    "MATCHES": '"~"',
    "NOT_MATCHES": '"!~"',
    "ANY_ITEM": '"%"',
    "PUBLIC_TAG": "a tag",
    "PRIVATE_TAG": "a tag",
    "ANY_LEVELS": "a tag",
    "SOME_LEVELS": "a tag",
    "ONE_LEVEL": "a tag",
    "STRING": "a text",
    "NAME": "a name",
    "INTEGER": "a number",
    "FLOAT": "a number",
    "INCLUDE": "an include",
    "_NEWLINE": "the end of the line",
    "$END": "the end of the script",
}
_ASSIGN_OPERATORS = {"__ANON_0": '":="', "__ANON_1": '"?="'}
_STATEMENT_WORDS = frozenset(
    (
        "IF",
        "ECHO",
        "DESCRIBE",
        "EXPORT",
        "VERSION",
        "INCLUDE",
        "REMOVE_ALL_PRIVATE_TAGS",
        "SEMICOLON",
    )
)
_MOST_NAMED = 6
_ELSE_HELP = 'it follows the closing brace of an if; "else if" is one word, elseif'


def _unexpected(text: str, start: int, error: UnexpectedInput, mistakes: Mistakes) -> Problem:
    if isinstance(error, UnexpectedToken):
        found = _describe_token(error)
        end = start + max(1, len(error.token)) if error.token.type != "_NEWLINE" else start + 1
        advice = _expected(error, mistakes)
        return Problem(start, end, "syntax", f"{found} was not expected here", advice)
    character = text[start : start + 1]
    shown = f"'{character}'" if character.isprintable() else f"U+{ord(character or ' '):04X}"
    message = f"the character {shown} is not part of the language"
    return Problem(start, start + 1, "unknown-character", message)


def _describe_token(error: UnexpectedToken) -> str:
    token = error.token
    if token.type in ("$END", "_NEWLINE"):
        return _TERMINALS[token.type]
    text = str(token) if len(token) <= 40 else f"{token[:37]}..."
    return f"'{text}'"


def _expected(error: UnexpectedToken, mistakes: Mistakes) -> str | None:
    expected = error.accepts or error.expected
    if set(expected) >= mistakes.statement_words and "LSQB" not in expected:
        return "expected a statement"
    names = {
        mistakes.terminals.get(name) or _ASSIGN_OPERATORS.get(name) or f'"{name.lower()}"'
        for name in expected
    }
    if not names or len(names) > _MOST_NAMED + 3:
        return None
    return "expected " + " or ".join(sorted(names))


DICOMEDIT_6 = Mistakes(6, _known_mistake, _TERMINALS, _STATEMENT_WORDS)
"""What is known of version 6."""
