"""A recipe of pydicom/deid as a script of version 6.

deid looks for a field by its keyword, in sequences, too; so every action but ADD is done at every
level here. It removes private elements unless told not to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dicomedit.convert import building as build
from dicomedit.convert.building import lines_of
from dicomedit.convert.deid_fields import PROTECTED, Fields, fields_of
from dicomedit.convert.deid_filters import Filters
from dicomedit.convert.deid_source import ACTIONS, Line, read_lines
from dicomedit.convert.rules import Converted, NotConvertible
from dicomedit.convert.unspecified import all_but
from dicomedit.dicom.dictionary import dictionary_vr, keywords
from dicomedit.dicom.paths import Levels
from dicomedit.errors import Diagnostic, Severity, Source, Span
from dicomedit.lang import nodes
from dicomedit.lang.words import RESERVED

Statements = tuple[nodes.Statement, ...]

_IDENTITY = frozenset({"00080016", "00080018", "0020000D", "0020000E"})
_UID_FUNCTIONS = ("dicom_uuid", "pydicom_uuid", "simple_uuid")
_PATHS_A_LINE = 6


def convert_deid(source: Source, *, approximate: bool = False) -> Converted:
    """Return the script of version 6 that does what a deid recipe does.

    What has no equivalent becomes a removal, or the file is rejected; a diagnostic says so. With
    `approximate` UIDs made by functions of deid are those of hashUID. Raises ScriptError for what
    is no recipe.
    """
    return _Conversion(source, read_lines(source), approximate).result()


class _Conversion:
    """The work on one recipe."""

    def __init__(self, source: Source, lines: list[Line], approximate: bool) -> None:
        self._source = source
        self._lines = lines
        self._is_approximate = approximate
        self._notices: list[Diagnostic] = []
        self._variables: list[str] = []
        self._lists: dict[str, tuple[str, ...]] = {}
        for line in lines:
            if line.section == "fields":
                field = line.text.partition(" ")[2].strip()
                self._lists[line.group] = (*self._lists.get(line.group, ()), field)

    def result(self) -> Converted:
        filters = Filters(self._lines, self._tell)
        body = [*filters.lines(), "// deid removes private elements.", "removeAllPrivateTags"]
        self._tell_other_sections()
        taken: set[str] = set(PROTECTED)
        header = [line for line in self._lines if line.section == "header"]
        for action in ACTIONS:
            for line in (each for each in header if _words(each)[0] == action):
                body += self._written(line, taken)
        for line in header:
            if _words(line)[0] not in ACTIONS:
                self._tell("not-converted", f"there is no action {_words(line)[0]}", line.span)
                body += [f"// {line.text}", "// NOT CONVERTED: files are rejected", "reject[]"]
        top = ['version "6.6"', "// Converted from a recipe of pydicom/deid.", ""]
        top += [f'describe {each} "the variable {each} of the recipe"' for each in self._variables]
        return Converted("".join(f"{each}\n" for each in (*top, *body)), tuple(self._notices))

    def _tell(self, code: str, message: str, span: Span, advice: str | None = None) -> None:
        told = Diagnostic(code, message, self._source, span, advice, Severity.WARNING)
        self._notices.append(told)

    def _tell_other_sections(self) -> None:
        for line in self._lines:
            if line.section in ("labels",):
                self._tell("not-converted", "labels have no meaning here", line.span)

    def _written(self, line: Line, taken: set[str]) -> list[str]:
        """Return the lines for one action; `taken` are elements that an action before is about."""
        action, field, value = _words(line)
        comment = f"// {' '.join(line.text.split())}"
        comment += " ." if comment.endswith("\\") else ""
        try:
            if action in ("REMOVE", "KEEP", "BLANK") and (value or field.startswith("values:")):
                raise NotConvertible("version 6 cannot tell by such a value")
            fields = fields_of(field, self._lists)
        except NotConvertible as reason:
            return [comment, *self._rejected(line, reason)]
        left = _left(fields, taken)
        # What is added stands at the top level; below it other actions are about the field.
        taken |= fields.tags if not fields.is_all_but else set()
        try:
            statements = tuple(self._act(action, left, value, line))
        except NotConvertible as reason:
            told = "the fields are removed"
            if left & _IDENTITY or not all(map(_is_known, left)):
                return [comment, *self._rejected(line, reason)]
            message = f"the rule of {field} is not converted: {reason}"
            self._tell("not-converted", message, line.span, told)
            comment = f"{comment}\n// NOT CONVERTED: {reason}; {told}"
            statements = tuple(_lists_of("removeTags", left))
        return [comment, *lines_of(statements)]

    def _rejected(self, line: Line, reason: NotConvertible) -> list[str]:
        if _words(line)[0] == "KEEP":
            self._tell("not-converted", f"a field is not kept: {reason}", line.span)
            return [f"// NOT CONVERTED: {reason}"]
        told = "files are rejected"
        self._tell("not-converted", f"a rule is not converted: {reason}", line.span, told)
        return [f"// NOT CONVERTED: {reason}; {told}", "reject[]"]

    def _act(
        self, action: str, tags: frozenset[str], value: str, line: Line
    ) -> Iterator[nodes.Statement]:
        if action == "ADD":
            yield from self._added(tags, value)
        elif action == "REPLACE":
            yield from self._replaced(tags, value, line)
        elif action == "JITTER":
            yield from self._jittered(tags, value, line)
        elif action == "REMOVE":
            yield from _lists_of("removeTags", tags)
        elif action == "BLANK":
            yield from _blanked(tags)

    def _added(self, tags: frozenset[str], value: str) -> Iterator[nodes.Statement]:
        made = self._value(value)
        if any(not _is_hexadecimal(tag) or _vr(tag) == "SQ" for tag in tags):
            raise NotConvertible("an element that is added needs one tag, and no sequence")
        for tag in sorted(tags):
            # Below the top level, where nothing is added, the old value must not stay.
            below = build.path(Levels.SOME, build.public(tag))
            yield nodes.AssignIfExists(below, made, build.NOWHERE)
            yield build.assign(build.path(build.public(tag)), made)

    def _replaced(self, tags: frozenset[str], value: str, line: Line) -> Iterator[nodes.Statement]:
        kind, _, function = value.partition(":")
        name, *arguments = (*function.split(), "")
        if kind == "deid_func" and name == "jitter":
            days = next((a.partition("=")[2] for a in arguments if a.startswith("days=")), "")
            yield from self._jittered(tags, days, line)
        elif kind == "deid_func" and name in _UID_FUNCTIONS and self._is_approximate:
            self._tell("approximate", "the UID is another one than that of deid", line.span)
            others = frozenset(tag for tag in tags if _vr(tag) != "UI")
            yield from self._unfit(others, tags, "only elements of VR UI are given UIDs", line)
            yield from _lists_of("hashUIDList", tags - others)
        else:
            made = self._value(value)
            sequences = frozenset(tag for tag in tags if _vr(tag) == "SQ")
            yield from self._unfit(sequences, tags, "a sequence cannot be given a value", line)
            for tag in sorted(tags - sequences):
                yield nodes.AssignIfExists(_anywhere(tag), made, build.NOWHERE)

    def _unfit(
        self, unfit: frozenset[str], tags: frozenset[str], reason: str, line: Line
    ) -> Iterator[nodes.Statement]:
        """Yield what removes those of many fields that an action cannot be said of."""
        if unfit == tags and tags:
            raise NotConvertible(reason)
        if unfit:
            self._tell("removed-instead", f"some of the fields are removed: {reason}", line.span)
        yield from _lists_of("removeTags", unfit)

    def _jittered(self, tags: frozenset[str], value: str, line: Line) -> Iterator[nodes.Statement]:
        days = self._value(value)
        if isinstance(days, nodes.Text):
            if not re.fullmatch("[+-]?[0-9]{1,9}", days.value):
                raise NotConvertible("the number of days is no number")
            days = nodes.Number(str(int(days.value)), build.NOWHERE)
        others = frozenset(tag for tag in tags if _vr(tag) not in ("DA", "DT"))
        yield from self._unfit(others, tags, "only dates can be moved by days", line)
        dates = sorted(tags - others)
        paths = nodes.ListOf(tuple(_anywhere(tag) for tag in dates), build.NOWHERE)
        if dates:
            yield build.statement("shiftDateTimeListByIncrement", paths, days, build.text("days"))

    def _value(self, value: str) -> nodes.Expr:
        kind, colon, name = value.partition(":")
        if colon and kind in ("func", "deid_func"):
            raise NotConvertible("a function of Python makes the value")
        if colon and kind == "var":
            known = name if name.isascii() and name.isidentifier() else ""
            if not known or known in RESERVED:
                raise NotConvertible("a variable cannot have this name")
            self._variables += [known] if known not in self._variables else []
            return build.name(known)
        return build.text(value)


def _words(line: Line) -> tuple[str, str, str]:
    action, field, value = (*line.text.split(None, 2), "", "", "")[:3]
    if field.startswith("values:"):
        return action.upper(), "ALL", f"{field} {value}".strip()
    return action.upper(), field, value


def _left(fields: Fields, taken: set[str]) -> frozenset[str]:
    """Return the elements that no earlier action is about."""
    if fields.is_all_but:
        return frozenset(all_but([*(fields.tags | taken), "0002XXXX"]))
    found: set[str] = set()
    for tag in fields.tags - taken:
        is_group = tag.endswith("XXXX")
        found |= set(all_but([*_others(tag[:4]), *taken])) if is_group else {tag}
    return frozenset(found)


def _others(group: str) -> list[str]:
    """Return patterns of all groups but one."""
    return [each for each in all_but([f"{group}XXXX"]) if "@" not in each and "#" not in each] + [
        each.replace("@", digit, 1)
        for each in all_but([f"{group}XXXX"])
        if "@" in each
        for digit in "02468ACE"
    ]


def _is_hexadecimal(tag: str) -> bool:
    return not set(tag) & set("X@#")


def _is_known(tag: str) -> bool:
    """Whether a tag is one of the dictionary, such as 60XX3000, and no pattern of many."""
    return _is_hexadecimal(tag) or any(tag == known for known, _, _ in keywords())


def _vr(tag: str) -> str:
    digits = tag.replace("X", "0").replace("@", "0").replace("#", "1")
    return dictionary_vr(int(digits, 16), signed=False)


def _anywhere(tag: str) -> nodes.Path:
    if tag.startswith("0002"):
        return build.path(build.public(tag))  # no other path reaches file meta information
    group = f"{tag[:3]}@" if tag[3] == "X" else tag[:4]
    return build.anywhere(build.public(group + tag[4:]))


def _lists_of(function: str, tags: frozenset[str]) -> Iterator[nodes.Statement]:
    paths = [_anywhere(tag) for tag in sorted(tags)]
    for begin in range(0, len(paths), _PATHS_A_LINE):
        yield build.statement(function, *paths[begin : begin + _PATHS_A_LINE])


def _blanked(tags: frozenset[str]) -> Iterator[nodes.Statement]:
    """Yield what empties elements; sequences cannot be emptied, and are removed."""
    sequences = frozenset(tag for tag in tags if _is_known(tag) and _vr(tag) == "SQ")
    yield from _lists_of("removeTags", sequences)
    for tag in sorted(tags - sequences):
        if not _is_known(tag):
            raise NotConvertible("sequences among all elements cannot be emptied")
        yield nodes.AssignIfExists(_anywhere(tag), build.text(""), build.NOWHERE)
