"""A script of either dialect as a tree, with the text that the tree was made of."""

from __future__ import annotations

from collections.abc import Iterator

from dicomedit.errors import ScriptError, Source
from dicomedit.lang import nodes
from dicomedit.lang.compile import has_version_statement
from dicomedit.lang.dialect4 import nodes as nodes4
from dicomedit.lang.dialect4.compile import has_version_4, version_4_span
from dicomedit.lang.dialect4.parser import parse as parse_4
from dicomedit.lang.newlines import JoinedText, as_written, join_lines
from dicomedit.lang.parser import parse as parse_6
from dicomedit.records import Record, field

_BYTE_ORDER_MARK = "\ufeff"

Statement = nodes.Statement | nodes4.Statement


class ReadScript(Record):
    """A script as `dialect` reads it; `joined` has its continued lines joined."""

    source: Source
    dialect: int
    statements: tuple[Statement, ...]
    joined: JoinedText = field(compare=False, repr=False)


def read_script(source: Source, dialect: int | None = None) -> ReadScript:
    """Return a script as it would be run; raise ScriptError when it cannot be parsed.

    A script with a version statement is DicomEdit 6, one without is DicomEdit 4 unless it only
    parses as 6: it may be meant to be included. `dialect`, 4 or 6, forces one.
    """
    if dialect == 6:
        return _read_6(source)
    if dialect == 4 or has_version_4(source):
        return _read_4(source)
    first, second = (_read_6, _read_4) if has_version_statement(source) else (_read_4, _read_6)
    try:
        return first(source)
    except ScriptError as refused:
        try:
            return second(source)
        except ScriptError:
            raise refused from None


def _read_6(source: Source) -> ReadScript:
    joined = join_lines(_without_mark(source.text))
    return ReadScript(source, 6, parse_6(source).script.statements, joined)


def _read_4(source: Source) -> ReadScript:
    statements = parse_4(source, version_4_span(source)).statements
    return ReadScript(source, 4, statements, as_written(_without_mark(source.text)))


def _without_mark(text: str) -> str:
    return f" {text[1:]}" if text.startswith(_BYTE_ORDER_MARK) else text


def all_statements(statements: tuple[Statement, ...]) -> Iterator[Statement]:
    """Yield statements, each followed by those in its blocks."""
    for statement in statements:
        yield statement
        if isinstance(statement, nodes.IfChain):
            for branch in statement.branches:
                yield from all_statements(branch.body)
            yield from all_statements(statement.otherwise or ())
