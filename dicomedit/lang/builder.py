"""Rules of the grammar to nodes of the AST."""

from __future__ import annotations

from dicomedit.dicom.paths import AnyItem, Levels, Step, TagPath, TagStep
from dicomedit.errors import Span
from dicomedit.lang import nodes
from dicomedit.lang.newlines import JoinedText

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    _Children = list[Any]

_MOST_DIGITS = 18
_LEVELS = {levels.value: levels for levels in Levels}
_OPERATORS = {operator.value: operator for operator in nodes.Operator}
_MARKS = {mark.value: mark for mark in nodes.VariableMark}


class Builder:
    """Builds the nodes of one script; `text` tells where each piece stands in it as written.

    Each method makes what its rule of the grammar stands for out of its children, which are nodes
    and the texts of tokens, given where it starts and ends.
    """

    def __init__(self, text: JoinedText) -> None:
        self._span: Callable[[int, int], Span] = Span if text.is_as_written else text.span
        self.has_semicolons = False
        """Whether there are some where they mean nothing: between or after statements."""

    # statements

    def start(self, children: _Children, start: int, end: int) -> nodes.Script:
        return nodes.Script(self._statements(children))

    def assign(self, children: _Children, start: int, end: int) -> nodes.Assign:
        target, value = children
        return nodes.Assign(target, value, self._span(start, end))

    def assign_if_exists(self, children: _Children, start: int, end: int) -> nodes.AssignIfExists:
        target, value = children
        return nodes.AssignIfExists(target, value, self._span(start, end))

    def define(self, children: _Children, start: int, end: int) -> nodes.Define:
        return nodes.Define(children[0], children[1], self._span(start, end))

    def delete(self, children: _Children, start: int, end: int) -> nodes.Delete:
        return nodes.Delete(children[0], self._span(start, end))

    def call_statement(self, children: _Children, start: int, end: int) -> nodes.CallStatement:
        return nodes.CallStatement(children[0], self._span(start, end))

    def echo(self, children: _Children, start: int, end: int) -> nodes.Echo:
        return nodes.Echo(children[1] if len(children) > 1 else None, self._span(start, end))

    def conditional(self, children: _Children, start: int, end: int) -> nodes.Conditional:
        condition, then, *rest = children
        otherwise = rest[0] if rest else None
        return nodes.Conditional(condition, then, otherwise, self._span(start, end))

    def if_chain(self, children: _Children, start: int, end: int) -> nodes.IfChain:
        parts = [child for child in children if not isinstance(child, str) and child is not None]
        otherwise = parts.pop() if len(parts) % 2 else None
        branches = map(nodes.Branch, parts[::2], parts[1::2])
        return nodes.IfChain(tuple(branches), otherwise, self._span(start, end))

    def block(self, children: _Children, start: int, end: int) -> tuple[nodes.Statement, ...]:
        return self._statements(children)

    def _statements(self, children: _Children) -> tuple[nodes.Statement, ...]:
        found = tuple(child for child in children if not isinstance(child, str))
        self.has_semicolons |= len(found) < len(children)
        return found

    def describe(self, children: _Children, start: int, end: int) -> nodes.Describe:
        _, name, text = children
        return nodes.Describe(name, text[1:-1], self._span(start, end))

    def mark(self, children: _Children, start: int, end: int) -> nodes.Mark:
        _, name, mark = children
        return nodes.Mark(name, _MARKS[mark], self._span(start, end))

    def export(self, children: _Children, start: int, end: int) -> nodes.Export:
        _, name, text = children
        return nodes.Export(name, text[1:-1], self._span(start, end))

    def version(self, children: _Children, start: int, end: int) -> nodes.Version:
        return nodes.Version(children[1][1:-1], self._span(start, end))

    def remove_all_private_tags(
        self, children: _Children, start: int, end: int
    ) -> nodes.RemoveAllPrivateTags:
        return nodes.RemoveAllPrivateTags(self._span(start, end))

    def include(self, children: _Children, start: int, end: int) -> nodes.Include:
        self.has_semicolons |= ";" in children[0]
        location = children[0].removeprefix("include").strip().strip('"')
        return nodes.Include(location, self._span(start, end))

    # conditions and values

    def comparison(self, children: _Children, start: int, end: int) -> nodes.Comparison:
        left, operator, right = children
        return nodes.Comparison(left, _OPERATORS[operator], right, self._span(start, end))

    def call_condition(self, children: _Children, start: int, end: int) -> nodes.Call:
        call: nodes.Call = children[0]
        return call

    def number(self, children: _Children, start: int, end: int) -> nodes.Number:
        return nodes.Number(children[0], self._span(start, end))

    def name(self, children: _Children, start: int, end: int) -> nodes.Name:
        return nodes.Name(children[0], self._span(start, end))

    def text(self, children: _Children, start: int, end: int) -> nodes.Text:
        return nodes.Text(children[0][1:-1].replace("\\\\", "\\"), self._span(start, end))

    def call(self, children: _Children, start: int, end: int) -> nodes.Call:
        name, *arguments = children
        given = tuple(argument for argument in arguments if argument is not None)
        return nodes.Call(name, given, self._span(start, end), self._span(start, start + len(name)))

    def list(self, children: _Children, start: int, end: int) -> nodes.ListOf:
        return nodes.ListOf(tuple(c for c in children if c is not None), self._span(start, end))

    # tag paths

    def tag_path(self, children: _Children, start: int, end: int) -> nodes.Path:
        return nodes.Path(TagPath(tuple(children)), self._span(start, end))

    def levels(self, children: _Children, start: int, end: int) -> Step:
        return _LEVELS[children[0]]

    def tag(self, children: _Children, start: int, end: int) -> Step:
        tag, item = children
        return _tag_step(tag, item)


def _tag_step(tag: str, item: str | None) -> TagStep:
    group, _, rest = tag[1:-1].partition(",")
    before, brace, inside = rest.partition("{")
    creator = None
    element = before.strip()
    if brace:
        creator, _, element = inside.rpartition("}")
    return TagStep(group.strip().upper(), element.upper(), creator, _item(item))


def _item(item: str | None) -> int | AnyItem | None:
    if item is None:
        return None
    # What is larger than any sequence is as good as any other such number.
    return AnyItem.ANY if item == "%" else int(item[:_MOST_DIGITS])
