"""What each statement of a script did to one instance, and why: the real engine, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from dicomedit.authoring.explaining.condition_results import Checked, Compilers, Kinds, checked
from dicomedit.authoring.explaining.explain import as_sentence
from dicomedit.authoring.explaining.reads import ElementRead, element_reads, values_read
from dicomedit.authoring.explaining.watching import ElementChange, Watch, WatchedJournal
from dicomedit.authoring.explaining.wording import Wording
from dicomedit.authoring.formatting.reading import Statement, read_script
from dicomedit.dicom.levels import Change, Instance
from dicomedit.errors import Diagnostic, EvaluationError, Source, failed
from dicomedit.lang import nodes
from dicomedit.lang.compile import compile_source
from dicomedit.lang.compiler import Compiler
from dicomedit.lang.dialect4 import compiler as compiler4
from dicomedit.lang.dialect4.nodes import Constrained, Script
from dicomedit.lang.dialect4.variables import Variables
from dicomedit.lang.include import Includes, Loader, Part
from dicomedit.lang.program import CompiledScript, Rejected, Resources, Run
from dicomedit.records import Record, field, replace

Open = Callable[[CompiledScript], Instance]
"""Returns the instance to be followed, given what is to be applied to it."""


class Step(Record):
    """What one statement did: which conditions it asked, what it read and changed.

    `is_done` is false where a condition kept it from acting. `depth` is the number of blocks
    around it. `keeps` is what a variable holds now; `printed` what `echo` gave.
    """

    script: str
    line: int
    depth: int
    text: str
    conditions: tuple[Checked, ...] = ()
    is_done: bool = True
    reads: tuple[ElementRead, ...] = ()
    changes: tuple[ElementChange, ...] = ()
    keeps: str | None = field(default=None, repr=False)
    printed: tuple[str, ...] = field(default=(), repr=False)
    ended: str = ""
    """``failed`` or ``rejected`` where the work ended here."""


class Trace(Record):
    """What a script did to one instance, statement by statement.

    `failure` is why it ended early; `rejected` whether a statement rejected the instance. In both
    cases nothing would be written. `changes` is what is different in the end, as an `Outcome` has
    it, and nothing where nothing would be written.
    """

    name: str
    dialect: int
    steps: tuple[Step, ...]
    changes: tuple[Change, ...]
    rejected: bool
    failure: EvaluationError | None
    notices: tuple[Diagnostic, ...]


def trace_script(
    source: Source,
    open_instance: Open,
    *,
    variables: Mapping[str, str] | None = None,
    resources: Resources | None = None,
    dialect: int | None = None,
    newer_versions: bool = False,
    loader: Loader | None = None,
    show_values: bool = False,
) -> Trace:
    """Return what a script does to an instance, which is for this alone: it is changed.

    Values are hidden without `show_values`. Raises ScriptError for a script that cannot be run.
    """
    script = read_script(source, dialect)
    dialect = script.dialect
    compiled = compile_source(source, dialect=dialect, newer_versions=newer_versions, loader=loader)
    journal = WatchedJournal()
    journal.shows_values = show_values
    instance = replace(open_instance(compiled), journal=journal)
    run = Run(instance, source, resources or Resources(), dict(variables or {}))
    follow = _follow_6(source, loader) if dialect == 6 else _follow_4(source)
    follower = _Follower(run, Watch(journal), Wording.of(script), Kinds(show_values))
    return _followed(compiled, dialect, follower, follow)


Follow = Callable[["_Follower"], None]


def _followed(compiled: CompiledScript, dialect: int, follower: _Follower, follow: Follow) -> Trace:
    run, rejected, failure = follower.run, False, None
    try:
        follow(follower)
    except Rejected:
        rejected = True
        follower.end("rejected")
    except EvaluationError as error:
        failure = error
        follower.end("failed")
    except RecursionError:
        failure = failed("nested-too-deeply", "the script or the data set is too deep")
        follower.end("failed")
    is_written = not rejected and failure is None
    return Trace(
        compiled.source.name,
        dialect,
        tuple(follower.steps),
        run.instance.journal.changes() if is_written else (),
        rejected,
        failure,
        (*compiled.notices, *run.notices.values()),
    )


class _Follower:
    """The steps of one run as they are taken."""

    def __init__(self, run: Run, watch: Watch, wording: Wording, kinds: Kinds) -> None:
        self.run, self.watch, self.wording, self.kinds = run, watch, wording, kinds
        self.steps: list[Step] = []

    def begin(self, statement: Statement, source: Source, depth: int) -> None:
        """Begin a step, and give its place to whatever fails in it."""
        self.run.span, self.run.source = statement.span, source
        line = self.run.instance.journal.line = source.position(statement.span.start)[0]
        text = as_sentence(self.wording.statement(statement))
        self.steps.append(Step(source.name, line, depth, text))
        self.watch.begin(len(self.run.echo))

    def note(self, number: int = -1, **what: object) -> None:
        """Add to what is known of a step, the last one unless another is meant."""
        self.steps[number] = replace(self.steps[number], **what)

    def end(self, how: str) -> None:
        """Note in the step that was at work that everything ended with it."""
        place = self.run.source.name, self.run.instance.journal.line
        for number in reversed(range(len(self.steps))):
            if (self.steps[number].script, self.steps[number].line) == place:
                self.note(number, ended=how)
                return

    def read(self, values: Iterable[nodes.Expr], compiler: Compilers) -> None:
        """Note which elements are about to be read."""
        found = element_reads(values, compiler, self.run, self.kinds)
        known = self.steps[-1].reads
        self.note(reads=(*known, *(each for each in found if each not in known)))

    def finish(self, number: int = -1) -> None:
        """Note what a step has changed and printed."""
        printed = self.run.echo[self.watch.printed :]
        shown = printed if self.kinds.shows_values else ["(hidden)"] * len(printed)
        self.note(number, changes=self.watch.changes(), printed=tuple(shown))


# --- version 6 ----------------------------------------------------------------------------------


def _follow_6(source: Source, loader: Loader | None) -> Follow:
    def follow(follower: _Follower) -> None:
        for part in Includes(loader).parts(source):
            _Part(part, follower).statements(part.statements, 0)

    return follow


class _Part:
    """Follows the statements of one source."""

    def __init__(self, part: Part, follower: _Follower) -> None:
        self._compiler, self._source, self._follower = Compiler(part.source), part.source, follower

    def statements(self, statements: Sequence[nodes.Statement], depth: int) -> None:
        for statement in statements:
            if not isinstance(
                statement, nodes.Version | nodes.Describe | nodes.Mark | nodes.Export
            ):
                self._statement(statement, depth)

    def _statement(self, statement: nodes.Statement, depth: int) -> None:
        self._follower.begin(statement, self._source, depth)
        try:
            match statement:
                case nodes.IfChain():
                    self.statements(self._chosen(statement), depth + 1)
                case nodes.Conditional():
                    self._conditional(statement)
                case _:
                    self._act(statement)
        except EvaluationError as error:
            raise error.at(self._source, statement.span) from None

    def _conditional(self, statement: nodes.Conditional) -> None:
        is_true = self._is_true(statement.condition)
        action = statement.then if is_true else statement.otherwise
        if action is None:
            self._follower.note(is_done=False)
            self._follower.finish()
        else:
            self._act(action)

    def _act(self, statement: nodes.Statement) -> None:
        follower = self._follower
        follower.read(values_read(statement), self._compiler)
        try:
            for each in self._compiler.statements((statement,)):
                each(follower.run)
        finally:
            follower.finish()
        if isinstance(statement, nodes.Define):
            value = follower.run.variables[statement.name]
            follower.note(keeps=follower.kinds.of(value))

    def _chosen(self, chain: nodes.IfChain) -> Sequence[nodes.Statement]:
        bodies = (branch.body for branch in chain.branches if self._is_true(branch.condition))
        body = next(bodies, chain.otherwise)
        self._follower.note(is_done=body is not None)
        self._follower.finish()
        return body or ()

    def _is_true(self, condition: nodes.Condition) -> bool:
        follower = self._follower
        if isinstance(condition, nodes.Call):
            follower.read((condition,), self._compiler)
        found = checked(condition, self._compiler, follower.run, follower.wording, follower.kinds)
        if follower.run.instance.notices:
            follower.run.take_notices()
        follower.note(conditions=(*follower.steps[-1].conditions, found))
        return found.result


# --- version 4 ----------------------------------------------------------------------------------


def _follow_4(source: Source) -> Follow:
    script = Script(read_script(source, 4).statements)  # type: ignore[arg-type]
    compiler = compiler4.Compiler(source, Variables.of(script))
    steps = {step.span: step for step in compiler.steps(script)}

    def follow(follower: _Follower) -> None:
        compiler.begin(follower.run)
        due = []
        for statement in script.statements:
            step = steps.get(statement.span)
            if step is not None:
                act = _evaluated(statement, step, compiler, follower)
                if act is not None:
                    due.append((len(follower.steps) - 1, step, act))
        for number, step, act in reversed(due):
            follower.watch.begin(len(follower.run.echo))
            compiler4.carry_out(step, act, follower.run)
            follower.note(number, changes=follower.watch.changes())
        follower.steps[:] = _with_winners(follower.steps)

    return follow


def _evaluated(
    statement: Statement, step: compiler4.Step, compiler: compiler4.Compiler, follower: _Follower
) -> Callable[[], None] | None:
    """Return what a statement wants done, having asked its conditions in turn."""
    follower.begin(statement, compiler.source, 0)
    run, wording, kinds = follower.run, follower.wording, follower.kinds
    try:
        for condition in statement.conditions if isinstance(statement, Constrained) else ():
            found = checked(condition, compiler, run, wording, kinds)
            follower.note(conditions=(*follower.steps[-1].conditions, found))
            if not found.result:
                follower.note(is_done=False)
                return None
        follower.read(values_read(statement), compiler)
        return step.prepare(run)
    except EvaluationError as error:
        raise error.at(compiler.source, step.span) from None
    finally:
        follower.finish()


def _with_winners(steps: Sequence[Step]) -> Iterator[Step]:
    """Yield the steps with the line of the statement that won, for each change that was lost."""
    winners: dict[str, int] = {}
    for step in steps:
        changes = []
        for change in step.changes:
            winner = winners.setdefault(change.path, step.line)
            changes.append(change if winner == step.line else replace(change, lost_to=winner))
        yield replace(step, changes=tuple(changes))
