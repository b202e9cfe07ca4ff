"""Comments that say: this finding is known and meant.

``// dicomedit: ignore[code, code]`` counts for the line it stands on or, when nothing else stands
there, for the next line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dicomedit.authoring.checking.codes import REGISTRY
from dicomedit.authoring.checking.findings import Findings
from dicomedit.errors import Diagnostic, Severity, Source, Span
from dicomedit.lang.words import nearest
from dicomedit.records import Record

_TEXTS = {
    6: r'"(?:[^"\\\n]|\\(?s:.))*"|\{[^}\n"]*\}(?=[0-9A-Fa-fXx@#]{2}\))',
    4: r'"(?:[^"\\]|\\(?s:.))*"',
}
_MARK = re.compile(r"//[ \t]*dicomedit:[ \t]*ignore\b[ \t]*(?:\[([^\]\n]*)\])?")


class Suppression(Record):
    """One code in one comment: the line it counts for and where it stands."""

    code: str
    line: int
    span: Span


def suppressions(source: Source, dialect: int) -> Iterator[Suppression]:
    """Yield every code of every such comment; an empty code for a comment without any."""
    if "dicomedit:" not in source.text:
        return
    for found in re.finditer(rf"{_TEXTS[dialect]}|(//[^\n]*)", source.text):
        mark = _MARK.match(source.text, found.start(1)) if found.group(1) else None
        if mark is None:
            continue
        line, column = source.position(mark.start())
        stands_alone = not source.line_text(line)[: column - 1].strip()
        for code, span in _codes(mark):
            yield Suppression(code, line + stands_alone, span)


def _codes(mark: re.Match[str]) -> Iterator[tuple[str, Span]]:
    spelt = list(re.finditer(r"[^\s,]+", mark.group(1) or ""))
    start = mark.start(1)
    for code in spelt:
        yield code.group(), Span(start + code.start(), start + code.end())
    if not spelt:
        yield "", Span(*mark.span())


def without_suppressed(found: list[Diagnostic], source: Source, dialect: int) -> list[Diagnostic]:
    """Return what is left of the findings of a script; comments that do nothing are told."""
    marks = list(suppressions(source, dialect))
    if not marks:
        return found
    used: set[Suppression] = set()
    left = []
    for each in found:
        of_line = [m for m in marks if m.code == each.code and m.line == each.line]
        if each.source != source or each.severity is Severity.ERROR or not of_line:
            left.append(each)
        used.update(of_line if each.source == source else ())
    findings = Findings(source)
    errors = {each.code for each in found if each.severity is Severity.ERROR}
    for mark in marks:
        if mark not in used or mark.code in errors:
            _tell(findings, mark, errors)
    return left + findings.found


def _tell(findings: Findings, mark: Suppression, errors: set[str]) -> None:
    if mark.code in errors:
        message = f"{mark.code} is an error here, and errors cannot be ignored"
        findings.info("unused-ignore", message, mark.span, "repair the script")
    elif mark.code in REGISTRY:
        message = f"there is no finding {mark.code} in this line to ignore"
        findings.info("unused-ignore", message, mark.span, "take the comment away")
    elif mark.code:
        near = nearest(mark.code, REGISTRY)
        advice = (
            "the codes are in docs/diagnostics.md" if near is None else f'did you mean "{near}"?'
        )
        findings.info("unknown-code", f'no finding is called "{mark.code}"', mark.span, advice)
    else:
        advice = "write which: // dicomedit: ignore[unused-variable]"
        findings.info("unknown-code", "the comment names no finding", mark.span, advice)
