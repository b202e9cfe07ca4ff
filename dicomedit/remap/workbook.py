"""A table as a workbook in which nothing is taken for a number or a date (extra ``xlsx``)."""

from __future__ import annotations

from pathlib import Path

from dicomedit.remap.layout import Kind, TableColumn
from dicomedit.remap.problems import table_error

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType
    from typing import Any

_TEXT = "@"
"""The number format of text: what is typed into such a cell stays as it is typed."""

MAX_ROWS = 1_048_576
MAX_CELL = 32_767
"""Most rows of a sheet, and most characters of a cell."""

MAX_UNPACKED = 1 << 30
"""Most bytes of a workbook that is read, once they are unpacked."""

_WIDTH = 22
_WIDE = 44


def read_workbook(path: Path, width: int) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a workbook's first sheet, at least `width` cells each.

    A cell that is no text is an error: a number is not what was typed, nor is a date. Raises
    ScriptError for that, and when the file is no workbook.
    """
    book = _opened(path)
    try:
        for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
            cells = [_text(path, number, column, cell) for column, cell in enumerate(row, 1)]
            yield (*cells, *[""] * (width - len(cells)))
    finally:
        book.close()


def _opened(path: Path) -> Any:
    openpyxl = _openpyxl(str(path))
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(path) as packed:
            if sum(each.file_size for each in packed.infolist()) > MAX_UNPACKED:
                raise table_error(str(path), f"the workbook holds more than {MAX_UNPACKED} bytes")
        return openpyxl.load_workbook(path, read_only=True)
    except OSError as error:
        raise table_error(str(path), error.strerror or "the file cannot be read") from None
    except (BadZipFile, KeyError, ValueError, openpyxl.utils.exceptions.InvalidFileException):
        raise table_error(str(path), "the file is no workbook (.xlsx)") from None


def _text(path: Path, row: int, column: int, cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _unescaped(cell)
    kind = "a formula or a truth value" if isinstance(cell, bool) else "a number or a date"
    raise table_error(
        str(path),
        f"column {column} holds {kind}, which is not what was typed",
        row,
        "give the column the format Text, then type the value again",
    )


def _unescaped(text: str) -> str:
    from openpyxl.utils.escape import unescape

    return str(unescape(text))


def write_workbook(
    path: Path, columns: Sequence[TableColumn], rows: Sequence[Sequence[str | None]]
) -> bytes:
    """Return a table as a workbook: a frozen header, cells of text, only replacements editable.

    `path` stands for the workbook in messages. Raises ScriptError for what no workbook can hold.
    """
    openpyxl = _openpyxl(str(path))
    _check_rows(path, columns, rows)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Summary")
    _prepare(sheet, columns)
    sheet.append([_cell(sheet, column.header) for column in columns])
    for row in rows:
        sheet.append(
            [_cell(sheet, text, column) for text, column in zip(row, columns, strict=True)]
        )
    from io import BytesIO

    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _prepare(sheet: Any, columns: Sequence[TableColumn]) -> None:
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "A2"
    sheet.protection.sheet = True  # against slips, without a password
    for name in ("formatColumns", "sort", "autoFilter"):
        setattr(sheet.protection, name, False)
    for number, column in enumerate(columns, 1):
        is_uid = column.header.endswith("UID")
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = _WIDE if is_uid else _WIDTH


def _check_rows(
    path: Path, columns: Sequence[TableColumn], rows: Sequence[Sequence[str | None]]
) -> None:
    """Raise ScriptError for what a workbook cannot hold, before one is begun."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    advice = "write a .csv file instead"
    if len(rows) >= MAX_ROWS:
        raise table_error(str(path), f"a sheet has at most {MAX_ROWS} rows", None, advice)
    for number, row in enumerate(rows, 2):
        for column, text in zip(columns, row, strict=True):
            if text is not None and len(text) > MAX_CELL:
                reason = f'"{column.header}" has more than {MAX_CELL} characters: too many'
                raise table_error(str(path), reason, number, advice)
            if text and ILLEGAL_CHARACTERS_RE.search(text):
                reason = f'"{column.header}" has control characters, which no cell can hold'
                raise table_error(str(path), reason, number, advice)


def _cell(sheet: Any, text: str | None, column: TableColumn | None = None) -> Any:
    """Return a cell of a column, or of the header."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font, PatternFill, Protection

    cell = WriteOnlyCell(sheet, value=None)
    if text:
        cell.value = text
        cell.data_type = "s"  # "=1+1" is no formula, either
    cell.number_format = _TEXT
    if column is None:
        cell.font = Font(bold=True)
    elif column.kind is Kind.REPLACEMENT:
        cell.protection = Protection(locked=False)
        cell.fill = PatternFill("solid", start_color="FFF8E1")
    return cell


def _openpyxl(name: str) -> ModuleType:
    try:
        import openpyxl
        import openpyxl.utils.exceptions
    except ImportError:
        advice = 'pip install "dicomedit[xlsx]", or use a .csv file'
        raise table_error(name, "workbooks need openpyxl", None, advice) from None
    return openpyxl
