"""AST to diagnostics: whatever is certain to be wrong before any data set is touched."""

from __future__ import annotations

from collections.abc import Iterator

from dicomedit.dicom.dictionary import tag_of_keyword, tag_text
from dicomedit.dicom.paths import MAX_STEPS, TagStep
from dicomedit.errors import Diagnostic, Severity, Source, Span
from dicomedit.lang import nodes
from dicomedit.lang.functions import REGISTRY
from dicomedit.lang.functions.registry import Function, Kind
from dicomedit.records import Record

_VERSIONS = {f"6.{minor}": minor for minor in range(10)}
_TRUTHS = frozenset(("and", "or", "reject"))
NEWEST_KNOWN = 6
"""The last minor version whose behaviour is known; 6.7 to 6.9 are accepted only when asked."""


class Checker(Record):
    """Checks one script; `newer` admits the versions after 6.6 and their functions."""

    source: Source
    newer: bool = False

    def check(self, script: nodes.Script) -> list[Diagnostic]:
        """Return what is wrong or doubtful, in the order of the text."""
        found = list(self._statements(script.statements))
        return sorted(found, key=lambda diagnostic: diagnostic.span.start)

    def _error(self, code: str, message: str, span: Span, advice: str | None = None) -> Diagnostic:
        return Diagnostic(code, message, self.source, span, advice)

    def _warning(self, code: str, message: str, span: Span, advice: str) -> Diagnostic:
        return Diagnostic(code, message, self.source, span, advice, Severity.WARNING)

    # statements

    def _statements(self, statements: tuple[nodes.Statement, ...]) -> Iterator[Diagnostic]:
        for statement in statements:
            yield from self._statement(statement)

    def _statement(self, statement: nodes.Statement) -> Iterator[Diagnostic]:
        match statement:  # the commonest kinds first: this is done for every statement
            case nodes.Delete(target=target):
                yield from self._items(target)
            case nodes.AssignIfExists(target=target, value=value):
                yield from self._items(target)
                yield from self._value(value)
            case nodes.Assign(target=target, value=value):
                yield from self._singular(target)
                yield from self._value(value)
            case nodes.CallStatement(call=call):
                yield from self._call(call)
            case _:
                yield from self._rarer_statement(statement)

    def _rarer_statement(self, statement: nodes.Statement) -> Iterator[Diagnostic]:
        match statement:
            case nodes.Version():
                yield from self._version(statement)
            case nodes.Conditional(condition=condition, then=then, otherwise=otherwise):
                yield from self._condition(condition)
                yield from self._statement(then)
                if otherwise is not None:
                    yield from self._statement(otherwise)
            case nodes.IfChain(branches=branches, otherwise=otherwise):
                for branch in branches:
                    yield from self._condition(branch.condition)
                    yield from self._statements(branch.body)
                yield from self._statements(otherwise or ())
            case nodes.Define(value=value):
                yield from self._keyword(statement)
                yield from self._value(value)
            case nodes.Echo(value=value) if value is not None:
                yield from self._value(value)

    def _version(self, statement: nodes.Version) -> Iterator[Diagnostic]:
        minor = _VERSIONS.get(statement.version)
        if minor is None:
            advice = 'write version "6.6"'
            message = f'there is no version "{statement.version}"'
            yield self._error("unknown-version", message, statement.span, advice)
        elif minor > NEWEST_KNOWN:
            message = f"version {statement.version} is newer than 6.6, the last one known here"
            if self.newer:
                advice = "what it changed, if anything, is not done"
                yield self._warning("newer-version", message, statement.span, advice)
            else:
                advice = "run it as 6.6 with --newer-versions, or newer_versions=True in Python"
                yield self._error("newer-version", message, statement.span, advice)

    def _keyword(self, statement: nodes.Define) -> Iterator[Diagnostic]:
        tag = tag_of_keyword(statement.name)
        if tag is not None:
            element = tag_text(tag)
            message = f"this sets a variable, not the element {element} {statement.name}"
            advice = f"write {element} to change the element"
            yield self._warning("keyword-as-variable", message, statement.span, advice)

    # paths

    def _singular(self, target: nodes.Path) -> Iterator[Diagnostic]:
        yield from self._items(target)
        reason = target.path.plural_reason
        if reason is not None:
            message = f"the path does not name one element: {reason}"
            advice = 'use "?=" to change all elements that match'
            yield self._error("plural-path", message, target.span, advice)

    def _items(self, target: nodes.Path) -> Iterator[Diagnostic]:
        if len(target.path.steps) > MAX_STEPS:
            yield self._error("long-path", f"a path has at most {MAX_STEPS} steps", target.span)
        for step in target.path.steps:
            if not isinstance(step, TagStep):
                continue
            if isinstance(step.item, int) and step.item < 0:
                yield self._error("bad-item", "items are counted from 0", target.span)
            creator = step.creator
            if creator is None:
                continue
            if not creator.strip():
                yield self._error("bad-tag", "the private creator is empty", target.span)
            elif creator != creator.strip():
                message = "a private creator with a blank at its end or beginning never matches"
                advice = "take the blank away"
                yield self._warning("blank-in-creator", message, target.span, advice)

    # conditions and values

    def _condition(self, condition: nodes.Condition) -> Iterator[Diagnostic]:
        if isinstance(condition, nodes.Call):
            yield from self._value(condition)
            return
        yield from self._value(condition.left)
        yield from self._value(condition.right)
        if condition.operator in (nodes.Operator.MATCHES, nodes.Operator.NOT_MATCHES):
            yield from self._pattern(condition.right)

    def _pattern(self, value: nodes.Expr) -> Iterator[Diagnostic]:
        if isinstance(value, nodes.Text):
            from dicomedit.lang.java_regex import PatternError, compile_pattern  # seldom needed

            try:
                compile_pattern(value.value)
            except PatternError as error:
                yield self._error("bad-pattern", str(error), value.span)

    def _value(self, value: nodes.Expr) -> Iterator[Diagnostic]:
        match value:
            case nodes.Path(path=path):
                yield from self._items(value)
                reason = path.plural_reason
                if reason is not None:
                    message = f"the path does not name one element: {reason}"
                    yield self._error("plural-path", message, value.span)
            case nodes.Call():
                yield from self._call(value, needs_value=True)
            case nodes.ListOf(elements=elements):
                for element in elements:
                    yield from self._argument(element)

    def _argument(self, value: nodes.Expr, kind: Kind = Kind.ANY) -> Iterator[Diagnostic]:
        """Check an argument or list element: a path is not read there, unless as a text."""
        reads = (Kind.TEXT, Kind.OPTIONAL_TEXT, Kind.INTEGER, Kind.PATTERN)
        if isinstance(value, nodes.Path) and kind not in reads:
            yield from self._items(value)
        else:
            yield from self._value(value)
        if kind is Kind.PATTERN:
            yield from self._pattern(value)

    # calls

    def _call(self, call: nodes.Call, *, needs_value: bool = False) -> Iterator[Diagnostic]:
        function = REGISTRY.get(call.function)
        if function is None or (function.is_newer and not self.newer):
            yield self._unknown_function(call, function)
            for argument in call.arguments:
                yield from self._argument(argument)
            return
        yield from self._count(call, function)
        if needs_value and not function.has_value:
            message = f"{call.function} has no value"
            yield self._error("no-value", message, call.span, "let it stand on a line of its own")
        for argument in call.arguments:
            if call.function in _TRUTHS and isinstance(argument, nodes.Path):
                message = f"{call.function} does not read tag paths: a path is never true"
                advice = f"compare the value, or write {call.function}[valueAt[{argument.path}]]"
                yield self._warning("path-as-truth", message, argument.span, advice)
        for position, argument in enumerate(call.arguments):
            parameter = function.parameter(position)
            yield from self._argument(argument, parameter.kind if parameter else Kind.ANY)

    def _unknown_function(self, call: nodes.Call, function: Function | None) -> Diagnostic:
        if function is not None:
            message = f"{call.function} is no function of version 6.6"
            advice = "run the script with --newer-versions, or newer_versions=True in Python"
            return self._error("newer-function", message, call.name_span, advice)
        from dicomedit.lang.words import nearest  # a good script does not wait for it

        near = nearest(call.function, (each.name for each in REGISTRY))
        message = f'no function is called "{call.function}"'
        guess = None if near is None else f'did you mean "{near}"?'
        return self._error("unknown-function", message, call.name_span, guess)

    def _count(self, call: nodes.Call, function: Function) -> Iterator[Diagnostic]:
        given = len(call.arguments)
        most = function.most
        if given >= function.fewest and (most is None or given <= most):
            return
        message = f"{call.function} takes {_range(function)}, {given} given"
        yield self._error("argument-count", message, call.span, f"write {function.signature}")


def how_many(count: int) -> str:
    """Return a number of arguments in words."""
    return f"{count} argument{'' if count == 1 else 's'}"


def _range(function: Function) -> str:
    fewest, most = function.fewest, function.most
    if most == fewest:
        return how_many(fewest)
    return f"{f'at least {fewest}' if most is None else f'{fewest} to {most}'} arguments"
