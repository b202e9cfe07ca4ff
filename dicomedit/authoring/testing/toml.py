"""Tables of a TOML file, read with care: what is unknown or of another kind is an error."""

from __future__ import annotations

import sys
from pathlib import Path

from dicomedit.errors import DicomFileError
from dicomedit.lang.words import nearest
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

MAX_BYTES = 16 << 20
"""Largest file of tests that is read."""


class Table(Record):
    """A table of a file, and where it stands in it."""

    file: Path
    place: str
    values: dict[str, Any] = field(repr=False)

    def error(self, message: str) -> DicomFileError:
        """Return the error for something wrong in this table."""
        return DicomFileError(str(self.file), f"{self.place}: {message}" if self.place else message)

    def check_keys(self, known: Iterable[str]) -> None:
        """Refuse a key that has no meaning here."""
        for key in self.values:
            if key not in known:
                near = nearest(key, known)
                guess = f'did you mean "{near}"?' if near else f"there are {', '.join(known)}"
                raise self.error(f'there is no key "{key}" here; {guess}')

    def get(self, key: str, kind: type, noun: str) -> Any:
        """Return a value, None when it is absent."""
        value = self.values.get(key)
        if value is not None and (type(value) is not kind):
            raise self.error(f'"{key}" is {noun}')
        return value

    def text(self, key: str) -> str | None:
        """Return a text, None when it is absent."""
        found: str | None = self.get(key, str, "a text")
        return found

    def flag(self, key: str) -> bool:
        """Return a truth value, false when it is absent."""
        return bool(self.get(key, bool, "true or false"))

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Return a list of texts, None when it is absent."""
        found = self.get(key, list, "a list of texts")
        if found is not None and not all(isinstance(each, str) for each in found):
            raise self.error(f'"{key}" is a list of texts')
        return None if found is None else tuple(found)

    def table(self, key: str) -> Table:
        """Return a table in this one, an empty one when it is absent."""
        return Table(self.file, self._inside(key), self.get(key, dict, "a table") or {})

    def tables(self, key: str, named_by: str | None = None) -> list[Table]:
        """Return an array of tables; in messages each has the name that one of its keys gives."""
        found = self.get(key, list, "an array of tables") or []
        if not all(isinstance(each, dict) for each in found):
            raise self.error(f'"{key}" is an array of tables')
        tables = []
        for number, values in enumerate(found):
            name = values.get(named_by) if named_by else None
            shown = f'{key} "{name}"' if isinstance(name, str) else f"{key}[{number}]"
            tables.append(Table(self.file, self._inside(shown), values))
        return tables

    def has_tables(self, key: str) -> bool:
        """Whether a value is an array of tables; an empty array is one."""
        value = self.values[key]
        return isinstance(value, list) and all(isinstance(each, dict) for each in value)

    def scalar(self, key: str) -> str:
        """Return a text, or a number as text."""
        return self._as_text(key, self.values[key])

    def value(self, key: str) -> str:
        """Return the text of an element's value; the values of a list become one of several."""
        value = self.values[key]
        if isinstance(value, list):
            return "\\".join(self._as_text(key, each) for each in value)
        return self._as_text(key, value)

    def _as_text(self, key: str, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            advice = "" if isinstance(value, bool | list | dict) else "; dates stand in quotes, too"
            raise self.error(f'"{key}" is a text or a number{advice}')
        return str(value)

    def _inside(self, key: str) -> str:
        return f"{self.place}, {key}" if self.place else key


def read_table(path: Path) -> Table:
    """Return a file's table; raise DicomFileError when it cannot be read or is no TOML."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise DicomFileError(str(path), f"the file is larger than {MAX_BYTES} bytes")
        return Table(path, "", tomllib.loads(data.decode("utf-8")))
    except OSError as error:
        raise DicomFileError(str(path), error.strerror or "cannot be read") from None
    except UnicodeDecodeError as error:
        reason = f"the file is not text in UTF-8 (byte {error.start})"
        raise DicomFileError(str(path), reason) from None
    except tomllib.TOMLDecodeError as error:
        raise DicomFileError(str(path), f"this is no TOML: {error}") from None
    except RecursionError:
        raise DicomFileError(str(path), "tables are nested too deeply") from None
