"""Files and scripts made by Hypothesis: sense and nonsense, as far as the scanner bears it.

Files are laid out byte by byte, as PS3.5 §7 says, so that no writer tidies them up: elements out
of order, lengths of both kinds, group lengths, sequences in UN, bytes in the reserved places.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st
from lang.strategies import tag_paths

from dicomedit.dicom.encoding import (
    DEFLATED_UID,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    EXPLICIT_LITTLE_UID,
    IMPLICIT_LITTLE,
    ITEM,
    ITEM_DELIMITER,
    LONG_VRS,
    SEQUENCE_DELIMITER,
    UNDEFINED_LENGTH,
    Encoding,
    swap_byte_order,
)

SYNTAXES = {
    "1.2.840.10008.1.2": IMPLICIT_LITTLE,
    EXPLICIT_LITTLE_UID: EXPLICIT_LITTLE,
    "1.2.840.10008.1.2.2": EXPLICIT_BIG,
    DEFLATED_UID: EXPLICIT_LITTLE,
}

# --- elements to bytes ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    elements: tuple[Element | Sequence, ...] = ()
    delimited: bool = False


@dataclass(frozen=True)
class Element:
    """A value, as stored in little endian; `reserved` stands between a VR and a long length."""

    tag: int
    vr: str
    value: bytes = b""
    reserved: bytes = b"\0\0"


@dataclass(frozen=True)
class Sequence:
    """`vr` is SQ or UN; `trailing`: the delimiter is there although the length is defined."""

    tag: int
    items: tuple[Item, ...] = ()
    vr: str = "SQ"
    delimited: bool = False
    trailing: bool = False


@dataclass(frozen=True)
class Fragments:
    """Encapsulated pixel data (PS3.5 §A.4)."""

    tag: int
    fragments: tuple[bytes, ...]


Any = Element | Sequence | Fragments


class Layout:
    """Lays elements out in one encoding."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.order = "<" if encoding.little else ">"

    def bare(self, tag: int, length: int) -> bytes:
        return struct.pack(f"{self.order}HHL", tag >> 16, tag & 0xFFFF, length)

    def header(self, tag: int, vr: str, length: int, reserved: bytes = b"\0\0") -> bytes:
        if self.encoding.implicit:
            return self.bare(tag, length)
        start = struct.pack(f"{self.order}HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
        if vr in LONG_VRS:
            return start + reserved + struct.pack(f"{self.order}L", length)
        return start + struct.pack(f"{self.order}H", length)

    def all(self, elements: tuple[Any, ...]) -> bytes:
        return b"".join(map(self.one, elements))

    def one(self, element: Any) -> bytes:
        match element:
            case Element(tag, vr, value, reserved):
                stored = value if self.encoding.little else _swapped(vr, value)
                return self.header(tag, vr, len(stored), reserved) + stored
            case Fragments(tag, fragments):
                chain = b"".join(self.bare(ITEM, len(each)) + each for each in fragments)
                header = self.header(tag, "OB", UNDEFINED_LENGTH)
                return header + chain + self.bare(SEQUENCE_DELIMITER, 0)
        return self._sequence(element)

    def _sequence(self, sequence: Sequence) -> bytes:
        inside = self if sequence.vr == "SQ" else Layout(IMPLICIT_LITTLE)
        items = b"".join(map(inside._item, sequence.items))
        if sequence.delimited or sequence.trailing:
            items += inside.bare(SEQUENCE_DELIMITER, 0)
        length = UNDEFINED_LENGTH if sequence.delimited else len(items)
        return self.header(sequence.tag, sequence.vr, length) + items

    def _item(self, item: Item) -> bytes:
        inside = self.all(item.elements)
        if item.delimited:
            return self.bare(ITEM, UNDEFINED_LENGTH) + inside + self.bare(ITEM_DELIMITER, 0)
        return self.bare(ITEM, len(inside)) + inside


def _swapped(vr: str, value: bytes) -> bytes:
    try:
        return swap_byte_order(vr, value)
    except ValueError:
        return value


@dataclass(frozen=True)
class File:
    """A file by its elements."""

    elements: tuple[Any, ...]
    syntax: str = EXPLICIT_LITTLE_UID

    @property
    def data(self) -> bytes:
        uid = self.syntax.encode()
        meta = Element(0x00020010, "UI", uid + b"\0" * (len(uid) % 2))
        body = Layout(SYNTAXES[self.syntax]).all(self.elements)
        if self.syntax == DEFLATED_UID:
            deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
            body = deflater.compress(body) + deflater.flush()
        return bytes(128) + b"DICM" + Layout(EXPLICIT_LITTLE).one(meta) + body


def is_in_order(file: File) -> bool:
    """Whether the elements of the root are in ascending order, as they should be (PS3.5 §7.1)."""
    tags = [each.tag for each in file.elements]
    return tags == sorted(tags)


# --- files ----------------------------------------------------------------------------------------

NAME, PATIENT_ID, CHARSET = 0x00100010, 0x00100020, 0x00080005
REFERENCES, CONTENT, PRIVATE_SEQUENCE, WRAPPED = 0x00081140, 0x0040A730, 0x00091004, 0x00091003

SOUND = {
    0x00080005: ("CS", b"ISO_IR 100"),
    0x00080016: ("UI", b"1.2.840.10008.5.1.4.1.1.2\0"),
    0x00080018: ("UI", b"1.2.3\0"),
    0x00080020: ("DA", b"20200229"),
    0x00080060: ("CS", b"CT"),
    0x00081155: ("UI", b"1.2.3.4\0"),
    0x00100010: ("PN", b"Doe^Jane"),
    0x00100020: ("LO", b"4711"),
    0x00104000: ("LT", b"a comment "),
    0x0020000D: ("UI", b"1.2.5\0"),
    0x00280009: ("AT", b"\x18\x00\x63\x10"),
    0x00280010: ("US", b"\x00\x02"),
    0x00280103: ("US", b"\x01\x00"),
    0x00280106: ("SS", b"\xfb\xff"),
    0x00189087: ("FD", struct.pack("<d", 1000.5)),
    0x0040A160: ("UT", b"some text "),
    0x7FE00010: ("OW", b"\1\2\3\4"),
    0x00090010: ("LO", b"ACME"),
    0x00090011: ("LO", b"OTHER "),
    0x00090012: ("LO", b""),
    0x00091001: ("LO", b"private "),
    0x00091002: ("DS", b"1.5 "),
    0x00091101: ("UN", b"un"),
    0x00091201: ("OB", b"\0\1"),
}
"""Some elements as they should be: VR and value."""

IDENTITY = (0x00080016, 0x00080018)
"""What becomes file meta information, where it must be ASCII."""

GROUP_LENGTHS = (0x00080000, 0x00100000, 0x00090000)

_ODD_VALUES = (
    b"",
    b" ",
    b"\0\0",
    b"M\xfcller",
    "Mü".encode(),
    b"\x1b$B;3ED\x1b(B",
    b"odd",
    b"Doe^Jane",
)
_ODD_VRS = ("UN", "LO", "OB", "UT", "US", "SH", "FL")
_CHARSETS = (b"ISO_IR 100", b"ISO_IR 100", b"ISO_IR 192", b"\\ISO 2022 IR 87 ", b"", b"NO SUCH ")
_MAY_BE_LONG = ("OB", "OW", "UN", "UT")


def _element(chance: Random) -> Element:
    tag = chance.choice(sorted(SOUND))
    vr, value = SOUND[tag]
    oddity = chance.choice(("none", "none", "none", "value", "VR", "long"))
    if tag == CHARSET:
        value = chance.choice(_CHARSETS)
    elif oddity == "value":
        value = chance.choice(_ODD_VALUES) if vr != "AT" else b""
    elif oddity == "VR" and tag not in IDENTITY:
        vr = chance.choice(_ODD_VRS)
    elif oddity == "long" and vr in _MAY_BE_LONG and chance.random() < 0.1:
        value = b"long" * 0x4001
    return Element(tag, vr, value, chance.choice((b"\0\0", b"\0\0", b"  ")))


def _sequence(chance: Random, depth: int) -> Sequence:
    tag = chance.choice((REFERENCES, CONTENT, PRIVATE_SEQUENCE, WRAPPED))
    vr = "UN" if tag == WRAPPED or chance.random() < 0.2 else "SQ"
    items = (_item(chance, depth - 1) for _ in range(chance.choice((0, 1, 1, 2, 3))))
    has_trailing = vr == "SQ" and chance.random() < 0.1
    return Sequence(tag, tuple(items), vr, chance.random() < 0.5, has_trailing)


def _item(chance: Random, depth: int) -> Item:
    elements = (random_element(chance, depth) for _ in range(chance.randint(0, 8)))
    return Item(_level(elements, chance), chance.random() < 0.5)


def random_element(chance: Random, depth: int) -> Any:
    """Return any element; sequences in it are nested up to `depth` deep."""
    kind = chance.random()
    if kind < 0.4 and depth:
        return _sequence(chance, depth)
    if kind < 0.47:
        return Element(chance.choice(GROUP_LENGTHS), "UL", b"\x10\0\0\0")
    if kind < 0.5:
        fragments = (chance.choice((b"", b"abcd")) for _ in range(chance.randint(0, 2)))
        return Fragments(0x7FE00010, tuple(fragments))
    return _element(chance)


def _level(elements: Iterable[Any], chance: Random) -> tuple[Any, ...]:
    """Return elements without two of one tag, most often in ascending order."""
    unique = {each.tag: each for each in elements}
    tags = sorted(unique) if chance.random() < 0.8 else list(unique)
    return tuple(unique[tag] for tag in tags)


_chances = st.randoms(use_true_random=True)
"""Hypothesis draws seeds of what is made at random: thousands of nested elements are too many."""

_elements = st.builds(random_element, _chances, st.sampled_from((0, 1, 2, 2, 3)))
_levels = st.builds(_level, st.lists(_elements, min_size=1, max_size=9), _chances)
files = st.builds(File, _levels, st.sampled_from(sorted(SYNTAXES)))

# --- scripts --------------------------------------------------------------------------------------

SINGULAR = (
    *("(0010,0010)", "(0010,0020)", "(0008,0018)", "(0008,0005)", "(0020,000D)", "(0010,4000)"),
    *("(0040,A160)", "(0010,2180)", "(0008,0060)", "(0010,0010)", "(0028,0106)"),
    *("(0008,1140)[0]/(0010,0010)", "(0008,1140)[1]/(0008,1155)", "(0040,A730)[2]/(0010,0020)"),
    *("(0040,A730)[0]/(0008,1140)[0]/(0010,0010)", "(0008,1140)[0]/(0008,0005)"),
    *("(0009,{ACME}01)", "(0009,{NEW}02)", "(0009,{OTHER}01)", "(0009,{ACME}04)[0]/(0010,0010)"),
    *("(0009,{ACME}03)[0]/(0010,0020)", "(0009,{ACME}03)[1]/(0009,{ACME}01)"),
    *(
        "(0008,1140)[0]/(0009,{ACME}03)[0]/(0008,1155)",
        "(0009,{ACME}03)[0]/(0008,1140)[0]/(0010,0010)",
    ),
    *("(0002,0010)", "(0002,0016)"),
)
PLURAL = (
    *("*/(0010,0010)", "*/(0010,0020)", "*/(0008,1155)", "+/(0010,0010)", "./(0010,0020)"),
    *("*/(0008,0005)", "*/(0028,0010)", "././(0008,1155)", "*/(0008,0018)"),
    *("(0008,1140)", "*/(0008,1140)", "*/(0040,A730)", "*/(0009,{ACME}04)", "*/(0009,{ACME}03)"),
    *(
        "(0008,1140)[%]/(0010,0010)",
        "(0008,1140)/(0008,1155)",
        "(0008,1140)[0]",
        "(0009,{ACME}04)[%]",
    ),
    *("(0010,00XX)", "(XXX@,XXXX)", "(0008,1140)/(XXX@,XXXX)", "+/(XXX@,0010)", "(00#@,#0X@)"),
    *("*/(0009,{ACME}01)", "*/(0009,{ACME}XX)", "(0009,{OTHER}XX)", "(XXX#,{NULL}XX)"),
    *("(0008,1140)/*/(0010,0010)", "*/(0008,1140)[0]/(0010,0020)", "*/(0009,{ACME}03)/(0010,0010)"),
)
TEXTS = (
    "",
    "ANON",
    "1.2.3",
    "A\\\\B",
    "20200229",
    "3",
    "-1",
    "Müller",
    "日本",
    "ISO_IR 192",
    "ISO_IR 100",
)
TEXTS += ("1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99", "4711", "Doe^Jane")

FLAT = tuple(
    f"{where}({tag >> 16:04X},{tag & 0xFFFF:04X})"
    for tag in (*SOUND, REFERENCES, CONTENT)
    for where in ("", "*/", "+/")
    if not tag & 0x10000
)
"""Paths that mean all elements of one tag: at the root, below it, or both."""

_PRIVATE = tuple(path for path in SINGULAR + PLURAL if "{" in path)
_DIGITS_ONLY = tuple(path for path in SINGULAR if "{" not in path)

_STATEMENTS = (
    *("<one> := <value>", "<one> := <text>", "<any> ?= <value>", "<any> ?= <text>", "-<any>"),
    *("-<any>", "-<any>", "hashUIDList[<any>]", "hashUIDList[<any>, <any>]"),
    *("removeTags[<any>, <any>]", 'removeTags["<any>", "<any>"]', "retainPrivateTags[<private>]"),
    *('mapReferencedUIDs["1.2", <any>]', "blankValues[<value>, <any>]", "v := <value>"),
    *('set["<digits>", <value>]', "removeAllPrivateTags", "echo <value>"),
    *("<test> ? <statement> : <statement>", "<test> ? reject[]"),
    "if (<test>) {\n<statement>\n<statement>\n} else {\n<statement>\n}",
)
_VALUES = ("<text>", "<text>", "<text>", "<one>", "v", "given", "hashUID[<one>]", "newUID[]")
_VALUES += ("concatenate[given, <text>]", 'mapUID[<text>, "1.2"]', 'lookup["pid", (0010,0020)]')
_TESTS = ("isPresent[<one>]", "<one> = <text>", "<one> != <text>", "<one> ~ <text>")
_CHOICES = {
    "<statement>": _STATEMENTS[:18],
    "<test>": _TESTS,
    "<value>": _VALUES,
    "<text>": tuple(f'"{text}"' for text in TEXTS),
    "<one>": SINGULAR,
    "<any>": SINGULAR + PLURAL + PLURAL,
    "<private>": _PRIVATE,
    "<digits>": _DIGITS_ONLY,
    "<flat>": FLAT,
    "<root>": FLAT[::3],
}


def random_statement(chance: Random, forms: tuple[str, ...] = _STATEMENTS) -> str:
    """Return a statement of one of the forms."""
    statement = chance.choice(forms)
    while found := re.search("<[a-z]+>", statement):
        chosen = chance.choice(_CHOICES[found[0]])
        statement = statement[: found.start()] + chosen + statement[found.end() :]
    return statement


_statements = st.one_of(
    *[st.builds(random_statement, _chances)] * 6,
    st.builds("-{}".format, tag_paths),
    st.builds('{} ?= "x"'.format, tag_paths),
)
scripts = st.lists(_statements, min_size=1, max_size=8).map("\n".join)

_GUARDED = (
    *("-<any>", "-<any>", '<any> ?= "x"', "<any> ?= <text>", "hashUIDList[<any>]"),
    *("hashUIDList[<any>, <any>]", "removeTags[<any>]", "<one> := <text>"),
)
stretches = st.lists(st.builds(random_statement, _chances, st.just(_GUARDED)), min_size=8).map(
    "\n".join
)
"""Scripts of which most statements need some element to be there."""

_INDEPENDENT = (
    *("-<flat>", "-<flat>", '<flat> ?= "1.2.3"', "<flat> ?= <text>", "hashUIDList[<flat>]"),
    *("<root> := <text>", "(0008,0018) := hashUID[(0008,0018)]", "removeAllPrivateTags"),
    *("-(0010,XXXX)", "-(0008,1XX0)", "hashUIDList[<flat>, <flat>]", "echo <one>", "-<any>"),
    *("<any> ?= <text>", "<one> := <value>"),
)
batches = st.lists(st.builds(random_statement, _chances, st.just(_INDEPENDENT)), min_size=6).map(
    "\n".join
)
"""Scripts of which most statements depend on nothing but the elements they change."""

FAILURE = '\n(0028,0011) := "no number"'
"""A statement that fails on every data set, to be put behind others."""

GIVEN = {"given": "Müller", "v": "first"}
LOOKUP = "pid/4711 = SUBJ-1"
