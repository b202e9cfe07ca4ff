"""The way from a source to a compiled script."""

from __future__ import annotations

import re

from dicomedit.errors import Diagnostic, ScriptError, Severity, Source, Span
from dicomedit.lang import nodes
from dicomedit.lang.checker import Checker
from dicomedit.lang.compiler import Compiler
from dicomedit.lang.include import Includes, Loader, Part, nested_includes
from dicomedit.lang.parser import too_deep
from dicomedit.lang.program import CompiledScript
from dicomedit.lang.variables import external_variables

_VERSION_STATEMENT = re.compile(r'\bversion[ \t]*"')


def compile_source(
    source: Source,
    *,
    dialect: int | None = None,
    newer_versions: bool = False,
    loader: Loader | None = None,
) -> CompiledScript:
    """Return the program of a script; raise ScriptError with all that is wrong with it.

    `dialect` 6 reads the script as DicomEdit 6 even without a version statement; `loader` reads
    included files, which are refused without it.
    """
    if dialect not in (None, 6):
        raise ScriptError([_dialect_error(source, dialect)])
    includes = Includes(loader)
    try:
        parts = list(includes.parts(source))
    except ScriptError:
        if dialect is None and not _VERSION_STATEMENT.search(source.text):
            raise ScriptError([_no_version(source)]) from None
        raise
    if dialect is None and not any(_has_version(part.statements) for part in parts):
        raise ScriptError([_no_version(source)])
    try:
        return _compiled(source, parts, includes, newer_versions)
    except RecursionError:
        raise ScriptError([too_deep(source)]) from None


def _compiled(
    source: Source, parts: list[Part], includes: Includes, newer_versions: bool
) -> CompiledScript:
    notices = (*includes.notices, *_checked(parts, newer_versions))
    whole = nodes.Script(tuple(each for part in parts for each in part.statements))
    compilers = [Compiler(part.source) for part in parts]
    compiled = [c.statements(p.statements) for c, p in zip(compilers, parts, strict=True)]
    return CompiledScript(
        source,
        external_variables(whole),
        notices,
        tuple(statement for statements in compiled for statement in statements),
        frozenset().union(*(compiler.wanted for compiler in compilers)),
    )


def _checked(parts: list[Part], newer_versions: bool) -> list[Diagnostic]:
    """Return the warnings of all parts; raise ScriptError with the errors when there are any."""
    found: list[Diagnostic] = []
    for part in parts:
        checker = Checker(part.source, newer_versions)
        found += checker.check(nodes.Script(part.statements))
        found += nested_includes(part.statements, part.source)
    errors = [diagnostic for diagnostic in found if diagnostic.severity is Severity.ERROR]
    if errors:
        raise ScriptError(errors)
    return found


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
