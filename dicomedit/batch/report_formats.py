"""The three forms of a report: JSON Lines, CSV and Parquet, written and read row by row."""

from __future__ import annotations

import os
from pathlib import Path

from dicomedit.errors import DicomEditError, DicomFileError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Protocol, TextIO

    class Sink(Protocol):
        """Takes the rows of a report."""

        def write(self, values: dict[str, Any]) -> None:
            """Write a row; raise OSError."""

        def close(self, summary: dict[str, Any]) -> bool:
            """Write what is left, and the summary if the form has a place for it: then True."""

        def discard(self) -> None:
            """Close without caring for what is left."""


FORMATS = (".jsonl", ".csv", ".parquet")
ROW_GROUP = 2000
"""Rows that are held until they are written to a Parquet file."""

_LONGEST_CELL = 1 << 30
"""Characters; the UIDs of a large file may be many."""

COLUMNS = (
    ("kind", "text"),
    ("input", "text"),
    ("output", "text"),
    ("status", "text"),
    ("code", "text"),
    ("reason", "text"),
    ("statements", "number"),
    ("lines", "texts"),
    ("added", "number"),
    ("changed", "number"),
    ("removed", "number"),
    ("input_sha256", "text"),
    ("input_size", "number"),
    ("output_sha256", "text"),
    ("output_size", "number"),
    ("script_sha256", "texts"),
    ("seconds", "seconds"),
    ("is_kept", "flag"),
    ("answer", "text"),
)
"""Name and kind of each field of a row, in order; `uids` follow when they were asked for."""


def format_of(path: Path) -> str:
    """Return the form that a suffix stands for; raise DicomFileError for any other."""
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise DicomFileError(str(path), f"a report ends in {', '.join(FORMATS[:2])} or .parquet")
    return suffix


_BEGINNINGS = {".jsonl": b'{"kind": "', ".csv": b"kind,input,", ".parquet": b"PAR1"}


def check_replaced(path: Path) -> None:
    """Raise DicomFileError when there is a file that is no report in the place of one."""
    form = format_of(path)
    if not os.path.lexists(path):
        return
    try:
        with path.open("rb") as file:
            beginning = file.read(16)
    except OSError as error:
        reason = f"the report cannot be written: {error.strerror}"
        raise DicomFileError(str(path), reason, code="cannot-write") from None
    if beginning and not beginning.startswith(_BEGINNINGS[form]):
        reason = "there is another file with this name, and it is no report"
        raise DicomFileError(str(path), reason)


def open_sink(part: Path, path: Path, *, with_uids: bool) -> Sink:
    """Return what writes rows into `part`, in the form of `path`; raise DicomEditError."""
    form = format_of(path)
    if form == ".parquet":
        _pyarrow()
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    try:
        # One that a killed run has left may be open to others.
        part.unlink(missing_ok=True)
        descriptor = os.open(part, flags | os.O_EXCL, 0o600 if with_uids else 0o666)
    except OSError as error:
        reason = f"the report cannot be written: {error.strerror}"
        raise DicomFileError(str(path), reason, code="cannot-write") from None
    if form == ".parquet":
        return _Parquet(descriptor, with_uids)
    # Names of files need not be valid text.
    form_of_text = {"encoding": "utf-8", "errors": "backslashreplace", "newline": ""}
    file = open(descriptor, "w", **form_of_text)  # type: ignore[call-overload]  # noqa: SIM115
    return _JsonLines(file) if form == ".jsonl" else _Csv(file, with_uids)


def _end(file: TextIO) -> None:
    """Have all that was written on the disk."""
    with file:
        file.flush()
        os.fsync(file.fileno())


class _JsonLines:
    """A JSON object a line; the last one is the summary."""

    def __init__(self, file: TextIO) -> None:
        from json import JSONEncoder

        self._file = file
        self._encode = JSONEncoder().encode

    def write(self, values: dict[str, Any]) -> None:
        self._file.write(f"{self._encode(values)}\n")

    def close(self, summary: dict[str, Any]) -> bool:
        self.write(summary)
        _end(self._file)
        return True

    def discard(self) -> None:
        self._file.close()


class _Csv:
    """A table with one line of names (RFC 4180); lists are JSON."""

    def __init__(self, file: TextIO, with_uids: bool) -> None:
        from csv import writer

        self._file = file
        self._names = [name for name, _ in COLUMNS] + ["uids"] * with_uids
        self._writer = writer(file)
        self._writer.writerow(self._names)

    def write(self, values: dict[str, Any]) -> None:
        self._writer.writerow([_cell(values[name]) for name in self._names])

    def close(self, summary: dict[str, Any]) -> bool:
        _end(self._file)
        return False

    def discard(self) -> None:
        self._file.close()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        from json import dumps

        return dumps(value)
    return value


class _Parquet:
    """A Parquet file; rows are written in groups, so that memory stays the same."""

    def __init__(self, descriptor: int, with_uids: bool) -> None:
        pa, parquet = _pyarrow()

        kinds = {
            "text": pa.string(),
            "texts": pa.list_(pa.string()),
            "number": pa.int64(),
            "seconds": pa.float64(),
            "flag": pa.bool_(),
        }
        fields = [(name, kinds[kind]) for name, kind in COLUMNS]
        if with_uids:
            pairs = [(name, pa.string()) for name in ("element", "old", "new")]
            fields.append(("uids", pa.list_(pa.struct(pairs))))
        self._table = pa.Table
        self._schema = pa.schema(fields)
        self._file = open(descriptor, "wb")  # noqa: SIM115 - `close` closes it
        self._writer = parquet.ParquetWriter(self._file, self._schema)
        self._rows: list[dict[str, Any]] = []

    def write(self, values: dict[str, Any]) -> None:
        self._rows.append(values)
        if len(self._rows) >= ROW_GROUP:
            self._flush()

    def close(self, summary: dict[str, Any]) -> bool:
        self._flush()
        self._writer.close()
        with self._file:
            self._file.flush()
            os.fsync(self._file.fileno())
        return False

    def discard(self) -> None:
        try:
            self._writer.close()
        finally:
            self._file.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(self._table.from_pylist(self._rows, schema=self._schema))
            self._rows.clear()


def _pyarrow() -> tuple[Any, Any]:
    """Return what writes and reads Parquet; raise DicomEditError without it."""
    from importlib import import_module

    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise DicomEditError(
            'a Parquet report needs pyarrow: pip install "dicomedit[parquet]"'
        ) from None


# --- reading ------------------------------------------------------------------------------------


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a report, of a JSON Lines report with the summary at last.

    Raises DicomFileError for what is no report, or one that was cut off.
    """
    readers = {".jsonl": _read_json_lines, ".csv": _read_csv, ".parquet": _read_parquet}
    try:
        yield from readers[format_of(path)](path)
    except OSError as error:
        raise DicomFileError(str(path), error.strerror or "cannot be read") from None
    except (ValueError, KeyError, RecursionError):
        raise DicomFileError(str(path), "this is no report of dicomedit run") from None


def _read_json_lines(path: Path) -> Iterator[dict[str, Any]]:
    from json import loads

    with path.open("rb") as file:
        for line in file:
            values = loads(line)
            if not isinstance(values, dict) or not line.endswith(b"\n"):
                raise ValueError
            yield values


def _read_csv(path: Path) -> Iterator[dict[str, Any]]:
    import csv
    from json import loads

    kinds = dict(COLUMNS)
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for cells in csv.DictReader(file, strict=True):
                values: dict[str, Any] = {name: cell or None for name, cell in cells.items()}
                for name, cell in values.items():
                    if cell is not None and kinds.get(name) != "text":
                        values[name] = loads(cell)
                yield values
    except (csv.Error, TypeError):
        raise ValueError from None
    finally:
        csv.field_size_limit(before)


def _read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    _, parquet = _pyarrow()
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(ROW_GROUP):
                yield from batch.to_pylist()
    except OSError:
        raise
    except Exception:  # there are many kinds, and all say that this is no Parquet file
        raise ValueError from None
