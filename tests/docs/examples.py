"""The examples of the documentation: read them, run them, compare with what they say.

An example is script text; comment lines that begin with one of the words below in lower case say
what there is before and what comes of it. docs/language.md explains the convention, and holds the
data set they start from.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom import DataElement, Dataset, config, dcmread
from pydicom.datadict import dictionary_VR
from pydicom.dataset import FileMetaDataset

from dicomedit import (
    DicomEditError,
    EvaluationError,
    LookupTable,
    Options,
    Outcome,
    ScriptError,
    compile_script,
)
from dicomedit.records import replace

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "language.md"
PAGE_4 = ROOT / "docs" / "dicomedit4.md"
FOLDER = ROOT / "docs" / "examples"

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_DIRECTIVE = re.compile(
    r"[ \t]*//[ \t]*(before|after|echo|error|rejected|notice|given|lookup|option|newer)\b(.*)"
)
_EXPECTATIONS = frozenset(("after", "echo", "error", "rejected", "notice"))
_STATE = re.compile(
    r"(?P<path>\(\S.*?\))(?: (?P<vr>[A-Z]{2}))?"
    r"(?: = (?P<value>.*)| is (?P<state>absent|empty)| has (?P<items>\d+) items?)"
)
_STEP = re.compile(r"\((\w{4}),(?:\{([^}]*)\})?(\w{2,4})\)(?:\[(\d+)\])?/?")


@dataclass(frozen=True)
class State:
    """``PATH = VALUE``, ``PATH is absent``, ``PATH is empty`` or ``PATH has N items``."""

    path: str
    value: str | int | None
    vr: str | None = None


@dataclass(frozen=True)
class Example:
    name: str
    script: str
    before: tuple[State, ...] = ()
    after: tuple[State, ...] = ()
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    dialect: int = 6

    def has(self, word: str) -> bool:
        return word in self.words

    def all(self, word: str) -> tuple[str, ...]:
        return self.words.get(word, ())

    @property
    def can_fail(self) -> bool:
        return not _EXPECTATIONS.isdisjoint(self.words)

    @property
    def code(self) -> str:
        """The script without comments and texts."""
        return re.sub(r'"(?:[^"\\]|\\.)*"|//[^\n]*', '""', self.script)


# --- reading ------------------------------------------------------------------------------------


def blocks(path: Path, mark: str = "das") -> Iterator[tuple[int, str]]:
    """Yield line number and text of every fenced block with a mark."""
    text = path.read_text("utf-8")
    for found in _FENCE.finditer(text):
        if found[1] == mark:
            yield text.count("\n", 0, found.start()) + 1, found[2]


def page_examples(page: Path = PAGE, dialect: int = 6) -> list[Example]:
    return [parse(f"{page.name}:{line}", text, dialect) for line, text in blocks(page)]


def file_examples(path: Path) -> list[Example]:
    parts = re.split(r"\n(?:[ \t]*\n)+", path.read_text("utf-8").strip())
    return [parse(f"{path.name}:{number}", part) for number, part in enumerate(parts, 1)]


def parse(name: str, text: str, dialect: int = 6) -> Example:
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        directive = _DIRECTIVE.fullmatch(line)
        if directive:
            found.setdefault(directive[1], []).append(directive[2].strip())
    words = {word: tuple(values) for word, values in found.items()}
    before = tuple(map(_state, words.get("before", ())))
    after = tuple(map(_state, words.get("after", ())))
    return Example(name, text, before, after, words, dialect)


def _state(text: str) -> State:
    found = _STATE.fullmatch(text)
    assert found, f"cannot be read: {text}"
    if found["items"] is not None:
        return State(found["path"], int(found["items"]))
    value = {"absent": None, "empty": ""}.get(found["state"], found["value"])
    return State(found["path"], value, found["vr"])


# --- data sets ----------------------------------------------------------------------------------


def default_dataset() -> Dataset:
    """Return the data set that the page describes."""
    ((_, text),) = blocks(PAGE, "dataset")
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    for line in text.splitlines():
        put(ds, _state(line.split("  //")[0].strip()))
    return ds


def put(ds: Dataset, state: State) -> None:
    level, tag = _find(ds, state.path, create=True)
    if state.value is None:
        if tag in level:
            del level[tag]
        return
    vr = state.vr or (level[tag].VR if tag in level else _vr(tag))
    level[tag] = DataElement(tag, vr, _value(vr, str(state.value)), config.IGNORE)


def _vr(tag: int) -> str:
    return "LO" if tag >> 16 & 1 else dictionary_VR(tag)


def _value(vr: str, text: str) -> Any:
    if vr in ("OB", "UN"):
        return bytes(int(part, 16) for part in text.split("\\"))
    if vr in ("US", "SS", "UL", "SL"):
        return [int(part) for part in text.split("\\")] if text else None
    if vr in ("FD", "FL"):
        return [float(part) for part in text.split("\\")] if text else None
    return text if vr in ("LT", "ST", "UT") else text.split("\\") if "\\" in text else text


def _find(ds: Dataset, path: str, *, create: bool = False) -> tuple[Dataset, int]:
    """Return the level and the tag of a path; an empty level when there is no such item."""
    level = ds.file_meta if path.startswith("(0002") else ds
    steps = _STEP.findall(path)
    assert "".join(found[0] for found in _STEP.finditer(path)) == path, f"cannot be read: {path}"
    for step in steps[:-1]:
        tag, number = _tag(level, *step[:3], create=create), int(step[3])
        if create and tag not in level:
            level[tag] = DataElement(tag, "SQ", [])
        while create and len(level[tag].value) <= number:
            level[tag].value.append(Dataset())
        items = level[tag].value if tag in level else []
        level = items[number] if number < len(items) else Dataset()
    return level, _tag(level, *steps[-1][:3], create=create)


def _tag(level: Dataset, group: str, creator: str, element: str, *, create: bool) -> int:
    if not creator:
        return int(group + element, 16)
    try:
        block = level.private_block(int(group, 16), creator, create=create)
    except KeyError:
        return 0xFFFFFFFF
    return int(block.get_tag(int(element, 16)))


def check(ds: Dataset, state: State) -> None:
    level, tag = _find(ds, state.path)
    if tag not in level:
        assert state.value is None, f"{state.path} is absent"
        return
    element = level[tag]
    found = len(element.value) if element.VR == "SQ" else text_of(element)
    assert found == state.value, state.path
    assert state.vr in (None, element.VR), state.path


def text_of(element: DataElement) -> str:
    value = element.value
    if isinstance(value, bytes):
        return _text_of_bytes(element.VR, value)
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else "\\".join(map(str, _parts(value)))


def _parts(value: Any) -> list[Any]:
    return list(value) if hasattr(value, "__iter__") and not _is_name(value) else [value]


def _is_name(value: Any) -> bool:
    return hasattr(value, "components")


def _text_of_bytes(vr: str, value: bytes) -> str:
    if vr == "OB":
        return "\\".join(f"{byte:02X}" for byte in value)
    if vr == "OW":
        return "\\".join(map(str, struct.unpack(f"<{len(value) // 2}H", value)))
    return value.rstrip(b"\0 ").decode("utf-8")


# --- running ------------------------------------------------------------------------------------


def run(example: Example, folder: Path) -> None:
    """Run an example on files and compare all that it says, echo and notices included."""
    ds = default_dataset()
    for state in example.before:
        put(ds, state)
    source, destination = folder / "in.dcm", folder / "out.dcm"
    ds.save_as(source, enforce_file_format=True)
    try:
        outcome = _apply(example, source, destination)
    except DicomEditError as error:
        _check_error(example, error)
        assert not destination.exists()
        return
    assert not example.has("error"), "there was no error"
    assert outcome.rejected == example.has("rejected")
    assert outcome.echo == example.all("echo")
    assert {notice.code for notice in outcome.notices} == set(example.all("notice"))
    result = source if outcome.rejected else destination
    assert destination.exists() != outcome.rejected
    written = dcmread(result)
    for state in example.after:
        check(written, state)


def _check_error(example: Example, error: DicomEditError) -> None:
    if not example.has("error"):
        raise error
    assert isinstance(error, ScriptError | EvaluationError)
    codes = (
        {found.code for found in error.diagnostics}
        if isinstance(error, ScriptError)
        else {error.code}
    )
    assert codes == set(example.all("error"))
    assert not example.after, "nothing is written after an error"


def _apply(example: Example, source: Path, destination: Path) -> Outcome:
    options = set(example.all("option"))
    program = compile_script(
        example.script,
        dialect=None if "no-dialect" in options else example.dialect,
        newer_versions=example.has("newer"),
        include_from=ROOT / "scripts" if "include-from" in options else None,
    )
    given = dict(each.split(" = ", 1) for each in example.all("given"))
    return program.apply_file(
        source,
        destination,
        variables=given,
        lookup=LookupTable.from_text("\n".join(example.all("lookup"))),
        options=_options(options - {"no-dialect", "include-from"}),
    )


def _options(names: set[str]) -> Options:
    given = Options()
    for name in names:
        given = replace(given, **{name.replace("-", "_"): True})
    return given
