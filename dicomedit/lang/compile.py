"""The way from a source to a compiled script."""

from __future__ import annotations

import re

from dicomedit.errors import Diagnostic, ScriptError, Severity, Source, Span
from dicomedit.lang import nodes
from dicomedit.lang.checker import Checker
from dicomedit.lang.compiler import Compiler
from dicomedit.lang.parser import parse
from dicomedit.lang.program import CompiledScript
from dicomedit.lang.variables import external_variables

_VERSION_LINE = re.compile(r'^[ \t]*version[ \t]+"', re.MULTILINE)


def compile_source(
    source: Source, *, dialect: int | None = None, newer_versions: bool = False
) -> CompiledScript:
    """Return the program of a script; raise ScriptError with all that is wrong with it.

    `dialect` 6 reads the script as DicomEdit 6 even without a version statement.
    """
    if dialect not in (None, 6):
        raise ScriptError([_dialect_error(source, dialect)])
    if dialect is None and not _VERSION_LINE.search(source.text):
        raise ScriptError([_no_version(source)])
    parsed = parse(source)
    if dialect is None and not _has_version(parsed.script.statements):
        raise ScriptError([_no_version(source)])
    found = Checker(source, newer_versions).check(parsed.script)
    if any(diagnostic.severity is Severity.ERROR for diagnostic in found):
        raise ScriptError(d for d in found if d.severity is Severity.ERROR)
    return CompiledScript(
        source,
        external_variables(parsed.script),
        (*parsed.notices, *found),
        Compiler(source).statements(parsed.script.statements),
    )


def _has_version(statements: tuple[nodes.Statement, ...]) -> bool:
    for statement in statements:
        if isinstance(statement, nodes.Version):
            return True
        if isinstance(statement, nodes.IfChain):
            bodies = [branch.body for branch in statement.branches]
            if any(map(_has_version, [*bodies, statement.otherwise or ()])):
                return True
    return False


def _no_version(source: Source) -> Diagnostic:
    return Diagnostic(
        "no-version",
        "the script has no version statement, so by the rule of the language it is DicomEdit 4,"
        " whose statements mean something else",
        source,
        Span(0, 0),
        'put version "6.6" on the first line if it was written for DicomEdit 6, or pass'
        " --dialect 6 (dialect=6 in Python); DicomEdit 4 itself is not supported yet",
    )


def _dialect_error(source: Source, dialect: int | None) -> Diagnostic:
    message = f"dialect {dialect} is not supported yet; there is only 6"
    return Diagnostic("unknown-dialect", message, source, Span(0, 0))
