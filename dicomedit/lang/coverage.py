"""Which statements and branches of a script were reached, and how often.

What is counted says nothing of any element's value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum

from dicomedit.errors import Source, Span
from dicomedit.records import Record, field


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

    def add(self, counts: Sequence[int]) -> None:
        """Add what was counted elsewhere for the same script."""
        for number, count in enumerate(counts):
            self.counts[number] += count

    def take(self) -> list[int]:
        """Return what was counted, and begin again at nothing."""
        taken = list(self.counts)
        self.counts[:] = [0] * len(taken)
        return taken


def tally(coverages: Iterable[Coverage]) -> dict[Point, int]:
    """Return the counts of several compiled scripts in one; equal points are added up."""
    found: dict[Point, int] = {}
    for coverage in coverages:
        for point, count in zip(coverage.points, coverage.counts, strict=True):
            found[point] = found.get(point, 0) + count
    return found
