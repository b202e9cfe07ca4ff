"""Find out what a script is, and convert it."""

from __future__ import annotations

from collections.abc import Mapping

from dicomedit.convert.ctp_source import is_ctp
from dicomedit.convert.deid_source import is_deid
from dicomedit.convert.rules import Converted
from dicomedit.errors import Diagnostic, ScriptError, Source, Span


def convert(
    source: Source,
    *,
    kind: str | None = None,
    parameters: Mapping[str, str] | None = None,
    approximate: bool = False,
) -> Converted:
    """Return the script of version 6 for one of another program.

    `kind` is ``ctp`` or ``deid``; it is found out from the text when it is not given. `parameters`
    replace those of a CTP script; `approximate` takes other hashes for those that version 6 does
    not have. Raises ScriptError when the text is neither.
    """
    if kind == "ctp" or (kind is None and is_ctp(source.text)):
        from dicomedit.convert.ctp import convert_ctp

        return convert_ctp(source, parameters=parameters, approximate=approximate)
    if kind == "deid" or is_deid(source.text):
        from dicomedit.convert.deid import convert_deid

        return convert_deid(source, approximate=approximate)
    message = "this is neither an anonymizer script of CTP nor a deid recipe"
    advice = "--from ctp or --from deid says what it is, and shows what is wrong with it"
    raise ScriptError([Diagnostic("unknown-script", message, source, Span(0, 0), advice)])
