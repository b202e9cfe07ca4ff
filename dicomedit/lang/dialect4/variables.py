"""The variables of a DicomEdit 4 script (section 8): names ignore case, definitions are lazy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from dicomedit.errors import failed
from dicomedit.lang import nodes
from dicomedit.lang.dialect4.nodes import Script, Statement, inside, values_of
from dicomedit.lang.program import Variable
from dicomedit.lang.values import Value
from dicomedit.records import Record, field, replace


class Variables(Record, frozen=False):
    """What a script says of its variables, by their names in lower case.

    `spelling` has each name as it is first written, `uses` the names that a definition reads,
    `read` those that other statements read.
    """

    spelling: dict[str, str] = field(factory=dict)
    definitions: dict[str, nodes.Define] = field(factory=dict)
    uses: dict[str, list[str]] = field(factory=dict)
    read: list[str] = field(factory=list)
    described: dict[str, Variable] = field(factory=dict)

    @classmethod
    def of(cls, script: Script) -> Variables:
        """Return what a script says; of two definitions of a name the first one."""
        found = cls()
        for statement in script.statements:
            found._take(statement)
        return found

    def _take(self, statement: Statement) -> None:
        match statement:
            case nodes.Define(name=name):
                key = self._named(name)
                used = [self._named(each) for each in _names(values_of(statement))]
                if key not in self.definitions:
                    self.definitions[key] = statement
                    self.uses[key] = used
            case nodes.Describe(name=name, description=text):
                self._describe(name, description=text)
            case nodes.Mark(name=name):
                self._describe(name, hidden=True)
            case nodes.Export(name=name, destination=destination):
                self._describe(name, export=destination)
            case _:
                self.read += [self._named(each) for each in _names(values_of(statement))]

    def _named(self, name: str) -> str:
        key = name.lower()
        self.spelling.setdefault(key, name)
        return key

    def _describe(self, name: str, **properties: object) -> None:
        key = self._named(name)
        known = self.described.get(key, Variable(name))
        self.described[key] = replace(known, **properties)

    def cycle(self) -> list[str] | None:
        """Return names of which each needs the next one and the last the first, if there are."""
        try:
            TopologicalSorter(self.uses).prepare()
        except CycleError as error:
            cycle: list[str] = error.args[1]
            return cycle[:0:-1]
        return None

    def needed(self, given: Iterable[str] = ()) -> list[str]:
        """Return the names that are read, by other definitions or at last, in that order.

        Definitions of `given` names are not read.
        """
        known = set(given)
        found: dict[str, None] = {}
        waiting = list(reversed(self.read))
        while waiting:
            key = waiting.pop()
            if key not in found:
                found[key] = None
                if key not in known:
                    waiting += reversed(self.uses.get(key, []))
        return list(found)

    def external(self) -> tuple[Variable, ...]:
        """Return all variables in the order in which hosts ask for them.

        That is by name, but those that a definition reads come before what it defines. What is
        read and has no definition is required; a given value counts more than any definition.
        """
        needed = set(self.needed())
        order: dict[str, None] = {}
        for key in sorted(self.spelling):
            self._add_with_uses(key, order)
        return tuple(
            replace(
                self.described.get(key, Variable(self.spelling[key])),
                name=self.spelling[key],
                required=key in needed and key not in self.definitions,
            )
            for key in order
        )

    def _add_with_uses(self, first: str, order: dict[str, None]) -> None:
        """Add a name behind all that its definition reads; there is no cycle."""
        waiting = [(first, False)]
        while waiting:
            key, is_ready = waiting.pop()
            if is_ready:
                order[key] = None
            elif key not in order:
                waiting.append((key, True))
                waiting += [(each, False) for each in sorted(self.uses.get(key, ()), reverse=True)]

    def given(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return the values given for the script's variables, by their names in lower case."""
        found: dict[str, Value] = {}
        for name, value in values.items():
            key = name.lower()
            if key not in self.spelling:
                continue
            if self.spelling[key] == name or key not in found:
                found[key] = value
            elif self.spelling[key] not in values and found[key] != value:
                raise failed(
                    "ambiguous-variable",
                    f'two values are given for the variable "{self.spelling[key]}": its name does'
                    " not tell capital letters from small ones",
                )
        return found


def _names(values: Iterable[nodes.Expr]) -> Iterator[str]:
    for value in values:
        for each in inside(value):
            if isinstance(each, nodes.Name):
                yield each.name
