"""Words of a script that is being written: whatever stands there is taken apart somehow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from dicomedit.errors import Span
from dicomedit.lang.words import RESERVED


class TokenKind(Enum):
    """What a piece of a script looks like, without a look at what stands around it."""

    COMMENT = "comment"
    TEXT = "text"
    TAG = "tag"
    NUMBER = "number"
    KEYWORD = "keyword"
    NAME = "name"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a script."""

    kind: TokenKind
    text: str
    span: Span


_TOKEN = re.compile(
    r"""
      (?P<COMMENT>//[^\r\n]*)
    | (?P<TEXT>"(?:[^"\\\r\n]|\\.)*"?)
    | (?P<TAG>\([0-9A-Fa-fXx@#]{4}[ \t]*,[ \t]*
        (?:\{[^}\r\n]*\}[0-9A-Fa-fXx@#]{2}|[0-9A-Fa-fXx@#]{4})\))
    | (?P<NUMBER>-?[0-9]+(?:\.[0-9]+)?(?!\w))
    | (?P<NAME>[A-Za-z_]\w*)
    | (?P<SIGN>:=|\?=|!=|!~|\S)
    """,
    re.VERBOSE,
)


def tokens(text: str) -> list[Token]:
    """Return all pieces of a script, blanks left out."""
    found = []
    for match in _TOKEN.finditer(text):
        kind = TokenKind[match.lastgroup or "SIGN"]
        if kind is TokenKind.NAME and match[0] in RESERVED:
            kind = TokenKind.KEYWORD
        found.append(Token(kind, match[0], Span(*match.span())))
    return found


def index_at(found: Sequence[Token], offset: int) -> int | None:
    """Return the number of the token that an offset is in, or right behind; None in blanks."""
    behind = None
    for number, token in enumerate(found):
        if token.span.start <= offset < token.span.end:
            return number
        if token.span.end == offset:
            behind = number
    return behind


def is_call(found: Sequence[Token], number: int) -> bool:
    """Whether a token is the name in front of a bracket with arguments."""
    return _text_of(found, number + 1) == "["


def is_set(found: Sequence[Token], number: int) -> bool:
    """Whether a token is a variable that gets its value here."""
    return found[number].kind is TokenKind.NAME and _text_of(found, number + 1) == ":="


def is_described(found: Sequence[Token], number: int) -> bool:
    """Whether a token is a variable that a statement describes."""
    return (
        number > 0
        and found[number].kind is TokenKind.NAME
        and found[number - 1].text == ("describe")
    )


def _text_of(found: Sequence[Token], number: int) -> str:
    return found[number].text if number < len(found) else ""
