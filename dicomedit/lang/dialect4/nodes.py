"""The statements that only DicomEdit 4 has; the others, and all values, are those of version 6.

A text with values after it is a call of ``format``. Spans are left out of comparisons.
"""

from __future__ import annotations

from dicomedit.errors import Span
from dicomedit.lang.nodes import (
    Assign,
    Call,
    Comparison,
    Define,
    Delete,
    Describe,
    Echo,
    Export,
    Expr,
    Mark,
    Path,
)
from dicomedit.records import Record, field

__all__ = ["Action", "Constrained", "Generate", "Script", "Statement", "values_of"]

MESSAGE = "format"
"""The function that a text with values after it stands for."""


class Generate(Record):
    """``(0020,000D) := new UID[argument, ...]``"""

    target: Path
    generator: str
    arguments: tuple[Expr, ...]
    span: Span = field(compare=False)


Action = Assign | Generate | Delete | Echo


class Constrained(Record):
    """``condition : condition : action``"""

    conditions: tuple[Comparison, ...]
    action: Action
    span: Span = field(compare=False)


Statement = Action | Constrained | Define | Describe | Mark | Export


class Script(Record):
    """A whole script."""

    statements: tuple[Statement, ...]


def values_of(statement: Statement) -> tuple[Expr, ...]:
    """Return the values that a statement reads, in the order of the text."""
    match statement:
        case Constrained(conditions=conditions, action=action):
            sides = [side for each in conditions for side in (each.left, each.right)]
            return (*sides, *values_of(action))
        case Assign(value=value) | Define(value=value):
            return (value,)
        case Generate(arguments=arguments):
            return arguments
        case Echo(value=shown) if shown is not None:
            return (shown,)
    return ()


def inside(value: Expr) -> tuple[Expr, ...]:
    """Return a value and all values in it."""
    if isinstance(value, Call):
        return (value, *(each for argument in value.arguments for each in inside(argument)))
    return (value,)


def target_of(statement: Statement) -> Path | None:
    """Return what a statement writes or deletes, whatever its conditions say."""
    match statement:
        case Constrained(action=action):
            return target_of(action)
        case Assign(target=target) | Generate(target=target) | Delete(target=target):
            return target
    return None
