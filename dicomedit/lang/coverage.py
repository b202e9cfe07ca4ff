"""Which statements and branches of a script were reached: counted on request, free otherwise.

A script compiled for coverage has counters around its statements and conditions. What is counted
says nothing of any element's value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum

from dicomedit.errors import Source, Span
from dicomedit.lang.program import Run, Statement
from dicomedit.records import Record, field

Test = Callable[[Run], bool]
Evaluate = Callable[[Run], "str | None"]
Act = Callable[[], None]
Prepare = Callable[[Run], "Act | None"]


class Event(Enum):
    """What can happen at a place of a script."""

    RUN = "run"
    """The statement was carried out."""

    EDIT = "edit"
    """The statement, which is there to edit, stored or removed an element."""

    TRUE = "true"
    FALSE = "false"
    """The condition was so."""


class Point(Record):
    """Something that can happen at a place of a script."""

    source: Source
    span: Span
    event: Event


class Coverage(Record, frozen=False):
    """How often each point of a compiled script happened, over all that it was applied to.

    The same text always gives the same points in the same order, so that `counts` are all that
    needs to travel between processes.
    """

    points: list[Point] = field(factory=list)
    counts: list[int] = field(factory=list)

    def counter(self, source: Source, span: Span, event: Event) -> Callable[[], None]:
        """Add a point; return what counts it once."""
        counts, number = self.counts, len(self.counts)
        self.points.append(Point(source, span, event))
        counts.append(0)

        def count() -> None:
            counts[number] += 1

        return count

    def statement(self, work: Statement, source: Source, span: Span, *, is_edit: bool) -> Statement:
        """Return a statement that is counted; of an edit it counts, too, whether it had effect."""
        count = self.counter(source, span, Event.RUN)
        watched = self._watched(work, source, span) if is_edit else work

        def counted(run: Run) -> None:
            count()
            watched(run)

        return counted

    def _watched(self, work: Statement, source: Source, span: Span) -> Statement:
        count = self.counter(source, span, Event.EDIT)

        def watched(run: Run) -> None:
            before = _edits_of(run)
            work(run)
            if _edits_of(run) != before:
                count()

        return watched

    def prepared(self, prepare: Prepare, source: Source, span: Span, *, is_edit: bool) -> Prepare:
        """Return the same for a statement that first says what it will do, and does it later."""
        count = self.counter(source, span, Event.RUN)
        count_edit = self.counter(source, span, Event.EDIT) if is_edit else None

        def counted(run: Run) -> Act | None:
            count()
            act = prepare(run)
            if act is None or count_edit is None:
                return act
            return lambda: _act_watched(act, run, count_edit)

        return counted

    def condition(self, test: Test, source: Source, span: Span) -> Test:
        """Return a condition whose outcomes are counted."""
        count_true = self.counter(source, span, Event.TRUE)
        count_false = self.counter(source, span, Event.FALSE)

        def counted(run: Run) -> bool:
            outcome = test(run)
            (count_true if outcome else count_false)()
            return outcome

        return counted

    def value(self, evaluate: Evaluate, source: Source, span: Span) -> Evaluate:
        """Return a definition that is counted when it is evaluated."""
        count = self.counter(source, span, Event.RUN)

        def counted(run: Run) -> str | None:
            count()
            return evaluate(run)

        return counted

    def add(self, counts: Sequence[int]) -> None:
        """Add what was counted elsewhere for the same script."""
        for number, count in enumerate(counts):
            self.counts[number] += count

    def take(self) -> list[int]:
        """Return what was counted, and begin again at nothing."""
        taken = list(self.counts)
        self.counts[:] = [0] * len(taken)
        return taken


def _act_watched(act: Act, run: Run, count: Callable[[], None]) -> None:
    before = _edits_of(run)
    act()
    if _edits_of(run) != before:
        count()


def _edits_of(run: Run) -> int:
    """Return how many edits the instance has seen so far."""
    journal = run.instance.journal
    return len(journal.entries) + len(journal.changed)


def tally(coverages: Iterable[Coverage]) -> dict[Point, int]:
    """Return the counts of several compiled scripts in one; equal points are added up."""
    found: dict[Point, int] = {}
    for coverage in coverages:
        for point, count in zip(coverage.points, coverage.counts, strict=True):
            found[point] = found.get(point, 0) + count
    return found
