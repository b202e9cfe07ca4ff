"""Findings about a script of version 6 as a whole."""

from __future__ import annotations

from dicomedit.authoring.checking.findings import Findings
from dicomedit.errors import Span
from dicomedit.lang import nodes
from dicomedit.lang.include import Part

_SAYS = nodes.Version | nodes.Describe | nodes.Mark | nodes.Export


def check_script(findings: Findings, parts: tuple[Part, ...]) -> None:
    """Tell of a version statement that is missing or out of place, and of a script without use."""
    source = findings.source
    versions = [
        each
        for part in parts
        if part.source == source
        for each in part.statements
        if isinstance(each, nodes.Version)
    ]
    everything = [each for part in parts for each in part.statements]
    if not versions and not any(isinstance(each, nodes.Version) for each in everything):
        message = "the script has no version statement: unless forced, it is DicomEdit 4"
        advice = 'put version "6.6" on the first line'
        findings.info("missing-version", message, Span(0, 0), advice)
    elif versions:
        _check_place(findings, versions[0], everything)
    if not any(not isinstance(each, _SAYS) for each in everything):
        message = "the script changes nothing"
        findings.info("does-nothing", message, Span(0, 0), "add statements")


def _check_place(
    findings: Findings, version: nodes.Version, everything: list[nodes.Statement]
) -> None:
    advice = "put it on the first line, and begin the line with it"
    if everything and everything[0] is not version:
        message = "other programs look for the version statement before all others"
        findings.info("version-place", message, version.span, advice)
    elif findings.source.position(version.span.start)[1] != 1:
        message = "other programs do not see a version statement with blanks before it"
        findings.info("version-place", message, version.span, advice)
