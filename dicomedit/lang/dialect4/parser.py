"""Text of a DicomEdit 4 script to AST; what is wrong with it to diagnostics."""

from __future__ import annotations

from dicomedit.errors import Diagnostic, ScriptError, Source, Span
from dicomedit.lang import driver
from dicomedit.lang.dialect4.builder import Builder
from dicomedit.lang.dialect4.nodes import Script
from dicomedit.lang.grammar import tables
from dicomedit.lang.newlines import as_written
from dicomedit.lang.parser import too_deep

_BYTE_ORDER_MARK = "\ufeff"


def parse(source: Source, left_out: Span | None = None) -> Script:
    """Return the tree of a script; raise ScriptError with every error that can be told.

    What stands at `left_out` counts as blank.
    """
    text = source.text
    if left_out is not None:
        blank = " " * (left_out.end - left_out.start)
        text = text[: left_out.start] + blank + text[left_out.end :]
    if text.startswith(_BYTE_ORDER_MARK):
        text = text.replace(_BYTE_ORDER_MARK, " ", 1)
    try:
        script: Script = driver.parse(tables(4), text, "start", Builder())
    except driver.Rejected as rejected:
        errors = _syntax_errors(source, text)
        if not errors and isinstance(rejected, driver.TooDeep):
            errors = [too_deep(source)]
        if not errors:
            raise
        raise ScriptError(errors) from None
    return script


def _syntax_errors(source: Source, text: str) -> list[Diagnostic]:
    # Both bring in Lark, which takes a while.
    from dicomedit.lang.diagnosis import syntax_errors
    from dicomedit.lang.dialect4.mistakes import DICOMEDIT_4

    return syntax_errors(source, as_written(text), DICOMEDIT_4)
