"""The way from a source to a compiled script of DicomEdit 4."""

from __future__ import annotations

import re

from dicomedit.errors import Diagnostic, ScriptError, Severity, Source, Span
from dicomedit.lang.dialect4.checker import Checker
from dicomedit.lang.dialect4.compiler import Compiler
from dicomedit.lang.dialect4.nodes import Script
from dicomedit.lang.dialect4.parser import parse
from dicomedit.lang.dialect4.variables import Variables
from dicomedit.lang.parser import too_deep
from dicomedit.lang.program import CompiledScript

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.lang.coverage import Coverage

_VERSION_4 = re.compile(
    r'\ufeff?(?:[ \t]*(?://[^\r\n]*)?\r?\n)*[ \t]*(version[ \t]*"4[^"\\\r\n]*")'
)


def has_version_4(source: Source) -> bool:
    """Whether the first statement says that the script is of version 4."""
    return version_4_span(source) is not None


def version_4_span(source: Source) -> Span | None:
    """Return where the first statement says that the script is of version 4, if it does."""
    found = _VERSION_4.match(source.text)
    return None if found is None else Span(*found.span(1))


def compile_source(source: Source, *, counting: bool = False) -> tuple[CompiledScript, Script]:
    """Return the program of a script and its tree; raise ScriptError with all that is wrong.

    A statement of version 4 before all others, which the language does not know, is passed over
    with a notice. With `counting` the program has a coverage.
    """
    notices: list[Diagnostic] = []
    version = version_4_span(source)
    if version is not None:
        notices.append(_version_notice(source, version))
    try:
        script = parse(source, version)
        variables = Variables.of(script)
        found = Checker(source).check(script, variables)
        errors = [diagnostic for diagnostic in found if diagnostic.severity is Severity.ERROR]
        if errors:
            raise ScriptError(errors)
        coverage = _new_coverage() if counting else None
        work = Compiler(source, variables, coverage).script(script)
    except RecursionError:
        raise ScriptError([too_deep(source)]) from None
    told = (*notices, *found)
    external = variables.external()
    compiled = CompiledScript(source, external, told, (work,), dialect=4, coverage=coverage)
    return compiled, script


def _new_coverage() -> Coverage:
    from dicomedit.lang.coverage import Coverage  # a run without does not wait for it

    return Coverage()


def _version_notice(source: Source, span: Span) -> Diagnostic:
    message = "DicomEdit 4 has no version statement: this one is passed over"
    advice = "take it away; without one a script is DicomEdit 4"
    return Diagnostic("version-statement", message, source, span, advice, Severity.WARNING)
