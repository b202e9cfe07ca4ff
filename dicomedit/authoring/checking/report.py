"""Findings in the forms that people and programs read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from dicomedit.authoring.checking.codes import REGISTRY
from dicomedit.errors import Diagnostic, Severity

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_SARIF_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_GITHUB_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def as_text(found: list[Diagnostic]) -> str:
    """Return the findings as people read them, with a last line that counts them."""
    return "\n\n".join([*map(str, found), counted(found)])


def counted(found: list[Diagnostic]) -> str:
    """Return how many findings of each severity there are."""
    if not found:
        return "no findings"
    numbers = {each: sum(one.severity is each for one in found) for each in Severity}
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "info"}
    shown = (
        f"{number} {words[each]}{'' if number == 1 or each is Severity.INFO else 's'}"
        for each, number in numbers.items()
        if number
    )
    return ", ".join(shown)


def as_json(found: list[Diagnostic]) -> str:
    """Return the findings as a JSON list."""
    return _json([_row(each) for each in found])


def _row(each: Diagnostic) -> dict[str, Any]:
    line, column, end_line, end_column = _region(each)
    return {
        "code": each.code,
        "severity": each.severity.value,
        "message": each.message,
        "help": each.help,
        "script": each.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


def _region(each: Diagnostic) -> tuple[int, int, int, int]:
    """Return line and column of the first character and of the one after the last, from 1."""
    start, end = each.span.start, max(each.span.end, each.span.start)
    return *each.source.position(start), *each.source.position(min(end, len(each.source.text)))


def as_github(found: list[Diagnostic]) -> str:
    """Return the findings as commands of GitHub's workflows, which show them beside the lines."""
    return "\n".join(map(_command, found))


def _command(each: Diagnostic) -> str:
    line, column, end_line, end_column = _region(each)
    place = {"file": each.source.name, "line": line, "col": column}
    if end_line == line:
        place["endColumn"] = end_column
    place["title"] = each.code
    shown = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in place.items())
    text = each.message if each.help is None else f"{each.message}\n{each.help}"
    return f"::{_GITHUB_LEVELS[each.severity]} {shown}::{_escaped(text)}"


def _escaped(text: str, signs: str = "") -> str:
    for sign in "%\r\n" + signs:
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


def as_sarif(found: list[Diagnostic]) -> str:
    """Return the findings as SARIF 2.1.0, the form of results of static analysis (OASIS)."""
    driver = {
        "name": "dicomedit",
        "rules": [*_rules({each.code for each in found})],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each) for each in found],
    }
    return _json({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _rules(codes: Iterable[str]) -> Iterator[dict[str, Any]]:
    for name in sorted(codes):
        code = REGISTRY.get(name)
        rule: dict[str, Any] = {"id": name}
        if code is not None:
            rule["shortDescription"] = {"text": code.title}
            rule["fullDescription"] = {"text": code.explanation}
            rule["help"] = {"text": f"docs/diagnostics.md#{name}"}
        yield rule


def _result(each: Diagnostic) -> dict[str, Any]:
    line, column, end_line, end_column = _region(each)
    text = each.message if each.help is None else f"{each.message}; {each.help}"
    region = {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    }
    place = {"artifactLocation": {"uri": _uri(each.source.name)}, "region": region}
    return {
        "ruleId": each.code,
        "level": _SARIF_LEVELS[each.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }


def _uri(name: str) -> str:
    from urllib.parse import quote

    return quote(name.replace("\\", "/"))


def _json(value: object) -> str:
    import json

    return json.dumps(value, indent=2)


FORMATS: dict[str, Callable[[list[Diagnostic]], str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
}
"""What writes findings, by the name of the format."""
