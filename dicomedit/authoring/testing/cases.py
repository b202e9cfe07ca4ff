"""Tests of a script as its author wrote them: the cases of a ``*.test.toml`` file."""

from __future__ import annotations

from pathlib import Path

from dicomedit.authoring.testing.element_tables import (
    Expectation,
    expected_elements,
    given_elements,
)
from dicomedit.authoring.testing.elements import Given
from dicomedit.authoring.testing.toml import Table, read_table
from dicomedit.dicom.uids import UidMap
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Mapping

SUFFIX = ".test.toml"

SHARED = (
    *("elements", "expect", "variables", "lookup", "uid_map", "strict_lookup", "honour_fill"),
    "others",
)
FILE_KEYS = ("script", "dialect", "newer_versions", "include_from", "case", *SHARED)
CASE_KEYS = (
    *("name", "file", "without", "absent", "empty", "error", "rejected", "echo", "notices"),
    *SHARED,
)


class Target(Record):
    """The script that a file of tests is about, and how it is read."""

    path: Path
    dialect: int | None = None
    newer_versions: bool = False
    include_from: Path | None = None


class Case(Record):
    """One test: what the script is given, and what should come of it.

    `rejected` is None when the script must not reject, else a pattern for the reason. When
    `others_unchanged`, an element that differs and is not expected is a failure.
    """

    name: str
    file: Path
    script: Target
    elements: tuple[Given, ...] = ()
    source: Path | None = None
    variables: Mapping[str, str] = field(factory=dict)
    lookup: Mapping[tuple[str, str], str] = field(factory=dict)
    uids: tuple[tuple[str, str, str], ...] = ()
    strict_lookup: bool = False
    honour_fill: bool = False
    expected: tuple[Expectation, ...] = ()
    others_unchanged: bool = True
    error: str | None = None
    rejected: str | None = None
    echo: tuple[str, ...] | None = None
    notices: tuple[str, ...] | None = None


def read_cases(path: Path) -> tuple[Case, ...]:
    """Return the cases of a file; raise DicomFileError when it is not as it should be."""
    table = read_table(path)
    table.check_keys(FILE_KEYS)
    script = _script(table, path)
    cases = [_case(each, table, script, path) for each in table.tables("case", "name")]
    if not cases:
        raise table.error("there is no [[case]] in it")
    names = [case.name for case in cases]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise table.error(f'two cases have the name "{twice}"')
    return tuple(cases)


def _script(table: Table, path: Path) -> Target:
    name = table.text("script") or f"{path.name.removesuffix(SUFFIX)}.das"
    dialect = table.get("dialect", int, "a number")
    if dialect not in (None, 4, 6):
        raise table.error('"dialect" is 4 or 6')
    folder = table.text("include_from")
    script = path.parent / name
    if not script.is_file():
        raise table.error(f"the script {script} is not there")
    newer = table.flag("newer_versions")
    return Target(script, dialect, newer, None if folder is None else path.parent / folder)


def _case(table: Table, shared: Table, script: Target, path: Path) -> Case:
    table.check_keys(CASE_KEYS)
    name = table.text("name")
    if not name:
        raise table.error('a case needs a "name"')
    case = Case(
        name=name,
        file=path,
        script=script,
        elements=tuple(given_elements(table, shared)),
        source=_source(table, path),
        variables={**_texts(shared, "variables"), **_texts(table, "variables")},
        lookup={**_lookup(shared), **_lookup(table)},
        uids=(*_uids(shared), *_uids(table)),
        strict_lookup=_flag("strict_lookup", table, shared),
        honour_fill=_flag("honour_fill", table, shared),
        expected=tuple(expected_elements(table, shared)),
        others_unchanged=_others(table, shared),
        error=table.text("error"),
        rejected=_rejected(table),
        echo=table.texts("echo"),
        notices=table.texts("notices"),
    )
    _check_sense(case, table)
    return case


def _check_sense(case: Case, table: Table) -> None:
    """Refuse a case that says two things, or nothing that could fail."""
    if case.error is not None and case.rejected is not None:
        raise table.error('a case has "error" or "rejected", not both')
    if (case.error is not None or case.rejected is not None) and case.expected:
        raise table.error("after an error or a rejection nothing is changed: expect no elements")
    is_loose = not case.others_unchanged and not case.expected
    if is_loose and (case.error, case.rejected, case.echo, case.notices) == (None,) * 4:
        raise table.error("the case expects nothing, so that it could not fail")


def _source(table: Table, path: Path) -> Path | None:
    name = table.text("file")
    if name is None:
        return None
    for key in ("elements", "without"):
        if key in table.values:
            raise table.error(f'a case has a "file" or "{key}", not both')
    source = path.parent / name
    if not source.is_file():
        raise table.error(f"the file {source} is not there")
    return source


def _flag(key: str, table: Table, shared: Table) -> bool:
    return table.flag(key) if key in table.values else shared.flag(key)


def _others(table: Table, shared: Table) -> bool:
    for each in (table, shared):
        said = each.text("others")
        if said not in (None, "unchanged", "any"):
            raise each.error('"others" is "unchanged" or "any"')
        if said is not None:
            return said == "unchanged"
    return True


def _rejected(table: Table) -> str | None:
    said = table.values.get("rejected", False)
    if isinstance(said, str):
        return said
    if not isinstance(said, bool):
        raise table.error('"rejected" is true, false or a pattern for the reason')
    return "" if said else None


def _texts(table: Table, key: str) -> dict[str, str]:
    found = table.table(key)
    return {name: found.scalar(name) for name in found.values}


def _lookup(table: Table) -> dict[tuple[str, str], str]:
    entries = {}
    for name, value in _texts(table, "lookup").items():
        kind, slash, key = name.partition("/")
        if not slash or not kind.strip() or not key.strip():
            raise table.error(f'"{name}" is no key of a lookup table, such as "pid/4711"')
        entries[kind.strip(), key] = value
    return entries


def _uids(table: Table) -> tuple[tuple[str, str, str], ...]:
    rows = []
    for each in table.tables("uid_map"):
        each.check_keys(("prefix", "text", "uid"))
        prefix, text, uid = (each.text(key) or "" for key in ("prefix", "text", "uid"))
        rows.append((prefix or uid.rpartition(".")[0], text, uid))
    try:
        UidMap.from_rows(rows)
    except ValueError:
        raise table.error('"uid_map" holds no UID under its prefix') from None
    return tuple(rows)


def mentions(case: Case, word: str) -> bool:
    """Whether a word stands in the name of a case or of its file; case does not matter."""
    return word.lower() in f"{case.file.name} {case.name}".lower()
