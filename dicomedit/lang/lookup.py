"""Lookup tables: ``type/key = value``, one entry a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dicomedit.errors import Diagnostic, ScriptError, Severity, Source, Span


@dataclass(frozen=True, slots=True, repr=False)
class LookupTable:
    """What stands for a key of a type. Keys may be identifiers: `repr` does not show them."""

    entries: Mapping[tuple[str, str], str] = field(default_factory=dict)
    ignored: tuple[Diagnostic, ...] = ()

    def __repr__(self) -> str:
        return f"LookupTable({len(self.entries)} entries)"

    def get(self, type: str, key: str) -> str | None:
        """Return the value of a key, or None when there is none."""
        return self.entries.get((type, key))

    @classmethod
    def from_text(cls, text: str, *, name: str = "<lookup>", strict: bool = False) -> LookupTable:
        """Return the table that a text spells.

        Type, value and the end of the key are trimmed; blanks between the slash and the key count.
        Blank lines and lines beginning with ``//`` are skipped; the last entry of a key counts.
        Lines that are no entry have no effect, as in the reference, but are told in `ignored`;
        `strict` makes them a ScriptError.
        """
        source = Source(name, text)
        entries: dict[tuple[str, str], str] = {}
        ignored: list[Diagnostic] = []
        severity = Severity.ERROR if strict else Severity.WARNING
        offset = 0
        for line in text.splitlines(keepends=True):
            if not _read_line(line.strip(), entries):
                span = Span(offset, offset + len(line.rstrip()))
                ignored.append(_no_entry(source, span, severity))
            offset += len(line)
        if strict and ignored:
            raise ScriptError(ignored)
        return cls(entries, tuple(ignored))


def _read_line(line: str, entries: dict[tuple[str, str], str]) -> bool:
    """Take up one line; tell whether it is an entry, blank or a comment."""
    if not line or line.startswith("//"):
        return True
    left, _, value = line.partition("=")
    kind, slash, key = left.partition("/")
    if not slash or "=" in value or "/" in key or not key.strip() or not value.strip():
        return False
    entries[kind.strip(), key.rstrip()] = value.strip()
    return True


def _no_entry(source: Source, span: Span, severity: Severity) -> Diagnostic:
    # The line may hold an identifier: the message says only where it stands.
    hidden = Source(source.name, "\n" * (source.position(span.start)[0] - 1))
    place = Span(len(hidden.text), len(hidden.text))
    advice = "write type/key = value, without a further / in the key or = in the value"
    return Diagnostic("bad-lookup-line", "the line is no entry", hidden, place, advice, severity)
