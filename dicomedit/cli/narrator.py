"""Tell on a terminal how a run goes."""

from __future__ import annotations

import argparse
import sys

from dicomedit.batch.rows import Row, Status, summary_of
from dicomedit.errors import Severity
from dicomedit.lang.program import Outcome

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Narrator:
    """Tells of each file as it is done: a bar on a terminal, a line for what needs attention."""

    def __init__(self, given: argparse.Namespace, *, has_version_4: bool = False) -> None:
        self._given = given
        self._has_version_4 = has_version_4  # whose echo is for the one who runs it
        self._told: set[str] = set()
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Narrator:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def tell(self, number: int, count: int, row: Row) -> None:
        """Tell of one file."""
        self._advance(number, count)
        if row.is_kept:
            return  # it was told when the file was done
        if row.outcome is not None:
            self._tell_outcome(row, row.outcome)
        if row.status in (Status.FAILED, Status.REJECTED, Status.SKIPPED):
            if row.status is Status.FAILED or not self._given.quiet:
                self._print(f"{row.status.value}: {row.source}: {self._reason(row)}")
        elif self._given.dry_run and not self._given.quiet:
            self._tell_changes(row)

    def _advance(self, number: int, count: int) -> None:
        if self._progress is None and number < count and not self._given.quiet:
            self._progress = _bar() if sys.stderr.isatty() else None
        if self._progress is not None:
            if self._task is None:
                self._task = self._progress.add_task("", total=count)
            self._progress.update(self._task, completed=number)

    def _reason(self, row: Row) -> str:
        if row.error is None:
            return row.reason or ""
        if not self._given.show_values:
            return row.reason or summary_of(row.error)
        return summary_of(row.error, show_values=True)

    def _tell_outcome(self, row: Row, outcome: Outcome) -> None:
        for line in outcome.echo:
            self._print(line, to_output=not self._has_version_4)
        for notice in outcome.notices:
            text = f"{notice.location}: {notice.message} [{notice.code}]"
            if notice.severity is Severity.WARNING and text not in self._told:
                self._told.add(text)
                if not self._given.quiet:
                    advice = f"; {notice.help}" if notice.help else ""
                    self._print(f"warning: {text}{advice} (first seen in {row.source})")

    def _tell_changes(self, row: Row) -> None:
        changes = row.outcome.changes if row.outcome else ()
        self._print(f"{row.source} -> {row.destination}", to_output=True)
        for change in changes:
            self._print(f"  {change.kind:8} {change.path}  (line {change.line})", to_output=True)
        if not changes:
            self._print("  nothing changes", to_output=True)

    def _print(self, text: str, *, to_output: bool = False) -> None:
        if self._progress is not None:
            self._progress.stop()
        print(text, file=sys.stdout if to_output else sys.stderr)
        if self._progress is not None:
            self._progress.start()


def _bar() -> Progress:
    """Start a bar; what draws it is imported only for those who see one."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    bar = Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    bar.start()
    return bar
