"""AST of DicomEdit 4 to one closure that evaluates all statements, then acts on them in reverse."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dicomedit.dicom.uids import hash_uid, under_root
from dicomedit.errors import EvaluationError, Source, Span, failed
from dicomedit.lang import nodes
from dicomedit.lang.dialect4.actions import Selection, delete, put, tag_of
from dicomedit.lang.dialect4.functions import REGISTRY
from dicomedit.lang.dialect4.nodes import Constrained, Generate, Script
from dicomedit.lang.dialect4.reading import read
from dicomedit.lang.dialect4.variables import Variables
from dicomedit.lang.functions.registry import Function, Kind
from dicomedit.lang.functions.text import full_match
from dicomedit.lang.java_regex import JavaPattern, PatternError, compile_pattern
from dicomedit.lang.program import Run
from dicomedit.lang.reading import scalar_text
from dicomedit.lang.values import Value
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from dicomedit.lang.coverage import Coverage

Evaluate = Callable[[Run], "str | None"]
Test = Callable[[Run], bool]
Act = Callable[[], None]
Prepare = Callable[[Run], "Act | None"]

NOT_SHOWN = "(no value that can be shown)"
"""What `echo` prints for a value that cannot be had."""


class Step(Record):
    """A statement with work to do: when its tests are true, `prepare` returns what to do."""

    span: Span
    line: int
    tests: tuple[Test, ...]
    prepare: Prepare


class TwoPhases(Record):
    """What applies a whole script; others may come between its two phases.

    `evaluate` reads the untouched input and returns what then carries out all actions.
    """

    evaluate: Callable[[Run], Act]

    def __call__(self, run: Run) -> None:
        """Apply the script."""
        self.evaluate(run)()


class Compiler(Record):
    """Compiles one script, which has been checked."""

    source: Source
    variables: Variables
    coverage: Coverage | None = None
    _definitions: dict[str, Evaluate] = field(factory=dict, repr=False)

    def script(self, script: Script) -> TwoPhases:
        """Return what applies the whole script."""
        steps, begin = self.steps(script), self.begin

        def evaluate(run: Run) -> Act:
            begin(run)
            due = [(s, act) for s in steps if (act := _evaluated(s, run)) is not None]

            def carry_all_out() -> None:
                for step, act in reversed(due):
                    carry_out(step, act, run)

            return carry_all_out

        return TwoPhases(evaluate)

    def steps(self, script: Script) -> list[Step]:
        """Return the statements that have work to do, in order."""
        steps = [step for each in script.statements if (step := self._step(each)) is not None]
        for key, definition in self.variables.definitions.items():
            self._definitions[key] = self._definition(definition)
        return steps

    def begin(self, run: Run) -> None:
        """Give a run its variables; refuse to begin without one that will be read."""
        run.source = self.source
        run.variables = self.variables.given(run.variables)
        if not run.resources.allow_unset:
            _check_given(self.variables, run.variables)

    def value(self, value: nodes.Expr) -> Evaluate:
        """Return what gives a value, for those who follow a script step by step."""
        return self._value(value)

    def test(self, condition: nodes.Comparison) -> Test:
        """Return what tells whether a condition is true, for the same."""
        return self._test(condition)

    def _step(self, statement: object) -> Step | None:
        tests: tuple[Test, ...] = ()
        action = statement
        if isinstance(statement, Constrained):
            tests, action = tuple(map(self._test, statement.conditions)), statement.action
        prepare = self._prepare(action)
        if prepare is None:
            return None
        span: Span = statement.span  # type: ignore[attr-defined]
        line = self.source.position(span.start)[0]
        return Step(span, line, tests, self._counted(prepare, action))

    def _counted(self, prepare: Prepare, action: Any) -> Prepare:
        if self.coverage is None:
            return prepare
        from dicomedit.lang.counting import counted_preparation  # a run without does not wait

        place, is_edit = (self.source, action.span), not isinstance(action, nodes.Echo)
        return counted_preparation(self.coverage, prepare, *place, is_edit=is_edit)

    def _definition(self, definition: nodes.Define) -> Evaluate:
        evaluate = self._value(definition.value)
        if self.coverage is None:
            return evaluate
        from dicomedit.lang.counting import counted_value

        return counted_value(self.coverage, evaluate, self.source, definition.span)

    def _prepare(self, action: object) -> Prepare | None:
        match action:
            case nodes.Assign(target=target, value=value):
                selection, evaluate = Selection.of(target.path), self._value(value)

                def assign(run: Run) -> Act:
                    text, instance = evaluate(run), run.instance
                    return lambda: put(instance, selection, text)

                return assign
            case nodes.Delete(target=nodes.Path(path=path)):
                doomed = Selection.of(path)
                return lambda run: lambda: delete(run.instance, doomed)
            case Generate():
                return self._generate(action)
            case nodes.Echo(value=shown):
                return _echo(None if shown is None else self._value(shown))
        return None

    def _generate(self, action: Generate) -> Prepare:
        ignored = tuple(map(self._value, action.arguments))
        selection, tag = Selection.of(action.target.path), tag_of(action.target.path)

        def generate(run: Run) -> Act:
            for each in ignored:
                each(run)
            instance = run.instance
            uid = _generated(run, tag, read(instance, tag))
            return lambda: put(instance, selection, uid)

        return generate

    # conditions

    def _test(self, condition: nodes.Comparison) -> Test:
        test = self._uncounted_test(condition)
        if self.coverage is None:
            return test
        from dicomedit.lang.counting import counted_condition

        return counted_condition(self.coverage, test, self.source, condition.span)

    def _uncounted_test(self, condition: nodes.Comparison) -> Test:
        left, right = self._value(condition.left), self._value(condition.right)
        if condition.operator is nodes.Operator.EQUALS:
            return lambda run: left(run) == right(run)
        known = _known_pattern(condition.right)

        def matches(run: Run) -> bool:
            text, pattern = left(run), right(run)
            if pattern is None:
                raise failed("absent-value", "the regular expression after ~ is absent")
            if text is None:
                return False
            return full_match(_compiled(pattern) if known is None else known, text)

        return matches

    # values

    def _value(self, value: nodes.Expr) -> Evaluate:
        match value:
            case nodes.Text(value=text) | nodes.Number(value=text):
                return lambda run: text
            case nodes.Path(path=path):
                tag = tag_of(path)
                return lambda run: read(run.instance, tag)
            case nodes.Name(name=name):
                return self._variable(name.lower())
            case nodes.Call():
                return self._call(value)
        raise AssertionError("DicomEdit 4 has no such value")

    def _variable(self, key: str) -> Evaluate:
        """Return what reads a variable; its definition is evaluated when it is first read."""
        definitions = self._definitions

        def variable(run: Run) -> str | None:
            if key not in run.variables:
                definition = definitions.get(key)
                run.variables[key] = None if definition is None else definition(run)
            return scalar_text(run.variables[key])

        return variable

    def _call(self, call: nodes.Call) -> Evaluate:
        function = REGISTRY.get(call.function)
        assert function is not None
        count = len(call.arguments) if function.rest else len(function.parameters)
        given = tuple(
            self._argument(function, position, argument)
            for position, argument in enumerate(call.arguments[:count])
        )
        work, needs_run = function.call, function.needs_run
        source, span = self.source, call.span

        def placed(run: Run) -> str | None:
            try:
                arguments = [argument(run) for argument in given]
                if needs_run:
                    return work(*arguments, run=run)  # type: ignore[no-any-return]
                return work(*arguments)  # type: ignore[no-any-return]
            except EvaluationError as error:
                raise error.at(source, span) from None

        return placed

    def _argument(
        self, function: Function, position: int, argument: nodes.Expr
    ) -> Callable[[Run], Any]:
        parameter = function.parameter(position)
        assert parameter is not None
        evaluate = self._value(argument)
        if parameter.kind is Kind.OPTIONAL_TEXT:
            return evaluate
        if parameter.kind is Kind.INTEGER:
            assert isinstance(argument, nodes.Number)
            number = int(argument.value)
            return lambda run: number
        known = _known_pattern(argument) if parameter.kind is Kind.PATTERN else None
        if known is not None:
            return lambda run: known
        required = _required(evaluate, f"argument {position + 1} of {function.name}")
        if parameter.kind is Kind.PATTERN:
            return lambda run: _compiled(required(run))
        return required


# --- running ------------------------------------------------------------------------------------


def _check_given(variables: Variables, values: Mapping[str, Value]) -> None:
    """Refuse to begin when a variable is read that has no value from anywhere."""
    missing = [
        variables.spelling[key]
        for key in variables.needed(values)
        if key not in values and key not in variables.definitions
    ]
    if missing:
        named = ", ".join(f'"{name}"' for name in missing)
        options = " ".join(f"--set {name}=VALUE" for name in missing)
        raise failed(
            "unknown-variable",
            f"there is no value for the variable{'s' if len(missing) > 1 else ''} {named}",
            help=f"give it one in the script or with {options}; in Python, variables=",
        )


def _evaluated(step: Step, run: Run) -> Act | None:
    """Return what a statement wants done to the data set, which nothing has touched yet."""
    run.span = step.span
    try:
        return step.prepare(run) if all(test(run) for test in step.tests) else None
    except EvaluationError as error:
        raise error.at(run.source, step.span) from None


def carry_out(step: Step, act: Act, run: Run) -> None:
    """Do what a statement wants done, on behalf of that statement."""
    run.span = step.span
    run.instance.journal.line = step.line
    try:
        act()
    except EvaluationError as error:
        raise error.at(run.source, step.span) from None
    if run.instance.notices:
        run.take_notices()


def _generated(run: Run, tag: int, old: str | None) -> str:
    """Return the UID that stands for an old value of an element as long as the run lasts.

    It is made of a secret, which the run's UID map holds, instead of being remembered: however
    many objects there are, and whoever else works on them, there is nothing more to share.
    """
    secret = run.resources.uid_map.uid_for("secret of new UID", "2.25")
    uid = hash_uid(f"{secret}|{tag:08X}|{'absent' if old is None else f'={old}'}")
    return under_root(uid, run.resources.uid_root)


def _echo(value: Evaluate | None) -> Prepare:
    def echo(run: Run) -> None:
        run.echo.append("" if value is None else _shown(run, value))

    return echo


def _shown(run: Run, value: Evaluate) -> str:
    try:
        text = value(run)
    except EvaluationError:
        return NOT_SHOWN
    return "null" if text is None else text


def _required(evaluate: Evaluate, place: str) -> Callable[[Run], str]:
    def required(run: Run) -> str:
        text = evaluate(run)
        if text is None:
            raise failed("absent-value", f"{place} is absent")
        return text

    return required


def _known_pattern(value: nodes.Expr) -> JavaPattern | None:
    """Return a pattern that the script spells out; one that is wrong fails when it is used."""
    if isinstance(value, nodes.Text):
        try:
            return compile_pattern(value.value)
        except PatternError:
            return None
    return None


def _compiled(text: str) -> JavaPattern:
    try:
        return compile_pattern(text)
    except PatternError:
        # The pattern may hold a value of the data set: it is not shown.
        raise failed("bad-pattern", "the text is no regular expression", value=text) from None
