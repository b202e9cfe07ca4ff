"""The action of one CTP rule, as statements about its element."""

from __future__ import annotations

from dicomedit.convert import building as build
from dicomedit.convert.ctp_calls import FunctionCall, Parts
from dicomedit.convert.ctp_elements import is_sequence
from dicomedit.convert.ctp_values import APPROXIMATE, Script, Values
from dicomedit.convert.rules import NotConvertible
from dicomedit.dicom.paths import TagStep
from dicomedit.lang import nodes

Statements = tuple[nodes.Statement, ...]

_MOST_BLANKS = 55


def without_always(parts: Parts) -> tuple[Parts, bool]:
    """Return an action without @always(), and whether it had one."""
    rest = tuple(p for p in parts if not (isinstance(p, FunctionCall) and p.name == "always"))
    return rest, len(rest) < len(parts)


def functions_in(parts: Parts) -> set[str]:
    """Return the names of all functions in an action."""
    found: set[str] = set()
    for part in parts:
        if isinstance(part, FunctionCall):
            found |= {part.name} | functions_in(part.then) | functions_in(part.otherwise)
    return found


def is_approximate(parts: Parts) -> bool:
    """Whether an action is carried over by its purpose only."""
    return bool(functions_in(parts) & APPROXIMATE)


class Action:
    """Makes the statements of one rule at the top level."""

    def __init__(self, script: Script, this: TagStep, *, is_there: bool) -> None:
        self.is_there = is_there
        self.script = script
        self.this = this
        self.target = build.path(this)

    def statements(self, parts: Parts) -> Statements:
        """Return what an action does to an element that is there, or is to be made."""
        if len(parts) == 1 and isinstance(parts[0], FunctionCall):
            if parts[0].name == "hashuid" and self._hashes_itself(parts[0]):
                return (build.statement("hashUIDList", self.target),)
            act = _ACTIONS.get(parts[0].name)
            if act is not None:
                return act(self, parts[0])
        if any(isinstance(part, FunctionCall) and part.name in _ACTIONS for part in parts):
            raise NotConvertible("text stands beside an action")
        values = self.values()
        value = values.text(parts)
        return (*values.before, *self.store(value))

    def _hashes_itself(self, call: FunctionCall) -> bool:
        """Whether all UIDs of the element are hashed, which a function does one by one."""
        is_known = self.script.is_approximate and self.is_there
        return is_known and call.arguments[1:] == ("this",)

    def values(self) -> Values:
        """Return what makes the values of the rule."""
        return Values(self.script, self.this, is_there=self.is_there)

    def store(self, value: nodes.Expr) -> Statements:
        """Return what puts a value into the element."""
        if is_sequence(self.this):
            raise NotConvertible("a sequence cannot be given a value")
        return (build.assign(self.target, value),)


def _keep(_: Action, call: FunctionCall) -> Statements:
    return ()


def _remove(action: Action, call: FunctionCall) -> Statements:
    return (build.delete(action.target),)


def _empty(action: Action, call: FunctionCall) -> Statements:
    return action.store(build.text(""))


def _blank(action: Action, call: FunctionCall) -> Statements:
    digits = "".join(filter(str.isdecimal, "".join(call.arguments))) or "0"
    return action.store(build.text(" " * min(int(digits[:4]), _MOST_BLANKS)))


def _reject(_: Action, call: FunctionCall) -> Statements:
    return (build.statement("reject"),)


def _require(action: Action, call: FunctionCall) -> Statements:
    values = action.values()
    value: nodes.Expr = build.text("")
    if call.arguments:
        step = values.element(call.arguments[0])
        default = build.text(call.arguments[1] if len(call.arguments) > 1 else "")
        value = values.choose(values.existed(step), values.original(step), default)
    stored = (*values.before, *action.store(value))
    return build.unless(values.existed(action.this), stored)


def _select(action: Action, call: FunctionCall) -> Statements:
    return action.statements(call.then)


def _if(action: Action, call: FunctionCall) -> Statements:
    condition = _condition(action, call)
    then, otherwise = action.statements(call.then), action.statements(call.otherwise)
    return build.either(condition, then, otherwise)


def _condition(action: Action, call: FunctionCall) -> nodes.Condition:
    if len(call.arguments) < 2:
        raise NotConvertible("the condition is not complete")
    values = action.values()
    step = values.element(call.arguments[0])
    kind = call.arguments[1]
    if kind == "exists":
        return values.existed(step)
    found = values.original(step)
    if kind == "isblank":
        return build.matches(found, r"(?s)\s*")
    if len(call.arguments) < 3:
        raise NotConvertible("the condition is not complete")
    wanted = action.script.parameter(call.arguments[2])
    if kind == "matches":
        return build.matches(found, wanted.strip())
    if kind == "equals":
        return build.matches(found, f"(?iu){build.literally(wanted)}")
    if kind == "contains":
        return build.matches(found, f"(?isu).*{build.literally(wanted)}.*")
    raise NotConvertible(f"version 6 has no condition {kind}")


def _lookup(action: Action, call: FunctionCall) -> Statements:
    if len(call.arguments) < 2:
        raise NotConvertible("an argument is missing")
    values = action.values()
    keys: list[nodes.Expr] = []
    for name in call.arguments[0].split("|"):
        keys += [values.original(values.element(name.strip())), build.text("|")]
    key = keys[0] if len(keys) == 2 else build.call("concatenate", *keys[:-1])
    key = build.call("replace", key, build.text("\\"), build.text(""))
    found = values.keep(build.call("lookup", build.text(call.arguments[1].strip()), key))
    # An entry such as @type/key sends CTP on to another one, which is not done here.
    usable = build.matches(found, "(?s)(?!@.*/).*")
    return (*values.before, *build.either(usable, action.store(found), _missing(action, call)))


def _missing(action: Action, call: FunctionCall) -> Statements:
    """Return what happens when the lookup table has no entry."""
    kind = call.arguments[2].strip() if len(call.arguments) > 2 else "quarantine"
    simple = {"keep": _keep, "remove": _remove, "empty": _empty, "quarantine": _reject}
    if kind in simple:
        return simple[kind](action, call)
    if kind == "default" and len(call.arguments) > 3:
        return action.store(build.text(call.arguments[3].strip()))
    raise NotConvertible("the action for a missing entry has no equivalent")


_ACTIONS = {
    "keep": _keep,
    "process": _keep,
    "remove": _remove,
    "empty": _empty,
    "blank": _blank,
    "skip": _reject,
    "quarantine": _reject,
    "require": _require,
    "select": _select,
    "if": _if,
    "lookup": _lookup,
}


# --- in items -----------------------------------------------------------------------------------


def in_items(script: Script, parts: Parts, this: TagStep, target: nodes.Path) -> Statements:
    """Return what an action does to an element in every item of a processed sequence.

    A value that is read from the item itself cannot be said there, but for dates and UIDs.
    """
    if len(parts) == 1 and isinstance(parts[0], FunctionCall):
        return _call_in_items(script, parts[0], this, target)
    if all(isinstance(p, str) or p.name == "param" for p in parts) and not is_sequence(this):
        value = Values(script, this).text(parts)
        return (nodes.AssignIfExists(target, value, build.NOWHERE),)
    raise NotConvertible("version 6 cannot work this out for each item")


def _call_in_items(
    script: Script, call: FunctionCall, this: TagStep, target: nodes.Path
) -> Statements:
    if call.name in ("keep", "process", "require"):
        return ()
    if call.name == "remove":
        return (build.delete(target),)
    if call.name == "select":
        return in_items(script, call.otherwise, this, target)
    if call.name in ("empty", "param") and not is_sequence(this):
        value = Values(script, this).text((call,) if call.name == "param" else ())
        return (nodes.AssignIfExists(target, value, build.NOWHERE),)
    if call.name == "hashuid" and call.arguments[1:] == ("this",) and script.is_approximate:
        return (build.statement("hashUIDList", target),)
    if call.name == "incrementdate" and call.arguments[:1] == ("this",):
        Values(script, this).call(call)  # refuses what is no number
        days = nodes.Number(str(int(script.parameter(call.arguments[1]))), build.NOWHERE)
        paths = nodes.ListOf((target,), build.NOWHERE)
        return (build.statement("shiftDateTimeListByIncrement", paths, days, build.text("days")),)
    raise NotConvertible("version 6 cannot work this out for each item")
