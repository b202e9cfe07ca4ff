"""A script as it would be if all its conditions were true, or false.

What becomes of an element under a condition shows when the script is run in these forms, too.
Rejections are left out of them: a rejected file has no result that could be looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum

from dicomedit.errors import Source
from dicomedit.lang import nodes
from dicomedit.lang.dialect4.nodes import Constrained
from dicomedit.lang.dialect4.nodes import Script as Script4
from dicomedit.lang.dialect4.parser import parse as parse_4
from dicomedit.lang.dialect4.variables import Variables
from dicomedit.lang.include import Includes, Part
from dicomedit.lang.program import CompiledScript
from dicomedit.records import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomedit.errors import Span

    Loader = Callable[[str, Source], Source]


class Assumption(Enum):
    """What is assumed of every condition."""

    NONE = "as they are"
    TRUE = "true"
    FALSE = "false"


class Statements:
    """The statements of a script, from which some can be left out."""

    def __init__(self, source: Source, dialect: int, loader: Loader | None = None) -> None:
        self._source = source
        self._dialect = dialect
        self._script_4 = parse_4(source, None) if dialect == 4 else None
        self._parts = [] if dialect == 4 else list(Includes(loader).parts(source))
        self._left_out: list[tuple[Source, int]] = []

    @property
    def can_reject(self) -> bool:
        """Whether the script says that some files are rejected."""
        return any(_rejects(statement) for part in self._parts for statement in part.statements)

    def leave_out(self, source: Source, span: Span) -> bool:
        """Leave the statement at a place out from now on; return whether there is one."""
        whole = Script4(()) if self._script_4 is None else self._script_4
        parts = self._parts or [Part(self._source, whole.statements)]  # type: ignore[arg-type]
        for part in parts:
            for statement in part.statements:
                if (
                    part.source == source
                    and statement.span.start <= span.start < statement.span.end
                ):
                    key = (source, statement.span.start)
                    is_new = key not in self._left_out
                    self._left_out.append(key)
                    return is_new
        return False

    def compile(self, assumption: Assumption) -> CompiledScript:
        """Return the program of the statements under an assumption."""
        if self._script_4 is not None:
            return self._compile_4(self._script_4, assumption)
        from dicomedit.lang.compiler import Compiler  # after the functions, which it calls

        compiled = [
            statement
            for part in self._parts
            for statement in Compiler(part.source).statements(
                tuple(_assumed(self._kept(part.source, part.statements), assumption))
            )
        ]
        return CompiledScript(self._source, (), (), tuple(compiled))

    def _compile_4(self, script: Script4, assumption: Assumption) -> CompiledScript:
        from dicomedit.lang.dialect4.compiler import Compiler

        kept = self._kept(self._source, script.statements)  # type: ignore[arg-type]
        assumed = tuple(_assumed_4(kept, assumption))
        variables = Variables.of(script)
        work = Compiler(self._source, variables).script(Script4(assumed))  # type: ignore[arg-type]
        return CompiledScript(self._source, (), (), (work,), dialect=4)

    def _kept(
        self, source: Source, statements: Sequence[nodes.Statement]
    ) -> Iterator[nodes.Statement]:
        for statement in statements:
            if (source, statement.span.start) not in self._left_out:
                yield statement


def _assumed(
    statements: Iterable[nodes.Statement], assumption: Assumption
) -> Iterator[nodes.Statement]:
    for statement in statements:
        if _is_rejection(statement):
            continue
        match statement:
            case nodes.Conditional():
                yield from _of_conditional(statement, assumption)
            case nodes.IfChain():
                yield from _of_chain(statement, assumption)
            case _:
                yield statement


def _of_conditional(
    statement: nodes.Conditional, assumption: Assumption
) -> Iterator[nodes.Statement]:
    if assumption is Assumption.NONE:
        if not _is_rejection(statement.then):
            yield statement
        return
    chosen = statement.then if assumption is Assumption.TRUE else statement.otherwise
    if chosen is not None and not _is_rejection(chosen):
        yield chosen


def _of_chain(statement: nodes.IfChain, assumption: Assumption) -> Iterator[nodes.Statement]:
    otherwise = statement.otherwise or ()
    if assumption is Assumption.NONE:
        branches = tuple(
            replace(branch, body=tuple(_assumed(branch.body, assumption)))
            for branch in statement.branches
        )
        yield replace(
            statement,
            branches=branches,
            otherwise=tuple(_assumed(otherwise, assumption)) if statement.otherwise else None,
        )
    elif assumption is Assumption.TRUE:
        for branch in statement.branches:
            yield from _assumed(branch.body, assumption)
    else:
        yield from _assumed(otherwise, assumption)


def _assumed_4(statements: Iterable[object], assumption: Assumption) -> Iterator[object]:
    for statement in statements:
        if assumption is Assumption.NONE or not isinstance(statement, Constrained):
            yield statement
        elif assumption is Assumption.TRUE:
            yield statement.action


def _is_rejection(statement: nodes.Statement) -> bool:
    return isinstance(statement, nodes.CallStatement) and statement.call.function == "reject"


def _rejects(statement: nodes.Statement) -> bool:
    match statement:
        case nodes.Conditional(then=then, otherwise=otherwise):
            return _is_rejection(then) or (otherwise is not None and _is_rejection(otherwise))
        case nodes.IfChain(branches=branches, otherwise=otherwise):
            bodies = [*(branch.body for branch in branches), otherwise or ()]
            return any(_rejects(each) for body in bodies for each in body)
    return _is_rejection(statement)
