"""A table as a file: CSV by RFC 4180, or a workbook. Both give rows of texts."""

from __future__ import annotations

from pathlib import Path

from dicomedit.errors import ScriptError
from dicomedit.io.source import read_source
from dicomedit.records import Record, field
from dicomedit.remap.problems import table_error

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAX_BYTES = 256 << 20
"""Largest table that is read."""

_DELIMITERS = ",;\t"
"""What spreadsheet programs put between cells; the standard one comes first."""


class Sheet(Record):
    """The rows of a table as they stand in the file, the header and blank ones included."""

    name: str
    rows: tuple[tuple[str, ...], ...] = field(repr=False)

    def error(self, message: str, row: int | None = None, advice: str | None = None) -> ScriptError:
        """Return the error for something wrong with the table, in a row if one is given."""
        return table_error(self.name, message, row, advice)


def is_workbook(path: Path) -> bool:
    """Whether a table of this name is a workbook."""
    return path.suffix.lower() == ".xlsx"


def read_sheet(path: Path, headers: Sequence[str]) -> Sheet:
    """Return a table's rows; raise ScriptError when the file cannot be read.

    The `headers` that are expected tell by which delimiter a CSV file was written.
    """
    if is_workbook(path):
        from dicomedit.remap.workbook import read_workbook

        return Sheet(str(path), tuple(read_workbook(path, len(headers))))
    source = read_source(path, max_bytes=MAX_BYTES)
    return Sheet(str(path), _csv_rows(source.name, source.text.removeprefix("\ufeff"), headers))


def _csv_rows(name: str, text: str, headers: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    import csv
    from io import StringIO

    delimiter = _delimiter(text, headers)
    rows: list[tuple[str, ...]] = []
    try:
        for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True):
            rows.append(tuple(row))
    except csv.Error as error:
        raise table_error(name, f"this is no CSV (RFC 4180): {error}", len(rows) + 1) from None
    return tuple(rows)


def _delimiter(text: str, headers: Sequence[str]) -> str:
    """Return the delimiter by which the first line is the header, or else the standard one."""
    import csv
    from io import StringIO

    for delimiter in _DELIMITERS:
        if next(csv.reader(StringIO(text, newline=""), delimiter=delimiter), []) == [*headers]:
            return delimiter
    return _DELIMITERS[0]


def csv_lines(rows: Iterable[Sequence[str | None]]) -> Iterator[str]:
    """Yield rows as lines of CSV: every cell in quotes, absent ones empty and without."""
    for row in rows:
        yield ",".join("" if cell is None else _quoted(cell) for cell in row) + "\n"


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'
