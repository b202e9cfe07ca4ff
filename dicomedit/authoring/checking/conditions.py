"""Conditions: those that are the same for every file, and those that surprise."""

from __future__ import annotations

import re

from dicomedit.authoring.checking.findings import Findings
from dicomedit.authoring.checking.paths import name_of, vr_of
from dicomedit.authoring.checking.values import spelt_as_read
from dicomedit.authoring.checking.variables import inside, sides
from dicomedit.lang import nodes
from dicomedit.lang.java_regex import MatchTimeout, PatternError, compile_pattern

_REGEX_SIGNS = re.compile(r"[.*+?\[\](){}|^$\\]")
_FREE_TEXT = frozenset(("LO", "LT", "PN", "ST", "UC", "UT"))
_NEGATIVE = frozenset((nodes.Operator.NOT_EQUALS, nodes.Operator.NOT_MATCHES))
_EQUALITY = frozenset((nodes.Operator.EQUALS, nodes.Operator.NOT_EQUALS))
_ALWAYS = {"true": True, "false": False}
_WITHOUT_ARGUMENTS = {"and": True, "or": False, "isPresent": True, "equals": False}


def known_truth(condition: nodes.Condition, left: str | None, right: str | None) -> bool | None:
    """Return what a condition always is; `left` and `right` are its sides where they are known."""
    if isinstance(condition, nodes.Call):
        if condition.function in _ALWAYS:
            return _ALWAYS[condition.function]
        return None if condition.arguments else _WITHOUT_ARGUMENTS.get(condition.function)
    if left is None or right is None:
        return None
    is_negative = condition.operator in _NEGATIVE
    if condition.operator in _EQUALITY:
        return (left == right) is not is_negative
    try:
        return compile_pattern(right, timeout=0.1).full_match(left) is not is_negative
    except (PatternError, MatchTimeout):
        return None


def is_equality(comparison: nodes.Comparison) -> bool:
    """Whether two texts are compared, rather than one with a pattern."""
    return comparison.operator in _EQUALITY


def check_constant(findings: Findings, condition: nodes.Condition, truth: bool | None) -> None:
    """Tell of a condition that does not depend on the file."""
    if truth is not None:
        message = f"the condition is {'always' if truth else 'never'} true, whatever the file holds"
        advice = "compare an element or a variable with a value, or take the condition away"
        is_switch = any(isinstance(each, nodes.Name) for each in inside(*sides(condition)))
        tell = findings.info if is_switch else findings.warn
        tell("constant-condition", message, condition.span, advice)


def check_comparison(findings: Findings, comparison: nodes.Comparison, text: str | None) -> None:
    """Tell what surprises about a comparison of an element; `text` is its right side if known."""
    if not isinstance(comparison.left, nodes.Path) or text is None:
        return
    path = comparison.left.path
    if comparison.operator in _EQUALITY:
        _check_equality(findings, comparison, name_of(path), vr_of(path), text)
    elif not _REGEX_SIGNS.search(text) and text:
        _check_literal_pattern(findings, comparison, vr_of(path), text)


def _check_equality(
    findings: Findings, comparison: nodes.Comparison, element: str, vr: str | None, text: str
) -> None:
    span = comparison.right.span
    if vr == "SQ":
        return
    if not text:
        _check_empty(findings, comparison, element)
        return
    read = spelt_as_read(vr, text)
    if read is not None and read != text:
        message = f"{element} is never read as this text: VR {vr} would give "
        message += "it without blanks around it" if read == text.strip(" ") else f'"{read}"'
        findings.warn("never-equal", message, span, f'write "{read}"')


def _check_empty(findings: Findings, comparison: nodes.Comparison, element: str) -> None:
    if comparison.operator is nodes.Operator.EQUALS:
        message = f"this is false when {element} is absent: absent is not empty"
        advice = 'write !~ ".+" for absent or empty'
    else:
        message = f"this is true when {element} is absent: absent is not empty"
        advice = 'write ~ ".+" for "there is a value"'
    findings.info("absent-or-empty", message, comparison.span, advice)


def _check_literal_pattern(
    findings: Findings, comparison: nodes.Comparison, vr: str | None, text: str
) -> None:
    """Tell that ``~`` does not search; in elements of free text that is hardly ever meant."""
    sign = "!=" if comparison.operator in _NEGATIVE else "="
    message = "the whole value must match, and this pattern matches only itself"
    shown = text if len(text) <= 20 else f"{text[:17]}..."
    advice = f'write ".*{shown}.*" to find it anywhere in the value, or "{sign}" for the whole'
    tell = findings.warn if vr in _FREE_TEXT else findings.info
    tell("whole-match", message, comparison.right.span, advice)
