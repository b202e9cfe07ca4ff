"""Whatever the script and the data set: nothing but our errors, all or nothing, nothing else."""

from __future__ import annotations

import contextlib
import logging
import struct
import warnings
from collections.abc import Iterator
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_VR
from strategies import modest

from dicomedit import DicomEditError, apply
from dicomedit.dicom.paths import AnyItem, Levels, TagPath, TagStep
from dicomedit.errors import Span
from dicomedit.lang import nodes
from dicomedit.lang.functions import REGISTRY
from dicomedit.lang.functions.registry import Function, Kind
from dicomedit.lang.printer import print_script

_NOWHERE = Span(0, 0)
CHARSET = 0x00080005
GROUP_LENGTHS = {0x00100000}

# --- data sets ------------------------------------------------------------------------------------

_PUBLIC = (
    *(0x00080008, 0x00080018, 0x00080020, 0x00080030, 0x00080060, 0x0008002A, 0x00081140),
    *(0x00100010, 0x00100020, 0x00100030, 0x00101010, 0x00104000, 0x0020000D, 0x00280010),
    *(0x00283002, 0x00189087, 0x00280009, 0x0040A730, 0x0040A160, 0x7FE00010),
)
_CREATORS = ("ACME", "OTHER ", "")
_VRS = {
    "AT": struct.pack("<HH", 0x0018, 0x1063),
    "DA": b"20200229",
    "DT": b"20200229101112.5",
    "FD": struct.pack("<d", 1000.5),
    "IS": b"3 ",
    "LO": b"Text\\b",
    "OB": b"\1\2",
    "OW": b"\1\2\3\4",
    "PN": b"Doe^Jane",
    "SS": struct.pack("<h", -5),
    "TM": b"101112",
    "UI": b"1.2.3\0",
    "UL": struct.pack("<L", 70_000),
    "US": struct.pack("<H", 512),
    "UT": b"  text\\with",
}
"""A sound value of each VR; those that are not here get a text."""

_WRAPPED = bytes.fromhex("feff00e0 0e000000 10001000 06000000") + b"Doe^J "
"""An item with a name, as UN holds it."""

_odd_values = st.sampled_from(
    (b"", b" ", b"\0", b"M\xfcller", "Mü".encode(), b"\x1b$B;3ED\x1b(B", b"3")
)
_charsets = st.sampled_from((None, None, b"ISO_IR 100", b"ISO_IR 192", b"\\ISO 2022 IR 87 ", b""))


@st.composite
def _values(draw: st.DrawFn, vr: str) -> bytes:
    return draw(st.just(_VRS.get(vr, b"AB")) | _odd_values | st.just(b""))


_DEPTH = 2
Table = dict[str, tuple[str, "bytes | list[Table]"]]
"""VR and stored bytes, or items, of every element; pydicom could not print some data sets."""


@st.composite
def tables(draw: st.DrawFn, depth: int = _DEPTH) -> Table:
    """Draw the elements of one level, as stored, without regard to what makes sense."""
    found: dict[int, tuple[str, bytes | list[Table]]] = {}
    charset = draw(_charsets)
    if depth == _DEPTH:
        found[0x00080018] = ("UI", b"1.2.3\0")
    if charset is not None and (depth == _DEPTH or draw(st.booleans())):
        found[CHARSET] = ("CS", charset)
    for tag in draw(st.sets(st.sampled_from(_PUBLIC), max_size=7)):
        vr = dictionary_VR(tag).split(" or ")[-1].replace("OB", "OW")
        found[tag] = (vr, draw(_values(vr)))
    if draw(st.booleans()):
        found[0x00280103] = ("US", draw(st.sampled_from((b"\0\0", b"\1\0"))))
    for slot in draw(st.sets(st.integers(0x10, 0x12), max_size=2)):
        found[0x00090000 | slot] = ("LO", draw(st.sampled_from(_CREATORS)).encode())
    for element in draw(st.sets(st.sampled_from((0x1001, 0x1002, 0x1101, 0x1201)), max_size=2)):
        vr = draw(st.sampled_from((*_VRS, "UN")))
        found[0x00090000 | element] = (vr, draw(_values(vr)))
    if draw(st.booleans()):
        found[0x00091003] = ("UN", _WRAPPED)
    for tag in [0x00081140, 0x0040A730, 0x00091004]:
        if tag in found or draw(st.booleans()):
            inside = st.lists(tables(depth - 1), max_size=2) if depth else st.just([])
            found[tag] = ("SQ", draw(inside))
    return {f"{tag:08X}": found[tag] for tag in sorted(found)}


_LONG = frozenset(("OB", "OW", "SQ", "UN", "UT"))


def _bytes_of(table: Table) -> bytes:
    """Return the elements in explicit VR, little endian."""
    return b"".join(_element_bytes(int(name, 16), *rest) for name, rest in table.items())


def _element_bytes(tag: int, vr: str, value: bytes | list[Table]) -> bytes:
    if isinstance(value, list):
        items = map(_bytes_of, value)
        value = b"".join(struct.pack("<HHL", 0xFFFE, 0xE000, len(item)) + item for item in items)
    length = struct.pack("<2xL" if vr in _LONG else "<H", len(value))
    return struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode() + length + value


def _read(data: bytes) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's remarks on odd values
        return dcmread(BytesIO(data), force=True)


def _dataset(table: Table) -> Dataset:
    return _read(_bytes_of(table))


# --- scripts --------------------------------------------------------------------------------------

_item_numbers = st.sampled_from((None, None, 0, 0, 1, 3, AnyItem.ANY))


def _elements_named(items: st.SearchStrategy[int | AnyItem | None]) -> st.SearchStrategy[TagStep]:
    public = st.sampled_from((*_PUBLIC, CHARSET, 0x00020010, 0x00100000, 0x0010FFF0))
    creators = st.sampled_from(("ACME", "OTHER", "NEW", "NULL", "Größe"))
    return st.one_of(
        st.builds(_public_step, public, items),
        st.builds(TagStep, st.just("0009"), st.sampled_from(("01", "02", "03")), creators, items),
    )


def _public_step(tag: int, item: int | AnyItem | None) -> TagStep:
    return TagStep(f"{tag >> 16:04X}", f"{tag & 0xFFFF:04X}", None, item)


_wild_steps = (TagStep("0010", "00XX"), TagStep("XXX@", "XXXX"), TagStep("000#", "XX", "ACME"))
_any_steps = _elements_named(_item_numbers) | st.sampled_from((*_wild_steps, *Levels))
_SEQUENCES = [TagStep("0008", "1140", None, 0), TagStep("0040", "A730", None, 1)]
_SEQUENCES += [TagStep("0009", "04", "ACME", 0), TagStep("0009", "03", "ACME", 0)]
_singular = st.builds(
    lambda above, last: TagPath((*above, last)),
    st.lists(st.sampled_from(_SEQUENCES), max_size=2),
    _elements_named(st.none()),
)
_plural = st.lists(_any_steps, min_size=1, max_size=3).map(lambda steps: TagPath(tuple(steps)))
_paths = st.builds(nodes.Path, _singular | _singular | _plural, st.just(_NOWHERE))

_texts = st.one_of(
    st.sampled_from(("", "ANON", "A\\B", "1.2.3", "20200229", "101112", "3", "-1", "99999999999"))
    | st.sampled_from(
        ("Müller", "日本", "山田^太郎", "é\0", "days", "years", "{0}-{1}", "{x}", "(", ".*")
    )
    | st.sampled_from(("(0010,0010)", "(0008,1140)[0]/(0008,1155)", "*/(0010,0020)", "ISO_IR 192"))
    | st.sampled_from(("ISO_IR 100", "1.2.840.10008.1.2", "true", "00181063", "x" * 70)),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters='"\r\n'), max_size=5),
)
_leaves = st.one_of(
    st.builds(nodes.Text, _texts, st.just(_NOWHERE)),
    st.builds(nodes.Number, st.sampled_from(("0", "1", "-31", "2.5")), st.just(_NOWHERE)),
    st.builds(nodes.Name, st.sampled_from(("v", "w", "given")), st.just(_NOWHERE)),
    _paths,
)
FUNCTIONS = [each for each in REGISTRY if not each.is_newer and each.name != "getURL"]


@st.composite
def _values_of(draw: st.DrawFn, depth: int = 1) -> nodes.Expr:
    kind = draw(st.sampled_from(("leaf", "leaf", "call", "list"))) if depth else "leaf"
    if kind == "call":
        return draw(_calls([each for each in FUNCTIONS if each.has_value], depth - 1))
    if kind == "list":
        return nodes.ListOf(tuple(draw(st.lists(_values_of(depth - 1), max_size=3))), _NOWHERE)
    return draw(_leaves)


@st.composite
def _calls(draw: st.DrawFn, functions: list[Function], depth: int = 1) -> nodes.Call:
    """Draw a call with a right number of arguments, most of which make sense."""
    function = draw(st.sampled_from(functions))
    most = function.fewest + 2 if function.most is None else function.most
    arguments = []
    for position in range(draw(st.integers(function.fewest, most))):
        parameter = function.parameter(position)
        is_path = parameter is not None and parameter.kind in (Kind.PATH, Kind.ANY)
        arguments.append(draw(_paths if is_path and draw(st.booleans()) else _values_of(depth)))
    return nodes.Call(function.name, tuple(arguments), _NOWHERE, _NOWHERE)


_targets = st.builds(nodes.Path, _singular, st.just(_NOWHERE))


@st.composite
def _actions(draw: st.DrawFn) -> nodes.Action:
    kind = draw(
        st.sampled_from(("assign", "assign", "if-exists", "delete", "define", "call", "echo"))
    )
    match kind:
        case "assign":
            return nodes.Assign(draw(_targets), draw(_values_of()), _NOWHERE)
        case "if-exists":
            return nodes.AssignIfExists(draw(_paths), draw(_values_of()), _NOWHERE)
        case "delete":
            return nodes.Delete(draw(_paths), _NOWHERE)
        case "define":
            return nodes.Define(draw(st.sampled_from("vw")), draw(_values_of()), _NOWHERE)
        case "call":
            return nodes.CallStatement(draw(_calls(FUNCTIONS)), _NOWHERE)
    return nodes.Echo(draw(_values_of()), _NOWHERE)


@st.composite
def _conditions(draw: st.DrawFn) -> nodes.Condition:
    operator = draw(st.sampled_from(nodes.Operator))
    return nodes.Comparison(draw(_values_of()), operator, draw(_values_of()), _NOWHERE)


@st.composite
def _statements(draw: st.DrawFn) -> nodes.Statement:
    kind = draw(st.sampled_from(("action", "action", "action", "conditional", "chain", "private")))
    if kind == "conditional":
        return nodes.Conditional(draw(_conditions()), draw(_actions()), draw(_actions()), _NOWHERE)
    if kind == "chain":
        branch = nodes.Branch(draw(_conditions()), (draw(_actions()),))
        return nodes.IfChain((branch,), (draw(_actions()),), _NOWHERE)
    return draw(_actions()) if kind == "action" else nodes.RemoveAllPrivateTags(_NOWHERE)


_any_statements = st.lists(_statements(), min_size=1, max_size=4)
scripts = _any_statements.map(lambda statements: print_script(nodes.Script(tuple(statements))))

# --- what is compared -----------------------------------------------------------------------------


def _saved(ds: Dataset) -> bytes:
    buffer = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds.save_as(buffer, implicit_vr=False, little_endian=True, enforce_file_format=False)
    return buffer.getvalue()


def _elements(data: bytes, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield path, VR and stored value of every element; of sequences the number of items."""
    position = 0
    while position < len(data):
        group, number, vr = struct.unpack_from("<HH2s", data, position)
        is_long = vr.decode() in _LONG
        (length,) = struct.unpack_from(
            "<L" if is_long else "<H", data, position + (8, 6)[not is_long]
        )
        position += 12 if is_long else 8
        value = data[position : position + length]
        position += length
        path = f"{prefix}/{group:04X}{number:04X}"
        items = list(_items(value)) if vr == b"SQ" else []
        yield path, len(items) if vr == b"SQ" else (vr, value)
        for item_number, item in enumerate(items):
            yield from _elements(item, f"{path}[{item_number}]")


def _items(data: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(data):
        (length,) = struct.unpack_from("<L", data, position + 4)
        yield data[position + 8 : position + 8 + length]
        position += 8 + length


@pytest.fixture(autouse=True, scope="module")
def quiet_pydicom():
    """Keep pydicom's remarks on the odd values out of the log, which pytest would collect."""
    logger = logging.getLogger("pydicom")
    logger.disabled = True
    yield
    logger.disabled = False


# --- the properties -------------------------------------------------------------------------------


VARIABLES = {"given": "Müller"}


@modest
@given(tables(), scripts)
def test_all_or_nothing(table, script):
    """Nothing but our errors; after one, or a rejection, the data set is as it was."""
    ds = _dataset(table)
    try:
        outcome = apply(script, ds, dialect=6, variables=VARIABLES)
    except DicomEditError as error:
        assert str(error)
    else:
        assert all(str(notice) for notice in outcome.notices)
        if outcome.changes:
            assert not outcome.rejected
            return
    assert _saved(ds) == _bytes_of(table)


@modest
@given(tables(), scripts)
def test_what_comes_of_it_can_be_saved_and_read(table, script):
    ds = _dataset(table)
    with contextlib.suppress(DicomEditError):
        apply(script, ds, dialect=6, variables=VARIABLES)
    saved = _saved(ds)
    assert _saved(_read(saved)) == saved
    assert _read(saved)._dict.keys() == ds._dict.keys() - GROUP_LENGTHS


@st.composite
def _edits_of_group_10(draw: st.DrawFn) -> nodes.Statement:
    """Draw a statement that can change nothing but public elements of group 0010."""
    step = TagStep("0010", draw(st.sampled_from(("0010", "0020", "0030", "4000", "XXXX", "00#0"))))
    everywhere = nodes.Path(TagPath((Levels.ANY, step)), _NOWHERE)
    here = nodes.Path(TagPath((step,)), _NOWHERE)
    value = draw(_values_of())
    return draw(
        st.sampled_from(
            (
                nodes.Delete(everywhere, _NOWHERE),
                nodes.AssignIfExists(everywhere, value, _NOWHERE),
                nodes.Assign(here, value, _NOWHERE),
                nodes.CallStatement(_call("hashUIDList", everywhere), _NOWHERE),
                nodes.CallStatement(_call("removeTags", here), _NOWHERE),
            )
        )
    )


def _call(function: str, argument: nodes.Expr) -> nodes.Call:
    return nodes.Call(function, (argument,), _NOWHERE, _NOWHERE)


@modest
@given(tables(), st.lists(_edits_of_group_10(), min_size=1, max_size=3))
def test_what_a_script_does_not_name_stays_as_it_is(table, statements):
    """The character set may be declared; every other element keeps its bytes."""
    ds = _dataset(table)
    script = print_script(nodes.Script(tuple(statements)))
    with contextlib.suppress(DicomEditError):
        apply(script, ds, dialect=6, variables=VARIABLES | {"v": "w", "w": "1"})
    assert _others(_saved(ds)) == _others(_bytes_of(table))


def _others(data: bytes) -> dict[str, object]:
    """Return the elements that are not of group 0010, nor in a sequence that UN may hide."""
    mine = f"/{CHARSET:08X}"
    return {
        path: value
        for path, value in _elements(data)
        if not path[-8:].startswith("0010") and not path.endswith(mine) and "00091003" not in path
    }


# --- found by these tests -------------------------------------------------------------------------

FOUND = {
    "an unknown character set": (
        {"00080005": ("CS", b"NONSENSE"), "00080018": ("UI", b"1.2.3\0")},
        '(0010,0010) := "ANON"',
    ),
    "a broken Pixel Representation beside a new sequence": (
        {"00080018": ("UI", b"1.2.3\0"), "00280103": ("US", b" ")},
        '(0008,1140)[0]/(0008,1155) := "1.2"',
    ),
    "a list of nothing": ({"00080018": ("UI", b"1.2.3\0")}, "echo equals[{}]"),
}


@pytest.mark.parametrize(("table", "script"), FOUND.values(), ids=FOUND)
def test_found_by_these_properties(table, script):
    ds = _dataset(table)
    with contextlib.suppress(DicomEditError):
        apply(script, ds, dialect=6)
