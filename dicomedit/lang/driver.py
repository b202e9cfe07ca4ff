"""Text to nodes by the tables of a grammar: a lexer and an LALR parser, without Lark."""

from __future__ import annotations

from dicomedit.lang.newlines import CHAIN_WORDS, NEWLINE
from dicomedit.lang.tables import END, Tables

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from dicomedit.lang.tables import Lines, Rule

    Token = tuple[str, str, int, int]
    Reduction = tuple[int, str, Callable[..., Any] | None, Callable[..., Any] | None]

MAX_DEPTH = 2_000
"""Most symbols that wait to be completed: every block, list or call within another adds a few."""


class Rejected(Exception):
    """The text is not what the grammar asks for. Lark can tell where and why."""


class TooDeep(Rejected):
    """The parts of the text are nested too deeply, or else it is wrong further on."""


class _Reductions(dict[int, "Reduction"]):
    """How to reduce by the rules, with the methods of a builder, by the actions that say so."""

    def __init__(self, rules: Lines[Rule], builder: object) -> None:
        self._rules = rules
        self._builder = builder

    def __missing__(self, action: int) -> Reduction:
        rule = self._rules[~action]
        make = None if rule.method is None else getattr(self._builder, rule.method)
        found = self[action] = (rule.size, rule.origin, rule.pick, make)
        return found


def parse(tables: Tables, text: str, start: str, builder: object) -> Any:
    """Return what the builder makes of a text that is a `start` of the grammar.

    For each node it calls the builder's method for the rule with the children, which are nodes and
    the texts of tokens, and with the places where the node starts and ends.
    """
    rows, reductions = tables.rows, _Reductions(tables.rules, builder)
    row = rows[tables.starts[start]]
    values: list[Any] = []
    stack: list[tuple[dict[str, int], int]] = []  # for each value, the row before it and its start
    end = 0
    try:
        for kind, value, begin, stop in _tokens(tables, text):
            while (action := row[kind]) < 0:
                size, origin, pick, make = reductions[action]
                first = len(values) - size
                symbols: Any = values[first:]
                row, place = stack[first] if size else (row, begin)
                if pick is not None:
                    symbols = pick(symbols)
                if make is not None:
                    symbols = make(symbols, place, end)
                del values[first:], stack[first:]
                values.append(symbols)
                stack.append((row, place))
                row = rows[row[origin]]
            values.append(value)
            stack.append((row, begin))
            row = rows[action]
            end = stop
            if len(stack) > MAX_DEPTH:
                raise TooDeep
    except KeyError as error:  # the row has no such token
        raise Rejected from error
    return values[0]


def _tokens(tables: Tables, text: str) -> Iterator[Token]:
    """Yield name, text, start and end of each token, and of one more after the last.

    Line ends before a word between the blocks of an if-chain are left out.
    """
    words = tables.words
    held: list[Token] = []
    end = 0
    for found in tables.pattern.finditer(text):
        start, stop = found.span()
        if start != end:
            raise Rejected
        end = stop
        value = found[0]
        kind = words.get(value, found.lastgroup)
        if kind == NEWLINE:
            held.append((NEWLINE, value, start, stop))
        elif kind is not None:
            if held:
                if kind not in CHAIN_WORDS:
                    yield from held
                held.clear()
            yield kind, value, start, stop
    if end != len(text):
        raise Rejected
    yield from held
    yield END, "", end, end
