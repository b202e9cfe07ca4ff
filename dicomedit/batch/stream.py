"""The rows of a run as they come, and the report at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from dicomedit.batch.rows import Row, Status, UndeliverableError
from dicomedit.errors import DicomEditError
from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from dicomedit.batch.dicomdir import MediaDirectory
    from dicomedit.batch.journal import Journal
    from dicomedit.batch.names import Names
    from dicomedit.batch.quarantine import Quarantine
    from dicomedit.batch.report_writer import ReportWriter
    from dicomedit.batch.serial import Executor, Item, Stop
    from dicomedit.batch.uid_keeping import UidKeeping
    from dicomedit.batch.work import Shared, Work
    from dicomedit.io.scan import Plan


class Report(Record):
    """What a run did, file by file, in the order of the input.

    `rows` is empty when the caller did not want to keep them; `counts` says how many there were of
    each status, `notices` in how many files each kind of notice was given. `kept` files were done
    by an earlier run already. A run that is not `complete` was stopped before its last file.
    """

    rows: tuple[Row, ...]
    counts: Mapping[Status, int]
    notices: Mapping[str, int]
    kept: int = 0
    complete: bool = True

    def count(self, status: Status) -> int:
        """Return how many files have a status."""
        return self.counts.get(status, 0)

    @property
    def total(self) -> int:
        """How many files there were."""
        return sum(self.counts.values())

    @property
    def failed(self) -> bool:
        """Whether some file failed."""
        return self.count(Status.FAILED) > 0


class Rows:
    """The rows of a run, one for each file, in the order of the input.

    The work goes on as rows are taken, a bounded number of files ahead. Close it, or use it in a
    ``with`` statement, when not all rows may be taken: this finishes or discards what is in hand
    and leaves the journal in order.
    """

    def __init__(
        self,
        work: Work,
        planned: Plan,
        shared: Shared,
        executor: Executor,
        journal: Journal | None,
        uids: UidKeeping,
        quarantine: Quarantine | None,
        stop: Stop,
        stops_on_error: bool,
    ) -> None:
        self.count = planned.count
        """How many files there are, as counted when the run began."""

        self._planned = planned
        self._journal = journal
        self._uids = uids
        self._quarantine = quarantine
        self._stop = stop
        self._stops_on_error = stops_on_error
        self._counts: Counter[Status] = Counter()
        self._notices: Counter[str] = Counter()
        self._kept = 0
        self.directory: MediaDirectory | None = None
        """What lists the results in a DICOMDIR at the end of the run."""

        self._names: Names | None = shared.names  # type: ignore[assignment]
        self._placed = shared.placed
        self.writer: ReportWriter | None = None
        """What writes the report of the run, when there is to be one."""

        self._has_failures = self._is_exhausted = self._is_closed = False
        self._rows = executor(work, shared, self._items(), self._finished, stop)

    @property
    def journal(self) -> Journal | None:
        """The journal of the run, if it keeps one."""
        return self._journal

    @property
    def kept_uids(self) -> Path | None:
        """The file in which new UIDs wait for the run to be resumed, if there is one."""
        log = self._uids.log
        return log.path if log is not None and log.path.exists() else None

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        try:
            row = next(self._rows)
        except BaseException:
            self.close()
            raise
        if self.writer is not None:
            self.writer.take(row)
        self._counts[row.status] += 1
        self._kept += row.is_kept
        if self.directory is not None:
            self._list(row)
        if row.outcome is not None and row.outcome.notices:
            self._notices.update({notice.code for notice in row.outcome.notices})
        return row

    def _list(self, row: Row) -> None:
        """Take up a result for the DICOMDIR; what cannot be listed ends the run."""
        assert self.directory is not None
        try:
            self.directory.take(row)
        except BaseException:
            self.directory = None
            self.close()
            raise

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the run, early if there are rows left. Raises DicomFileError."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            close = getattr(self._rows, "close", None)
            if close is not None:
                close()
        finally:
            self._end_all()

    def _end_all(self) -> None:
        """End the run, then its report; what went wrong first is what is told."""
        try:
            self._end()
        except BaseException:
            if self.writer is not None:
                with suppress(DicomEditError):
                    self.writer.end(is_complete=False)
            raise
        if self.writer is not None:
            has_directory = self.directory is not None and bool(self.directory.files)
            self.writer.end(is_complete=self._is_complete, has_directory=has_directory)

    @property
    def _is_complete(self) -> bool:
        return self._is_exhausted and self._total >= self._handed_out

    def _end(self) -> None:
        is_complete = self._is_complete
        how = "stopped" if not is_complete else "failures" if self._has_failures else "complete"
        try:
            removed = self._uids.end(is_complete=how == "complete")
            if is_complete and self.directory is not None:
                self.directory.write()
            if self._journal is not None:
                self._journal.end(how, removed)
        finally:
            if self._names is not None:
                self._names.close()
            if self._journal is not None:
                self._journal.close()

    def report(self, rows: Iterable[Row] = ()) -> Report:
        """Return the report of what was done so far, with the `rows` that were kept."""
        return Report(tuple(rows), self._counts, self._notices, self._kept, self._is_complete)

    @property
    def _total(self) -> int:
        return sum(self._counts.values())

    # --- for the executor ---------------------------------------------------------------------

    _handed_out = 0

    def _items(self) -> Iterator[Item]:
        """Yield what is to be done, and the rows of what an earlier run has done."""
        for job in self._planned.jobs:
            kept = None if self._journal is None else self._journal.kept(self._placed(job))
            self._handed_out += 1
            yield job if kept is None else kept
        self._is_exhausted = True

    def _finished(self, row: Row) -> Row:
        """Note what became of a file, at once; return what is told of it."""
        if row.status is Status.FAILED:
            self._has_failures = True
            is_end = self._stops_on_error or isinstance(row.error, UndeliverableError)
            self._stop.requested |= is_end
        if self._names is not None:
            self._names.finish(row)
        if self._quarantine is not None:
            row = self._quarantine.take(row)
        if self._journal is not None:
            self._journal.add(row)
        if self.writer is not None:
            self.writer.expect(row)
        return row
