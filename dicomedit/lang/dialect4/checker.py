"""AST of DicomEdit 4 to diagnostics: whatever is certain to be wrong before any file is read."""

from __future__ import annotations

from collections.abc import Iterator

from dicomedit.dicom.dictionary import TRANSFER_SYNTAX_UID, tag_name, tag_of_keyword, tag_text
from dicomedit.errors import Diagnostic, Severity, Source, Span
from dicomedit.lang import nodes
from dicomedit.lang.checker import how_many
from dicomedit.lang.dialect4.actions import tag_of
from dicomedit.lang.dialect4.functions import REGISTRY
from dicomedit.lang.dialect4.nodes import (
    MESSAGE,
    Constrained,
    Generate,
    Script,
    Statement,
    inside,
    target_of,
    values_of,
)
from dicomedit.lang.dialect4.variables import Variables
from dicomedit.lang.functions.registry import Function, Kind
from dicomedit.lang.java_regex import PatternError, compile_pattern
from dicomedit.lang.message_format import PatternFormatError, format_message
from dicomedit.lang.words import nearest
from dicomedit.records import Record

GENERATOR = "UID"
"""The only generator."""

_MOST = 2**31
_FIXED = frozenset((0x00020000, TRANSFER_SYNTAX_UID))
"""What says how the file is laid out; a script must not."""


class Checker(Record):
    """Checks one script."""

    source: Source

    def check(self, script: Script, variables: Variables) -> list[Diagnostic]:
        """Return what is wrong or doubtful, in the order of the text."""
        found = [each for statement in script.statements for each in self._statement(statement)]
        found += self._definitions(script, variables)
        return sorted(found, key=lambda diagnostic: diagnostic.span.start)

    def _error(self, code: str, message: str, span: Span, advice: str | None = None) -> Diagnostic:
        return Diagnostic(code, message, self.source, span, advice)

    def _warning(self, code: str, message: str, span: Span, advice: str) -> Diagnostic:
        return Diagnostic(code, message, self.source, span, advice, Severity.WARNING)

    # statements

    def _statement(self, statement: Statement) -> Iterator[Diagnostic]:
        yield from self._target(target_of(statement))
        action = statement.action if isinstance(statement, Constrained) else statement
        if isinstance(action, Generate) and action.generator != GENERATOR:
            message = f'there is no generator "{action.generator}"'
            yield self._error("unknown-generator", message, action.span, f"write new {GENERATOR}")
        if isinstance(action, nodes.Define):
            yield from self._keyword(action)
        for value in values_of(statement):
            for each in inside(value):
                yield from self._value(each)
        if isinstance(statement, Constrained):
            for condition in statement.conditions:
                if condition.operator is nodes.Operator.MATCHES:
                    yield from self._pattern(condition.right)

    def _target(self, target: nodes.Path | None) -> Iterator[Diagnostic]:
        if target is None or target.path.plural_reason is not None:
            return
        tag = tag_of(target.path)
        if tag in _FIXED:
            message = f"{tag_name(tag)} says how the file is laid out: a script cannot change it"
            yield self._error("fixed-element", message, target.span, "take the statement away")

    def _keyword(self, statement: nodes.Define) -> Iterator[Diagnostic]:
        tag = tag_of_keyword(statement.name)
        if tag is not None:
            element = tag_text(tag)
            message = f"this sets a variable, not the element {element} {statement.name}"
            advice = f"write {element} to change the element"
            yield self._warning("keyword-as-variable", message, statement.span, advice)

    def _definitions(self, script: Script, variables: Variables) -> Iterator[Diagnostic]:
        for statement in script.statements:
            if isinstance(statement, nodes.Define):
                first = variables.definitions[statement.name.lower()]
                if first is not statement:
                    line = self.source.position(first.span.start)[0]
                    message = (
                        f'the variable "{statement.name}" has a value already, from line {line}'
                    )
                    advice = "capital and small letters are the same in names of variables"
                    yield self._error("defined-twice", message, statement.span, advice)
        cycle = variables.cycle()
        if cycle is not None:
            names = [variables.spelling[key] for key in (*cycle, cycle[0])]
            message = f"the variable is defined by itself: {' needs '.join(names)}"
            yield self._error("variable-cycle", message, variables.definitions[cycle[0]].span)

    # values

    def _value(self, value: nodes.Expr) -> Iterator[Diagnostic]:
        if isinstance(value, nodes.Number):
            yield from self._number(value)
        elif isinstance(value, nodes.Call):
            yield from self._call(value)

    def _number(self, number: nodes.Number) -> Iterator[Diagnostic]:
        digits = number.value.lstrip("-")
        if len(digits) > 10 or not -_MOST <= int(number.value) < _MOST:
            message = f"a number is between {-_MOST} and {_MOST - 1}"
            advice = "write it in quotes for a text"
            yield self._error("bad-number", message, number.span, advice)

    def _call(self, call: nodes.Call) -> Iterator[Diagnostic]:
        function = REGISTRY.get(call.function)
        if function is None:
            near = nearest(call.function, (each.name for each in REGISTRY))
            message = f'no function is called "{call.function}"'
            guess = None if near is None else f'did you mean "{near}"?'
            yield self._error("unknown-function", message, call.name_span, guess)
            return
        if len(call.arguments) < function.fewest:
            message = (
                f"{call.function} takes at least {how_many(function.fewest)},"
                f" {len(call.arguments)} given"
            )
            advice = f"write {function.signature}"
            yield self._error("argument-count", message, call.span, advice)
            return
        for position, argument in enumerate(call.arguments):
            yield from self._argument(function, position, argument)
        if function.name == MESSAGE:
            yield from self._message(call)

    def _argument(
        self, function: Function, position: int, argument: nodes.Expr
    ) -> Iterator[Diagnostic]:
        parameter = function.parameter(position)
        kind = None if parameter is None else parameter.kind
        if kind is Kind.INTEGER and not isinstance(argument, nodes.Number):
            message = f"argument {position + 1} of {function.name} is not written as a number"
            advice = "write digits, without quotes; a variable or an element cannot stand here"
            yield self._error("not-an-integer", message, argument.span, advice)
        elif kind is Kind.PATTERN:
            yield from self._pattern(argument)

    # what fails only when it is reached

    def _pattern(self, value: nodes.Expr) -> Iterator[Diagnostic]:
        if isinstance(value, nodes.Text):
            try:
                compile_pattern(value.value)
            except PatternError as error:
                advice = "the script fails wherever the pattern is used"
                yield self._warning("bad-pattern", str(error), value.span, advice)

    def _message(self, call: nodes.Call) -> Iterator[Diagnostic]:
        pattern, *values = call.arguments
        if isinstance(pattern, nodes.Text):
            try:
                format_message(pattern.value, [""] * len(values), strict=True)
            except PatternFormatError as error:
                advice = "the script fails wherever the pattern is used"
                message = f"the pattern of format is wrong: {error}"
                yield self._warning("bad-format", message, pattern.span, advice)
