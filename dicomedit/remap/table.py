"""A filled table to rules: what its rows say of each record, and where they say too much."""

from __future__ import annotations

from dicomedit.errors import Diagnostic, ScriptError, Severity, Source, Span
from dicomedit.records import Record, field
from dicomedit.remap.config import Config, RecordLevel
from dicomedit.remap.layout import KEYS, Kind, TableColumn, key_positions, layout
from dicomedit.remap.mapping import (
    Action,
    Condition,
    Mapping,
    Rule,
    places_text,
    stand_in,
)
from dicomedit.remap.mapping import Kind as ActionKind
from dicomedit.remap.sheet import Sheet, csv_lines

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator

    Keys = tuple[str, ...]
    Texts = dict[str, list[int]]
    """The texts of one cell of a context, with the rows that have them."""

MOST_TOLD = 20
"""Most records that are listed one by one; of more the rows are told together."""


class Context(Record, frozen=False):
    """One record of a level: the rows it has, and the texts of each replacement column."""

    rows: list[int] = field(factory=list)
    texts: dict[int, Texts] = field(factory=dict, repr=False)


class Table(Record):
    """A filled table, row by row taken apart into contexts."""

    sheet: Sheet
    columns: tuple[TableColumn, ...]
    contexts: dict[RecordLevel, dict[Keys, Context]] = field(repr=False)
    source: Source

    def replacements(self, level: RecordLevel) -> list[int]:
        """Return the positions of the replacement columns of a level."""
        return [
            position
            for position, column in enumerate(self.columns)
            if column.kind is Kind.REPLACEMENT and column.level is level
        ]


def read_table(config: Config, sheet: Sheet, *, ignore_header: bool = False) -> Table:
    """Return a table taken apart; raise ScriptError when it is none of this configuration."""
    columns = layout(config)
    _check_header(sheet, columns, ignore_header)
    contexts: dict[RecordLevel, dict[Keys, Context]] = {x: {} for x in config.remapped_levels}
    content = "".join((repr(columns), *csv_lines(sheet.rows)))
    source = stand_in(sheet.name, content, len(sheet.rows))
    table = Table(sheet, columns, contexts, source)
    for level in contexts:
        _take_level(table, level)
    return table


def _check_header(sheet: Sheet, columns: tuple[TableColumn, ...], ignore: bool) -> None:
    expected = tuple(column.header for column in columns)
    found = _without_trailing_blanks(sheet.rows[0]) if sheet.rows else ()
    if not found:
        raise sheet.error("the table is empty: there is no header line")
    if ignore or found == expected:
        return
    advice = (
        "use the configuration that the table was made with, or --ignore-header, by which columns"
        " count by their position only"
    )
    for number, header in enumerate(expected, 1):
        if found[number - 1 : number] != (header,):
            message = f'column {number} should be headed "{header}"'
            raise sheet.error(message, 1, advice)
    message = f"there are {len(found)} columns, the configuration asks for {len(expected)}"
    raise sheet.error(message, 1, advice)


def _without_trailing_blanks(row: tuple[str, ...]) -> tuple[str, ...]:
    end = len(row)
    while end and not row[end - 1]:
        end -= 1
    return row[:end]


def _filled_rows(table: Table) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield number and cells of each row with data; rows that are blank all over are none."""
    count = len(table.columns)
    for number, row in enumerate(table.sheet.rows[1:], 2):
        if not any(row):
            continue
        if len(row) < count:
            message = f"there are {len(row)} cells, {count} are needed"
            raise table.sheet.error(message, number)
        yield number, row


def _take_level(table: Table, level: RecordLevel) -> None:
    keys = key_positions(table.columns, level)
    columns = table.replacements(level)
    contexts = table.contexts[level]
    for number, row in _filled_rows(table):
        context = contexts.setdefault(tuple(row[each] for each in keys), Context())
        context.rows.append(number)
        for column in columns:
            if row[column]:
                context.texts.setdefault(column, {}).setdefault(row[column], []).append(number)


# --- checking -----------------------------------------------------------------------------------


def check_table(table: Table, *, strict: bool, show_values: bool) -> tuple[Diagnostic, ...]:
    """Return what deserves a word about the table.

    Raises ScriptError with every record that has several values for one column, and, when it is
    `strict`, with every one that has none.
    """
    conflicts = [
        _finding(table, "conflicting-values", text, Severity.ERROR)
        for text in _conflicts(table, show_values)
    ]
    severity = Severity.ERROR if strict else Severity.WARNING
    unfilled = [_finding(table, "missing-values", text, severity) for text in _unfilled(table)]
    errors = conflicts + (unfilled if strict else [])
    if errors:
        raise ScriptError(errors)
    return (*_overlaps(table), *unfilled)


def _conflicts(table: Table, show_values: bool) -> Iterator[str]:
    for level, contexts in table.contexts.items():
        for keys, context in contexts.items():
            for column, texts in sorted(context.texts.items()):
                if len(texts) > 1:
                    rows = [row for each in texts.values() for row in each]
                    message = (
                        f"{_column_name(table, column)} has {len(texts)} different values for"
                        f" {_one(level)}, in {places_text('row', tuple(rows))}"
                    )
                    if show_values:
                        message += f": {keys!r} has {list(texts)!r}"
                    yield message


def _unfilled(table: Table) -> Iterator[str]:
    for level, contexts in table.contexts.items():
        for column in table.replacements(level):
            rows = [each.rows for each in contexts.values() if column not in each.texts]
            if not rows:
                continue
            count = "" if level is RecordLevel.GLOBAL else f" for {_count(len(rows), level)}"
            where = "; ".join(places_text("row", tuple(each)) for each in rows[:MOST_TOLD])
            more = f"; and {len(rows) - MOST_TOLD} more" if len(rows) > MOST_TOLD else ""
            message = f"{_column_name(table, column)} has no value{count} ({where}{more})"
            yield f"{message}: what the files have there stays"


def _one(level: RecordLevel) -> str:
    return "the whole archive" if level is RecordLevel.GLOBAL else f"one {level.noun}"


def _count(count: int, level: RecordLevel) -> str:
    plural = level.noun if count == 1 or level is RecordLevel.SERIES else f"{level.noun}s"
    return f"{count} {'studies' if plural == 'studys' else plural}"


def _overlaps(table: Table) -> Iterator[Diagnostic]:
    """Yield a warning for each element that several columns give values to."""
    by_element: dict[object, list[int]] = {}
    for level in reversed(table.contexts):  # the most specific first: it wins
        for column in table.replacements(level):
            if any(column in each.texts for each in table.contexts[level].values()):
                by_element.setdefault(table.columns[column].path, []).append(column)
    for path, columns in by_element.items():
        if len(columns) > 1:
            names = " and ".join(_column_name(table, each) for each in columns)
            message = (
                f"{names} both give {path} values: where a file gets several,"
                f" {_column_name(table, columns[0])} wins"
            )
            yield _finding(table, "several-columns", message, Severity.WARNING)


def _column_name(table: Table, position: int) -> str:
    return f'column {position + 1} "{table.columns[position].header}"'


def _finding(table: Table, code: str, message: str, severity: Severity) -> Diagnostic:
    return Diagnostic(code, message, Source(table.sheet.name, ""), Span(0, 0), None, severity)


# --- rules --------------------------------------------------------------------------------------


def mapping_of(table: Table, notices: tuple[Diagnostic, ...] = ()) -> Mapping:
    """Return the rules of a table that has no conflicts."""
    rules = [
        Rule(
            level,
            tuple(map(Condition, KEYS[level], keys)),
            tuple(_action(table, column, texts) for column, texts in sorted(context.texts.items())),
            tuple(context.rows),
        )
        for level, contexts in table.contexts.items()
        for keys, context in contexts.items()
    ]
    covers = tuple(level for level in table.contexts if level is not RecordLevel.GLOBAL)
    return Mapping(table.source, tuple(rules), covers, "row", notices)


def _action(table: Table, position: int, texts: Texts) -> Action:
    column = table.columns[position]
    return Action(ActionKind.SET, column.path, column.header, next(iter(texts)))
