"""Edit the files of a run in this process, one after the other.

This is the simplest executor. An executor is called with the work, what its files share, the
items of the run in order, a function that takes each row as soon as there is one and returns what
is to be told, and a `Stop`. It returns an iterator of rows in the order of the items, and takes no
more than a bounded number of items ahead of the rows it has returned. An item that is a row
already passes through.
"""

from __future__ import annotations

from contextlib import contextmanager

from dicomedit.batch.rows import Row
from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    from dicomedit.batch.work import Shared, Work
    from dicomedit.io.scan import Job

    Item = Job | Row
    """A file to edit, or one that an earlier run is done with."""

    class Executor(Protocol):
        """Turns jobs into rows."""

        def __call__(
            self,
            work: Work,
            shared: Shared,
            items: Iterator[Item],
            finished: Callable[[Row], Row],
            stop: Stop,
        ) -> Iterator[Row]:
            """Yield a row for each item, in order."""
            ...


class Stop(Record, frozen=False):
    """Tells a run to finish the files in hand and to begin no other."""

    requested: bool = False
    by_user: bool = False
    """Somebody who watches the run has asked for it, and not what became of a file."""

    at_once: bool = False
    """They have asked again: the files in hand need not be finished."""

    is_breakable: bool = False
    """The run is at something that an exception may break off."""

    def press(self) -> bool:
        """Take up that somebody asks for the end; return whether to raise KeyboardInterrupt."""
        self.at_once |= self.by_user
        self.requested = self.by_user = True
        return self.at_once and self.is_breakable

    @contextmanager
    def breakable(self) -> Iterator[None]:
        """Let whoever asks for the end again break off what is done here."""
        before, self.is_breakable = self.is_breakable, True
        try:
            yield
        finally:
            self.is_breakable = before


def serial(
    work: Work,
    shared: Shared,
    items: Iterator[Item],
    finished: Callable[[Row], Row],
    stop: Stop,
) -> Iterator[Row]:
    """Edit files one after the other; a stop counts between two of them."""
    editor = work.editor(shared)
    try:
        for item in items:
            if stop.requested:
                return
            if isinstance(item, Row):
                yield item
                continue
            with stop.breakable():
                row = editor.edit(item)
            yield finished(row)
    finally:
        with stop.breakable():  # whoever takes results may be slow to let go
            editor.close()
