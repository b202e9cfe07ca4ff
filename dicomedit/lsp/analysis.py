"""What is asked of the rest of the package about a whole script."""

from __future__ import annotations

import re
from pathlib import Path

from dicomedit.authoring.checking.check import check
from dicomedit.authoring.formatting.format import format_script
from dicomedit.errors import Diagnostic, ScriptError
from dicomedit.io.source import include_loader

_VERSION = re.compile(r'\bversion\b[ \t]*"([0-9])?')


def dialect_of(text: str) -> int:
    """Return the dialect of a script that may not be finished: 6 if it states a version."""
    stated = _VERSION.search(re.sub(r"//[^\r\n]*", "", text))
    return 6 if stated is not None and stated[1] != "4" else 4


def diagnostics(
    text: str, name: str, dialect: int | None, folder: Path | None = None
) -> list[Diagnostic]:
    """Return what `dicomedit check` finds; scripts may include others from below the folder."""
    loader = None if folder is None else include_loader(folder)
    return check(text, dialect=dialect, name=name, loader=loader)


def formatted(text: str, dialect: int | None) -> str | None:
    """Return a script in the canonical style; None when it has errors."""
    try:
        return format_script(text, dialect=dialect)
    except ScriptError:
        return None
