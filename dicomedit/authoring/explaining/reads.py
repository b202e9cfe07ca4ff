"""Which elements a statement reads, and what is there when it does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dicomedit.authoring.explaining.condition_results import Compilers, Kinds
from dicomedit.authoring.explaining.names import path_name
from dicomedit.authoring.explaining.wording import names_a_path
from dicomedit.authoring.formatting.reading import Statement
from dicomedit.errors import EvaluationError
from dicomedit.lang import nodes
from dicomedit.lang.dialect4.nodes import Constrained, Generate
from dicomedit.lang.program import Run
from dicomedit.records import Record, field


class ElementRead(Record):
    """One element that a statement reads, and whether it is there; its value, if it is shown."""

    path: str
    name: str
    value: str = field(repr=False)


def element_reads(
    values: Iterable[nodes.Expr], compiler: Compilers, run: Run, kinds: Kinds
) -> tuple[ElementRead, ...]:
    """Return the elements that values are made of, each once, as they are now.

    Elements that a function looks for at many places are not among them, nor any that cannot be
    read: the statement will say so itself.
    """
    found: dict[str, ElementRead] = {}
    for path in (path for value in values for path in _paths(value)):
        key = str(path.path)
        try:
            value = kinds.of(compiler.value(path)(run))
        except EvaluationError:
            continue
        found.setdefault(key, ElementRead(key, path_name(path.path), value))
    return tuple(found.values())


def values_read(statement: Statement) -> tuple[nodes.Expr, ...]:
    """Return the values in a statement's own text, without its conditions."""
    match statement:
        case Constrained(action=action):
            return values_read(action)
        case nodes.Assign(value=value) | nodes.AssignIfExists(value=value):
            return (value,)
        case nodes.Define(value=value):
            return (value,)
        case nodes.CallStatement(call=call):
            return (call,)
        case nodes.Echo(value=shown) if shown is not None:
            return (shown,)
        case Generate(target=target, arguments=arguments):
            return (target, *arguments)
    return ()


def _paths(value: nodes.Expr) -> Iterator[nodes.Path]:
    if isinstance(value, nodes.Path):
        yield value
    elif isinstance(value, nodes.Call):
        for position, argument in enumerate(value.arguments):
            if not names_a_path(value, position):
                yield from _paths(argument)
