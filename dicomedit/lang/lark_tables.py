"""A grammar to tables: what Lark makes of it, as text that is read without Lark.

The build of the package does this once; a checkout without such a build does it in memory. The
build loads this file by itself, so it imports nothing local. `tables` reads the text::

    dicomedit tables 1 ...              the format; the version of Lark follows
    tokens (?P<NAME>[a-z]+)|...         one pattern for all tokens; those without name are skipped,
    word if IF                          unless their text is a word
    rule delete 2 delete 1              origin, number of symbols, method of the builder, children
    state NAME 5 _value 6 * -3          shift or go to a state, else reduce by rule 2 (~-3)
    start tag_path 1                    the state to begin in
    grammar                             and the grammar as it is

The method ``-`` makes a list of the children, ``=`` hands on the only one. A child is the number
of a symbol; with ``*`` the symbol is such a list and its members are the children; ``-`` is a
part that was left out. Rules that only rename, as in ``_value: text``, are not reduced by where
nothing else can be meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import lark
from lark import Lark
from lark.grammar import Rule, Symbol, Terminal
from lark.lexer import PatternStr, TerminalDef
from lark.parsers.lalr_analysis import Reduce

HEADER = "dicomedit tables 1"
"""Begins the text. The number grows whenever the format or its meaning changes."""

_STARTS = ("start", "tag_path")
"""The rules that a text may be, as far as a grammar has them."""


def options(grammar: str) -> dict[str, Any]:
    """Return how Lark reads a grammar, here and where it explains errors."""
    return {
        "parser": "lalr",
        "lexer": "basic",
        "start": [name for name in _STARTS if re.search(rf"(?m)^{name}:", grammar)],
        "propagate_positions": True,
        "maybe_placeholders": True,
    }


_END = "$END"


def build(grammar: str) -> str:
    """Return the text of a grammar's tables."""
    parser = Lark(grammar, **options(grammar))
    lines = [f"{HEADER} lark {lark.__version__}", *_tokens(parser), *_states(parser)]
    return "\n".join([*lines, "grammar", grammar])


# --- tokens -------------------------------------------------------------------------------------


def _tokens(parser: Lark) -> Iterator[str]:
    """Yield the pattern of all tokens, in Lark's order, and the words."""
    terminals = sorted(parser.terminals, key=_precedence)
    literals = [each for each in terminals if isinstance(each.pattern, PatternStr)]
    patterns = [each for each in terminals if each not in literals]
    found_by_pattern = [each for each in literals if _is_found(each, patterns)]
    alternatives = [
        _alternative(each, each in literals or each.name in parser.ignore_tokens)
        for each in terminals
        if each not in found_by_pattern
    ]
    yield f"tokens {'|'.join(alternatives)}"
    yield from (f"word {each.pattern.value} {each.name}" for each in literals)


def _precedence(terminal: TerminalDef) -> tuple[object, ...]:
    pattern = terminal.pattern
    return -terminal.priority, -pattern.max_width, -len(pattern.value), terminal.name


def _is_found(literal: TerminalDef, patterns: Iterable[TerminalDef]) -> bool:
    """Whether a pattern finds a literal as one of many texts, as NAME finds the keywords."""
    text = literal.pattern.value
    found = [each for each in patterns if re.fullmatch(each.pattern.to_regexp(), text)]
    assert len(found) < 2 and all(each.priority == literal.priority for each in found), literal
    assert not re.search(r"\s", text), literal
    return bool(found)


def _alternative(terminal: TerminalDef, is_nameless: bool) -> str:
    pattern = terminal.pattern.to_regexp()
    assert not terminal.pattern.flags, terminal
    pattern = re.sub(r"[\x00-\x1f\x7f]", lambda raw: f"\\x{ord(raw.group()):02x}", pattern)
    return pattern if is_nameless else f"(?P<{terminal.name}>{pattern})"


# --- rules --------------------------------------------------------------------------------------


def _is_list(symbol: Symbol) -> bool:
    """Whether a symbol's children become those of the rule it stands in."""
    return not symbol.is_term and symbol.name.startswith("_")


def _children(rule: Rule) -> list[tuple[int, Symbol] | None]:
    """Return the symbols of a rule that are kept, with their numbers, and what was left out."""
    options = rule.options
    assert not (rule.alias or options.expand1 or options.keep_all_tokens or options.template_source)
    left_out = iter(options.empty_indices or [False] * len(rule.expansion))
    found: list[tuple[int, Symbol] | None] = []
    numbered = iter(enumerate(rule.expansion))
    for is_left_out in left_out:
        if is_left_out:
            found.append(None)
            continue
        number, symbol = next(numbered)
        if not (isinstance(symbol, Terminal) and symbol.filter_out):
            found.append((number, symbol))
    return found


def _single(rules: Iterable[Rule]) -> frozenset[str]:
    """Return the symbols that always stand for exactly one child."""
    single = {rule.origin.name for rule in rules if _is_list(rule.origin)}

    def is_one_child(rule: Rule) -> bool:
        children = _children(rule)
        only = children[0] if len(children) == 1 else None
        return only is not None and (not _is_list(only[1]) or only[1].name in single)

    while True:
        wrong = {rule.origin.name for rule in rules if not is_one_child(rule)} & single
        if not wrong:
            return frozenset(single)
        single -= wrong


def _rule_line(rule: Rule, single: frozenset[str]) -> str:
    name = rule.origin.name
    method = "=" if name in single else "-" if _is_list(rule.origin) else name
    children = [_child_text(child, single) for child in _children(rule)]
    return " ".join(["rule", name, str(len(rule.expansion)), method, *children])


def _child_text(child: tuple[int, Symbol] | None, single: frozenset[str]) -> str:
    if child is None:
        return "-"
    number, symbol = child
    return f"{number}*" if _is_list(symbol) and symbol.name not in single else str(number)


# --- states -------------------------------------------------------------------------------------

_States = dict[int, dict[str, int]]


def _states(parser: Lark) -> Iterator[str]:
    """Yield the rules, the states that can be reached, and those to begin in."""
    single = _single(parser.rules)
    table: Any = parser.parser.parser._parse_table
    numbers = {rule: number for number, rule in enumerate(parser.rules)}
    states: _States = {
        state: {
            name: ~numbers[argument] if action is Reduce else argument
            for name, (action, argument) in sorted(row.items())
        }
        for state, row in table.states.items()
    }
    for state in table.end_states.values():
        states[state][_END] = state  # so that the end is shifted like any other token
    renamed = {
        ~number: rule.origin.name
        for rule, number in numbers.items()
        if rule.origin.name in single and len(rule.expansion) == 1
    }
    _skip_renaming(states, renamed)
    yield from (_rule_line(rule, single) for rule in parser.rules)
    order = _reached(states, table.start_states.values())
    yield from (_state_line(states[state], order) for state in order)
    yield from (f"start {name} {order[state]}" for name, state in table.start_states.items())


def _skip_renaming(states: _States, renamed: dict[int, str]) -> None:
    """Go at once to where a state leads that can do nothing but rename the last symbol."""
    renaming: dict[int, str] = {}
    for state, row in states.items():
        actions = set(row.values())
        if len(actions) == 1 and actions <= renamed.keys():
            renaming[state] = renamed[actions.pop()]

    def end(row: dict[str, int], target: int) -> int:
        return end(row, row[renaming[target]]) if target in renaming else target

    for row in states.values():
        row.update({name: end(row, target) for name, target in row.items()})


def _reached(states: _States, starts: Iterable[int]) -> dict[int, int]:
    """Return new numbers for the states that can be reached."""
    order = {state: number for number, state in enumerate(starts)}
    waiting = list(order)
    for state in waiting:
        new = dict.fromkeys(to for to in states[state].values() if to >= 0 and to not in order)
        waiting += new
        order.update({to: len(order) + number for number, to in enumerate(new)})
    return order


def _state_line(row: dict[str, int], order: dict[int, int]) -> str:
    """Return a state; its commonest reduction stands for all tokens that are not named.

    When one of them is wrong there, that shows a little later, before it is shifted.
    """
    reductions = [to for to in row.values() if to < 0]
    commonest = max(reductions, key=reductions.count, default=None)
    cells = [f"{name} {order.get(to, to)}" for name, to in row.items() if to != commonest]
    return " ".join(["state", *cells, *([] if commonest is None else [f"* {commonest}"])])
