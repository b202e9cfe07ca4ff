"""Explanations as text for people and as data for programs."""

from __future__ import annotations

from collections.abc import Iterator

from dicomedit.authoring.explain import Explanation

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

_INDENT = "    "


def explanation_text(found: Explanation) -> str:
    """Return an explanation as lines that begin with the lines of the script."""
    return "".join(f"{line}\n" for line in _explanation_lines(found))


def _explanation_lines(found: Explanation) -> Iterator[str]:
    yield f"{found.name}: DicomEdit {found.dialect}"
    yield found.order
    yield "What is set is created where it is absent, unless the sentence says otherwise."
    for variable in found.variables:
        described = f": {variable.description}" if variable.description else ""
        yield f"Needs a value from outside for the variable {variable.name}{described}."
    yield ""
    width = max((len(str(sentence.line)) for sentence in found.sentences), default=0)
    for sentence in found.sentences:
        yield f"{sentence.line:>{width}}  {_INDENT * sentence.depth}{sentence.text}"


def explanation_data(found: Explanation) -> dict[str, Any]:
    """Return an explanation as what JSON can hold."""
    return {
        "script": found.name,
        "dialect": found.dialect,
        "order": found.order,
        "variables": [
            {"name": each.name, "description": each.description} for each in found.variables
        ],
        "statements": [
            {"line": each.line, "depth": each.depth, "text": each.text} for each in found.sentences
        ],
    }
