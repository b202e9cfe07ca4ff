"""How results are named: a pattern over edited elements, or the names of the inputs."""

from __future__ import annotations

import os
import re
from pathlib import Path

from dicomedit.dicom.dictionary import dictionary_vr, is_private, tag_of_keyword
from dicomedit.dicom.levels import Instance, element_name
from dicomedit.dicom.text import BULK_VRS, read_text
from dicomedit.errors import Diagnostic, DicomFileError, ScriptError, Source, Span, failed
from dicomedit.io.file_names import LONGEST_NAME, safe_component, safe_value, unsafe_character
from dicomedit.records import Record

MIRROR, FLAT = "mirror", "flat"
_TAG = re.compile(r"\(?([0-9A-Fa-f]{4}),([0-9A-Fa-f]{4})\)?")
_PIECE = re.compile(r"\{([^{}|]*)(\|[^{}]*)?\}|[{}]|/|[^{}/]+")
_FILE_META = 0x0002
_NAMELESS_VRS = BULK_VRS | {"SQ", "UN"}


class Value(Record):
    """A field of a pattern: the value of an element, or a default where there is none."""

    tag: int
    default: str | None = None

    def text(self, instance: Instance) -> str:
        """Return the value as a part of a name; raise EvaluationError when there is none."""
        level = instance.meta if self.tag >> 16 == _FILE_META else instance.root
        name = safe_value(read_text(level, self.tag) or "") or self.default
        if not name:
            raise failed(
                "no-value-for-name",
                "the result has no value here that a name can be made of",
                help="give the field of the layout a default, such as {PatientID|unknown}",
                element=element_name(level, self.tag),
            )
        return name


Component = tuple[str | Value, ...]


class Layout(Record):
    """The names of results below a folder. Without components these are the names of inputs."""

    text: str
    folder: Path
    components: tuple[Component, ...] = ()

    def name(self, instance: Instance, file_name: str) -> str:
        """Return the path of a result below the folder, with slashes.

        `instance` is edited. Raises EvaluationError when it has no value for a field.
        """
        if not self.components:
            return file_name
        return "/".join(_named(each, instance) for each in self.components)

    def place(self, name: str) -> Path:
        """Return where a result goes; raise DicomFileError when links lead it out of the folder."""
        path = self.folder / name
        real, root = os.path.realpath(path.parent), os.path.realpath(self.folder)
        if not Path(real).is_relative_to(root):
            reason = "a link leads the result out of the output folder"
            raise DicomFileError(str(path), reason)
        return path


def _named(component: Component, instance: Instance) -> str:
    texts = (each if isinstance(each, str) else each.text(instance) for each in component)
    name = safe_component("".join(texts))
    if not name or len(name.encode()) > LONGEST_NAME:
        reason = f"a part of the result's path would be longer than {LONGEST_NAME} bytes"
        raise failed("name-too-long", reason, help="use fewer elements in one part of the layout")
    return name


# --- reading ------------------------------------------------------------------------------------


def layout_of(text: str, folder: Path) -> Layout | None:
    """Return the layout a text stands for, or None for ``mirror``; raise ScriptError."""
    if text == MIRROR:
        return None
    return Layout(text, folder, () if text == FLAT else _components(text))


def _components(text: str) -> tuple[Component, ...]:
    found: list[list[str | Value]] = [[]]
    start = 0
    for piece in _PIECE.finditer(text):
        if piece[0] != "/":
            found[-1].append(_piece(text, piece))
            continue
        _check(text, found[-1], start, piece.start())
        start = piece.end()
        found.append([])
    _check(text, found[-1], start, len(text))
    if not any(isinstance(each, Value) for component in found for each in component):
        advice = 'give "mirror", "flat" or a pattern such as "{PatientID}/{SOPInstanceUID}.dcm"'
        raise _bad(text, 0, len(text), "all results would get the same name", advice)
    return tuple(map(tuple, found))


def _piece(text: str, piece: re.Match[str]) -> str | Value:
    if piece[0] in "{}":
        advice = "a field is {Keyword}, {Keyword|default} or {gggg,eeee}"
        raise _bad(text, piece.start(), piece.end(), "a brace that belongs to no field", advice)
    if piece[1] is not None:
        return _field(text, piece)
    _check_plain(text, piece[0], piece.start())
    return piece[0]


def _field(text: str, piece: re.Match[str]) -> Value:
    start, end = piece.span(1)
    name = piece[1].strip()
    number = _TAG.fullmatch(name)
    tag = int(number[1] + number[2], 16) if number else tag_of_keyword(name)
    if tag is None:
        advice = _similar(name) or "use a keyword of PS3.6 such as PatientID, or a tag as 0010,0020"
        raise _bad(text, start, end, "there is no element with this keyword", advice)
    if is_private(tag):
        advice = "copy its value to a standard element in the script"
        raise _bad(text, start, end, "a private element has no fixed tag", advice)
    if dictionary_vr(tag, signed=False) in _NAMELESS_VRS:
        advice = "use an element whose value is a text or a number"
        raise _bad(text, start, end, "no name can be made of such an element", advice)
    if piece[2] is None:
        return Value(tag)
    default, place = piece[2][1:], piece.start(2) + 1
    if "/" in default or not default.strip(" ."):
        raise _bad(text, place, piece.end(2), "a default is a part of a name", "write some letters")
    _check_plain(text, default, place)
    return Value(tag, default)


def _similar(name: str) -> str | None:
    """Return the advice to use a keyword that is spelt nearly so."""
    from difflib import get_close_matches

    from dicomedit.dicom.dictionary import attributes

    near = get_close_matches(name, [keyword for _, _, keyword in attributes()], 1, 0.75)
    return f"did you mean {near[0]}?" if near else None


def _check(text: str, component: list[str | Value], start: int, end: int) -> None:
    """Raise ScriptError unless a component can be a name whatever its values are."""
    if not component:
        advice = "parts are divided by one slash; the pattern neither begins nor ends with one"
        raise _bad(text, start, end, "a part of the path without a name", advice)
    first, last = component[0], component[-1]
    starts = isinstance(first, str) and first[0] in " ."
    if starts or (isinstance(last, str) and last[-1] in " ."):
        message = "a part of the path begins or ends with a dot or a blank"
        raise _bad(text, start, end, message, "such names mean something else on some systems")
    if isinstance(first, str) and len(component) == 1 and safe_component(first) != first:
        raise _bad(text, start, end, "this name is a device on Windows", "take another one")
    if sum(len(each.encode()) for each in component if isinstance(each, str)) > LONGEST_NAME:
        raise _bad(text, start, end, f"this is longer than {LONGEST_NAME} bytes", "shorten it")


def _check_plain(text: str, plain: str, start: int) -> None:
    found = unsafe_character(plain)
    if found is not None:
        advice = "parts of the path are divided by /" if plain[found] == "\\" else "leave it out"
        message = "a character that is not allowed in names on every system"
        raise _bad(text, start + found, start + found + 1, message, advice)


def _bad(text: str, start: int, end: int, message: str, advice: str) -> ScriptError:
    source = Source("layout", text)
    return ScriptError([Diagnostic("bad-layout", message, source, Span(start, end), advice)])
