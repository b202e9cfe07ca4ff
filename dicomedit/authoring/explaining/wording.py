"""Values, conditions and statements of both dialects as parts of sentences."""

from __future__ import annotations

from collections.abc import Iterator

from dicomedit.authoring.explaining.names import path_phrase
from dicomedit.authoring.explaining.phrases import (
    ACTIONS,
    CONDITIONS,
    MAY_BE_NOTHING,
    VALUES,
    VALUES_4,
    enumerated,
    filled,
)
from dicomedit.authoring.formatting.reading import ReadScript, Statement, all_statements
from dicomedit.lang import nodes
from dicomedit.lang.dialect4.functions import REGISTRY as REGISTRY_4
from dicomedit.lang.dialect4.nodes import Constrained, Generate
from dicomedit.lang.functions import REGISTRY
from dicomedit.lang.functions.registry import Kind
from dicomedit.lang.parser import parse_path
from dicomedit.records import Record

_OPERATORS = {
    nodes.Operator.EQUALS: "is",
    nodes.Operator.NOT_EQUALS: "is not",
    nodes.Operator.MATCHES: "as a whole fits the pattern",
    nodes.Operator.NOT_MATCHES: "as a whole does not fit the pattern",
}
_OF_TRUTHS = frozenset(("and", "or", "reject"))
"""Functions whose arguments are true or false."""

_MARKS = {
    nodes.VariableMark.HIDDEN: "is not shown to users",
    nodes.VariableMark.CONST: "is marked as constant",
    nodes.VariableMark.IMMUTABLE: "is marked as immutable",
}


class Wording(Record):
    """Puts what a script of one dialect says into words.

    `nullable` are the variables that may hold nothing.
    """

    dialect: int
    nullable: frozenset[str] = frozenset()

    @classmethod
    def of(cls, script: ReadScript) -> Wording:
        """Return what puts one script into words."""
        definitions = list(_definitions(script.statements))
        wording = cls(script.dialect)
        while True:
            names = [
                wording._canonical(d.name) for d in definitions if wording.may_be_nothing(d.value)
            ]
            if wording.nullable.issuperset(names):
                return wording
            wording = cls(script.dialect, frozenset(names))

    def _canonical(self, name: str) -> str:
        """Return what tells a variable from others: case does not in DicomEdit 4."""
        return name.lower() if self.dialect == 4 else name

    # values

    def value(self, value: nodes.Expr) -> str:
        """Return a value as a noun."""
        if isinstance(value, nodes.Path):
            return f"the value of {path_phrase(value.path)}"
        return self.argument(value)

    def argument(self, value: nodes.Expr) -> str:
        """Return an argument as a noun; a tag path stands for its element."""
        match value:
            case nodes.Text(value=text):
                return f'"{text}"' if text else "an empty text"
            case nodes.Number(value=number):
                return number
            case nodes.Path(path=path):
                return path_phrase(path)
            case nodes.Name(name=name):
                return f"the variable {name}"
            case nodes.ListOf(elements=elements):
                return enumerated([self.argument(each) for each in elements])
            case nodes.Call():
                return self._call(value)

    def _call(self, call: nodes.Call) -> str:
        values = VALUES if self.dialect == 6 else VALUES_4
        if call.function in values:
            return filled(values[call.function], self._arguments(call))
        if call.function in CONDITIONS:
            return f"whether {self.condition(call)}"
        return f"what {call.function} gives"

    def _arguments(self, call: nodes.Call) -> list[str]:
        return [self._part(call, n, each) for n, each in enumerate(call.arguments)]

    def _part(self, call: nodes.Call, position: int, value: nodes.Expr) -> str:
        """Return an argument; one that is a call itself stands in brackets."""
        if call.function in _OF_TRUTHS:
            return self.condition(value) if isinstance(value, nodes.Call) else self.value(value)
        if names_a_path(call, position):
            return self._named_path(value)
        text = self.argument(value)
        return f"[{text}]" if isinstance(value, nodes.Call) else text

    def _named_path(self, value: nodes.Expr) -> str:
        """Return the element that a text names, where the script spells it out."""
        path = parse_path(value.value) if isinstance(value, nodes.Text) else None
        if path is not None:
            return path_phrase(path)
        if isinstance(value, nodes.Path | nodes.ListOf):
            return self.argument(value)
        return f"the element that {self.argument(value)} names"

    def may_be_nothing(self, value: nodes.Expr) -> bool:
        """Whether a value is not there in some data sets, as far as the script shows."""
        if isinstance(value, nodes.Name):
            return self._canonical(value.name) in self.nullable
        if not isinstance(value, nodes.Call):
            return isinstance(value, nodes.Path)
        if value.function in MAY_BE_NOTHING:
            return True
        registry = REGISTRY if self.dialect == 6 else REGISTRY_4
        function = registry.get(value.function)
        first = None if function is None or not value.arguments else function.parameter(0)
        hands_on = first is not None and first.kind is Kind.OPTIONAL_TEXT
        return hands_on and self.may_be_nothing(value.arguments[0])

    # conditions

    def condition(self, condition: nodes.Condition) -> str:
        """Return a condition as a clause."""
        if isinstance(condition, nodes.Comparison):
            left, right = self.value(condition.left), self.value(condition.right)
            return f"{left} {_OPERATORS[condition.operator]} {right}"
        if condition.function in CONDITIONS:
            return filled(CONDITIONS[condition.function], self._arguments(condition))
        return f'{self.value(condition)} is "true"'

    # statements

    def statement(self, statement: Statement) -> str:
        """Return what a statement does, without the statements in its blocks, as a verb."""
        match statement:
            case nodes.Conditional() | Constrained():
                return self._conditional(statement)
            case nodes.IfChain(branches=branches):
                return f"if {self.condition(branches[0].condition)}:"
            case nodes.Version(version=version):
                return f"says that the script is written for version {version} of the language"
            case nodes.Describe(name=name, description=text):
                return f'describes the variable {name} as "{text}"'
            case nodes.Mark(name=name, mark=mark):
                return f"says that the variable {name} {_MARKS[mark]}"
            case nodes.Export(name=name, destination=text):
                return f'says that the variable {name} is exported as "{text}"'
            case nodes.RemoveAllPrivateTags():
                return "removes all private elements, at every level"
            case nodes.Include(location=location):
                return f"runs the script {location} at this place"
        return self._action(statement)

    def _conditional(self, statement: nodes.Conditional | Constrained) -> str:
        if isinstance(statement, Constrained):
            clauses = ", and if ".join(map(self.condition, statement.conditions))
            return f"if {clauses}: {self._action(statement.action)}"
        tail = ""
        if statement.otherwise is not None:
            tail = f"; otherwise: {self._action(statement.otherwise)}"
        return f"if {self.condition(statement.condition)}: {self._action(statement.then)}{tail}"

    def _action(self, action: Statement) -> str:
        match action:
            case nodes.Assign(target=target, value=value):
                return self._assigned(target, value)
            case nodes.AssignIfExists(target=target, value=value):
                return self._assigned_if_exists(target, value)
            case nodes.Define(name=name, value=value):
                return f"keeps as the variable {name}: {self.value(value)}"
            case nodes.Delete(target=target):
                return f"removes {path_phrase(target.path)}"
            case nodes.CallStatement(call=call):
                return self._called(call)
            case nodes.Echo(value=shown):
                return f"prints {'an empty line' if shown is None else self.value(shown)}"
            case Generate(target=target):
                return (
                    f"sets {path_phrase(target.path)} to a new UID that stands for the old value"
                    " during this run"
                )
        raise AssertionError(f"there are no words for {type(action).__name__}")

    def _assigned_if_exists(self, target: nodes.Path, value: nodes.Expr) -> str:
        what = f"{path_phrase(target.path)}, if present"
        if _is_empty(value):
            return f"empties {what}"
        tail = "; where there is no such value it becomes empty"
        tail = tail if self.may_be_nothing(value) else ""
        return f"sets {what}, to {self.value(value)}{tail}"

    def _assigned(self, target: nodes.Path, value: nodes.Expr) -> str:
        if target.path.plural_reason is not None:  # in DicomEdit 4 only
            return self._assigned_if_exists(target, value)
        what = path_phrase(target.path)
        if _is_empty(value):
            return f"empties {what}"
        tail = ""
        if self.may_be_nothing(value):
            left = "it stays as it is" if self.dialect == 6 else "it becomes empty"
            tail = f"; where there is no such value {left}"
        return f"sets {what} to {self.value(value)}{tail}"

    def _called(self, call: nodes.Call) -> str:
        if call.function in ACTIONS:
            return filled(ACTIONS[call.function], self._arguments(call))
        return f"works out {self.argument(call)}, and does nothing with it"


def _definitions(statements: tuple[Statement, ...]) -> Iterator[nodes.Define]:
    for statement in all_statements(statements):
        parts: tuple[object, ...] = (statement,)
        if isinstance(statement, nodes.Conditional):
            parts = (statement.then, statement.otherwise)
        yield from (part for part in parts if isinstance(part, nodes.Define))


def _is_empty(value: nodes.Expr) -> bool:
    return isinstance(value, nodes.Text) and not value.value


def names_a_path(call: nodes.Call, position: int) -> bool:
    """Whether an argument names an element, perhaps by a text that spells a tag path."""
    function = REGISTRY.get(call.function)
    parameter = None if function is None else function.parameter(position)
    return parameter is not None and (
        parameter.kind is Kind.PATH or (call.function in ("set", "delete") and position == 0)
    )
