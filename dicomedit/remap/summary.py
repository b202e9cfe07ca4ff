"""The rows of a table: one for each record of the most detailed level, each once, in order."""

from __future__ import annotations

import re

from dicomedit.dicom.paths import TagPath
from dicomedit.records import Record, field
from dicomedit.remap.config import LEVELS, Config, RecordLevel, tag_of
from dicomedit.remap.layout import KEYS, Kind, TableColumn, element, layout
from dicomedit.remap.reading import Header, Values

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator

    SortKey = tuple[int, int, str]

_BUILT_IN = {
    RecordLevel.GLOBAL: (),
    RecordLevel.PATIENT: (0x00100020,),
    RecordLevel.STUDY: (0x00200010, 0x00080020, 0x00080030),
    RecordLevel.SERIES: (0x00080060, 0x00200011, 0x0020000E),
    RecordLevel.INSTANCE: (0x00200013,),
}
"""What tells records apart, and sorts them, before the columns do."""

_TRAILING_INTEGER = re.compile(r"(?:.*\s)?([+-]?[0-9]{1,64})", re.DOTALL)


class Summary(Record, frozen=False):
    """The table of a configuration, filled file by file; each row is kept once, as short as it is.

    `paths` are the elements that are read of every file, those of the outer levels first.
    """

    columns: tuple[TableColumn, ...]
    paths: tuple[TagPath, ...]
    deepest: RecordLevel
    _rows: set[tuple[Values, str]] = field(factory=set, repr=False)
    _texts: dict[str, str] = field(factory=dict, repr=False)

    @classmethod
    def of(cls, config: Config) -> Summary:
        """Return the empty table of a configuration."""
        return cls(layout(config), _paths(config), config.deepest)

    def add(self, header: Header) -> None:
        """Take the row of a file that was read."""
        if self.deepest is not RecordLevel.GLOBAL:
            texts = self._texts
            values = tuple(
                None if text is None else texts.setdefault(text, text) for text in header.values
            )
            file = str(header.path) if self.deepest is RecordLevel.INSTANCE else ""
            self._rows.add((values, file))

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def headers(self) -> tuple[str, ...]:
        """The first line of the table."""
        return tuple(column.header for column in self.columns)

    def rows(self) -> Iterator[Values]:
        """Yield the cells of each row; what is to be filled in is empty, what is absent None."""
        if not self._rows:
            return
        places = [
            None if column.kind is Kind.REPLACEMENT else self.paths.index(column.path)
            for column in self.columns
        ]
        for values, _ in sorted(self._rows, key=_row_key):
            yield tuple("" if place is None else values[place] for place in places)


def _paths(config: Config) -> tuple[TagPath, ...]:
    """Return what is read, in the order in which rows are sorted: level by level."""
    found: dict[TagPath, None] = {}
    for level in LEVELS[: config.deepest.depth + 1]:
        found.update(dict.fromkeys(map(element, _BUILT_IN[level])))
        listed = {column.path for column in config.columns if _sorts_as(column.level) is level}
        found.update(dict.fromkeys(sorted({*listed, *KEYS[level]}, key=_tag_order)))
    return tuple(found)


def _sorts_as(level: RecordLevel) -> RecordLevel:
    """Return where a level's columns sort: global ones are data of the patient."""
    return RecordLevel.PATIENT if level is RecordLevel.GLOBAL else level


def _tag_order(path: TagPath) -> tuple[int, str]:
    first = path.steps[0]
    tag = tag_of(TagPath((first,)))
    return (int(getattr(first, "group", "0"), 16) << 16 if tag is None else tag, str(path))


def _row_key(row: tuple[Values, str]) -> tuple[list[SortKey], SortKey]:
    values, file = row
    return [_sort_key(value) for value in values], _sort_key(file)


def _sort_key(value: str | None) -> SortKey:
    """Return what puts absent values first, then those that end in a number, by that number."""
    if value is None:
        return 0, 0, ""
    number = _TRAILING_INTEGER.fullmatch(value)
    return (2, 0, value) if number is None else (1, int(number[1]), value)
