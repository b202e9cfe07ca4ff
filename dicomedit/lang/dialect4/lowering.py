"""Statements of DicomEdit 4 to lines of version 6 with the same effect, one statement at a time.

The order of statements, and that all of them read the original, is the business of `migrate`.
"""

from __future__ import annotations

from collections.abc import Sequence

from dicomedit.dicom.dictionary import dictionary_vr, is_private
from dicomedit.dicom.paths import TagPath, TagStep
from dicomedit.errors import Diagnostic, Severity, Source, Span
from dicomedit.lang import nodes
from dicomedit.lang.dialect4.actions import tag_of
from dicomedit.lang.dialect4.compiler import NOT_SHOWN
from dicomedit.lang.dialect4.nodes import Constrained, Generate, Statement, inside
from dicomedit.records import Record, field

INDENT = "  "
NOTHING = 'match["", "x", 0]'
"""What version 6 takes for nothing."""

_ABSENT = '"(there is no such element)"'
_SOME = '"(?s).*"'
_NOT_BLANK = '"(?s).*\\\\S.*"'


class Value(Record):
    """A value of version 6. Where there is `present`, it may be had only if that is true."""

    text: str
    present: str | None = None
    is_plain: bool = True
    """Whether it can be compared without asking whether it is present."""


class Lowering(Record, frozen=False):
    """Writes statements; `notices` and `errors` grow by what cannot be carried over as it is.

    `names` are the new names of variables, by their names in lower case, `nullable` those that
    may be nothing, `captured` the variables that hold original values, by tag.
    """

    source: Source
    names: dict[str, str]
    nullable: set[str] = field(factory=set)
    captured: dict[int, str] = field(factory=dict)
    notices: list[Diagnostic] = field(factory=list)
    errors: list[Diagnostic] = field(factory=list)
    _count: int = 0

    # statements

    def statement(self, statement: Statement) -> list[str]:
        """Return the lines of an action, constrained or not."""
        if isinstance(statement, Constrained):
            return self._constrained(statement.conditions, statement)
        return self._action(statement)

    def definition(self, definition: nodes.Define) -> list[str]:
        """Return the lines that define a variable."""
        lines: list[str] = []
        value = self._value(definition.value, lines)
        key = definition.name.lower()
        name = self.names[key]
        if value.present is not None:
            self.nullable.add(key)
        if any(map(_may_fail, inside(definition.value))):
            message = "this is worked out for every file now, and may fail, needed or not"
            self._notice("eager-definition", message, definition.span)
        if value.present is None or value.is_plain:
            return [*lines, f"{name} := {value.text}"]
        return [*lines, f"{value.present} ? {name} := {value.text} : {name} := {NOTHING}"]

    def _constrained(
        self, conditions: Sequence[nodes.Comparison], statement: Constrained
    ) -> list[str]:
        if not conditions:
            return self._action(statement.action)
        lines: list[str] = []
        tests = self._tests(conditions[0], lines)
        body = self._constrained(conditions[1:], statement)
        for test in reversed(tests):
            is_simple = len(body) == 1 and " ? " not in body[0] and body[0] not in _WHOLE
            if is_simple:
                body = [f"{test} ? {body[0]}"]
            else:
                body = [f"if ( {test} ) {{", *(f"{INDENT}{line}" for line in body), "}"]
        return [*lines, *body]

    def _action(self, action: Statement) -> list[str]:
        match action:
            case nodes.Assign(target=target, value=value):
                lines: list[str] = []
                return [*lines, *self._stored(target, self._value(value, lines), lines)]
            case Generate(target=target):
                message = "the new UID is that of mapUID, which gives other elements with the same"
                message += " old value the same new one"
                self._notice("new-uid", message, action.span)
                old = self._element(target)
                return self._stored(target, Value(f'mapUID[{old.text}, "2.25"]'), [])
            case nodes.Delete(target=target):
                return self._deleted(target)
            case nodes.Echo(value=shown):
                return self._echoed(shown)
        raise AssertionError("declarations are written elsewhere")

    def _stored(self, target: nodes.Path, value: Value, lines: list[str]) -> list[str]:
        """Return the lines behind `lines` that store a value, empty where there is none."""
        if target.path.plural_reason is not None:
            path = self._pattern(target)
            if path is None:
                self._refuse("a pattern of private elements cannot be assigned", target.span)
            assignment = f"{path} ?= "
        elif is_private(tag_of(target.path)):
            return [*lines, *self._set(target, value)]
        else:
            assignment = f"{target.path} := "
        stored = f"{assignment}{value.text}"
        if value.present is not None:
            stored = f'{value.present} ? {stored} : {assignment}""'
        return [*lines, stored]

    def _set(self, target: nodes.Path, value: Value) -> list[str]:
        message = f"{target.path} is stored by its number; where it is new, its VR is UN, not LO"
        self._notice("private-element", message, target.span)
        name = self._temporary()
        first = [f"{name} := {value.text}"]
        if value.present is not None:
            first = [f'{value.present} ? {name} := {value.text} : {name} := ""']
        return [*first, f'set["{target.path}", {name}]']

    def _deleted(self, target: nodes.Path) -> list[str]:
        path = target.path
        if path.plural_reason is None:
            is_numbered = is_private(tag_of(path))
            return [f'delete["{path}"]' if is_numbered else f"-{path}"]
        group, element = _positions(path)
        if (group, element) == ("XXX#", "XXXX"):
            message = "removeAllPrivateTags also removes private elements from items of sequences"
            self._notice("private-items", message, target.span)
            return ["removeAllPrivateTags"]
        found = self._pattern(target)
        if found is None:
            self._refuse(
                "private elements cannot be deleted by a pattern without their creator",
                target.span,
                "put a path such as (0019,{CREATOR}XX) in a script of version 6",
            )
        return [f"-{found}"]

    def _pattern(self, target: nodes.Path) -> str | None:
        """Return a pattern as version 6 spells it; None for one of private elements."""
        group, element = _positions(target.path)
        if group[-1] in "#13579BDF":
            return None
        if group[-1] == "X":
            message = f"{target.path} also matched private elements; version 6 has no such pattern"
            self._notice("mixed-pattern", message, target.span)
            group = f"{group[:-1]}@"
        return f"({group},{element})"

    def _echoed(self, shown: nodes.Expr | None) -> list[str]:
        if shown is None:
            return ['echo ""']
        if any(map(_may_fail, inside(shown))):
            message = "where the value to be echoed cannot be had, the script fails now"
            self._notice("failing-echo", message, shown.span)
        lines: list[str] = []
        value = self._value(shown, lines)
        if value.present is None:
            return [*lines, f"echo {value.text}"]
        if (
            isinstance(shown, nodes.Path)
            and dictionary_vr(tag_of(shown.path), signed=False) == "SQ"
        ):
            value = Value(f'"{NOT_SHOWN}"', f"isPresent[{shown.path}]")
        return [*lines, f'{value.present} ? echo {value.text} : echo "null"']

    # conditions

    def _tests(self, condition: nodes.Comparison, lines: list[str]) -> list[str]:
        """Return conditions of version 6 that must all be true, each asked after the others."""
        left, right = self._value(condition.left, lines), self._value(condition.right, lines)
        sign = condition.operator.value
        if condition.operator is nodes.Operator.EQUALS and left.present and right.present:
            self._notice(
                "both-absent", "where both sides are absent they are equal", condition.span
            )
            left, right = self._or(left, _ABSENT, lines), self._or(right, _ABSENT, lines)
        if condition.operator is nodes.Operator.MATCHES and right.present:
            message = "where the pattern is absent the script no longer fails: nothing matches"
            self._notice("absent-pattern", message, condition.span)
        if any(
            _may_fail(each) for side in (condition.left, condition.right) for each in inside(side)
        ):
            # Both sides are worked out in any case, so that what fails does fail.
            left, right = (v if v.is_plain else self._or(v, NOTHING, lines) for v in (left, right))
        guards = [v.present for v in (left, right) if v.present is not None and not v.is_plain]
        return [*dict.fromkeys(guards), f"{left.text} {sign} {right.text}"]

    def _or(self, value: Value, other: str, lines: list[str]) -> Value:
        """Return a value that is `other` where it would be nothing."""
        if value.present is None:
            return value
        name = self._temporary()
        lines.append(f"{value.present} ? {name} := {value.text} : {name} := {other}")
        return Value(name)

    # values

    def _value(self, value: nodes.Expr, lines: list[str]) -> Value:
        match value:
            case nodes.Text(value=text):
                return Value(self.quoted(text, value.span))
            case nodes.Number(value=number):
                return Value(number)
            case nodes.Path():
                return self._element(value)
            case nodes.Name(name=name):
                key = name.lower()
                new = self.names[key]
                return Value(new, f"{new} ~ {_SOME}" if key in self.nullable else None)
            case nodes.Call():
                return self._call(value, lines)
        raise AssertionError("DicomEdit 4 has no such value")

    def _element(self, value: nodes.Path) -> Value:
        tag = tag_of(value.path)
        if tag in self.captured:
            name = self.captured[tag]
            return Value(name, f"{name} ~ {_SOME}")
        return self.read(value)

    def read(self, value: nodes.Path) -> Value:
        """Return what reads an element."""
        tag = tag_of(value.path)
        if is_private(tag):
            advice = "put a path such as (0019,{CREATOR}01) in a script of version 6"
            self._refuse("private elements cannot be read by number", value.span, advice)
        elif dictionary_vr(tag, signed=False) == "AT":
            message = f"{value.path} holds tags, which read as 00181063, no longer in decimal"
            self._notice("tag-as-value", message, value.span)
        return Value(str(value.path), f"isPresent[{value.path}]")

    def _call(self, call: nodes.Call, lines: list[str]) -> Value:
        match call.function:
            case "format":
                return self._format(call, lines)
            case "match":
                return self._match(call, lines)
            case "substring":
                return self._substring(call, lines)
            case "urlEncode":
                self._refuse("version 6.6 has no function urlEncode", call.span)
                return Value('""')
            case "replace" | "getURL":  # nothing as an argument fails in both versions
                count = 3 if call.function == "replace" else 1
                given = [self._value(each, lines).text for each in call.arguments[:count]]
                return Value(f"{call.function}[{', '.join(given)}]")
        value = self._value(call.arguments[0], lines)
        return Value(f"{call.function}[{value.text}]", value.present, is_plain=False)

    def _format(self, call: nodes.Call, lines: list[str]) -> Value:
        values = [self._value(each, lines) for each in call.arguments]
        texts = [values[0].text, *(self._or(each, '"null"', lines).text for each in values[1:])]
        return Value(f"format[{', '.join(texts)}]")

    def _match(self, call: nodes.Call, lines: list[str]) -> Value:
        text, pattern, group = call.arguments[:3]
        value = self._value(text, lines)
        if isinstance(pattern, nodes.Text):
            whole = self.quoted(f"\\A(?:{pattern.value})\\z", pattern.span)
        else:
            inner = self._value(pattern, lines).text
            whole = f'format["\\\\A(?:{{0}})\\\\z", {inner}]'
        name = self._temporary()
        found = f"{name} := match[{value.text}, {whole}, {self._value(group, lines).text}]"
        if value.present is not None:
            found = f"{value.present} ? {found} : {name} := {NOTHING}"
        lines.append(found)
        return Value(name, f"{name} ~ {_SOME}")

    def _substring(self, call: nodes.Call, lines: list[str]) -> Value:
        value = self._value(call.arguments[0], lines)
        start, end = (self._value(each, lines).text for each in call.arguments[1:3])
        if isinstance(call.arguments[0], nodes.Text) and call.arguments[0].value.strip():
            return Value(f"substring[{value.text}, {start}, {end}]")
        name = self._temporary()
        taken = f"{name} := {value.text}"
        if value.present is not None:
            taken = f"{value.present} ? {taken} : {name} := {NOTHING}"
        lines += [taken, f"{name} ~ {_NOT_BLANK} ? {name} := substring[{name}, {start}, {end}]"]
        return Value(name, None if value.present is None else f"{name} ~ {_SOME}")

    def quoted(self, text: str, span: Span) -> str:
        """Return a text as version 6 spells it."""
        if any(character in text for character in '"\r\n'):
            message = "version 6 cannot spell a text with a double quote or a line end in it"
            self._refuse(message, span)
        return '"' + text.replace("\\", "\\\\") + '"'

    # helpers

    def _temporary(self) -> str:
        self._count += 1
        name = f"t{self._count}"
        return name if name not in self.names.values() else self._temporary()

    def _notice(self, code: str, message: str, span: Span) -> None:
        self.notices.append(Diagnostic(code, message, self.source, span, severity=Severity.WARNING))

    def _refuse(self, message: str, span: Span, advice: str | None = None) -> None:
        self.errors.append(Diagnostic("no-equivalent", message, self.source, span, advice))


_FALLIBLE = frozenset(("replace", "substring", "getURL"))
"""Functions that fail for some values of their arguments."""

_WHOLE = frozenset(("removeAllPrivateTags", "}"))
"""Lines that cannot follow a question mark."""


def _may_fail(value: nodes.Expr) -> bool:
    if not isinstance(value, nodes.Call):
        return False
    is_literal = isinstance(value.arguments[0], nodes.Text)
    return value.function in _FALLIBLE or (value.function == "format" and not is_literal)


def _positions(path: TagPath) -> tuple[str, str]:
    (step,) = path.steps
    assert isinstance(step, TagStep)
    return step.group, step.element
