"""Which variables a script expects from outside."""

from __future__ import annotations

from collections.abc import Iterator

from dicomedit.lang import nodes
from dicomedit.lang.program import Variable
from dicomedit.records import Record, field, replace


def external_variables(script: nodes.Script) -> tuple[Variable, ...]:
    """Return the variables read before the script sets them, and those it describes.

    A variable set in one branch only may still be missing after it; it counts as set, as in the
    reference, and reading it then is an error of the run.
    """
    found = _Found()
    found.read_statements(script.statements)
    names = dict.fromkeys([*found.wanted, *found.described])
    return tuple(
        replace(found.described.get(name, Variable(name)), required=name in found.wanted)
        for name in names
    )


class _Found(Record, frozen=False):
    defined: set[str] = field(factory=set)
    wanted: dict[str, None] = field(factory=dict)
    described: dict[str, Variable] = field(factory=dict)

    def read_statements(self, statements: tuple[nodes.Statement, ...]) -> None:
        for statement in statements:
            self._read(statement)

    def _read(self, statement: nodes.Statement) -> None:
        match statement:  # the commonest kinds first: this is done for every statement
            case nodes.Delete():
                pass
            case nodes.AssignIfExists(value=value) | nodes.Assign(value=value):
                self._use(value)
            case nodes.CallStatement(call=call):
                self._use(call)
            case nodes.Define(name=name, value=value):
                self._use(value)
                self.defined.add(name)
            case nodes.Echo(value=value) if value is not None:
                self._use(value)
            case _:
                self._read_rarer(statement)

    def _read_rarer(self, statement: nodes.Statement) -> None:
        match statement:
            case nodes.Conditional(condition=condition, then=then, otherwise=otherwise):
                self._use(*_sides(condition))
                self.read_statements((then,) if otherwise is None else (then, otherwise))
            case nodes.IfChain(branches=branches, otherwise=otherwise):
                for branch in branches:
                    self._use(*_sides(branch.condition))
                    self.read_statements(branch.body)
                self.read_statements(otherwise or ())
            case nodes.Describe(name=name, description=text):
                self._describe(name, description=text)
            case nodes.Mark(name=name, mark=nodes.VariableMark.HIDDEN):
                self._describe(name, hidden=True)
            case nodes.Mark(name=name):
                self._describe(name)
            case nodes.Export(name=name, destination=destination):
                self._describe(name, export=destination)

    def _describe(self, name: str, **properties: object) -> None:
        known = self.described.get(name, Variable(name))
        self.described[name] = replace(known, **properties)

    def _use(self, *values: nodes.Expr) -> None:
        for value in values:
            for name in _names(value):
                if name not in self.defined:
                    self.wanted[name] = None


def _sides(condition: nodes.Condition) -> tuple[nodes.Expr, ...]:
    if isinstance(condition, nodes.Call):
        return (condition,)
    return (condition.left, condition.right)


def _names(value: nodes.Expr) -> Iterator[str]:
    match value:
        case nodes.Name(name=name):
            yield name
        case nodes.Call(arguments=inside) | nodes.ListOf(elements=inside):
            for each in inside:
                yield from _names(each)
