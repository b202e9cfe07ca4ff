"""Which variables a script sets, reads and describes, wherever it does."""

from __future__ import annotations

from collections.abc import Iterator

from dicomedit.authoring.checking.findings import Findings, Place
from dicomedit.dicom.dictionary import tag_of_keyword, tag_text
from dicomedit.lang import nodes
from dicomedit.lang.words import nearest
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.errors import Source, Span


class Names(Record, frozen=False):
    """The variables of a script by what is done with them; `declared` ones are given from outside.

    Each is known with the first place where that is done.
    """

    declared: set[str] = field(factory=set)
    described: dict[str, Place] = field(factory=dict)
    exported: set[str] = field(factory=set)
    defined: dict[str, Place] = field(factory=dict)
    read: set[str] = field(factory=set)
    told: set[str] = field(factory=set)
    ignores_case: bool = False

    def take(self, source: Source, statements: tuple[nodes.Statement, ...]) -> None:
        """Take up what statements do with variables."""
        for statement in statements:
            match statement:
                case nodes.Conditional(condition=condition, then=then, otherwise=otherwise):
                    self._read(*sides(condition))
                    self.take(source, (then,) if otherwise is None else (then, otherwise))
                case nodes.IfChain(branches=branches, otherwise=last):
                    for branch in branches:
                        self._read(*sides(branch.condition))
                        self.take(source, branch.body)
                    self.take(source, last or ())
                case nodes.Export(name=name, span=span):
                    self.exported.add(name)
                    self.described.setdefault(name, Place(source, span))
                case nodes.Describe(name=name, span=span) | nodes.Mark(name=name, span=span):
                    self.described.setdefault(name, Place(source, span))
                case _:
                    self._take_action(source, statement)

    def _take_action(self, source: Source, statement: nodes.Statement) -> None:
        match statement:
            case nodes.Define(name=name, value=value, span=span):
                self.defined.setdefault(name, Place(source, span))
                self._read(value)
                if tag_of_keyword(name) is not None:
                    self.read.add(name)  # the checker tells what is wrong with it
            case nodes.Assign(value=value) | nodes.AssignIfExists(value=value):
                self._read(value)
            case nodes.CallStatement(call=call):
                self._read(call)
            case nodes.Echo(value=shown) if shown is not None:
                self._read(shown)

    def _read(self, *values: nodes.Expr) -> None:
        self.read.update(each.name for each in names_in(*values))

    def is_given(self, name: str) -> bool:
        """Whether a variable may be expected to have a value before the script begins."""
        key = name.lower() if self.ignores_case else name
        return key in self.declared or key in self.described

    def check_missing(self, findings: Findings, name: str, span: Span) -> None:
        """Tell, once, of a variable that is read before the script sets it, if it ever does."""
        if self.is_given(name) or name in self.told:
            return
        self.told.add(name)
        tag = tag_of_keyword(name)
        later = self.defined.get(name)
        near = None if later else nearest(name, sorted({*self.defined, *self.described}))
        if tag is not None and later is None:
            message = f"this reads a variable, not the element {tag_text(tag)} {name}"
            advice = f"write {tag_text(tag)} to read the element"
            findings.warn("keyword-as-variable", message, span, advice)
        elif later is not None:
            line = later.seen_from(findings.source)
            message = f'the variable "{name}" is read here, and set only later, in {line}'
            advice = f'set it first; if it is given from outside, describe {name} "..." says so'
            findings.warn("set-too-late", message, span, advice)
        elif near is not None and near != name:
            message = f'no statement sets the variable "{name}"'
            findings.warn("misspelt-variable", message, span, f'did you mean "{near}"?')
        else:
            message = f'the variable "{name}" is not set here and must be given from outside'
            advice = f'say what it is: describe {name} "...", or check with --set {name}'
            findings.info("undeclared-variable", message, span, advice)

    def check_unused(self, findings: Findings) -> None:
        """Tell of variables that nobody reads."""
        for name, place in self.defined.items():
            if name not in self.read and name not in self.exported:
                findings.source = place.source
                message = f'the variable "{name}" is never read'
                advice = "take it away, or use its value"
                findings.warn("unused-variable", message, place.span, advice)
        for name, place in self.described.items():
            if name not in self.read and name not in self.defined:
                findings.source = place.source
                message = f'the variable "{name}" is described and never read'
                advice = "take the description away, or use the variable"
                findings.info("unused-description", message, place.span, advice)


def names_in(*values: nodes.Expr) -> Iterator[nodes.Name]:
    """Yield the variables that values read."""
    yield from (each for each in inside(*values) if isinstance(each, nodes.Name))


def inside(*values: nodes.Expr) -> Iterator[nodes.Expr]:
    """Yield values and all that stand in them."""
    for value in values:
        yield value
        if isinstance(value, nodes.Call):
            yield from inside(*value.arguments)
        elif isinstance(value, nodes.ListOf):
            yield from inside(*value.elements)


def sides(condition: nodes.Condition) -> tuple[nodes.Expr, ...]:
    """Return the values of a condition."""
    if isinstance(condition, nodes.Call):
        return (condition,)
    return (condition.left, condition.right)
