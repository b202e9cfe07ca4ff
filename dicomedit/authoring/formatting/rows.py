"""The tokens of a script in rows: what the canonical style puts on one line each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dicomedit.authoring.formatting.reading import ReadScript, all_statements
from dicomedit.lang.grammar import tables
from dicomedit.records import Record, replace

_NEWLINE = "_NEWLINE"
_COMMENT = "COMMENT"
_CHAIN_WORDS = frozenset(("else", "elseif"))


class Token(Record):
    """One token as it is to be printed. `start` is its place in the text as written.

    `is_continued`: a backslash and a line end stand before it.
    """

    kind: str
    text: str
    start: int
    is_continued: bool = False
    is_block: bool = False
    """Whether a brace is one of a block, not of a list."""

    @property
    def is_tag(self) -> bool:
        """Whether the token is a tag, with or without wildcards."""
        return len(self.text) > 1 and self.text.startswith("(")

    def opens_block(self) -> bool:
        """Whether the statements of a block follow."""
        return self.is_block and self.text == "{"

    def closes_block(self) -> bool:
        """Whether the statements of a block end here."""
        return self.is_block and self.text == "}"


class Row(Record):
    """What goes on one line: tokens, or a comment, or both; perhaps below an empty line."""

    tokens: tuple[Token, ...]
    comment: str = ""
    is_after_blank: bool = False
    depth: int = 0
    """How many braces are open around it."""


def rows_of(script: ReadScript) -> list[Row]:
    """Return a script's rows: one a statement, with the line breaks that its author gave lists."""
    starts = {each.span.start for each in all_statements(script.statements)}
    found: list[Row] = []
    for line in _lines(tokens_of(script)):
        for row in _split(line, starts):
            if found and _belongs_behind(row, found[-1]):
                before = found.pop()
                tokens = (*before.tokens, *row.tokens)
                found.append(replace(before, tokens=tokens, comment=row.comment))
            else:
                found.append(row)
    return list(_with_depths(found))


# --- tokens -------------------------------------------------------------------------------------


def tokens_of(script: ReadScript) -> Iterator[Token]:
    """Yield the tokens of a script, line ends and comments included, blanks not."""
    known, joined, written = tables(script.dialect), script.joined, script.source.text
    end = 0
    blocks: list[bool] = []
    last = ""
    for found in known.pattern.finditer(joined.text):
        kind = known.words.get(found[0], found.lastgroup)
        is_comment = kind is None and found[0].startswith("//")
        if kind is None and not is_comment:
            continue
        span = joined.span(*found.span())
        token = Token(
            _COMMENT if is_comment else str(kind),
            _text(script.dialect, found[0], written[span.start : span.end]),
            span.start,
            "\\" in written[end : span.start],
        )
        end = span.end
        if token.text == "{":
            blocks.append(last in (")", "else"))
        if token.text == "{" or (token.text == "}" and blocks):
            token = replace(token, is_block=blocks[-1] if token.text == "{" else blocks.pop())
        if token.kind not in (_COMMENT, _NEWLINE):
            last = token.text
        yield token


def _text(dialect: int, joined: str, written: str) -> str:
    """Return how a token is printed.

    Texts and comments keep how they are continued; a line end in a text of version 4 is part of
    the text and stays as it is.
    """
    if joined.startswith("//"):
        return comment_text(written)
    if joined.startswith('"'):
        return written if dialect == 4 else written.replace("\r\n", "\n")
    if joined.startswith("(") and len(joined) > 1:
        head, brace, creator = joined.partition("{")
        return re.sub(r"[ \t]*,[ \t]*", ",", head) + brace + creator
    if joined.startswith("include") and len(joined.split()) > 1:
        return "include " + joined.removeprefix("include").strip(" \t")
    return joined


def comment_text(written: str) -> str:
    """Return a comment without blanks at its end.

    One stays behind a backslash: without it, the next line would belong to the comment.
    """
    text = written.replace("\r\n", "\n").rstrip(" \t\r")
    return f"{text} " if text.endswith("\\") else text


# --- rows ---------------------------------------------------------------------------------------


def _lines(tokens: Iterable[Token]) -> Iterator[Row]:
    """Yield the lines of the text, without those that are empty."""
    line: list[Token] = []
    comment = ""
    empty = 0
    for token in tokens:
        if token.kind == _COMMENT:
            comment = token.text
        elif token.kind != _NEWLINE:
            line.append(token)
        elif line or comment:
            yield Row(tuple(line), comment, empty > 0)
            line, comment, empty = [], "", 0
        else:
            empty += 1
    if line or comment:
        yield Row(tuple(line), comment, empty > 0)


def _split(line: Row, starts: set[int]) -> Iterator[Row]:
    """Yield the rows of a line; its comment stays behind the last one."""
    pieces: list[list[Token]] = [[]]
    for token in line.tokens:
        last = pieces[-1][-1] if pieces[-1] else None
        if token.text == ";":
            pieces.append([])
            continue
        if last is not None and _begins_row(token, last, starts):
            pieces.append([])
        pieces[-1].append(token)
    kept = [piece for piece in pieces if piece]
    for number, piece in enumerate(kept):
        is_last = number == len(kept) - 1
        is_after_blank = line.is_after_blank and number == 0
        yield Row(tuple(piece), line.comment if is_last else "", is_after_blank)
    if not kept and line.comment:
        yield Row((), line.comment, line.is_after_blank)


def _begins_row(token: Token, last: Token, starts: set[int]) -> bool:
    if token.closes_block() or token.start in starts:
        return True
    return last.opens_block() or (last.closes_block() and token.text not in _CHAIN_WORDS)


def _belongs_behind(row: Row, before: Row) -> bool:
    """Whether a row goes on the line of the one before: ``{``, and what follows ``}``."""
    if before.comment or not before.tokens or not row.tokens:
        return False
    first, last = row.tokens[0], before.tokens[-1]
    if first.opens_block():
        return True
    return last.closes_block() and first.text in _CHAIN_WORDS


def _with_depths(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows with their depths, and without empty lines where a block begins or ends."""
    depth = 0
    is_first = True
    for row in rows:
        texts = [token.text for token in row.tokens]
        closing = next((n for n, text in enumerate(texts) if text != "}"), len(texts))
        is_after_blank = row.is_after_blank and not is_first and not closing
        yield replace(row, depth=depth - closing, is_after_blank=is_after_blank)
        depth += texts.count("{") - texts.count("}")
        is_first = texts[-1:] == ["{"]
