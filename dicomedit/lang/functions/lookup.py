"""Functions that ask something outside the data set."""

from __future__ import annotations

from dicomedit.errors import failed
from dicomedit.lang.functions.registry import function
from dicomedit.lang.program import Run


@function("lookup")
def lookup(type_: str, key: str | None, *, run: Run) -> str | None:
    """Look a key of a type up in the lookup table; nothing when it is not there.

    ``:=`` with nothing leaves the element as it is, so that an unknown key keeps the original
    value: a notice says so, and a strict run makes it an error.
    """
    found = None if key is None else run.resources.lookup.get(type_, key)
    if found is None:
        _tell_unknown(run, type_, key)
    return found


def _tell_unknown(run: Run, type_: str, key: str | None) -> None:
    message = f"the lookup table has no entry of type {type_} for the value"
    if run.resources.strict_lookup:
        raise failed("unknown-key", message, help="add an entry", value=key)
    run.notice("unknown-key", message, 'an element assigned the result with ":=" keeps its value')


@function("getURL")
def get_url(url: str, *, run: Run) -> str:
    """Ask a web server and take its answer, lines joined. Off unless the host is allowed.

    An address with blanks or other than ASCII characters is an error; urlEncode, in scripts that
    may use functions newer than 6.6, makes values fit.
    """
    return run.resources.fetch(url)
