"""Script text to AST; what is wrong with it to diagnostics."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dicomedit.dicom.paths import MAX_STEPS, TagPath
from dicomedit.errors import Diagnostic, ScriptError, Severity, Source, Span
from dicomedit.lang import driver, nodes
from dicomedit.lang.builder import Builder
from dicomedit.lang.grammar import tables
from dicomedit.lang.newlines import JoinedText, join_lines
from dicomedit.records import Record

_BYTE_ORDER_MARK = "\ufeff"


class Parsed(Record):
    """A script's tree, and what deserves a word without being wrong."""

    script: nodes.Script
    notices: tuple[Diagnostic, ...]


def parse(source: Source) -> Parsed:
    """Return the tree of a script; raise ScriptError with every error that can be told."""
    joined = join_lines(
        source.text.replace(_BYTE_ORDER_MARK, " ", 1) if _has_mark(source) else source.text
    )
    builder = Builder(joined)
    try:
        script = driver.parse(tables(), joined.text, "start", builder)
    except driver.Rejected as rejected:
        errors = _syntax_errors(source, joined)
        if not errors and isinstance(rejected, driver.TooDeep):
            errors = [too_deep(source)]
        if not errors:
            raise
        raise ScriptError(errors) from None
    return Parsed(script, tuple(_notices(source, joined, builder.has_semicolons)))


def parse_path(text: str) -> TagPath | None:
    """Return the tag path that a text spells, or None when it spells none."""
    try:
        path: nodes.Path = driver.parse(tables(), text, "tag_path", Builder(join_lines(text)))
    except driver.Rejected:
        return None
    return path.path if len(path.path.steps) <= MAX_STEPS else None


def _syntax_errors(source: Source, joined: JoinedText) -> list[Diagnostic]:
    from dicomedit.lang.diagnosis import syntax_errors  # brings in Lark, which takes a while

    return syntax_errors(source, joined)


def _has_mark(source: Source) -> bool:
    return source.text.startswith(_BYTE_ORDER_MARK)


def too_deep(source: Source) -> Diagnostic:
    """Return the error for a script whose parts are nested too deeply to be worked on."""
    return Diagnostic(
        "nested-too-deeply",
        "blocks, lists or calls are nested too deeply",
        source,
        Span(0, 0),
        help="write the script with fewer levels inside one another",
    )


# --- notices ------------------------------------------------------------------------------------

_SEMICOLON = r'"(?:[^"\\]|\\(?s:.))*"|//[^\n]*|\{[^}\n]*\}(?=[0-9A-Fa-fXx@#]{2}\))|(;)'


def _notices(source: Source, joined: JoinedText, has_semicolons: bool) -> Iterator[Diagnostic]:
    def warning(code: str, message: str, span: Span, advice: str) -> Diagnostic:
        return Diagnostic(code, message, source, span, advice, Severity.WARNING)

    if _has_mark(source):
        advice = "save the script as UTF-8 without byte order mark"
        yield warning("byte-order-mark", "the script begins with one", Span(0, 1), advice)
    for comment in joined.continued_comments:
        advice = "the next line belongs to the comment and does nothing; take the backslash away"
        yield warning("continued-comment", "a comment ends in a backslash", comment, advice)
    if not has_semicolons:
        return
    for found in re.finditer(_SEMICOLON, joined.text):
        if found.group(1):
            advice = "statements need nothing between them; take it away"
            span = joined.span(found.start(1), found.end(1))
            yield warning("semicolon", "a semicolon has no meaning", span, advice)
