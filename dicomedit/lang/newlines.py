"""Which line ends count: none before ``else`` and ``elseif``; and lines that are continued."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from dicomedit.errors import Span
from dicomedit.records import Record

NEWLINE = "_NEWLINE"
"""The terminal of line ends."""

CHAIN_WORDS = frozenset(("ELSE", "ELSEIF"))
"""The terminals between the blocks of an if-chain: no line end counts before them."""

_CONTINUATION = r"\\\r?(?:\n|\Z)"
_PAIR = r"\\(?:\r?\n|(?s:.))"
_STRETCH = (
    r"\{[^}\\\n]*\}(?=[0-9A-Fa-fXx@#]{2}\))"  # a private creator
    r'|"(?:[^"\\]|\\(?s:.))*"'
    r"|//(?:\\\r?(?:\n|\Z)|[^\n])*"
    r"|\\\r?(?:\n|\Z)"
)


class JoinedText(Record):
    """A script with its continued lines joined, and the way back to the text as written."""

    text: str
    continued_comments: tuple[Span, ...]
    _starts: tuple[int, ...]
    _shifts: tuple[int, ...]

    @property
    def is_as_written(self) -> bool:
        """Whether nothing had to be joined."""
        return len(self._starts) == 1

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
    if not _is_continued(text):
        return as_written(text)
    cuts: list[Span] = []
    comments: list[Span] = []
    for found in re.finditer(_STRETCH, text):
        inside = list(_cuts_inside(found.group(), found.start()))
        cuts += inside
        if inside and found.group().startswith("//"):
            comments.append(Span(*found.span()))
    return _cut(text, cuts, tuple(comments))


def as_written(text: str) -> JoinedText:
    """Return a text in which nothing needs to be joined."""
    return _cut(text, [], ())


def _is_continued(text: str) -> bool:
    """Whether any line may be: few scripts have such lines, and looking closely takes a while."""
    return "\\\n" in text or "\\\r\n" in text or text.endswith(("\\", "\\\r"))


def _cuts_inside(stretch: str, offset: int) -> Iterator[Span]:
    pairs = _PAIR if stretch.startswith('"') else _CONTINUATION
    for found in re.finditer(pairs, stretch):
        if re.fullmatch(_CONTINUATION, found.group()):
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
