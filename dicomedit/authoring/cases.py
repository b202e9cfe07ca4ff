"""Tests of a script as its author wrote them: the cases of a ``*.test.toml`` file."""

from __future__ import annotations

from pathlib import Path

from dicomedit.authoring.element_names import UnknownName, path_of, singular_path_of
from dicomedit.authoring.elements import VRS, Given
from dicomedit.authoring.toml import Table, read_table
from dicomedit.dicom.dictionary import tag_name
from dicomedit.dicom.paths import TagPath
from dicomedit.dicom.uids import UidMap
from dicomedit.lang.java_regex import PatternError, compile_pattern
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SUFFIX = ".test.toml"
PRIVATE = "private"
"""What stands for all private elements, with their creators, among those that are absent."""

SHARED = (
    *("elements", "expect", "variables", "lookup", "uid_map", "strict_lookup", "honour_fill"),
    "others",
)
FILE_KEYS = ("script", "dialect", "newer_versions", "include_from", "case", *SHARED)
CASE_KEYS = (
    *("name", "file", "without", "absent", "empty", "error", "rejected", "echo", "notices"),
    *SHARED,
)
_GIVEN_KEYS = ("value", "vr", "hex")
_EXPECTED_KEYS = ("absent", "empty", "present", "matches", "items")


class Target(Record):
    """The script that a file of tests is about, and how it is read."""

    path: Path
    dialect: int | None = None
    newer_versions: bool = False
    include_from: Path | None = None


class Expectation(Record):
    """What an element should be: `kind` is ``value`` or one of the keys of its table.

    Without a path it is about all private elements.
    """

    name: str
    path: TagPath | None
    kind: str
    wanted: str | int | None = None

    @property
    def title(self) -> str:
        """The name, with tag and keyword for an element of the root."""
        tag = None if self.path is None else self.path.pattern.root_tag
        return self.name if tag is None else tag_name(tag)


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
        elements=tuple(_elements(table, shared)),
        source=_source(table, path),
        variables={**_texts(shared, "variables"), **_texts(table, "variables")},
        lookup={**_lookup(shared), **_lookup(table)},
        uids=(*_uids(shared), *_uids(table)),
        strict_lookup=_flag("strict_lookup", table, shared),
        honour_fill=_flag("honour_fill", table, shared),
        expected=tuple(_expected(table, shared)),
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


# --- input --------------------------------------------------------------------------------------


def _elements(table: Table, shared: Table) -> Iterator[Given]:
    found = _given(shared) | _given(table)
    for name in table.texts("without") or ():
        path = _path(name, table, singular=True)
        if str(path) not in found:
            raise table.error(f'"without": {name} is not among the elements of the file')
        prefix = f"{path}["
        found = {k: v for k, v in found.items() if k != str(path) and not k.startswith(prefix)}
    yield from found.values()


def _given(table: Table) -> dict[str, Given]:
    return {str(each.path): each for each in _given_in(table.table("elements"), "")}


def _given_in(table: Table, prefix: str) -> Iterator[Given]:
    for name, value in table.values.items():
        path = _path(f"{prefix}{name}", table, singular=True)
        if isinstance(value, dict):
            yield _spelt_out(path, table.table(name))
        elif table.has_tables(name):
            yield Given(path, items=len(value))
            for number, item in enumerate(table.tables(name)):
                yield from _given_in(item, f"{path}[{number}]/")
        else:
            yield Given(path, table.value(name))


def _spelt_out(path: TagPath, table: Table) -> Given:
    table.check_keys(_GIVEN_KEYS)
    data, vr = table.text("hex"), table.text("vr")
    if vr is not None and vr not in VRS:
        raise table.error(f'there is no VR "{vr}" of single elements')
    if (data is None) == ("value" not in table.values):
        raise table.error('an element that is a table has a "value" or "hex"')
    if data is None:
        return Given(path, table.value("value"), vr=vr)
    try:
        return Given(path, None, bytes.fromhex(data), vr)
    except ValueError:
        raise table.error('"hex" holds pairs of hexadecimal digits') from None


# --- expectations -------------------------------------------------------------------------------


def _expected(table: Table, shared: Table) -> Iterator[Expectation]:
    """Yield what a case expects, and what all cases of the file do, unless the case knows better.

    After an error or a rejection nothing is expected of elements.
    """
    own = list(_own_expected(table))
    if "error" not in table.values and not table.values.get("rejected"):
        known = {str(each.path) for each in own}
        common = _expected_in(shared.table("expect"), "")
        yield from (each for each in common if str(each.path) not in known)
    yield from own


def _own_expected(table: Table) -> Iterator[Expectation]:
    yield from _expected_in(table.table("expect"), "")
    for kind in ("absent", "empty"):
        for name in table.texts(kind) or ():
            is_all = kind == "absent" and name == PRIVATE
            yield Expectation(name, None if is_all else _path(name, table), kind)


def _expected_in(table: Table, prefix: str) -> Iterator[Expectation]:
    for name, value in table.values.items():
        path = _path(f"{prefix}{name}", table)
        shown = f"{prefix}{name}"
        if isinstance(value, dict):
            yield _kind(shown, path, table.table(name))
        elif table.has_tables(name):
            yield Expectation(shown, path, "items", len(value))
            for number, item in enumerate(table.tables(name)):
                yield from _expected_in(item, f"{shown}[{number}]/")
        else:
            yield Expectation(shown, path, "value", table.value(name))


def _kind(name: str, path: TagPath, table: Table) -> Expectation:
    table.check_keys(_EXPECTED_KEYS)
    if len(table.values) != 1:
        raise table.error(f"one of {', '.join(_EXPECTED_KEYS)} is needed")
    ((kind, value),) = table.values.items()
    if kind == "matches":
        return Expectation(name, path, kind, _pattern(table))
    if kind == "items":
        return Expectation(name, path, kind, table.get(kind, int, "a number"))
    if value is not True:
        raise table.error(f'"{kind}" can only be true')
    return Expectation(name, path, kind)


def _pattern(table: Table) -> str | None:
    pattern = table.text("matches")
    try:
        compile_pattern(pattern or "")
    except PatternError:
        raise table.error('"matches" is no regular expression') from None
    return pattern


def _path(name: str, table: Table, *, singular: bool = False) -> TagPath:
    try:
        return singular_path_of(name) if singular else path_of(name)
    except UnknownName as error:
        raise table.error(str(error)) from None


def mentions(case: Case, word: str) -> bool:
    """Whether a word stands in the name of a case or of its file; case does not matter."""
    return word.lower() in f"{case.file.name} {case.name}".lower()
