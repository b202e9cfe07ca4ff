"""Lark tree to AST."""

from __future__ import annotations

from typing import Any

from lark import Token, Transformer, v_args
from lark.tree import Meta

from dicomedit.dicom.paths import AnyItem, Levels, Step, TagPath, TagStep
from dicomedit.errors import Span
from dicomedit.lang import nodes
from dicomedit.lang.newlines import JoinedText

_Children = list[Any]
_MOST_DIGITS = 18


@v_args(meta=True)
class Builder(Transformer[Token, nodes.Script]):
    """Builds the nodes of one script; `text` tells where each piece stands in it as written."""

    def __init__(self, text: JoinedText) -> None:
        super().__init__()
        self._text = text

    def _span(self, meta: Meta) -> Span:
        return self._text.span(meta.start_pos, meta.end_pos)

    def _token_span(self, token: Token) -> Span:
        start = token.start_pos or 0
        return self._text.span(start, start + len(token))

    # statements

    def start(self, meta: Meta, children: _Children) -> nodes.Script:
        return nodes.Script(_statements(children))

    def assign(self, meta: Meta, children: _Children) -> nodes.Assign:
        target, value = children
        return nodes.Assign(target, value, self._span(meta))

    def assign_if_exists(self, meta: Meta, children: _Children) -> nodes.AssignIfExists:
        target, value = children
        return nodes.AssignIfExists(target, value, self._span(meta))

    def define(self, meta: Meta, children: _Children) -> nodes.Define:
        return nodes.Define(str(children[0]), children[1], self._span(meta))

    def delete(self, meta: Meta, children: _Children) -> nodes.Delete:
        return nodes.Delete(children[0], self._span(meta))

    def call_statement(self, meta: Meta, children: _Children) -> nodes.CallStatement:
        return nodes.CallStatement(children[0], self._span(meta))

    def echo(self, meta: Meta, children: _Children) -> nodes.Echo:
        return nodes.Echo(children[1] if len(children) > 1 else None, self._span(meta))

    def conditional(self, meta: Meta, children: _Children) -> nodes.Conditional:
        condition, then, *rest = children
        otherwise = rest[0] if rest else None
        return nodes.Conditional(condition, then, otherwise, self._span(meta))

    def if_chain(self, meta: Meta, children: _Children) -> nodes.IfChain:
        parts = [child for child in children if not isinstance(child, Token) and child is not None]
        otherwise = parts.pop() if len(parts) % 2 else None
        branches = map(nodes.Branch, parts[::2], parts[1::2])
        return nodes.IfChain(tuple(branches), otherwise, self._span(meta))

    def block(self, meta: Meta, children: _Children) -> tuple[nodes.Statement, ...]:
        return _statements(children)

    def describe(self, meta: Meta, children: _Children) -> nodes.Describe:
        _, name, text = children
        return nodes.Describe(str(name), text[1:-1], self._span(meta))

    def mark(self, meta: Meta, children: _Children) -> nodes.Mark:
        _, name, mark = children
        return nodes.Mark(str(name), nodes.VariableMark(str(mark)), self._span(meta))

    def export(self, meta: Meta, children: _Children) -> nodes.Export:
        _, name, text = children
        return nodes.Export(str(name), text[1:-1], self._span(meta))

    def version(self, meta: Meta, children: _Children) -> nodes.Version:
        return nodes.Version(children[1][1:-1], self._span(meta))

    def remove_all_private_tags(
        self, meta: Meta, children: _Children
    ) -> nodes.RemoveAllPrivateTags:
        return nodes.RemoveAllPrivateTags(self._span(meta))

    def include(self, meta: Meta, children: _Children) -> nodes.Include:
        location = str(children[0]).removeprefix("include").strip().strip('"')
        return nodes.Include(location, self._span(meta))

    # conditions and values

    def comparison(self, meta: Meta, children: _Children) -> nodes.Comparison:
        left, operator, right = children
        return nodes.Comparison(left, nodes.Operator(str(operator)), right, self._span(meta))

    def call_condition(self, meta: Meta, children: _Children) -> nodes.Call:
        call: nodes.Call = children[0]
        return call

    def number(self, meta: Meta, children: _Children) -> nodes.Number:
        return nodes.Number(str(children[0]), self._span(meta))

    def name(self, meta: Meta, children: _Children) -> nodes.Name:
        return nodes.Name(str(children[0]), self._span(meta))

    def text(self, meta: Meta, children: _Children) -> nodes.Text:
        return nodes.Text(children[0][1:-1].replace("\\\\", "\\"), self._span(meta))

    def call(self, meta: Meta, children: _Children) -> nodes.Call:
        name, *arguments = children
        given = tuple(argument for argument in arguments if argument is not None)
        return nodes.Call(str(name), given, self._span(meta), self._token_span(name))

    def list(self, meta: Meta, children: _Children) -> nodes.ListOf:
        return nodes.ListOf(tuple(c for c in children if c is not None), self._span(meta))

    # tag paths

    def tag_path(self, meta: Meta, children: _Children) -> nodes.Path:
        return nodes.Path(TagPath(tuple(children)), self._span(meta))

    def levels(self, meta: Meta, children: _Children) -> Step:
        return Levels(str(children[0]))

    def tag(self, meta: Meta, children: _Children) -> Step:
        tag, item = children
        return _tag_step(tag, item)


def _statements(children: _Children) -> tuple[nodes.Statement, ...]:
    return tuple(child for child in children if not isinstance(child, Token))


def _tag_step(tag: Token, item: Token | None) -> TagStep:
    group, _, rest = tag[1:-1].partition(",")
    before, brace, inside = rest.partition("{")
    creator = None
    element = before.strip()
    if brace:
        creator, _, element = inside.rpartition("}")
    return TagStep(group.strip().upper(), element.upper(), creator, _item(item))


def _item(item: Token | None) -> int | AnyItem | None:
    if item is None:
        return None
    # What is larger than any sequence is as good as any other such number.
    return AnyItem.ANY if item == "%" else int(item[:_MOST_DIGITS])
