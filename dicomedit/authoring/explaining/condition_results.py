"""Conditions of a running script: whether they are true, and why."""

from __future__ import annotations

from dicomedit.authoring.explaining.phrases import enumerated
from dicomedit.authoring.explaining.watching import MOST_SHOWN
from dicomedit.authoring.explaining.wording import Wording
from dicomedit.dicom.paths import TagPath
from dicomedit.lang import nodes
from dicomedit.lang.program import Run
from dicomedit.lang.values import Value
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol
else:
    Protocol = object

_LEFT, _RIGHT = "left of the condition", "right of the condition"
"""Variables that no script can name."""

_GIVEN = ("given",)
"""Stands for the value of an operand that the script spells out."""

_IS_TRUE = {
    nodes.Operator.EQUALS: "they are the same",
    nodes.Operator.NOT_EQUALS: "they differ",
    nodes.Operator.MATCHES: "it fits",
    nodes.Operator.NOT_MATCHES: "it does not fit",
}
_IS_FALSE = {
    nodes.Operator.EQUALS: "they differ",
    nodes.Operator.NOT_EQUALS: "they are the same",
    nodes.Operator.MATCHES: "it does not fit",
    nodes.Operator.NOT_MATCHES: "it fits",
}


class Compilers(Protocol):
    """What both dialects' compilers offer."""

    @property
    def value(self) -> Callable[[Any], Callable[[Run], Any]]:
        """Return what gives a value."""

    @property
    def test(self) -> Callable[[Any], Callable[[Run], bool]]:
        """Return what tells whether a condition is true."""


class Checked(Record):
    """A condition that was asked: in words, its result, and the reason."""

    text: str
    result: bool
    reason: str = field(repr=False)


class Kinds(Record):
    """Says what kind of value something is, and the value itself only if it may be shown."""

    shows_values: bool

    def of(self, value: Value) -> str:
        """Return ``absent``, ``empty``, or what else a value is."""
        match value:
            case None:
                return "absent"
            case "":
                return "empty"
            case bool():
                return "true" if value else "false"
            case tuple():
                return f"a list of {len(value)}"
            case TagPath():
                return f"the tag path {value}"
        if not self.shows_values:
            return "present"
        return repr(value if len(value) <= MOST_SHOWN else f"{value[:MOST_SHOWN]}...")


def checked(
    condition: nodes.Condition, compiler: Compilers, run: Run, wording: Wording, kinds: Kinds
) -> Checked:
    """Ask a condition once, as the engine does; its operands are worked out once, too."""
    text = wording.condition(condition)
    if isinstance(condition, nodes.Call):
        result = compiler.test(condition)(run)
        return Checked(text, result, f"{condition.function} says {'yes' if result else 'no'}")
    try:
        left = _held(condition.left, _LEFT, compiler, run)
        right = _held(condition.right, _RIGHT, compiler, run)
        held = nodes.Comparison(left, condition.operator, right, condition.span)
        result = compiler.test(held)(run)
    finally:
        values = {name: run.variables.pop(name, _GIVEN) for name in (_LEFT, _RIGHT)}
    sides = [
        (wording.argument(side), value)
        for side, value in zip((condition.left, condition.right), values.values(), strict=True)
        if value is not _GIVEN
    ]
    return Checked(text, result, _reason(condition.operator, result, sides, kinds))


def _held(value: nodes.Expr, name: str, compiler: Compilers, run: Run) -> nodes.Expr:
    """Return an operand that is worked out already; what the script spells out stays."""
    if isinstance(value, nodes.Text | nodes.Number):
        return value
    run.variables[name] = compiler.value(value)(run)
    return nodes.Name(name, value.span)


def _reason(
    operator: nodes.Operator, result: bool, sides: list[tuple[str, Value]], kinds: Kinds
) -> str:
    """Return why a comparison has its result; `sides` are what it had to work out."""
    absent = [text for text, value in sides if value is None]
    if absent:
        return f"{enumerated(absent)} {'is' if len(absent) == 1 else 'are'} absent"
    told = (_IS_TRUE if result else _IS_FALSE)[operator]
    return "; ".join([told, *(f"{text} is {kinds.of(value)}" for text, value in sides)])
