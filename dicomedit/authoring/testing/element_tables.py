"""Elements in tables of a file of tests: those that a script is given, and those expected of it."""

from __future__ import annotations

from dicomedit.authoring.testing.element_names import UnknownName, path_of, singular_path_of
from dicomedit.authoring.testing.elements import VRS, Given
from dicomedit.authoring.testing.toml import Table
from dicomedit.dicom.dictionary import tag_name
from dicomedit.dicom.paths import TagPath
from dicomedit.lang.java_regex import PatternError, compile_pattern
from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

PRIVATE = "private"
"""What stands for all private elements, with their creators, among those that are absent."""

_GIVEN_KEYS = ("value", "vr", "hex")
_EXPECTED_KEYS = ("absent", "empty", "present", "matches", "items")


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


# --- input --------------------------------------------------------------------------------------


def given_elements(table: Table, shared: Table) -> Iterator[Given]:
    """Yield the elements of a case and of its file; of what both name, those of the case."""
    own = _given(table)
    found = _without(_given(shared), own) | own
    for name in table.texts("without") or ():
        path = _path(name, table, singular=True)
        if str(path) not in found:
            raise table.error(f'"without": {name} is not among the elements of the file')
        found = _without(found, [str(path)])
    yield from found.values()


def _without(given: dict[str, Given], paths: Collection[str]) -> dict[str, Given]:
    """Leave out elements, and all that stands in them."""
    inside = tuple(f"{path}[" for path in paths)
    return {k: each for k, each in given.items() if k not in paths and not k.startswith(inside)}


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


def expected_elements(table: Table, shared: Table) -> Iterator[Expectation]:
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
