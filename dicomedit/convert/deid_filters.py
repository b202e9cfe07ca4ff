"""The %filter sections of a deid recipe: which images are cleaned, and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from dicomedit.convert import building as build
from dicomedit.convert.building import lines_of
from dicomedit.convert.deid_source import Line
from dicomedit.convert.rules import NotConvertible
from dicomedit.dicom.dictionary import tag_of_keyword
from dicomedit.errors import Span
from dicomedit.lang import nodes
from dicomedit.records import Record

_COORDINATES = re.compile(r"(ctp)?coordinates\s+(.+)", re.IGNORECASE)
_CRITERION = re.compile(
    r"(contains|notcontains|equals|notequals|empty|missing|present)\s+(\w+)\s*(.*)", re.IGNORECASE
)
_REJECTING = ("blacklist",)

Tell = Callable[[str, str, Span, str], None]


class _Label(Record):
    """One LABEL: its lines up to the next one."""

    group: str
    lines: tuple[Line, ...]


class Filters:
    """Makes the statements of all filters; each label is looked at by itself."""

    def __init__(self, lines: list[Line], tell: Tell) -> None:
        self._tell = tell
        self._labels: list[_Label] = []
        for line in lines:
            if line.section != "filter":
                continue
            if line.text.upper().startswith("LABEL") or not self._labels:
                self._labels.append(_Label(line.group, (line,)))
            else:
                last = self._labels[-1]
                self._labels[-1] = _Label(last.group, (*last.lines, line))

    def lines(self) -> Iterator[str]:
        """Yield the lines of the script."""
        for number, label in enumerate(self._labels, 1):
            comment = " ".join(label.lines[0].text.split())
            yield f"// {label.group}: {comment}".rstrip("\\")
            try:
                statements = tuple(_statements(label, f"flag_{number}"))
            except NotConvertible as reason:
                told = "files are rejected"
                message = f"the filter is not converted: {reason}"
                self._tell("not-converted", message, label.lines[0].span, told)
                yield f"// NOT CONVERTED: {reason}; {told}"
                yield "reject[]"
            else:
                yield from lines_of(statements)


def _statements(label: _Label, flag: str) -> Iterator[nodes.Statement]:
    areas: list[str] = []
    criteria: list[str] = []
    for line in label.lines[1:]:
        found = _COORDINATES.fullmatch(line.text)
        if found:
            areas.append(_area([*map(str.strip, found[2].split(","))], is_size=bool(found[1])))
        else:
            criteria.append(line.text)
    if label.group.lower().startswith("whitelist"):
        return  # what is known to be clean is let pass
    acts: list[nodes.Statement] = [
        build.statement("alterPixels", *map(build.text, ("rectangle", area, "solid", "v=0")))
        for area in areas
    ]
    if not areas:
        acts = [build.statement("reject")]
    if not criteria:
        yield from acts
        return
    yield from _flagged(criteria, flag)
    yield from build.either(build.matches(build.name(flag), "yes"), tuple(acts))


def _area(numbers: list[str], *, is_size: bool) -> str:
    if len(numbers) != 4 or not all(each.isdecimal() for each in numbers):
        raise NotConvertible("only rectangles of four numbers are known here")
    left, top, right, bottom = map(int, numbers)
    if is_size:
        right, bottom = left + right, top + bottom
    return f"l={left}, t={top}, r={right}, b={bottom}"


def _flagged(criteria: list[str], flag: str) -> Iterator[nodes.Statement]:
    """Yield what sets a variable to yes when some group of criteria is met.

    A line without an operator begins a group; groups are alternatives.
    """
    yield build.define(flag, build.text("no"))
    for number, group in enumerate(_groups(criteria), 1):
        one = f"{flag}_{number}"
        yield build.define(one, build.text("no"))
        for place, (operator, criterion) in enumerate(group):
            inner = f"{one}_{place}"
            yield from _line(criterion, inner)
            yield from _joined(one, inner, operator if place else "||")
        yield from _joined(flag, one, "||")


def _joined(left: str, right: str, operator: str) -> Iterator[nodes.Statement]:
    """Yield what makes `left` the result of both."""
    is_yes = build.matches(build.name(right), "yes")
    if operator == "||":
        yield from build.either(is_yes, (build.define(left, build.text("yes")),))
    else:
        is_no = build.differs(build.name(right), "yes")
        yield from build.either(is_no, (build.define(left, build.text("no")),))


def _groups(criteria: list[str]) -> list[list[tuple[str, str]]]:
    groups: list[list[tuple[str, str]]] = []
    for text in criteria:
        found = re.match(r"(\+|\|\|)\s*(.*)", text)
        if found and groups:
            groups[-1].append((found[1], found[2]))
        else:
            groups.append([("||", found[2] if found else text)])
    return groups


def _line(criterion: str, flag: str) -> Iterator[nodes.Statement]:
    """Yield what works out one line, which may hold several criteria: those come first."""
    pieces = re.split(r"\s(\+|\|\|)\s", f" {criterion}")
    yield build.define(flag, build.text("no"))
    if len(pieces) == 1:
        yield from _condition(criterion, (build.define(flag, build.text("yes")),))
        return
    for place in range(0, len(pieces), 2):
        operator = pieces[place - 1] if place else "||"
        inner = f"{flag}_{place}"
        yield build.define(inner, build.text("no"))
        yes = (build.define(inner, build.text("yes")),)
        yield from _condition(pieces[place].strip(), yes)
        yield from _joined(flag, inner, operator)


def _condition(criterion: str, yes: tuple[nodes.Statement, ...]) -> tuple[nodes.Statement, ...]:
    found = _CRITERION.fullmatch(criterion)
    if found is None:
        raise NotConvertible("a criterion is not known here")
    kind, field, value = found[1].lower(), found[2], found[3].strip()
    tag = tag_of_keyword(field)
    if tag is None:
        raise NotConvertible(f"{field} is not in the dictionary")
    element = build.path(build.public(f"{tag:08X}"))
    if kind == "present":
        return build.either(build.call("isPresent", element), yes)
    if kind == "missing":
        return build.unless(build.call("isPresent", element), yes)
    if kind == "empty":
        return build.either(build.matches(element, r"\s*"), yes)
    pattern = f"(?is).*(?:{value}).*" if kind.endswith("contains") else f"(?is)(?:{value})"
    make = build.differs if kind.startswith("not") else build.matches
    return build.either(make(element, pattern), yes)
