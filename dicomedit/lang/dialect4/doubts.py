"""Where a script would do something else in version 6, as far as its text tells."""

from __future__ import annotations

from collections.abc import Iterator

from dicomedit.errors import Span
from dicomedit.lang import nodes
from dicomedit.lang.dialect4.actions import Selection
from dicomedit.lang.dialect4.nodes import Script, Statement, inside, target_of, values_of
from dicomedit.records import Record, field


class Touched(Record, frozen=False):
    """The statements so far that change elements, found by the elements they name."""

    by_tag: dict[int, list[Statement]] = field(factory=dict)
    by_pattern: list[tuple[Selection, Statement]] = field(factory=list)

    def add(self, selection: Selection, statement: Statement) -> None:
        """Take up a statement."""
        if selection.tag is None:
            self.by_pattern.append((selection, statement))
        else:
            self.by_tag.setdefault(selection.tag, []).append(statement)

    def meeting(self, selection: Selection) -> Iterator[Statement]:
        """Yield the statements that touch an element which is meant."""
        if selection.tag is not None:
            yield from self.by_tag.get(selection.tag, ())
        else:
            for tag, statements in self.by_tag.items():
                if not (tag ^ selection.value) & selection.mask:
                    yield from statements
        yield from (each for pattern, each in self.by_pattern if pattern.meets(selection))


def doubt(script: Script) -> tuple[Span, str] | None:
    """Return the first statement that the two readings disagree on, and how they do.

    That is one that touches an element which an earlier one touches, too, or reads an element
    which an earlier one writes or deletes.
    """
    touched = Touched()
    for statement in script.statements:
        for element in elements_of(statement):
            if any(touched.meeting(Selection.of(element.path))):
                return statement.span, (
                    f"this reads {element.path} as it was before the script began; in version 6 it"
                    " would read what the statements above made of it"
                )
        target = target_of(statement)
        if target is None:
            continue
        selection = Selection.of(target.path)
        for before in touched.meeting(selection):
            if not _same_effect(statement, before):
                return statement.span, (
                    f"a statement above that touches {target.path} wins over this one; in version 6"
                    " this one would win"
                )
        touched.add(selection, statement)
    return None


def elements_of(statement: Statement) -> Iterator[nodes.Path]:
    """Yield the elements that a statement reads."""
    for value in values_of(statement):
        for each in inside(value):
            if isinstance(each, nodes.Path):
                yield each


def _same_effect(one: Statement, other: Statement) -> bool:
    if isinstance(one, nodes.Delete) and isinstance(other, nodes.Delete):
        return True
    both_assign = isinstance(one, nodes.Assign) and isinstance(other, nodes.Assign)
    return both_assign and one.value == other.value  # type: ignore[union-attr]
