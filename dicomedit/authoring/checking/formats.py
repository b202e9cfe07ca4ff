"""The patterns of ``format``, and texts that look like one."""

from __future__ import annotations

import re

from dicomedit.authoring.checking.findings import Findings, text_of
from dicomedit.lang import nodes
from dicomedit.lang.message_format import PatternFormatError, format_message

_PLACE = re.compile(r"\{([0-9]{1,4})\}")
_MARK = "\0"
"""Stands in no script."""


def check_format(findings: Findings, call: nodes.Call, *, strict: bool = False) -> None:
    """Tell what a pattern does not do with the values behind it."""
    pattern, *values = call.arguments
    text = text_of(pattern)
    if text is None:
        return
    marks = [f"{_MARK}{number}{_MARK}" for number in range(len(values))]
    try:
        shown = format_message(text, marks, strict=strict)
    except PatternFormatError as error:
        if not strict:  # the checker of DicomEdit 4 tells it
            advice = "the script fails where this is reached"
            findings.warn("bad-format", str(error), pattern.span, advice)
        return
    if text.replace("''", "").count("'") % 2 and _PLACE.search(shown):
        message = "an apostrophe begins a quoted stretch, in which {0} means nothing"
        findings.warn("format-apostrophe", message, pattern.span, "write '' for an apostrophe")
    elif any(isinstance(value, nodes.ListOf | nodes.Name | nodes.Call) for value in values):
        return  # it may be a list
    else:
        _check_places(findings, pattern, values, shown)


def _check_places(
    findings: Findings, pattern: nodes.Expr, values: list[nodes.Expr], shown: str
) -> None:
    missing = _PLACE.search(shown)
    if missing is not None and "'" not in str(text_of(pattern)):
        message = f"there is no value for {missing.group()}: the braces stay in the text"
        advice = "the first value is {0}"
        findings.warn("missing-format-value", message, pattern.span, advice)
    for number, value in enumerate(values):
        if f"{_MARK}{number}{_MARK}" not in shown:
            message = f"the pattern does not use this value: it has no {{{number}}}"
            findings.warn("unused-format-value", message, value.span, "take it away, or name it")


def check_plain_text(findings: Findings, value: nodes.Expr, advice: str) -> None:
    """Tell that braces in a text that is no pattern stay what they are."""
    if isinstance(value, nodes.Text) and _PLACE.search(value.value):
        message = "the braces stay in the text: no values are put into it"
        findings.warn("braces-in-text", message, value.span, advice)
