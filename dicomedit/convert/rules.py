"""What a script of another program says, before it is converted, and what comes of it."""

from __future__ import annotations

from dicomedit.errors import Diagnostic, ScriptError, Source, Span
from dicomedit.records import Record


class Rule(Record):
    """One rule: what it is about, what is to be done, and where it stands.

    `target` is spelt as in the script; `kind` is one of ``parameter``, ``element``, ``keep`` and
    ``remove``.
    """

    kind: str
    target: str
    action: str
    span: Span


class Converted(Record):
    """A script of version 6, and a diagnostic for each rule that is not carried over exactly."""

    text: str
    notices: tuple[Diagnostic, ...]


class NotConvertible(Exception):
    """A rule has no equivalent; the message says why."""


def refusal(source: Source, span: Span, message: str) -> ScriptError:
    """Return the error for a script of CTP that cannot be read."""
    return ScriptError([Diagnostic("bad-ctp-script", message, source, span)])
