"""The tables of a grammar, as `lark_tables` writes them and the driver uses them."""

from __future__ import annotations

import re
from operator import itemgetter

from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")

FORMAT = "dicomedit tables 1 "
"""Begins the text of tables that can be read here."""

END = "$END"
"""The token after the last one."""

_SEPARATOR = "\ngrammar\n"


class Rule(Record):
    """How one rule is reduced.

    `pick` finds its children among its symbols, when they are not the same; `method` of the
    builder makes a node of them. Without `method` what was picked goes to the rule above.
    """

    origin: str
    size: int
    method: str | None
    pick: Callable[[list[Any]], Any] | None


class Lines(dict[int, "T"]):
    """What lines stand for, by number. Each is read when it is asked for: a text needs but few."""

    def __init__(self, lines: list[str], read: Callable[[list[str]], T]) -> None:
        self.lines = lines
        self._read = read

    def __missing__(self, number: int) -> T:
        found = self[number] = self._read(self.lines[number].split())
        return found


class Tables(Record):
    """What a grammar means to the driver.

    In `rows`, one for each state, a number says what a token or symbol does: shift or go to that
    state; below zero, reduce by rule ``~number``.
    """

    pattern: re.Pattern[str]
    words: dict[str, str]
    rules: Lines[Rule]
    rows: Lines[dict[str, int]]
    starts: dict[str, int]


def is_current(text: str, grammar: str) -> bool:
    """Whether a text has tables of this format that were made from this grammar."""
    return text.startswith(FORMAT) and text.partition(_SEPARATOR)[2] == grammar


def read_tables(text: str) -> Tables:
    """Return the tables in a text."""
    lines = text.partition(_SEPARATOR)[0].split("\n")
    pattern = re.compile(lines[1].removeprefix("tokens "))
    sorts: dict[str, list[str]] = {"word": [], "rule": [], "state": [], "start": []}
    for line in lines[2:]:
        sort, _, cells = line.partition(" ")
        sorts[sort].append(cells)
    words = dict(map(str.split, sorts["word"]))
    terminals = dict.fromkeys((*pattern.groupindex, *words.values(), END))
    rules = Lines(sorts["rule"], lambda cells: _rule(*cells))
    rows = Lines(sorts["state"], lambda cells: _row(cells, terminals))
    starts = {name: int(at) for name, at in map(str.split, sorts["start"])}
    return Tables(pattern, words, rules, rows, starts)


def _row(cells: list[str], terminals: dict[str, None]) -> dict[str, int]:
    row = dict(zip(cells[::2], map(int, cells[1::2]), strict=True))
    other = row.pop("*", None)
    return row if other is None else {**dict.fromkeys(terminals, other), **row}


def _rule(origin: str, size: str, method: str, *children: str) -> Rule:
    same = [str(number) for number in range(int(size))]
    pick: Callable[[list[Any]], Any] | None
    if method == "=":
        pick = itemgetter(int(children[0]))
    else:
        pick = None if [*children] == same else _picker(children)
    return Rule(origin, int(size), None if method in "=-" else method, pick)


def _picker(children: tuple[str, ...]) -> Callable[[list[Any]], Any]:
    """Return what finds the children; the commonest cases have a way of their own, for speed."""
    match children:
        case ("0*",):
            return itemgetter(0)
        case (only,) if only.isdigit():
            number = int(only)
            return lambda symbols: [symbols[number]]
        case ("0*", "1"):
            return _appended
        case ("0", "1*"):
            return lambda symbols: [symbols[0], *symbols[1]]
        case ("0", "-"):
            return lambda symbols: [symbols[0], None]
    return _planned([(_number(child), child.endswith("*")) for child in children])


def _appended(symbols: list[Any]) -> list[Any]:
    found: list[Any] = symbols[0]
    found.append(symbols[1])
    return found


def _planned(plan: list[tuple[int | None, bool]]) -> Callable[[list[Any]], list[Any]]:
    def pick(symbols: list[Any]) -> list[Any]:
        found: list[Any] = []
        for number, is_list in plan:
            if number is None:
                found.append(None)
            elif not is_list:
                found.append(symbols[number])
            elif found:
                found += symbols[number]
            else:
                found = symbols[number]  # nobody else has it; copies of growing lists take long
        return found

    return pick


def _number(child: str) -> int | None:
    return None if child == "-" else int(child.rstrip("*"))
