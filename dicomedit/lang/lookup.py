"""Lookup tables: ``type/key = value``, one entry a line."""

from __future__ import annotations

from dicomedit.errors import Diagnostic, ScriptError, Severity, Source, Span
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Mapping


class LookupTable(Record):
    """What stands for a key of a type. Keys may be identifiers: `repr` does not show them."""

    entries: Mapping[tuple[str, str], str] = field(factory=dict)
    doubts: tuple[Diagnostic, ...] = ()

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
        Lines that are no entry have no effect, as in the reference, but are told in `doubts`, as
        are keys that can never match; `strict` makes both a ScriptError.
        """
        source = Source(name, text.removeprefix("\ufeff"))
        entries: dict[tuple[str, str], str] = {}
        severity = Severity.ERROR if strict else Severity.WARNING
        doubts: list[Diagnostic] = []
        for number, line in enumerate(source.text.splitlines()):
            problem = _read_line(line.strip(), entries)
            if problem is not None:
                doubts.append(_doubt(name, number, problem, severity))
        if strict and doubts:
            raise ScriptError(doubts)
        return cls(entries, tuple(doubts))


_Problem = tuple[str, str, str]
_NO_ENTRY = (
    "bad-lookup-line",
    "the line is no entry",
    "write type/key = value, without a further / in the key or = in the value",
)
_BLANK_KEY = (
    "blank-in-key",
    "the key begins with a blank, which values of elements never do",
    "write the key directly after the slash",
)


def _read_line(line: str, entries: dict[tuple[str, str], str]) -> _Problem | None:
    """Take up one line; return what is wrong with it."""
    if not line or line.startswith("//"):
        return None
    left, _, value = line.partition("=")
    kind, slash, key = left.partition("/")
    if not slash or "=" in value or "/" in key or not key.strip() or not value.strip():
        return _NO_ENTRY
    entries[kind.strip(), key.rstrip()] = value.strip()
    return _BLANK_KEY if key[0] in " \t" else None


def _doubt(name: str, number: int, problem: _Problem, severity: Severity) -> Diagnostic:
    # The line may hold an identifier: the message says only where it stands.
    hidden = Source(name, "\n" * number)
    code, message, advice = problem
    return Diagnostic(code, message, hidden, Span(number, number), advice, severity)
