"""Short ways to build the statements of a script; they have no place in any source."""

from __future__ import annotations

import re

from dicomedit.convert.rules import NotConvertible
from dicomedit.dicom.paths import Levels, Step, TagPath, TagStep
from dicomedit.errors import Span
from dicomedit.lang import nodes
from dicomedit.lang.java_regex import PatternError, compile_pattern
from dicomedit.lang.printer import print_script

NOWHERE = Span(0, 0)
_UNUSABLE = re.compile(r'["\x00-\x1f\x7f\ufeff]')


def text(value: str) -> nodes.Text:
    """Return a text; raise NotConvertible when no script can spell it."""
    if _UNUSABLE.search(value):
        raise NotConvertible("a text of a script cannot hold a double quote or control character")
    return nodes.Text(value, NOWHERE)


def name(of: str) -> nodes.Name:
    """Return a variable."""
    return nodes.Name(of, NOWHERE)


def call(function: str, *arguments: nodes.Expr) -> nodes.Call:
    """Return a function call."""
    return nodes.Call(function, arguments, NOWHERE, NOWHERE)


def statement(function: str, *arguments: nodes.Expr) -> nodes.CallStatement:
    """Return a function call on a line of its own."""
    return nodes.CallStatement(call(function, *arguments), NOWHERE)


def path(*steps: Step) -> nodes.Path:
    """Return a tag path."""
    return nodes.Path(TagPath(steps), NOWHERE)


def public(digits: str) -> TagStep:
    """Return the step of a tag of eight digits, or positions."""
    return TagStep(digits[:4].upper(), digits[4:].upper())


def anywhere(*steps: Step) -> nodes.Path:
    """Return a tag path at every level."""
    return path(Levels.ANY, *steps)


def assign(target: nodes.Path, value: nodes.Expr) -> nodes.Assign:
    """Return ``target := value``."""
    return nodes.Assign(target, value, NOWHERE)


def define(variable: str, value: nodes.Expr) -> nodes.Define:
    """Return ``variable := value``."""
    return nodes.Define(variable, value, NOWHERE)


def delete(target: nodes.Path) -> nodes.Delete:
    """Return ``-target``."""
    return nodes.Delete(target, NOWHERE)


def matches(value: nodes.Expr, pattern: str) -> nodes.Comparison:
    """Return ``value ~ pattern``."""
    return nodes.Comparison(value, nodes.Operator.MATCHES, _pattern(pattern), NOWHERE)


def differs(value: nodes.Expr, pattern: str) -> nodes.Comparison:
    """Return ``value !~ pattern``."""
    return nodes.Comparison(value, nodes.Operator.NOT_MATCHES, _pattern(pattern), NOWHERE)


def _pattern(pattern: str) -> nodes.Text:
    try:
        compile_pattern(pattern)
    except PatternError:
        raise NotConvertible("the pattern is no regular expression of version 6") from None
    return text(pattern)


def either(
    condition: nodes.Condition,
    then: tuple[nodes.Statement, ...],
    otherwise: tuple[nodes.Statement, ...] = (),
) -> tuple[nodes.Statement, ...]:
    """Return what does one or the other: on one line when that is possible."""
    if not then and not otherwise:
        return ()
    first, second = then[:1], otherwise[:1]
    if (
        len(then) == 1
        and len(otherwise) <= 1
        and all(isinstance(each, nodes.Action) for each in (*first, *second))
    ):
        last = second[0] if second else None
        return (nodes.Conditional(condition, then[0], last, NOWHERE),)  # type: ignore[arg-type]
    branches = (nodes.Branch(condition, then),)
    return (nodes.IfChain(branches, otherwise or None, NOWHERE),)


def unless(
    condition: nodes.Condition, body: tuple[nodes.Statement, ...]
) -> tuple[nodes.Statement, ...]:
    """Return what does something when a condition is false."""
    branches = (nodes.Branch(condition, ()),)
    return (nodes.IfChain(branches, body, NOWHERE),)


def lines_of(statements: tuple[nodes.Statement, ...]) -> list[str]:
    """Return the lines that statements are printed on; other line ends may stand in their texts."""
    printed = print_script(nodes.Script(statements))
    return printed.removesuffix("\n").split("\n") if printed else []


def literally(value: str) -> str:
    """Return the regular expression that matches a text and nothing else."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", value)
