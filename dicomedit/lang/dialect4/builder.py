"""Rules of the grammar of DicomEdit 4 to nodes of the AST."""

from __future__ import annotations

import re

from dicomedit.dicom.paths import TagPath, TagStep
from dicomedit.errors import Span
from dicomedit.lang import nodes
from dicomedit.lang.dialect4.nodes import MESSAGE, Constrained, Generate, Script

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    _Children = list[Any]

_OPERATORS = {operator.value: operator for operator in nodes.Operator}
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


class Builder:
    """Builds the nodes of one script.

    Each method makes what its rule of the grammar stands for out of its children, which are nodes
    and the texts of tokens, given where it starts and ends.
    """

    # statements

    def start(self, children: _Children, start: int, end: int) -> Script:
        return Script(tuple(children))

    def assign(self, children: _Children, start: int, end: int) -> nodes.Assign:
        target, value = children
        return nodes.Assign(target, value, Span(start, end))

    def generate(self, children: _Children, start: int, end: int) -> Generate:
        target, _, generator, *arguments = children
        return Generate(target, generator, _given(arguments), Span(start, end))

    def delete(self, children: _Children, start: int, end: int) -> nodes.Delete:
        return nodes.Delete(children[0], Span(start, end))

    def echo(self, children: _Children, start: int, end: int) -> nodes.Echo:
        return nodes.Echo(children[1] if len(children) > 1 else None, Span(start, end))

    def constrained(self, children: _Children, start: int, end: int) -> Constrained:
        *conditions, action = children
        return Constrained(tuple(conditions), action, Span(start, end))

    def define(self, children: _Children, start: int, end: int) -> nodes.Define:
        return nodes.Define(children[0], children[1], Span(start, end))

    def describe(self, children: _Children, start: int, end: int) -> nodes.Describe:
        _, name, text = children
        return nodes.Describe(name, _unescaped(text), Span(start, end))

    def mark(self, children: _Children, start: int, end: int) -> nodes.Mark:
        return nodes.Mark(children[1], nodes.VariableMark.HIDDEN, Span(start, end))

    def export(self, children: _Children, start: int, end: int) -> nodes.Export:
        _, name, text = children
        return nodes.Export(name, _unescaped(text), Span(start, end))

    # conditions and values

    def comparison(self, children: _Children, start: int, end: int) -> nodes.Comparison:
        left, operator, right = children
        return nodes.Comparison(left, _OPERATORS[operator], right, Span(start, end))

    def message(self, children: _Children, start: int, end: int) -> nodes.Call:
        return nodes.Call(MESSAGE, tuple(children), Span(start, end), children[0].span)

    def text(self, children: _Children, start: int, end: int) -> nodes.Text:
        return nodes.Text(_unescaped(children[0]), Span(start, end))

    def number(self, children: _Children, start: int, end: int) -> nodes.Number:
        return nodes.Number(children[0], Span(start, end))

    def name(self, children: _Children, start: int, end: int) -> nodes.Name:
        return nodes.Name(children[0], Span(start, end))

    def call(self, children: _Children, start: int, end: int) -> nodes.Call:
        name, *arguments = children
        name_span = Span(start, start + len(name))
        return nodes.Call(name, _given(arguments), Span(start, end), name_span)

    def tag(self, children: _Children, start: int, end: int) -> nodes.Path:
        group, element = children[0][1:-1].upper().split(",")
        return nodes.Path(TagPath((TagStep(group, element),)), Span(start, end))

    pattern = tag


def _given(arguments: _Children) -> tuple[nodes.Expr, ...]:
    return tuple(argument for argument in arguments if argument is not None)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda pair: _ESCAPES.get(pair[1], pair[1]), text[1:-1])
