"""The columns of a table: keys first, then the body, then what was appended."""

from __future__ import annotations

from enum import Enum

from dicomedit.dicom.names import path_name
from dicomedit.dicom.paths import TagPath, TagStep
from dicomedit.records import Record
from dicomedit.remap.config import LEVELS, Config, RecordLevel


class Kind(Enum):
    """What the cells of a column are."""

    KEY = "key"
    ORIGINAL = "original"
    REPLACEMENT = "replacement"


class TableColumn(Record):
    """A column of a table; of a replacement column `path` is the element that gets the values."""

    header: str
    kind: Kind
    level: RecordLevel
    path: TagPath


def element(tag: int) -> TagPath:
    """Return the path of an element of the top level."""
    return TagPath((TagStep(f"{tag >> 16:04X}", f"{tag & 0xFFFF:04X}"),))


KEYS = {
    RecordLevel.GLOBAL: (),
    RecordLevel.PATIENT: (element(0x00100010), element(0x00100020)),
    RecordLevel.STUDY: (element(0x0020000D),),
    RecordLevel.SERIES: (element(0x0020000E),),
    RecordLevel.INSTANCE: (element(0x00080018),),
}
"""The elements that tell the records of a level apart."""


def layout(config: Config) -> tuple[TableColumn, ...]:
    """Return the columns of the table that a configuration asks for."""
    body: list[TableColumn] = []
    appended: list[TableColumn] = []
    for column in config.columns:
        level, path = column.level, column.path
        body.append(TableColumn(path_name(path), Kind.ORIGINAL, level, path))
        if column.remap is not None:
            place = appended if column.is_appended else body
            place.append(TableColumn(column.remap, Kind.REPLACEMENT, level, path))
    return (*_keys(config), *body, *appended)


def _keys(config: Config) -> list[TableColumn]:
    """Return the key columns of all levels that define rows, but for those in the body."""
    listed = {(column.level, column.path) for column in config.columns}
    return [
        TableColumn(path_name(path), Kind.KEY, level, path)
        for level in LEVELS[: config.deepest.depth + 1]
        for path in KEYS[level]
        if (level, path) not in listed
    ]


def key_positions(columns: tuple[TableColumn, ...], level: RecordLevel) -> tuple[int, ...]:
    """Return which columns hold the keys of a level: the first ones that show the elements."""
    shown = [None if each.kind is Kind.REPLACEMENT else each.path for each in columns]
    return tuple(shown.index(path) for path in KEYS[level])
