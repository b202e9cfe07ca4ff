"""What is wrong with a script: Lark reads it, and its errors become diagnostics.

Only scripts that were rejected come here, so that nobody else waits for Lark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from lark import Lark, Token
from lark.exceptions import UnexpectedInput, UnexpectedToken
from lark.lark import PostLex

from dicomedit.errors import Diagnostic, Source
from dicomedit.lang.grammar import grammar_of
from dicomedit.lang.lark_tables import options
from dicomedit.lang.newlines import CHAIN_WORDS, NEWLINE, JoinedText
from dicomedit.lang.syntax_errors import DICOMEDIT_6, Mistakes, explain

MAX_ERRORS = 20
"""How many errors of one script are looked for."""

MAX_RECOVERY_LENGTH = 100_000
"""Longest script, in characters, that is read again after an error to find the next one."""


class Newlines(PostLex):
    """Drops the line ends between the blocks of an if-chain, as the driver does."""

    always_accept = (NEWLINE,)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Yield the tokens of `stream` without those line ends."""
        held: list[Token] = []
        for token in stream:
            if token.type == NEWLINE:
                held.append(token)
                continue
            if token.type not in CHAIN_WORDS:
                yield from held
            held.clear()
            yield token
        yield from held


@cache
def lark_parser(dialect: int = 6) -> Lark:
    """Return Lark's parser of a dialect; it has no state of its own between scripts."""
    grammar = grammar_of(dialect)
    return Lark(grammar, postlex=Newlines(), **options(grammar))


def syntax_errors(
    source: Source, joined: JoinedText, mistakes: Mistakes = DICOMEDIT_6
) -> list[Diagnostic]:
    """Return the errors that can be told; none if Lark reads the script.

    After the first, the line on which it stands is left out to find the next. That is sound only
    when no block, list or text reaches beyond the line.
    """
    found: list[Diagnostic] = []
    text: str | None = joined.text
    while text is not None and len(found) < MAX_ERRORS:
        error = _error(text, mistakes.dialect)
        if error is None:
            break
        found.append(_diagnostic(source, joined, error, mistakes))
        text = _without_line(text, error, mistakes)
    return found


def _error(text: str, dialect: int) -> UnexpectedInput | None:
    try:
        lark_parser(dialect).parse(text, start="start")
    except UnexpectedInput as error:
        return error
    return None


def _diagnostic(
    source: Source, joined: JoinedText, error: UnexpectedInput, mistakes: Mistakes
) -> Diagnostic:
    problem = explain(joined.text, error, mistakes)
    span = joined.span(problem.start, problem.end)
    return Diagnostic(problem.code, problem.message, source, span, problem.help)


def _without_line(text: str, error: UnexpectedInput, mistakes: Mistakes) -> str | None:
    if len(text) > MAX_RECOVERY_LENGTH or _at_end(error):
        return None
    offset = error.pos_in_stream or 0
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    end = len(text) if end < 0 else end
    line = text[start:end]
    bare = re.sub(r'"(?:[^"\\]|\\.)*"|\{[^}]*\}(?=..\))', "", line)
    if mistakes.texts_span_lines:
        if text[offset : offset + 1] == '"' or '"' in bare.partition("//")[0]:
            return None
    elif bare.count("{") != bare.count("}") or bare.lstrip().startswith("}"):
        return None
    return text[:start] + " " * len(line) + text[end:]


def _at_end(error: UnexpectedInput) -> bool:
    return isinstance(error, UnexpectedToken) and error.token.type == "$END"
