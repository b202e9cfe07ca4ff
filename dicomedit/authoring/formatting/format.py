"""Scripts in one style. Tokens are spaced anew and never written anew: what they say stays.

The style: one statement a line; four blanks for each brace around it; one blank between tokens, but
none inside brackets and tag paths; comments behind statements two blanks away, in one column where
lines follow one another; at most one empty line; lines end in a line feed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dicomedit.authoring.formatting.annotation import Annotations
from dicomedit.authoring.formatting.reading import ReadScript, read_script
from dicomedit.authoring.formatting.rows import Row, Token, rows_of
from dicomedit.errors import Diagnostic, ScriptError, Source, Span
from dicomedit.lang.parser import too_deep

_INDENT = "    "
_BEFORE_COMMENT = "  "
_NO_BLANK_AFTER = frozenset(("[", "(", "-", "/"))
_NO_BLANK_BEFORE = frozenset(("[", "]", ")", ",", "/"))
_MADE_INCLUDE = frozenset('~./%_"')
"""What behind a blank makes a statement of a variable called ``include``."""


def format_script(
    text: str, *, dialect: int | None = None, annotate: bool = False, name: str = "<script>"
) -> str:
    """Return a script in the one style, with the same meaning and all its comments.

    `dialect`, 4 or 6, forces one. With `annotate` the names of attributes become comments behind
    statements. `name` is the script's in messages. Raises ScriptError when the script does not
    parse, or when the result would not mean the same.
    """
    source = Source(name, text)
    try:
        return _formatted(read_script(source, dialect), annotate=annotate)
    except RecursionError:
        raise ScriptError([too_deep(source)]) from None


def _formatted(script: ReadScript, *, annotate: bool) -> str:
    rows = rows_of(script)
    annotations = Annotations(script) if annotate else None
    if annotations is not None:
        rows = [annotations.annotated(row) for row in rows]
    result = "".join(f"{line}\n" for line in _lines(rows))
    _verify(script, result, annotations)
    return result


# --- layout -------------------------------------------------------------------------------------


def _lines(rows: list[Row]) -> Iterator[str]:
    written = [_written(row) for row in rows]
    for row, code, column in zip(rows, written, _columns(rows, written), strict=True):
        if row.is_after_blank:
            yield ""
        if not row.comment:
            yield code
        elif not row.tokens:
            yield f"{_INDENT * row.depth}{row.comment}"
        else:
            yield f"{code}{' ' * (column - _width(code))}{row.comment}"


def _written(row: Row) -> str:
    """Return a row without its comment."""
    if not row.tokens:
        return ""
    indent = _INDENT * row.depth
    pieces = [indent, row.tokens[0].text]
    for before, token in pairwise(row.tokens):
        pieces += [_gap(before, token, indent), token.text]
    return "".join(pieces)


def _gap(before: Token, token: Token, indent: str) -> str:
    """Return what stands between two tokens: a blank, nothing, or a continued line."""
    if before.text == "include" and (token.text[0] in _MADE_INCLUDE or token.text[0].isalnum()):
        return ""
    if token.is_continued:
        return f" \\\n{indent}{_INDENT}"
    if before.text in _NO_BLANK_AFTER or token.text in _NO_BLANK_BEFORE:
        return ""
    is_list = not (before.is_block or token.is_block)
    return "" if is_list and (before.text == "{" or token.text == "}") else " "


def _columns(rows: list[Row], written: list[str]) -> list[int]:
    """Return where the comment of each row begins: in one column for rows in a row."""
    number = 0  # of the group: rows with comments, no other one between them
    numbers: list[int] = []
    for row in rows:
        has_both = bool(row.tokens and row.comment)
        number += row.is_after_blank or not has_both
        numbers.append(number)
        number += not has_both
    widest: dict[int, int] = {}
    for number, code in zip(numbers, written, strict=True):
        widest[number] = max(widest.get(number, 0), _width(code) + len(_BEFORE_COMMENT))
    return [widest[number] for number in numbers]


def _width(code: str) -> int:
    return len(code.rpartition("\n")[2])


# --- safety -------------------------------------------------------------------------------------


def _verify(script: ReadScript, result: str, annotations: Annotations | None) -> None:
    """Raise ScriptError when the result does not mean the same, or has lost a comment."""
    source = Source(script.source.name, result)
    try:
        again = read_script(source, script.dialect)
    except ScriptError:
        raise _not_formatted(script.source) from None
    before, after = _comments(script), _comments(again)
    if annotations is not None:
        before, after = map(annotations.own_comments, (before, after))
    if script.statements != again.statements or before != after:
        raise _not_formatted(script.source)


def _comments(script: ReadScript) -> list[str]:
    return [row.comment for row in rows_of(script) if row.comment]


def _not_formatted(source: Source) -> ScriptError:
    message = "the script cannot be formatted without changing what it means"
    advice = "join continued lines by hand where the backslash stands within a word or a comment"
    return ScriptError([Diagnostic("not-formatted", message, source, Span(0, 0), advice)])
