"""Counters around the statements and conditions of a script that is compiled for coverage."""

from __future__ import annotations

from collections.abc import Callable

from dicomedit.errors import Source, Span
from dicomedit.lang.coverage import Coverage, Event
from dicomedit.lang.program import Run, Statement

Test = Callable[[Run], bool]
Evaluate = Callable[[Run], "str | None"]
Act = Callable[[], None]
Prepare = Callable[[Run], "Act | None"]


def counted_statement(
    coverage: Coverage, work: Statement, source: Source, span: Span, *, is_edit: bool
) -> Statement:
    """Return a statement that is counted; of an edit it counts, too, whether it had effect."""
    count = coverage.counter(source, span, Event.RUN)
    watched = _watched(coverage, work, source, span) if is_edit else work

    def counted(run: Run) -> None:
        count()
        watched(run)

    return counted


def _watched(coverage: Coverage, work: Statement, source: Source, span: Span) -> Statement:
    count = coverage.counter(source, span, Event.EDIT)

    def watched(run: Run) -> None:
        before = _edits_of(run)
        work(run)
        if _edits_of(run) != before:
            count()

    return watched


def counted_preparation(
    coverage: Coverage, prepare: Prepare, source: Source, span: Span, *, is_edit: bool
) -> Prepare:
    """Return the same for a statement that first says what it will do, and does it later."""
    count = coverage.counter(source, span, Event.RUN)
    count_edit = coverage.counter(source, span, Event.EDIT) if is_edit else None

    def counted(run: Run) -> Act | None:
        count()
        act = prepare(run)
        if act is None or count_edit is None:
            return act
        return lambda: _act_watched(act, run, count_edit)

    return counted


def counted_condition(coverage: Coverage, test: Test, source: Source, span: Span) -> Test:
    """Return a condition whose outcomes are counted."""
    count_true = coverage.counter(source, span, Event.TRUE)
    count_false = coverage.counter(source, span, Event.FALSE)

    def counted(run: Run) -> bool:
        outcome = test(run)
        (count_true if outcome else count_false)()
        return outcome

    return counted


def counted_value(coverage: Coverage, evaluate: Evaluate, source: Source, span: Span) -> Evaluate:
    """Return a definition that is counted when it is evaluated."""
    count = coverage.counter(source, span, Event.RUN)

    def counted(run: Run) -> str | None:
        count()
        return evaluate(run)

    return counted


def _act_watched(act: Act, run: Run, count: Callable[[], None]) -> None:
    before = _edits_of(run)
    act()
    if _edits_of(run) != before:
        count()


def _edits_of(run: Run) -> int:
    """Return how many edits the instance has seen so far."""
    journal = run.instance.journal
    return len(journal.entries) + len(journal.changed)
