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
from dicomedit.records import replace

TYPE_CHECKING = False  # what is of version 4 is imported when a script of it comes
if TYPE_CHECKING:
    from dicomedit.lang.coverage import Coverage
    from dicomedit.lang.dialect4.nodes import Script

_VERSION_STATEMENT = re.compile(r'\bversion(?:[ \t\r]|\\\r?\n)*"')
_TEXTS = r'"(?:[^"\\\r\n]|\\.)*"|//[^\n]*'
_OF_VERSION_6 = (
    r"\?|!=|!~|[*+.]/|\)/|\(\w{3,4},[ \t]*\{"
    r"|\b(?:removeAllPrivateTags\b|(?:if|elseif)[ \t]*\(|(?:concatenate|mapUID|newUID)\[)"
)
"""What shows that a script was written for version 6, once texts and comments are gone."""


def compile_source(
    source: Source,
    *,
    dialect: int | None = None,
    newer_versions: bool = False,
    loader: Loader | None = None,
    counting: bool = False,
) -> CompiledScript:
    """Return the program of a script; raise ScriptError with all that is wrong with it.

    A script with a version statement is DicomEdit 6, one without is DicomEdit 4, by the rule of
    the language; `dialect`, 4 or 6, forces one. `loader` reads the files that version 6 includes,
    which are refused without it. With `counting` the program has a coverage.
    """
    if dialect not in (None, 4, 6):
        raise ScriptError([_dialect_error(source, dialect)])
    if dialect == 6:
        return _compile_6(source, newer_versions, loader, counting)[0]
    version = _VERSION_STATEMENT.search(source.text)
    if dialect == 4 or (version is not None and _says_4(source, version.end())):
        return _compile_4(source, counting)[0]
    if version is not None:
        try:
            compiled, has_version = _compile_6(source, newer_versions, loader, counting)
        except ScriptError:
            if not _is_4(source):
                raise
            has_version = False
        if has_version:
            return compiled
    return _compile_without_version(source, newer_versions, loader, counting)


def _compile_without_version(
    source: Source, newer_versions: bool, loader: Loader | None, counting: bool
) -> CompiledScript:
    """Return the program of a script that is DicomEdit 4, unless an included file says otherwise.

    Where its author may have meant version 6, a notice or the error says so.
    """
    from dicomedit.lang.dialect4.doubts import doubt

    try:
        compiled, script = _compile_4(source, counting)
    except ScriptError as refused:
        try:
            in_6, has_version = _compile_6(source, newer_versions, loader, counting)
        except ScriptError:
            if re.search(_OF_VERSION_6, re.sub(_TEXTS, '""', source.text)):
                raise ScriptError([*refused.diagnostics, _maybe_6(source)]) from None
            raise refused from None
        if has_version:
            return in_6
        raise ScriptError([_no_version(source, refused)]) from None
    found = doubt(script)
    if found is None or not _is_6(source, newer_versions, loader):
        return compiled
    return replace(compiled, notices=(*compiled.notices, _doubtful(source, *found)))


def has_version_statement(source: Source) -> bool:
    """Whether a text looks as if it had a version statement, which DicomEdit 4 does not have."""
    return _VERSION_STATEMENT.search(source.text) is not None


def _says_4(source: Source, number: int) -> bool:
    """Whether the script begins with a statement such as ``version "4"``, which it should not."""
    if not source.text.startswith("4", number):
        return False
    from dicomedit.lang.dialect4.compile import has_version_4

    return has_version_4(source)


def _compile_4(source: Source, counting: bool = False) -> tuple[CompiledScript, Script]:
    # Scripts of version 6 do not wait for what they do not need.
    from dicomedit.lang.dialect4.compile import compile_source as compile_4

    return compile_4(source, counting=counting)


def _is_4(source: Source) -> bool:
    try:
        _compile_4(source)
    except ScriptError:
        return False
    return True


def _is_6(source: Source, newer_versions: bool, loader: Loader | None) -> bool:
    try:
        _compile_6(source, newer_versions, loader)
    except ScriptError:
        return False
    return True


def _compile_6(
    source: Source, newer_versions: bool, loader: Loader | None, counting: bool = False
) -> tuple[CompiledScript, bool]:
    """Return the program of a script of version 6, and whether it has a version statement."""
    includes = Includes(loader)
    parts = list(includes.parts(source))
    has_version = any(_has_version(part.statements) for part in parts)
    try:
        return _compiled(source, parts, includes, newer_versions, counting), has_version
    except RecursionError:
        raise ScriptError([too_deep(source)]) from None


def _compiled(
    source: Source, parts: list[Part], includes: Includes, newer_versions: bool, counting: bool
) -> CompiledScript:
    notices = (*includes.notices, *_checked(parts, newer_versions))
    whole = nodes.Script(tuple(each for part in parts for each in part.statements))
    coverage = _new_coverage() if counting else None
    compilers = [Compiler(part.source, coverage=coverage) for part in parts]
    compiled = [c.statements(p.statements) for c, p in zip(compilers, parts, strict=True)]
    return CompiledScript(
        source,
        external_variables(whole),
        notices,
        tuple(statement for statements in compiled for statement in statements),
        frozenset().union(*(compiler.wanted for compiler in compilers)),
        coverage=coverage,
    )


def _new_coverage() -> Coverage:
    from dicomedit.lang.coverage import Coverage  # a run without does not wait for it

    return Coverage()


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


def _no_version(source: Source, refused: ScriptError) -> Diagnostic:
    first = refused.diagnostics[0]
    line, column = source.position(first.span.start)
    return Diagnostic(
        "no-version",
        "without version statement the script is DicomEdit 4 by the rule of the language, but it"
        f" can only be read as DicomEdit 6: in line {line}, column {column}, {first.message}",
        source,
        Span(0, 0),
        'put version "6.6" on the first line, or pass --dialect 6 (dialect=6 in Python)',
    )


def _maybe_6(source: Source) -> Diagnostic:
    return Diagnostic(
        "no-version",
        "the script was read as DicomEdit 4, since it has no version statement",
        source,
        Span(0, 0),
        'if it was written for DicomEdit 6, put version "6.6" on the first line',
        Severity.WARNING,
    )


def _doubtful(source: Source, span: Span, sentence: str) -> Diagnostic:
    return Diagnostic(
        "dialect-matters",
        f"without version statement the script is DicomEdit 4: {sentence}",
        source,
        span,
        'if it was written for DicomEdit 6, put version "6.6" on the first line; --dialect 4'
        " (dialect=4 in Python) says that it was not",
        Severity.WARNING,
    )


def _dialect_error(source: Source, dialect: int | None) -> Diagnostic:
    message = f"there is no dialect {dialect}; there are 4 and 6"
    return Diagnostic("unknown-dialect", message, source, Span(0, 0))
