"""What a check has found so far."""

from __future__ import annotations

from dicomedit.errors import Diagnostic, Severity, Source, Span
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.lang import nodes


class Findings(Record, frozen=False):
    """Gathers findings about the script that `source` is; an included one takes its place."""

    source: Source
    found: list[Diagnostic] = field(factory=list)

    def warn(self, code: str, message: str, span: Span, help: str | None = None) -> None:
        """Add what is very likely a mistake."""
        self._add(code, message, span, help, Severity.WARNING)

    def info(self, code: str, message: str, span: Span, help: str | None = None) -> None:
        """Add what is worth knowing and may well be meant."""
        self._add(code, message, span, help, Severity.INFO)

    def _add(
        self, code: str, message: str, span: Span, help: str | None, severity: Severity
    ) -> None:
        self.found.append(Diagnostic(code, message, self.source, span, help, severity))


class Place(Record):
    """A statement of some script: what a finding elsewhere refers to."""

    source: Source
    span: Span

    def seen_from(self, source: Source) -> str:
        """Return ``line N``, with the name of the script when it is another one."""
        line = self.source.position(self.span.start)[0]
        return f"line {line}" if source == self.source else f"line {line} of {self.source.name}"


def text_of(value: nodes.Expr) -> str | None:
    """Return the text that a literal stands for."""
    from dicomedit.lang import nodes

    return value.value if isinstance(value, nodes.Text | nodes.Number) else None
