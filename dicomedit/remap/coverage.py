"""Rules and files beside each other, before anything is written: which of either go without."""

from __future__ import annotations

from pathlib import Path

from dicomedit.records import Record, field
from dicomedit.remap.compile import Index, missing_levels, missing_text
from dicomedit.remap.config import RecordLevel
from dicomedit.remap.mapping import Mapping, places_text
from dicomedit.remap.reading import Header

MOST_FILES = 20
"""Most files that are kept by name."""


class Coverage(Record, frozen=False):
    """What the headers of all files have shown so far.

    `files` is how many DICOM files there were, `uncovered` some that match no rule, each with a
    sentence that says so, `uncovered_count` how many there were of them.
    """

    mapping: Mapping
    index: Index
    files: int = 0
    uncovered: list[tuple[Path, str]] = field(factory=list)
    uncovered_count: int = 0
    _matched: set[int] = field(factory=set, repr=False)

    @classmethod
    def of(cls, mapping: Mapping) -> Coverage:
        """Return what is known before any file was read."""
        return cls(mapping, Index.of(mapping))

    def add(self, header: Header) -> None:
        """Take what was read of a file: the elements that the index looks at."""
        self.files += 1
        texts = dict(zip(self.index.paths, header.values, strict=True))
        matching = self.index.matching(texts.__getitem__)
        for numbers in matching.values():
            self._matched.update(numbers)
        missing = missing_levels(self.mapping, matching)
        if missing:
            self.uncovered_count += 1
            if len(self.uncovered) < MOST_FILES:
                self.uncovered.append((header.path, missing_text(missing)))

    def unmatched(self) -> list[str]:
        """Return a sentence for each level at which rules match no file."""
        places: dict[RecordLevel, list[int]] = {}
        for number, rule in enumerate(self.mapping.rules):
            if number not in self._matched:
                places.setdefault(rule.level, []).extend(rule.places)
        return [
            f"no file has the {level.noun} of {places_text(self.mapping.place, tuple(numbers))}"
            for level, numbers in places.items()
        ]
