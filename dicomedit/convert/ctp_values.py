"""The functions of CTP that make text, as expressions of version 6."""

from __future__ import annotations

import re

from dicomedit.convert import building as build
from dicomedit.convert.ctp_calls import FunctionCall, Parts
from dicomedit.convert.ctp_elements import step_of
from dicomedit.convert.rules import NotConvertible
from dicomedit.dicom.paths import TagStep
from dicomedit.lang import nodes

_PLAIN = re.compile(r"[\w ,;:!@#%&=<>/'~-]*\Z")
_MAX_WORDS = 8


class Script:
    """What the whole output needs: parameters, original values, names that are taken."""

    def __init__(self, parameters: dict[str, str], *, is_approximate: bool) -> None:
        self.parameters = parameters
        self.is_approximate = is_approximate
        self.top: list[nodes.Statement] = []
        self.used: list[str] = []
        self._originals: dict[str, str] = {}
        self._count = 0

    def new_name(self) -> str:
        """Return the name of a variable that nothing else has."""
        self._count += 1
        return f"t{self._count}"

    def original(self, step: TagStep) -> nodes.Name:
        """Return the variable with the text an element had, empty when it was absent."""
        target = build.path(step)
        if str(target.path) not in self._originals:
            name = f"original_{len(self._originals) + 1}"
            self._originals[str(target.path)] = name
            present = build.call("isPresent", target)
            then, otherwise = build.define(name, target), build.define(name, build.text(""))
            self.top += build.either(present, (then,), (otherwise,))
        return build.name(self._originals[str(target.path)])

    def existed(self, step: TagStep) -> nodes.Condition:
        """Return whether an element was there."""
        target = build.path(step)
        key = f"exists {target.path}"
        if key not in self._originals:
            name = f"existed_{len(self._originals) + 1}"
            self._originals[key] = name
            words = (build.define(name, build.text(each)) for each in ("yes", "no"))
            first, second = words
            self.top += build.either(build.call("isPresent", target), (first,), (second,))
        return build.matches(build.name(self._originals[key]), "yes")

    def parameter(self, argument: str) -> str:
        """Return the value of an argument that may be a parameter."""
        if not argument.startswith("@"):
            return argument
        if argument[1:] not in self.parameters:
            raise NotConvertible(f"there is no parameter {argument[1:]}")
        return self.parameters[argument[1:]]

    def parameter_value(self, argument: str) -> nodes.Expr:
        """Return an argument as a value: the variable when it is a parameter."""
        value = self.parameter(argument)
        build.text(value)
        if not argument.startswith("@"):
            return build.text(value)
        name = f"param_{argument[1:]}"
        if name not in self.used:
            self.used.append(name)
            self.top.insert(len(self.used) - 1, build.define(name, build.text(value)))
        return build.name(name)


class Values:
    """Makes expressions for one rule; `before` collects the statements they need."""

    def __init__(self, script: Script, this: TagStep, *, is_there: bool = False) -> None:
        self.script = script
        self.this = this
        self.is_there = is_there
        self.before: list[nodes.Statement] = []

    def text(self, parts: Parts) -> nodes.Expr:
        """Return the value that parts make together."""
        values = [build.text(part) if isinstance(part, str) else self.call(part) for part in parts]
        if not values:
            return build.text("")
        return values[0] if len(values) == 1 else build.call("concatenate", *values)

    def element(self, name: str) -> TagStep:
        """Return the step of an element that an argument names."""
        return self.this if name in ("this", "") else step_of(name)

    def read(self, call: FunctionCall, place: int = 0) -> nodes.Expr:
        """Return the original value of the element that an argument names."""
        if len(call.arguments) <= place:
            raise NotConvertible("an argument is missing")
        return self.original(self.element(call.arguments[place]))

    def original(self, step: TagStep) -> nodes.Expr:
        """Return the text an element had; this one has it still, as nothing else changes it."""
        if self.is_there and step == self.this:
            return build.path(step)
        return self.script.original(step)

    def existed(self, step: TagStep) -> nodes.Condition:
        """Return whether an element was there."""
        if self.is_there and step == self.this:
            return build.call("isPresent", build.path(step))
        return self.script.existed(step)

    def call(self, call: FunctionCall) -> nodes.Expr:
        """Return the value of a function."""
        make = _VALUES.get(call.name)
        if make is None:
            raise NotConvertible(f"@{call.name} has no equivalent here")
        return make(self, call)

    def keep(self, value: nodes.Expr) -> nodes.Name:
        """Return a variable that holds a value."""
        name = self.script.new_name()
        self.before.append(build.define(name, value))
        return build.name(name)

    def choose(
        self, condition: nodes.Condition, then: nodes.Expr, otherwise: nodes.Expr
    ) -> nodes.Name:
        """Return a variable that holds one value or the other."""
        name = self.script.new_name()
        one, other = build.define(name, then), build.define(name, otherwise)
        self.before += build.either(condition, (one,), (other,))
        return build.name(name)


def _contents(values: Values, call: FunctionCall) -> nodes.Expr:
    found = values.read(call)
    if len(call.arguments) == 1:
        return found
    pattern, replacement = (*call.arguments[1:], "")[:2]
    if not pattern or not _PLAIN.match(pattern) or not _PLAIN.match(replacement):
        raise NotConvertible("version 6 replaces plain text only, not what a pattern matches")
    return build.call("replace", found, build.text(pattern), build.text(replacement))


def _value(values: Values, call: FunctionCall) -> nodes.Expr:
    found = values.read(call)
    if len(call.arguments) == 1:
        return found
    return values.choose(build.matches(found, "(?s).+"), found, build.text(call.arguments[1]))


def _truncate(values: Values, call: FunctionCall) -> nodes.Expr:
    found = values.read(call)
    number = _integer(call, 1, values)
    pattern = rf"(?s)^.{{0,{number}}}" if number >= 0 else rf"(?s).{{0,{-number}}}\z"
    return build.call("match", found, build.text(pattern), nodes.Number("0", build.NOWHERE))


def _path_element(values: Values, call: FunctionCall) -> nodes.Expr:
    found = values.read(call)
    number = _integer(call, 1, values)
    pattern = (
        rf"(?s)^(?:[^/]*/){{{number}}}([^/]*)"
        if number >= 0
        else rf"(?s)([^/]*)(?:/[^/]*){{{-number - 1}}}\z"
    )
    # Java's split drops empty parts at the end.
    whole = values.keep(_group(found, r"(?s)^(.*?)/*\z"))
    part = values.keep(_group(whole, pattern))
    return values.choose(build.matches(part, "(?s).*"), part, found)


def _group(value: nodes.Expr, pattern: str) -> nodes.Call:
    return build.call("match", value, build.text(pattern), nodes.Number("1", build.NOWHERE))


def _case(values: Values, call: FunctionCall) -> nodes.Expr:
    return build.call(call.name, values.read(call))


def _initials(values: Values, call: FunctionCall) -> nodes.Expr:
    if len(call.arguments) > 1:
        raise NotConvertible("version 6 cannot move letters by an offset")
    found = values.read(call)
    too_many = rf"[\s^]*(?:[^\s^]+[\s^]+){{{_MAX_WORDS}}}[^\s^].*"
    values.before += build.either(build.matches(found, too_many), (build.statement("reject"),))
    letters = []
    for number in range(_MAX_WORDS):
        pattern = rf"^[\s^]*(?:[^\s^]+[\s^]+){{{number}}}([^\s^])"
        letter = values.keep(_group(found, pattern))
        letters.append(values.choose(build.matches(letter, "."), letter, build.text("")))
    joined = values.keep(build.call("concatenate", *letters[1:], letters[0]))
    upper = build.call("uppercase", joined)
    return values.choose(build.matches(joined, ".+"), upper, build.text("X"))


def _param(values: Values, call: FunctionCall) -> nodes.Expr:
    if len(call.arguments) != 1:
        raise NotConvertible("an argument is missing")
    return values.script.parameter_value(call.arguments[0])


def _append(values: Values, call: FunctionCall) -> nodes.Expr:
    added = values.text(call.then)
    found = values.original(values.this)
    joined = build.call("concatenate", found, build.text("\\"), added)
    return values.choose(build.matches(found, "(?s).+"), joined, added)


def _increment_date(values: Values, call: FunctionCall) -> nodes.Expr:
    found = values.read(call)
    days = _integer(call, 1, values)
    moved = build.call(
        "shiftDateTimeByIncrement",
        found,
        nodes.Number(str(days), build.NOWHERE),
        build.text("days"),
    )
    is_date = build.matches(found, r"[0-9]{8}([0-9]{2}[0-9.+-]*)?")
    return values.choose(is_date, moved, build.text(""))


def _modify_date(values: Values, call: FunctionCall) -> nodes.Expr:
    found = values.read(call)
    year, month, day = (
        values.script.parameter(each) for each in (*call.arguments[1:], "", "", "")[:3]
    )
    if not (day.isdecimal() and 1 <= int(day) <= 28):
        raise NotConvertible("without a day up to 28 the date may carry over into the next month")
    if not re.fullmatch(r"\*|[0-9]{1,4}", year) or not re.fullmatch(r"\*|0?[1-9]|1[0-2]", month):
        raise NotConvertible("year and month must be * or a number")
    pieces: list[nodes.Expr] = [
        _group(found, r"^(\d{4})") if year == "*" else build.text(year.zfill(4)),
        _group(found, r"^\d{4}(\d\d)") if month == "*" else build.text(month.zfill(2)),
        build.text(day.zfill(2)),
        _group(found, r"^\d{8}(.*)\z"),
    ]
    name = values.script.new_name()
    one = build.define(name, build.call("concatenate", *pieces))
    other = build.define(name, build.text(""))
    values.before += build.either(
        build.matches(found, r"[0-9]{8}([0-9]{2}[0-9.+-]*)?"), (one,), (other,)
    )
    return build.name(name)


# --- of the same purpose only -------------------------------------------------------------------


def _hash_uid(values: Values, call: FunctionCall) -> nodes.Expr:
    return build.call("hashUID", _approximately(values, values.read(call, 1)))


def _hash(values: Values, call: FunctionCall) -> nodes.Expr:
    return _digits(values, values.read(call), call, 1)


def _hash_name(values: Values, call: FunctionCall) -> nodes.Expr:
    return _digits(values, build.call("uppercase", values.read(call)), call, 1)


def _hash_patient_id(values: Values, call: FunctionCall) -> nodes.Expr:
    site = values.script.parameter_value(call.arguments[0]) if call.arguments else build.text("")
    joined = build.call("concatenate", build.text("["), site, build.text("]"), values.read(call, 1))
    return _digits(values, joined, call, 2)


def _digits(values: Values, hashed: nodes.Expr, call: FunctionCall, place: int) -> nodes.Expr:
    most = "1,"
    if len(call.arguments) > place:
        most += str(max(1, _integer(call, place, values)))
    uid = build.call("hashUID", _approximately(values, hashed))
    pattern = build.text(rf"[0-9]{{{most}}}\z")
    return build.call("match", uid, pattern, nodes.Number("0", build.NOWHERE))


def _approximately(values: Values, value: nodes.Expr) -> nodes.Expr:
    if not values.script.is_approximate:
        raise NotConvertible("version 6 has no MD5; --approximate takes hashUID instead")
    return value


def _integer(call: FunctionCall, place: int, values: Values) -> int:
    argument = call.arguments[place] if len(call.arguments) > place else ""
    value = values.script.parameter(argument).strip()
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", value):
        known = f"; give it with --set {argument[1:]}=..." if argument.startswith("@") else ""
        raise NotConvertible(f"argument {place + 1} of @{call.name} is no number{known}")
    return int(value)


_VALUES = {
    "contents": _contents,
    "value": _value,
    "truncate": _truncate,
    "pathelement": _path_element,
    "lowercase": _case,
    "uppercase": _case,
    "initials": _initials,
    "param": _param,
    "append": _append,
    "incrementdate": _increment_date,
    "modifydate": _modify_date,
    "hash": _hash,
    "hashname": _hash_name,
    "hashptid": _hash_patient_id,
    "hashuid": _hash_uid,
}
APPROXIMATE = frozenset({"hash", "hashname", "hashptid", "hashuid"})
