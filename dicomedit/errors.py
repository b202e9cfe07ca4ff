"""Exceptions, source positions and the one diagnostic renderer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import accumulate

from dicomedit.records import Record, field


class Span(Record):
    """A stretch of source text: offsets of its first character and of the one after its last."""

    start: int
    end: int


class Source(Record):
    """A script as its author wrote it, with the name shown in messages."""

    name: str
    text: str = field(repr=False)
    _starts: tuple[int, ...] = field(repr=False, compare=False)

    def __init__(self, name: str, text: str) -> None:
        """Find the lines once: every statement asks for its own."""
        starts = tuple(accumulate((len(line) + 1 for line in text.split("\n")[:-1]), initial=0))
        for field_name, value in (("name", name), ("text", text), ("_starts", starts)):
            object.__setattr__(self, field_name, value)

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset, both counted from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int) -> int:
        """Return where a line begins, counted from 1; of one beyond the last where that begins."""
        return self._starts[min(line, len(self._starts)) - 1]

    def line_text(self, line: int) -> str:
        """Return a line without its line end; empty beyond the last line."""
        if line > len(self._starts):
            return ""
        start = self._starts[line - 1]
        end = self._starts[line] - 1 if line < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r")


class Severity(Enum):
    """How much a diagnostic matters."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Diagnostic(Record):
    """One finding about a script: a stable code, a sentence, and what to do about it."""

    code: str
    message: str
    source: Source
    span: Span
    help: str | None = None
    severity: Severity = Severity.ERROR

    @property
    def line(self) -> int:
        """The line of the first character, counted from 1."""
        return self.source.position(self.span.start)[0]

    @property
    def location(self) -> str:
        """``name:line:column``."""
        line, column = self.source.position(self.span.start)
        return f"{self.source.name}:{line}:{column}"

    def __str__(self) -> str:
        """Return the finding as a person reads it: message, place, source line, caret, help."""
        headline = f"{self.severity.value}[{self.code}]: {self.message}"
        return "\n".join([headline, *_excerpt(self.source, self.span), *_advice(self.help)])


MAX_EXCERPT = 160
"""Longest piece of a source line shown in a message, in characters."""


def _excerpt(source: Source, span: Span) -> Iterator[str]:
    """Yield place, source line and caret; a long line is cut around the caret."""
    line, column = source.position(span.start)
    if not source.text:
        yield f"--> {source.name}"
        return
    raw = source.line_text(line)
    first = max(0, column - 1 - MAX_EXCERPT // 2) if len(raw) > MAX_EXCERPT else 0
    shown = "".join(c if c.isprintable() else " " for c in raw[first : first + MAX_EXCERPT])
    indent = column - 1 - first
    width = max(1, min(span.end - span.start, len(shown) - indent))
    gutter = " " * len(str(line))
    yield f"{gutter}--> {source.name}:{line}:{column}"
    yield f"{gutter} |"
    yield f"{line} | {shown}"
    yield f"{gutter} | {' ' * indent}{'^' * width}"


def _advice(text: str | None) -> Iterator[str]:
    if text:
        yield f"  = help: {text}"


class DicomEditError(Exception):
    """Base of everything this library raises on purpose."""


class ScriptError(DicomEditError):
    """A script that cannot be used; `diagnostics` holds every finding that led to this."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Take the findings, at least one of them an error."""
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n\n".join(str(diagnostic) for diagnostic in self.diagnostics))


class Failure(Record):
    """Why one application of a script stopped. `shown_value` may hold patient data."""

    code: str
    message: str
    help: str | None = None
    element: str | None = None
    shown_value: str | None = field(default=None, repr=False)


class EvaluationError(DicomEditError):
    """A script that failed on one data set, with the element and the statement at fault.

    The text never holds an element's value; `describe` adds it when asked to.
    """

    def __init__(
        self, failure: Failure, *, source: Source | None = None, span: Span | None = None
    ) -> None:
        """Take the reason; `source` and `span` are the statement's, when known."""
        self.failure = failure
        self.source = source
        self.span = span
        super().__init__(self.describe())

    @property
    def code(self) -> str:
        """The stable name of the reason."""
        return self.failure.code

    def at(self, source: Source, span: Span) -> EvaluationError:
        """Return this error placed at a statement, unless it has a place already."""
        if self.span is not None:
            return self
        return EvaluationError(self.failure, source=source, span=span)

    def describe(self, *, show_values: bool = False) -> str:
        """Return the error as text of several lines, with the value at fault only when asked."""
        failure = self.failure
        lines = [f"error[{failure.code}]: {self._sentence(show_values)}"]
        if self.source is not None and self.span is not None:
            lines += _excerpt(self.source, self.span)
        return "\n".join([*lines, *_advice(failure.help)])

    def summary(self, *, show_values: bool = False) -> str:
        """Return the error as one line: place, sentence, code."""
        place = ""
        if self.source is not None and self.span is not None:
            line, column = self.source.position(self.span.start)
            place = f"{self.source.name}:{line}:{column}: "
        return f"{place}{self._sentence(show_values)} [{self.code}]"

    def _sentence(self, show_values: bool) -> str:
        failure = self.failure
        subject = f"{failure.element}: " if failure.element else ""
        value = failure.shown_value
        shown = f" (value: {value!r})" if show_values and value is not None else ""
        return f"{subject}{failure.message}{shown}"

    def __reduce__(self) -> tuple[object, ...]:
        """Let the error travel between processes."""
        return _rebuild_evaluation_error, (self.failure, self.source, self.span)


def _rebuild_evaluation_error(
    failure: Failure, source: Source | None, span: Span | None
) -> EvaluationError:
    return EvaluationError(failure, source=source, span=span)


class DicomFileError(DicomEditError):
    """A file that cannot be read or written safely: `path`, the reason, and where in the file.

    `code` is the stable name of the reason.
    """

    code = "file-error"

    def __init__(
        self, path: str, reason: str, *, offset: int | None = None, code: str | None = None
    ) -> None:
        """Take the file, the reason in one sentence, and the byte offset when there is one."""
        self.path = path
        self.reason = reason
        self.offset = offset
        if code is not None:
            self.code = code
        super().__init__(f"{path}: {self.summary()}")

    def summary(self) -> str:
        """Return the reason without the path."""
        return self.reason if self.offset is None else f"{self.reason} (at byte {self.offset})"

    def __reduce__(self) -> tuple[object, ...]:
        """Let the error travel between processes."""
        return _rebuild_file_error, (self.path, self.reason, self.offset, self.code)


def _rebuild_file_error(path: str, reason: str, offset: int | None, code: str) -> DicomFileError:
    return DicomFileError(path, reason, offset=offset, code=code)


def failed(
    code: str,
    message: str,
    *,
    help: str | None = None,
    element: str | None = None,
    value: str | None = None,
) -> EvaluationError:
    """Return an `EvaluationError` for a reason; the statement's place is added on the way out."""
    return EvaluationError(Failure(code, message, help, element, value))
