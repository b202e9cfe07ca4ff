"""Follow a script of version 6 from statement to statement, as it would run."""

from __future__ import annotations

from dicomedit.authoring.checking import calls, paths
from dicomedit.authoring.checking.conditions import (
    check_comparison,
    check_constant,
    is_equality,
    known_truth,
)
from dicomedit.authoring.checking.findings import Findings, Place
from dicomedit.authoring.checking.formats import check_plain_text
from dicomedit.authoring.checking.reference import check_reference
from dicomedit.authoring.checking.state import Known, State, merged
from dicomedit.authoring.checking.values import check_stored
from dicomedit.authoring.checking.variables import Names, inside, names_in, sides
from dicomedit.dicom.paths import TagPath
from dicomedit.errors import Span
from dicomedit.lang import nodes
from dicomedit.lang.functions import REGISTRY
from dicomedit.lang.functions.registry import Kind
from dicomedit.records import Record, field, replace

_READ_KINDS = frozenset((Kind.TEXT, Kind.OPTIONAL_TEXT, Kind.INTEGER, Kind.PATTERN))
_MAY_GIVE_NOTHING = frozenset(("lookup", "match"))
_DELETE = "removeTags"
_MAKE_ELEMENTS = frozenset(("set", "alterPixels"))
_ONE_EACH = frozenset(
    ("format", "isPresent", "valueAt", "shiftDateByIncrement", "shiftDateTimeByIncrement")
)
"""Functions whose paths name one element each, which is read or looked for."""

_MOST_KNOWN = 1 << 16
"""Longest text that is worked out, in characters; a variable doubled in each line grows fast."""

_FORMAT_ADVICE = 'write format["{0}", value]'


class Flow(Record, frozen=False):
    """Walks through a script; `state` is what is known where it is."""

    findings: Findings
    names: Names
    state: State = field(factory=State)
    tested: set[nodes.Expr] = field(factory=set)
    below: list[tuple[nodes.Path, Place]] = field(factory=list)
    at_top: set[int] = field(factory=set)
    under: list[nodes.Condition] = field(factory=list)
    span: Span = field(factory=lambda: Span(0, 0))

    def statements(self, statements: tuple[nodes.Statement, ...]) -> None:
        """Follow statements one after the other."""
        for statement in statements:
            if self.state.has_ended:
                message = "this is never reached: the data set has been rejected before"
                self.findings.warn("unreachable", message, statement.span, "take it away")
                return
            self._statement(statement)

    def finish(self) -> None:
        """Tell what only the whole script shows."""
        for path, place in self.below:
            if paths.final_tag(path.path) not in self.at_top:
                self.findings.source = place.source
                rest = path.path.steps[-1]
                message = f'"+" leaves out the top level, and nothing else changes {rest} there'
                advice = f"write */{rest} for every level"
                is_usual = paths.is_usual_at_top(path.path)
                tell = self.findings.warn if is_usual else self.findings.info
                tell("misses-top-level", message, path.span, advice)
        self.names.check_unused(self.findings)

    def _statement(self, statement: nodes.Statement) -> None:
        check_reference(self.findings, statement)
        match statement:
            case nodes.Conditional(condition=condition, then=then, otherwise=otherwise):
                last = () if otherwise is None else (otherwise,)
                self._ways([(condition, (then,))], last)
            case nodes.IfChain(branches=branches, otherwise=last):
                if not any(branch.body for branch in branches) and not last:
                    message = "no branch does anything"
                    self.findings.info("empty-block", message, statement.span, "take it away")
                self._ways([(branch.condition, branch.body) for branch in branches], last or ())
            case nodes.RemoveAllPrivateTags():
                self.state.private = Place(self.findings.source, statement.span)
            case _:
                self._action(statement)

    def _ways(
        self,
        branches: list[tuple[nodes.Condition, tuple[nodes.Statement, ...]]],
        otherwise: tuple[nodes.Statement, ...],
    ) -> None:
        ends: list[tuple[nodes.Condition | None, State]] = []
        seen: list[nodes.Condition] = []
        for condition, body in branches:
            truth = self._condition(condition)
            self._repeated(condition, seen)
            before = self.state
            self.state = before.branch()
            self.under.append(condition)
            self.statements(body)
            self.under.pop()
            if truth is not False:
                ends.append((condition, self.state))
            self.state = before
        self.state = self.state.branch()
        self.statements(otherwise)
        ends.append((None, self.state))
        self.state = merged(ends)

    def _repeated(self, condition: nodes.Condition, seen: list[nodes.Condition]) -> None:
        if condition in seen and not any(_is_random(side) for side in sides(condition)):
            message = "an earlier branch has the same condition, so this one is never taken"
            advice = "change the condition, or take the branch away"
            self.findings.warn("repeated-condition", message, condition.span, advice)
        seen.append(condition)

    # conditions

    def _condition(self, condition: nodes.Condition) -> bool | None:
        both = sides(condition)
        for side in both:
            self._value(side)
        texts = [self._known_text(side) for side in both]
        if "" in texts and isinstance(condition, nodes.Comparison) and is_equality(condition):
            self._compared_with_nothing(condition)
        else:
            self._tested(both)
        left, right = (texts[0], texts[-1])
        truth = known_truth(condition, left, right)
        check_constant(self.findings, condition, truth)
        if isinstance(condition, nodes.Comparison):
            check_comparison(self.findings, condition, right)
        return truth

    def _tested(self, values: tuple[nodes.Expr, ...]) -> None:
        """Take note that values are looked at, and whether they are nothing, too."""
        for name in names_in(*values):
            known = self.state.variables.get(name.name)
            if known is not None:
                self.state.variables[name.name] = replace(known, source=None)
        self.tested.update(inside(*values))

    def _compared_with_nothing(self, condition: nodes.Comparison) -> None:
        """Tell that an empty text is not what a variable holds when a function gave nothing."""
        function = self._may_be_nothing(condition.left)
        if function is not None:
            answer = "false" if condition.operator is nodes.Operator.EQUALS else "true"
            message = f"this is {answer} when {function} has given nothing, which is not empty"
            advice = 'write !~ ".+" for nothing or empty, ~ ".+" for anything else'
            self.findings.warn("absent-or-empty", message, condition.span, advice)

    # actions

    def _action(self, statement: nodes.Statement) -> None:
        self.span = statement.span
        match statement:
            case nodes.Assign():
                self._assign(statement)
            case nodes.AssignIfExists(target=target, value=value):
                self._value(value)
                self._replaced(target, value)
                self._changes(target)
            case nodes.Define():
                self._define(statement)
            case nodes.Delete(target=target):
                self._delete(target)
            case nodes.CallStatement(call=call):
                self._value(call)
                self._call_statement(call)
            case nodes.Echo(value=value) if value is not None:
                self._value(value)

    def _replaced(self, target: nodes.Path, value: nodes.Expr) -> None:
        if paths.vr_of(target.path) == "SQ":
            message = f'{paths.name_of(target.path)} is a sequence, and "?=" never changes those'
            self.findings.warn("no-effect", message, target.span, "delete it, or its elements")
        else:
            self._stored(target, value)

    def _assign(self, statement: nodes.Assign) -> None:
        target, value = statement.target, statement.value
        path = target.path
        self._value(value)
        paths.check_path(self.findings, target)
        paths.check_target(self.findings, target, deletes=False)
        self._stored(target, value)
        self._touch(target)
        if isinstance(value, nodes.Path) and value.path == path:
            message = "this assigns an element to itself"
            self.findings.warn("no-effect", message, statement.span, "take the statement away")
            return
        if self._never_nothing(value):
            self._overwrites(path)
        elif path not in self.state.assigned and self.state.deletion_of(path) is None:
            self._may_keep(target, value)
        self.state.assign(path, Place(self.findings.source, statement.span))

    def _overwrites(self, path: TagPath) -> None:
        place = self.state.unread_at(path)
        if place is None:
            return
        here = self.findings.source
        line = Place(here, self.span).seen_from(place.source)
        self.findings.source = place.source
        message = f"nothing reads this value of {path} before {line} replaces or deletes it"
        self.findings.warn("overwritten-value", message, place.span, "take one of the two away")
        self.findings.source = here

    def _may_keep(self, target: nodes.Path, value: nodes.Expr) -> None:
        """Tell when the element would keep its value, since there may be nothing to assign."""
        element = paths.name_of(target.path)
        function = self._may_be_nothing(value)
        if function is not None:
            message = f"{function} may give nothing, and {element} would keep its value then"
            advice = 'keep it in a variable, and test that: v ~ ".+" ? (gggg,eeee) := v : reject[]'
            self.findings.warn("may-keep-value", message, value.span, advice)
        elif isinstance(value, nodes.Path) and value not in self.tested:
            message = f"where {paths.name_of(value.path)} is absent, {element} keeps its value"
            advice = 'use "?=", which empties the element then, or test with isPresent[...]'
            self.findings.info("may-keep-value", message, value.span, advice)

    def _may_be_nothing(self, value: nodes.Expr) -> str | None:
        if isinstance(value, nodes.Call):
            is_tested = value in self.tested or self._is_matched(value)
            return value.function if value.function in _MAY_GIVE_NOTHING and not is_tested else None
        if isinstance(value, nodes.Name):
            known = self.state.variables.get(value.name)
            return None if known is None else known.source
        return None

    def _is_matched(self, call: nodes.Call) -> bool:
        """Whether some condition has looked at the text that ``match`` takes a part of."""
        return call.function == "match" and any(each in self.tested for each in call.arguments[:1])

    def _define(self, statement: nodes.Define) -> None:
        name, value = statement.name, statement.value
        self._value(value)
        check_plain_text(self.findings, value, _FORMAT_ADVICE)
        text, certain = self._known_text(value), self._never_nothing(value)
        source = None if certain else self._may_be_nothing(value)
        self.state.variables[name] = Known(True, text, certain, source)

    def _delete(self, target: nodes.Path) -> None:
        paths.check_target(self.findings, target, deletes=True)
        if not self._changes(target) and not target.path.names_file_meta:
            self._gone(target.path)

    def _gone(self, path: TagPath) -> None:
        for unread in self.state.unread_in(path):
            self._overwrites(unread)
            self.state.read(unread)
        self.state.delete(path, Place(self.findings.source, self.span))

    def _changes(self, target: nodes.Path) -> bool:
        """Take note of a change to what is there; return whether it is known to be gone."""
        paths.check_path(self.findings, target)
        self._touch(target)
        gone = self.state.deletion_of(target.path)
        if gone is not None:
            line = gone.seen_from(self.findings.source)
            message = f"this does nothing: {paths.name_of(target.path)} is deleted in {line}"
            self.findings.warn("no-effect", message, target.span, "take the statement away")
        return gone is not None

    def _touch(self, target: nodes.Path) -> None:
        tag = paths.final_tag(target.path)
        if paths.begins_below(target.path):
            self.below.append((target, Place(self.findings.source, target.span)))
        elif tag is not None and paths.reaches_top(target.path):
            self.at_top.add(tag)

    def _stored(self, target: nodes.Path, value: nodes.Expr) -> None:
        if isinstance(value, nodes.ListOf):
            calls.check_list(self.findings, value)
        check_plain_text(self.findings, value, _FORMAT_ADVICE)
        check_stored(self.findings, target, value, self._known_text(value))

    # values

    def _value(self, value: nodes.Expr) -> None:
        match value:
            case nodes.Path():
                self._read(value)
            case nodes.Name():
                self._read_name(value)
            case nodes.Call():
                self._call(value)
            case nodes.ListOf(elements=elements):
                for element in elements:
                    if isinstance(element, nodes.Path):
                        paths.check_path(self.findings, element)
                        self.state.unread.clear()
                    else:
                        self._value(element)

    def _read(self, node: nodes.Path) -> None:
        paths.check_path(self.findings, node)
        self.state.read(node.path)
        gone = self.state.deletion_of(node.path)
        if gone is not None:
            line = gone.seen_from(self.findings.source)
            message = f"{paths.name_of(node.path)} is always absent here: it is deleted in {line}"
            advice = "read it before it is deleted, and keep it in a variable"
            self.findings.warn("read-after-delete", message, node.span, advice)
        elif paths.vr_of(node.path) == "SQ":
            message = f"{paths.name_of(node.path)} is a sequence, which has no text"
            advice = "name an element of one of its items, such as (0008,1140)[0]/(0008,1155)"
            self.findings.warn("sequence-as-value", message, node.span, advice)

    def _read_name(self, node: nodes.Name) -> None:
        known = self.state.variables.get(node.name)
        if self.names.is_given(node.name):
            return
        if known is None:
            self.names.check_missing(self.findings, node.name, node.span)
        elif known.is_certain or not known.when.isdisjoint(self.under):
            return
        elif node.name not in self.names.told:
            self.names.told.add(node.name)
            message = f'the variable "{node.name}" is set in some branches only'
            advice = f'set it before the branches, or in all of them: {node.name} := ""'
            self.findings.warn("maybe-unset-variable", message, node.span, advice)

    def _call(self, call: nodes.Call) -> None:
        function = REGISTRY.get(call.function)
        if function is not None:
            calls.check_call(self.findings, call, function)
        for position, argument in enumerate(call.arguments):
            parameter = None if function is None else function.parameter(position)
            is_read = parameter is not None and parameter.kind in _READ_KINDS
            if not is_read:
                self.state.unread.clear()
            if not isinstance(argument, nodes.Path):
                self._value(argument)
            elif is_read or call.function in _ONE_EACH:
                self._look(argument, call.function)
            else:
                paths.check_path(self.findings, argument)
        if function is not None and not function.has_value:
            self.state.unread.clear()

    def _look(self, argument: nodes.Path, function: str) -> None:
        if function == "isPresent":
            self.tested.add(argument)
            if paths.vr_of(argument.path) == "SQ":
                paths.check_path(self.findings, argument)
                return
        self._read(argument)

    def _call_statement(self, call: nodes.Call) -> None:
        function = REGISTRY.get(call.function)
        if call.function == "reject" and not call.arguments:
            self.state.has_ended = True
            return
        if call.function in _MAKE_ELEMENTS:
            self.state.deleted.clear()
            self.state.private = None
        if function is not None and function.only_matches:
            for path in calls.paths_in(call.arguments):
                if not self._changes(path) and call.function == _DELETE:
                    self._gone(path.path)
        elif function is not None and not function.has_value:
            for path in calls.paths_in(call.arguments):
                self._touch(path)
        elif function is not None:
            message = f"the value of {call.function} is not used"
            self.findings.warn("unused-result", message, call.span, "assign it, or take it away")

    def _known_text(self, value: nodes.Expr) -> str | None:
        match value:
            case nodes.Text(value=text) | nodes.Number(value=text):
                return text
            case nodes.Name(name=name) if not self.names.is_given(name):
                known = self.state.variables.get(name)
                return known.text if known is not None and known.is_certain else None
            case nodes.Call(function="concatenate", arguments=arguments):
                texts = [self._known_text(each) for each in arguments]
                known_texts = [each for each in texts if each is not None]
                is_short = sum(map(len, known_texts)) <= _MOST_KNOWN
                return "".join(known_texts) if is_short and len(known_texts) == len(texts) else None
        return None

    def _never_nothing(self, value: nodes.Expr) -> bool:
        match value:
            case nodes.Text() | nodes.Number():
                return True
            case nodes.Name(name=name):
                known = self.state.variables.get(name)
                return known is not None and known.never_nothing
            case nodes.Call(function=name):
                function = REGISTRY.get(name)
                return function is not None and _gives_always(function.call)
        return False


def _gives_always(call: object) -> bool:
    """Whether a function always has a value that is not nothing."""
    return getattr(call, "__annotations__", {}).get("return") in ("str", "bool")


def _is_random(value: nodes.Expr) -> bool:
    """Whether a value may be another one each time."""
    return isinstance(value, nodes.Call) and value.function == "newUID"
