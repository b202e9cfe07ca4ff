"""Count files on a terminal while they are looked at."""

from __future__ import annotations

import sys

from dicomedit.records import Record

EVERY = 100


class Counter(Record, frozen=False):
    """Shows on standard error how many files were read; says nothing unless that is a terminal."""

    is_shown: bool
    count: int = 0

    @classmethod
    def of(cls, *, quiet: bool) -> Counter:
        """Return one that shows something if anybody looks."""
        return cls(not quiet and sys.stderr is not None and sys.stderr.isatty())

    def add(self) -> None:
        """Count one more file."""
        self.count += 1
        if self.is_shown and self.count % EVERY == 0:
            print(f"\r{self.count} files read", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Make the line empty for what is told next."""
        if self.is_shown and self.count >= EVERY:
            print("\r" + " " * len(f"{self.count} files read") + "\r", end="", file=sys.stderr)
