"""Script text to AST; Lark's errors to diagnostics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lark.exceptions import UnexpectedInput, UnexpectedToken, VisitError

from dicomedit.dicom.paths import MAX_STEPS, TagPath
from dicomedit.errors import Diagnostic, ScriptError, Severity, Source, Span
from dicomedit.lang import nodes
from dicomedit.lang.builder import Builder
from dicomedit.lang.grammar import dicomedit6
from dicomedit.lang.newlines import JoinedText, join_lines
from dicomedit.lang.syntax_errors import explain

MAX_ERRORS = 20
"""How many errors of one script are looked for."""

MAX_RECOVERY_LENGTH = 100_000
"""Longest script, in characters, that is read again after an error to find the next one."""

_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Parsed:
    """A script's tree, and what deserves a word without being wrong."""

    script: nodes.Script
    notices: tuple[Diagnostic, ...]


def parse(source: Source) -> Parsed:
    """Return the tree of a script; raise ScriptError with every error that can be told."""
    joined = join_lines(
        source.text.replace(_BYTE_ORDER_MARK, " ", 1) if _has_mark(source) else source.text
    )
    try:
        tree = dicomedit6().parse(joined.text, start="start")
        script = Builder(joined).transform(tree)
    except UnexpectedInput as error:
        raise ScriptError(_all_errors(source, joined, error)) from None
    except RecursionError:
        raise ScriptError([too_deep(source)]) from None
    except VisitError as error:
        if not isinstance(error.orig_exc, RecursionError):
            raise
        raise ScriptError([too_deep(source)]) from None
    return Parsed(script, tuple(_notices(source, joined)))


def parse_path(text: str) -> TagPath | None:
    """Return the tag path that a text spells, or None when it spells none."""
    try:
        tree = dicomedit6().parse(text, start="tag_path")
    except UnexpectedInput:
        return None
    path: nodes.Path = Builder(join_lines(text)).transform(tree)  # type: ignore[assignment]
    return path.path if len(path.path.steps) <= MAX_STEPS else None


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

_SEMICOLON = re.compile(
    r'"(?:[^"\\]|\\.)*"|//[^\n]*|\{[^}\n]*\}(?=[0-9A-Fa-fXx@#]{2}\))|(;)', re.DOTALL
)


def _notices(source: Source, joined: JoinedText) -> Iterator[Diagnostic]:
    def warning(code: str, message: str, span: Span, advice: str) -> Diagnostic:
        return Diagnostic(code, message, source, span, advice, Severity.WARNING)

    if _has_mark(source):
        advice = "save the script as UTF-8 without byte order mark"
        yield warning("byte-order-mark", "the script begins with one", Span(0, 1), advice)
    for comment in joined.continued_comments:
        advice = "the next line belongs to the comment and does nothing; take the backslash away"
        yield warning("continued-comment", "a comment ends in a backslash", comment, advice)
    for found in _SEMICOLON.finditer(joined.text):
        if found.group(1):
            advice = "statements need nothing between them; take it away"
            span = joined.span(found.start(1), found.end(1))
            yield warning("semicolon", "a semicolon has no meaning", span, advice)


# --- errors -------------------------------------------------------------------------------------


def _all_errors(source: Source, joined: JoinedText, error: UnexpectedInput) -> list[Diagnostic]:
    """Describe an error, and those found when the line it stands on is left out.

    Leaving a line out is sound only when no block, list or text reaches beyond it.
    """
    found = [_diagnostic(source, joined, error)]
    text: str | None = joined.text
    current: UnexpectedInput | None = error
    while current is not None and text is not None and len(found) < MAX_ERRORS:
        text = _without_line(text, current)
        current = None if text is None else _next_error(text)
        if current is not None:
            found.append(_diagnostic(source, joined, current))
    return found


def _diagnostic(source: Source, joined: JoinedText, error: UnexpectedInput) -> Diagnostic:
    problem = explain(joined.text, error)
    span = joined.span(problem.start, problem.end)
    return Diagnostic(problem.code, problem.message, source, span, problem.help)


def _without_line(text: str, error: UnexpectedInput) -> str | None:
    if len(text) > MAX_RECOVERY_LENGTH or _at_end(error):
        return None
    offset = error.pos_in_stream or 0
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    end = len(text) if end < 0 else end
    line = text[start:end]
    bare = re.sub(r'"(?:[^"\\]|\\.)*"|\{[^}]*\}(?=..\))', "", line)
    if bare.count("{") != bare.count("}") or bare.lstrip().startswith("}"):
        return None
    return text[:start] + " " * len(line) + text[end:]


def _at_end(error: UnexpectedInput) -> bool:
    return isinstance(error, UnexpectedToken) and error.token.type == "$END"


def _next_error(text: str) -> UnexpectedInput | None:
    try:
        dicomedit6().parse(text, start="start")
    except UnexpectedInput as error:
        return error
    return None
