"""Which line ends count: none before ``else`` and ``elseif``; and lines that are continued."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from lark import Token
from lark.lark import PostLex

from dicomedit.errors import Span

_NEWLINE = "_NEWLINE"
_CHAIN_WORDS = frozenset(("ELSE", "ELSEIF"))


class Newlines(PostLex):
    """Drops the line ends between the blocks of an if-chain."""

    always_accept = (_NEWLINE,)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Yield the tokens of `stream` without those line ends."""
        held: list[Token] = []
        for token in stream:
            if token.type == _NEWLINE:
                held.append(token)
                continue
            if token.type not in _CHAIN_WORDS:
                yield from held
            held.clear()
            yield token
        yield from held


_CONTINUATION = re.compile(r"\\\r?(?:\n|\Z)")
_PAIR = re.compile(r"\\(?:\r?\n|.)", re.DOTALL)
_STRETCH = re.compile(
    r"\{[^}\\\n]*\}(?=[0-9A-Fa-fXx@#]{2}\))"  # a private creator
    r'|"(?:[^"\\]|\\.)*"'
    r"|//(?:\\\r?(?:\n|\Z)|[^\n])*"
    r"|\\\r?(?:\n|\Z)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class JoinedText:
    """A script with its continued lines joined, and the way back to the text as written."""

    text: str
    continued_comments: tuple[Span, ...]
    _starts: tuple[int, ...]
    _shifts: tuple[int, ...]

    def original(self, offset: int) -> int:
        """Return where in the text as written the character at `offset` stands."""
        return offset + self._shifts[bisect_right(self._starts, offset) - 1]

    def span(self, start: int, end: int) -> Span:
        """Return the stretch of the text as written."""
        first = self.original(start)
        return Span(first, max(first, self.original(end - 1) + 1) if end > start else first)


def join_lines(text: str) -> JoinedText:
    """Join each line that ends in a backslash with the next one.

    A comment that ends in a backslash takes the next line with it: it is noted, since a statement
    must not vanish without a word.
    """
    cuts: list[Span] = []
    comments: list[Span] = []
    for found in _STRETCH.finditer(text):
        inside = list(_cuts_inside(found.group(), found.start()))
        cuts += inside
        if inside and found.group().startswith("//"):
            comments.append(Span(*found.span()))
    return _cut(text, cuts, tuple(comments))


def _cuts_inside(stretch: str, offset: int) -> Iterator[Span]:
    pairs = _PAIR if stretch.startswith('"') else _CONTINUATION
    for found in pairs.finditer(stretch):
        if _CONTINUATION.fullmatch(found.group()):
            yield Span(offset + found.start(), offset + found.end())


def _cut(text: str, cuts: list[Span], comments: tuple[Span, ...]) -> JoinedText:
    pieces: list[str] = []
    starts, shifts = [0], [0]
    position = length = 0
    for cut in cuts:
        pieces.append(text[position : cut.start])
        length += cut.start - position
        position = cut.end
        starts.append(length)
        shifts.append(position - length)
    pieces.append(text[position:])
    return JoinedText("".join(pieces), comments, tuple(starts), tuple(shifts))
