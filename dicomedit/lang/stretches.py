"""Rows of statements that need not be run one by one to have the effect of each.

A script has hundreds of statements such as ``-*/(0010,1000)``, and a file gives few of them
anything to do. A stretch is a row of statements that do nothing unless some element is there. It
asks the data set once which of the tags they need are present, then runs the statements concerned
in the order of the script. When one of them creates an element it asks again.

A batch is a row of statements whose order makes no difference, since each changes elements without
regard to others: one plan is made of them when the script is compiled. It is carried out as long as
nothing is out of the ordinary; otherwise its statements are run in stretches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from dicomedit.dicom.bulk import carry_out
from dicomedit.dicom.levels import Level
from dicomedit.dicom.paths import Needs
from dicomedit.errors import Source, Span
from dicomedit.lang.effects import Effects, Row
from dicomedit.lang.program import Run, Statement

Numbers = dict[int, list[int]]


FEWEST = 3
"""Fewest statements that are worth a batch: a shorter one may cut a stretch in two."""


class Guarded:
    """A statement, where it stands, and what must be present for it to have any effect.

    `compile` returns what runs it. `effects` are what it does, if it depends on nothing but the
    elements concerned.
    """

    __slots__ = ("compile", "effects", "needs", "source", "span")

    def __init__(
        self,
        compile: Callable[[], Statement],
        needs: Needs | None,
        source: Source,
        span: Span,
        effects: Effects | None = None,
    ) -> None:
        self.compile = compile
        self.needs = needs
        self.source = source
        self.span = span
        self.effects = effects


class Batch:
    """A row of statements whose order makes no difference.

    They are compiled when they are to be run one by one for the first time: seldom.
    """

    __slots__ = ("_compiled", "_plan", "_statements")

    def __init__(self, statements: Sequence[Guarded], row: Row) -> None:
        """Take statements, of which there is one at least; `row` has the effects of all."""
        self._statements = statements
        self._compiled: tuple[Statement, ...] = ()
        self._plan = row.plan()

    def __call__(self, run: Run) -> None:
        """Have the effect of all statements."""
        if not carry_out(run.instance, self._plan, run.resources.hashed):
            if not self._compiled:
                self._compiled = _in_stretches(self._statements)
            for statement in self._compiled:
                statement(run)
        last = self._statements[-1]
        run.source, run.span = last.source, last.span


class Stretch:
    """A row of statements that each need some element."""

    __slots__ = ("_anywhere", "_at_root", "_last", "_statements", "_tags", "_tags_at_root")

    def __init__(self, row: Sequence[Guarded]) -> None:
        """Prepare a row, which is not empty; all of it has needs."""
        self._last = row[-1]
        self._statements = tuple(each.compile() for each in row)
        self._at_root: Numbers = {}
        self._anywhere: Numbers = {}
        for number, each in enumerate(row):
            assert each.needs is not None
            table = self._anywhere if each.needs.anywhere else self._at_root
            for tag in each.needs.tags:
                table.setdefault(tag, []).append(number)
        self._tags_at_root = frozenset(self._at_root)
        self._tags = frozenset(self._anywhere)

    def __call__(self, run: Run) -> None:
        """Run the statements that may have an effect, in their order."""
        root, journal, statements = run.instance.root, run.instance.journal, self._statements
        due = self._due(root, 0)
        while due:
            created, number = journal.created, due.pop()
            statements[number](run)
            if journal.created != created:
                due = self._due(root, number + 1)
        run.source, run.span = self._last.source, self._last.span

    def _due(self, root: Level, first: int) -> list[int]:
        """Return the statements from `first` on that may have an effect now, the last one first."""
        due: set[int] = set()
        if self._tags_at_root:
            for tag in root.present(self._tags_at_root):
                due.update(self._at_root[tag])
        if self._tags:
            for tag in root.present_below(self._tags):
                due.update(self._anywhere[tag])
        return sorted((number for number in due if number >= first), reverse=True)


def in_rows(statements: Iterable[Guarded]) -> tuple[Statement, ...]:
    """Return statements with those that need not be run one by one in batches and stretches."""
    found: list[Statement] = []
    plain: list[Guarded] = []
    for taken, row in _batches(statements):
        if row is None or len(taken) < FEWEST:
            plain += taken
            continue
        found += _in_stretches(plain)
        found.append(Batch(taken, row))
        plain = []
    return (*found, *_in_stretches(plain))


def _batches(statements: Iterable[Guarded]) -> Iterator[tuple[list[Guarded], Row | None]]:
    """Yield rows of statements, with their effects where their order makes no difference."""
    taken: list[Guarded] = []
    row = Row()
    for each in statements:
        if each.effects is not None and row.add(each.effects):
            taken.append(each)
            continue
        if taken:
            yield taken, row
        taken, row = [], Row()
        if each.effects is not None and row.add(each.effects):
            taken.append(each)
        else:
            yield [each], None
    if taken:
        yield taken, row


def _in_stretches(statements: Iterable[Guarded]) -> tuple[Statement, ...]:
    """Return statements with every row of guarded ones made one."""
    found: list[Statement] = []
    row: list[Guarded] = []
    for each in statements:
        if each.needs is not None:
            row.append(each)
            continue
        if row:
            found.append(Stretch(row))
            row = []
        found.append(each.compile())
    if row:
        found.append(Stretch(row))
    return tuple(found)
