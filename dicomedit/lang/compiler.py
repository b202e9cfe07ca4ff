"""AST to closures: names are looked up and literals read once, what is left is calls."""

from __future__ import annotations

from collections.abc import Callable

from dicomedit.dicom import edit
from dicomedit.dicom.dictionary import SPECIFIC_CHARACTER_SET
from dicomedit.dicom.levels import element_name
from dicomedit.dicom.paths import Needs, Pattern, TagPath
from dicomedit.dicom.resolve import find, obtain
from dicomedit.dicom.walk import matching_values, private_elements, removals
from dicomedit.errors import EvaluationError, Source, Span, failed
from dicomedit.lang import nodes
from dicomedit.lang.arguments import convert
from dicomedit.lang.effects import effects_of
from dicomedit.lang.functions import REGISTRY
from dicomedit.lang.program import Run, Statement
from dicomedit.lang.reading import as_scalar, read_path, scalar_text
from dicomedit.lang.stretches import Guarded, in_rows
from dicomedit.lang.values import Scalar, Value, is_true
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from dicomedit.lang.coverage import Coverage
    from dicomedit.lang.java_regex import JavaPattern

_DECLARATIONS = frozenset((nodes.Version, nodes.Describe, nodes.Mark, nodes.Export))

Evaluate = Callable[[Run], Value]
Test = Callable[[Run], bool]


class Compiler(Record):
    """Compiles the statements of one source, which has been checked.

    `wanted` collects the tags that will be looked for at every level. With `coverage` every
    statement and condition is counted, so that no statements are left out of a stretch.
    """

    source: Source
    wanted: set[int] = field(factory=set)
    coverage: Coverage | None = None

    def statements(self, statements: tuple[nodes.Statement, ...]) -> tuple[Statement, ...]:
        """Return what runs the statements, in order."""
        running = (each for each in statements if type(each) not in _DECLARATIONS)
        return in_rows(map(self._guarded, running))

    def _guarded(self, statement: nodes.Statement) -> Guarded:
        needs = _needs(statement)
        self._look_out_for(needs)
        place = self.source, statement.span
        if self.coverage is not None:
            return Guarded(lambda: self._placed(statement), None, *place)
        return Guarded(lambda: self._placed(statement), needs, *place, effects_of(statement))

    def _placed(self, statement: nodes.Statement) -> Statement:
        """Return what runs one statement and gives its place to whatever fails in it."""
        work = self._counted(self._statement(statement), statement)
        source, span = self.source, statement.span
        line = source.position(span.start)[0]

        def run_placed(run: Run) -> None:
            run.span = span
            run.source = source
            run.instance.journal.line = line
            try:
                work(run)
            except EvaluationError as error:
                raise error.at(source, span) from None
            if run.instance.notices:
                run.take_notices()

        return run_placed

    def _counted(self, work: Statement, statement: nodes.Statement) -> Statement:
        """Return a statement with its counter; of one that branches the conditions are counted."""
        if self.coverage is None or isinstance(statement, nodes.Conditional | nodes.IfChain):
            return work
        from dicomedit.lang.counting import counted_statement  # a run without does not wait for it

        place, is_edit = (self.source, statement.span), _is_edit(statement)
        return counted_statement(self.coverage, work, *place, is_edit=is_edit)

    def _statement(self, statement: nodes.Statement) -> Statement:
        match statement:
            case nodes.Conditional():
                return self._conditional(statement)
            case nodes.IfChain():
                return self._if_chain(statement)
            case nodes.RemoveAllPrivateTags():
                return _remove_all_private_tags
            case nodes.Assign(target=target, value=value):
                return _assign(target.path, self._value(value))
            case nodes.AssignIfExists():
                return self._assign_if_exists(statement)
            case nodes.Define(name=name, value=value):
                return _define(name, self._value(value))
            case nodes.Delete(target=target):
                return _delete(self._pattern_of(target.path))
            case nodes.CallStatement(call=call):
                return _discard(self._call(call))
            case nodes.Echo(value=value):
                return _echo(None if value is None else self._value(value))
        raise AssertionError("declarations do not run")

    def _pattern_of(self, path: TagPath) -> Pattern:
        self._look_out_for(path.pattern.needs)
        return path.pattern

    def _look_out_for(self, needs: Needs | None) -> None:
        if needs is not None and needs.anywhere:
            self.wanted.update(needs.tags)

    def _assign_if_exists(self, statement: nodes.AssignIfExists) -> Statement:
        pattern, value = self._pattern_of(statement.target.path), statement.value
        if isinstance(value, nodes.Text | nodes.Number):
            return _assign_literal_if_exists(pattern, value.value)
        return _assign_if_exists(pattern, self._value(value))

    def value(self, value: nodes.Expr) -> Evaluate:
        """Return what gives a value, for those who follow a script step by step."""
        return self._value(value)

    def test(self, condition: nodes.Condition) -> Test:
        """Return what tells whether a condition is true, for the same."""
        return self._test(condition)

    # conditions

    def _conditional(self, statement: nodes.Conditional) -> Statement:
        test = self._test(statement.condition)
        then = self._placed(statement.then)
        otherwise = None if statement.otherwise is None else self._placed(statement.otherwise)

        def conditional(run: Run) -> None:
            if test(run):
                then(run)
            elif otherwise is not None:
                otherwise(run)

        return conditional

    def _if_chain(self, statement: nodes.IfChain) -> Statement:
        branches = tuple(
            (self._test(branch.condition), self.statements(branch.body))
            for branch in statement.branches
        )
        otherwise = self.statements(statement.otherwise or ())

        def if_chain(run: Run) -> None:
            body = next((body for test, body in branches if test(run)), otherwise)
            for each in body:
                each(run)

        return if_chain

    def _test(self, condition: nodes.Condition) -> Test:
        test = self._uncounted_test(condition)
        if self.coverage is None:
            return test
        from dicomedit.lang.counting import counted_condition

        return counted_condition(self.coverage, test, self.source, condition.span)

    def _uncounted_test(self, condition: nodes.Condition) -> Test:
        if isinstance(condition, nodes.Call):
            return _truth(self._value(condition), condition.function)
        left = _texts(self._value(condition.left))
        match condition.operator:
            case nodes.Operator.EQUALS:
                return _equal(left, _texts(self._value(condition.right)))
            case nodes.Operator.NOT_EQUALS:
                return _negated(_equal(left, _texts(self._value(condition.right))))
            case nodes.Operator.MATCHES:
                return _matching(left, self._regex(condition.right))
            case nodes.Operator.NOT_MATCHES:
                return _negated(_matching(left, self._regex(condition.right)))

    def _regex(self, value: nodes.Expr) -> Callable[[Run], JavaPattern | None]:
        if isinstance(value, nodes.Text):
            from dicomedit.lang.java_regex import compile_pattern  # most scripts have no patterns

            compiled = compile_pattern(value.value)
            return lambda run: compiled
        text = _texts(self._value(value))

        def pattern(run: Run) -> JavaPattern | None:
            spelt = text(run)
            return None if spelt is None else _compiled(spelt)

        return pattern

    # values

    def _value(self, value: nodes.Expr) -> Evaluate:
        """Return what gives a value; a tag path is read."""
        if isinstance(value, nodes.Path):
            path = value.path
            return lambda run: read_path(run, path)
        return self._argument(value)

    def _argument(self, value: nodes.Expr) -> Evaluate:
        """Return what gives an argument or a list element; a tag path stays one."""
        match value:
            case nodes.Text(value=text) | nodes.Number(value=text):
                return lambda run: text
            case nodes.Path(path=path):
                self._look_out_for(path.pattern.needs)
                return lambda run: path
            case nodes.Name(name=name):
                return _variable(name)
            case nodes.Call():
                return self._call(value)
            case nodes.ListOf(elements=elements):
                evaluate = tuple(self._argument(element) for element in elements)
                return lambda run: tuple(each(run) for each in evaluate)

    def _call(self, call: nodes.Call) -> Evaluate:
        function = REGISTRY.get(call.function)
        assert function is not None
        given = []
        for position, argument in enumerate(call.arguments):
            parameter = function.parameter(position)
            literal = argument.value if isinstance(argument, nodes.Text) else None
            given.append(convert(function, position, parameter, self._argument(argument), literal))
        return _placed_call(
            _bound(function.call, tuple(given), function.needs_run), self.source, call.span
        )


def _needs(statement: nodes.Statement) -> Needs | None:
    """Return what must be present for a statement to do anything at all, as far as that is sure.

    A value that has to be worked out may fail, or be told about, without any element.
    """
    match statement:
        case nodes.Delete(target=target):
            return target.path.pattern.needs
        case nodes.AssignIfExists(target=target, value=nodes.Text() | nodes.Number()):
            return target.path.pattern.needs
        case nodes.CallStatement(call=call):
            return _needs_of_call(call)
    return None


def _needs_of_call(call: nodes.Call) -> Needs | None:
    function = REGISTRY.get(call.function)
    assert function is not None
    paths = [each.path for each in call.arguments if isinstance(each, nodes.Path)]
    if not function.only_matches or len(paths) < len(call.arguments):
        return None
    needs = [path.pattern.needs for path in paths]
    known = [each.tags for each in needs if each is not None]
    return Needs(frozenset().union(*known), anywhere=True) if len(known) == len(needs) else None


def _is_edit(statement: nodes.Statement) -> bool:
    """Whether a statement is there to edit elements; functions that do so return nothing."""
    if isinstance(statement, nodes.CallStatement):
        if statement.call.function == "reject":
            return False
        function = REGISTRY.get(statement.call.function)
        assert function is not None
        return function.call.__annotations__.get("return") == "None"
    edits = nodes.Assign | nodes.AssignIfExists | nodes.Delete | nodes.RemoveAllPrivateTags
    return isinstance(statement, edits)


def _bound(
    call: Callable[..., Any], given: tuple[Callable[[Run], tuple[Any, ...]], ...], needs_run: bool
) -> Evaluate:
    """Return what calls a function; each argument gives no, one or, for lists, many values."""

    def bound(run: Run) -> Value:
        arguments = [value for argument in given for value in argument(run)]
        if needs_run:
            return call(*arguments, run=run)  # type: ignore[no-any-return]
        return call(*arguments)  # type: ignore[no-any-return]

    return bound


def _placed_call(call: Evaluate, source: Source, span: Span) -> Evaluate:
    def placed(run: Run) -> Value:
        try:
            return call(run)
        except EvaluationError as error:
            raise error.at(source, span) from None

    return placed


def _variable(name: str) -> Evaluate:
    def variable(run: Run) -> Value:
        try:
            return run.variables[name]
        except KeyError:
            raise failed(
                "unknown-variable",
                f'the variable "{name}" has no value',
                help=f"give it one in the script or with --set {name}=VALUE; in Python, variables=",
            ) from None

    return variable


# --- statements ---------------------------------------------------------------------------------


def _assign(path: TagPath, value: Evaluate) -> Statement:
    def assign(run: Run) -> None:
        text = scalar_text(value(run))
        if text is None:
            _tell_kept(run, path)
        else:
            edit.put_text(run.instance, obtain(run.instance, path), text)

    return assign


def _tell_kept(run: Run, path: TagPath) -> None:
    """Warn that an element keeps its value: ":=" with nothing has no effect."""
    target = find(run.instance, path)
    if target is not None:
        name = element_name(target.level, target.tag)
        message = f"{name} keeps its value: there was nothing to assign"
        run.notice("nothing-assigned", message, 'use "?=" to blank the element instead')


def _assign_if_exists(pattern: Pattern, value: Evaluate) -> Statement:
    def assign_if_exists(run: Run) -> None:
        forms = edit.Forms(scalar_text(value(run)) or "")
        edit.put_text_in_all(run.instance, matching_values(run.instance, pattern), forms)

    return assign_if_exists


def _assign_literal_if_exists(pattern: Pattern, text: str) -> Statement:
    forms = edit.Forms(text)
    tag = pattern.root_tag
    if tag is not None and not pattern.names_file_meta:
        return lambda run: edit.put_text_at_root(run.instance, tag, forms)

    def assign_literal_if_exists(run: Run) -> None:
        edit.put_text_in_all(run.instance, matching_values(run.instance, pattern), forms)

    return assign_literal_if_exists


def _define(name: str, value: Evaluate) -> Statement:
    def define(run: Run) -> None:
        run.variables[name] = value(run)

    return define


def _delete(pattern: Pattern) -> Statement:
    tag = pattern.root_tag
    if tag is not None and tag != SPECIFIC_CHARACTER_SET and not pattern.names_file_meta:
        return lambda run: edit.remove_at_root(run.instance, tag)

    def delete(run: Run) -> None:
        edit.remove(run.instance, removals(run.instance, pattern))

    return delete


def _discard(call: Evaluate) -> Statement:
    def discard(run: Run) -> None:
        call(run)

    return discard


def _echo(value: Evaluate | None) -> Statement:
    def echo(run: Run) -> None:
        run.echo.append("" if value is None else scalar_text(value(run)) or "")

    return echo


def _remove_all_private_tags(run: Run) -> None:
    edit.remove(run.instance, list(private_elements(run.instance.root)))


# --- conditions ---------------------------------------------------------------------------------

Text = Callable[[Run], "str | None"]


def _texts(value: Evaluate) -> Text:
    return lambda run: scalar_text(value(run))


def _equal(left: Text, right: Text) -> Test:
    """Two values are equal when both are there and their texts are the same."""

    def equal(run: Run) -> bool:
        first, second = left(run), right(run)
        return first is not None and first == second

    return equal


def _negated(test: Test) -> Test:
    return lambda run: not test(run)


def _matching(left: Text, right: Callable[[Run], JavaPattern | None]) -> Test:
    from dicomedit.lang.functions.text import full_match

    def matching(run: Run) -> bool:
        text, pattern = left(run), right(run)
        return text is not None and pattern is not None and full_match(pattern, text)

    return matching


def _compiled(text: str) -> JavaPattern:
    from dicomedit.lang.java_regex import PatternError, compile_pattern

    try:
        return compile_pattern(text)
    except PatternError:
        # The pattern may hold a value of the data set: it is not shown.
        raise failed("bad-pattern", "the text is no regular expression", value=text) from None


def _truth(value: Evaluate, name: str) -> Test:
    def truth(run: Run) -> bool:
        result: Scalar = as_scalar(run, value(run))
        if result is None:
            run.notice("nothing-as-condition", f"{name} gave nothing, which counts as false")
        return is_true(result)

    return truth
