"""Value expressions of the language on their own, as a mapping gives them for an element."""

from __future__ import annotations

from dicomedit.errors import Diagnostic, ScriptError, Severity, Source, Span
from dicomedit.lang import nodes
from dicomedit.lang.checker import Checker
from dicomedit.lang.compiler import Compiler
from dicomedit.lang.parser import parse
from dicomedit.lang.program import Run, Variable
from dicomedit.lang.reading import scalar_text
from dicomedit.lang.variables import external_variables
from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = "the_value_of_a_mapping"
_BEFORE = f"{_NAME} := "


def parse_expression(source: Source) -> nodes.Expr:
    """Return the expression that a source spells; raise ScriptError when it spells none."""
    # The statement around it is put before the line on which messages show the expression.
    whole = Source(source.name, f"{_NAME} := \\\n{source.text}")
    statements = parse(whole).script.statements
    if len(statements) != 1 or not isinstance(statements[0], nodes.Define):
        message = "one value expression is expected"
        raise ScriptError([Diagnostic("syntax", message, whole, Span(len(_BEFORE), len(_BEFORE)))])
    found = Checker(whole).check(nodes.Script(statements))
    errors = [each for each in found if each.severity is Severity.ERROR]
    if errors:
        raise ScriptError(errors)
    return statements[0].value


class Expression(Record):
    """An expression ready to be evaluated; `wanted` are the tags it looks for at every level."""

    evaluate: Callable[[Run], str | None]
    wanted: frozenset[int]
    variables: tuple[Variable, ...]


def compile_expression(value: nodes.Expr, source: Source) -> Expression:
    """Return what evaluates an expression; a tag path is read."""
    whole = Source(source.name, f"{_NAME} := \\\n{source.text}")
    define = nodes.Define(_NAME, value, value.span)
    compiler = Compiler(whole)
    statements = compiler.statements((define,))

    def evaluate(run: Run) -> str | None:
        before = dict(run.variables)
        try:
            for each in statements:
                each(run)
            return scalar_text(run.variables[_NAME])
        finally:
            run.variables = before

    variables = external_variables(nodes.Script((define,)))
    return Expression(evaluate, frozenset(compiler.wanted), variables)
