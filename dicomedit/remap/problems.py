"""What is wrong with a table, in the terms of whoever looks at it: rows and columns, no cells."""

from __future__ import annotations

from dicomedit.errors import Diagnostic, ScriptError, Source, Span


def table_error(
    name: str, message: str, row: int | None = None, advice: str | None = None
) -> ScriptError:
    """Return the error for something wrong with a table; it shows no cell."""
    place = "" if row is None else f"row {row}: "
    source = Source(name, "")
    return ScriptError([Diagnostic("bad-table", place + message, source, Span(0, 0), advice)])
