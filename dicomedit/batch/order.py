"""Rows that come as they are done, put in the order of the input."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomedit.batch.rows import Row


class Order:
    """Puts rows in order; `window` is how many numbers may be open at a time."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._rows: dict[int, Row] = {}
        self._next = 0
        self._end = 0

    def expect(self, number: int) -> None:
        """Know that there will be a row of this number."""
        self._end = number + 1

    def put(self, number: int, row: Row) -> None:
        """Keep a row until its turn comes."""
        self._rows[number] = row

    def ready(self) -> Iterator[Row]:
        """Yield the rows whose turn it is."""
        while self._next in self._rows:
            yield self._rows.pop(self._next)
            self._next += 1

    def rest(self) -> Iterator[Row]:
        """Yield all rows in order, whatever is missing in between."""
        for number in sorted(self._rows):
            yield self._rows.pop(number)

    @property
    def is_full(self) -> bool:
        """Whether no more numbers may be opened for now."""
        return self._end - self._next >= self._window

    @property
    def is_empty(self) -> bool:
        """Whether all rows that are expected were taken."""
        return self._end == self._next
