"""What the original program, DicomEdit 6.6, would not do, or do otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dicomedit.authoring.checking.findings import Findings
from dicomedit.dicom.paths import Levels, TagStep
from dicomedit.errors import Span
from dicomedit.lang import nodes

_ONLY_X = frozenset(("x", "X"))
_CREATOR = re.compile(r"[A-Za-z][A-Za-z0-9 \-_.:]*")
_PATHS_NOT_READ = {"format": (0,), "replace": (1, 2), "set": (1,), "mapUID": (0, 1)}
_FIRST_HIGH_GROUP = "8"


def check_reference(findings: Findings, statement: nodes.Statement) -> None:
    """Tell what of a statement the original program does not understand, or otherwise."""
    for message, span in _differences(statement):
        advice = "nothing is wrong with it here; see docs/differences.md"
        findings.info("reference-differs", f"DicomEdit 6.6 {message}", span, advice)


def _differences(statement: nodes.Statement) -> Iterator[tuple[str, Span]]:
    match statement:
        case nodes.Define(name=name, span=span) if name in _ONLY_X:
            yield f"cannot have a variable called {name}", span
        case nodes.Echo(value=None, span=span):
            yield "fails at echo without a value", span
    for value in _values(statement):
        yield from _in_value(value)


def _values(statement: nodes.Statement) -> Iterator[nodes.Expr]:
    match statement:
        case (
            nodes.Assign(target=target, value=value)
            | nodes.AssignIfExists(target=target, value=value)
        ):
            yield from (target, value)
        case nodes.Define(value=value) | nodes.CallStatement(call=value):
            yield value
        case nodes.Delete(target=target):
            yield target
        case nodes.Echo(value=shown) if shown is not None:
            yield shown
        case nodes.Conditional(condition=condition):
            yield from _sides(condition)
        case nodes.IfChain(branches=branches):
            for branch in branches:
                yield from _sides(branch.condition)


def _sides(condition: nodes.Condition) -> Iterator[nodes.Expr]:
    if isinstance(condition, nodes.Call):
        yield condition
    else:
        yield from (condition.left, condition.right)


def _in_value(value: nodes.Expr) -> Iterator[tuple[str, Span]]:
    match value:
        case nodes.Path():
            yield from _in_path(value)
        case nodes.Call(function=function, arguments=arguments):
            for position, argument in enumerate(arguments):
                unread = position in _PATHS_NOT_READ.get(function, ())
                if unread and isinstance(argument, nodes.Path):
                    yield f"does not read a tag path given to {function} here", argument.span
                yield from _in_value(argument)
        case nodes.ListOf(elements=elements):
            for element in elements:
                if isinstance(element, nodes.Number):
                    yield "takes a number in a list for nothing", element.span
                yield from _in_value(element)


def _in_path(node: nodes.Path) -> Iterator[tuple[str, Span]]:
    steps = node.path.steps
    if Levels.SOME in steps[1:] or steps[-1] is Levels.SOME:
        yield 'takes "+" for "*" unless the path begins with it', node.span
    for step in steps:
        if not isinstance(step, TagStep) or step.creator is None:
            continue
        if not _CREATOR.fullmatch(step.creator):
            yield "does not read a private creator spelt like this", node.span
        elif step.group >= _FIRST_HIGH_GROUP and step.group[0] not in "X@#":
            yield "fails at private elements from group 8000 on", node.span
