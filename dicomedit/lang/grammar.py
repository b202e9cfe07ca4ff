"""The grammars and their tables, wherever the package was installed from."""

from __future__ import annotations

import os
from functools import cache

from dicomedit.lang.tables import Tables, is_current, read_tables

_PACKAGE = os.path.dirname(os.path.dirname(__file__))
_IN_WHEEL = os.path.join(_PACKAGE, "grammar")
_IN_CHECKOUT = os.path.join(os.path.dirname(_PACKAGE), "grammar")


def grammar_of(dialect: int) -> str:
    """Return a grammar: in the wheel it is below the package, in a checkout beside it."""
    return _text(f"dicomedit{dialect}.lark")


@cache
def tables(dialect: int = 6) -> Tables:
    """Return the tables of a grammar: those of the build, if they were made from it."""
    grammar = grammar_of(dialect)
    try:
        built = _text(f"dicomedit{dialect}.tables")
    except FileNotFoundError:
        built = ""
    return read_tables(built if is_current(built, grammar) else _build(grammar))


def _text(name: str) -> str:
    folder = _IN_WHEEL if os.path.isdir(_IN_WHEEL) else _IN_CHECKOUT
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def _build(grammar: str) -> str:
    from dicomedit.lang.lark_tables import build  # brings in Lark, which takes a while

    return build(grammar)
