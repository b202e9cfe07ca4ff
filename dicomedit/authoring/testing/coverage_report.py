"""What was never reached of scripts, as text and as JSON. It holds no value of any element."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from dicomedit.errors import Source, Span
from dicomedit.io.write import write_atomically
from dicomedit.lang.coverage import Coverage, Event, tally
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

MOST_SHOWN = 60
"""Most characters of a statement that the text shows."""


class Place(Record):
    """A statement or condition of a script, and how often each thing happened there."""

    source: Source
    span: Span
    counts: dict[Event, int] = field(factory=dict, compare=False)

    @property
    def missed(self) -> str | None:
        """What never happened here, in words; None when all of it did."""
        never = {event for event, count in self.counts.items() if not count}
        if {Event.TRUE, Event.FALSE} <= never:
            return "never evaluated"
        if Event.RUN in never:
            return "never carried out"
        return next((_WORDS[event] for event in self.counts if event in never), None)

    @property
    def text(self) -> str:
        """The first line of the script's text there, cut when it is long."""
        line = self.source.text[self.span.start : self.span.end].partition("\n")[0].rstrip()
        return line if len(line) <= MOST_SHOWN else f"{line[: MOST_SHOWN - 3]}..."


_WORDS = {
    Event.TRUE: "never true",
    Event.FALSE: "never false",
    Event.EDIT: "never edited an element",
}


class ScriptReport(Record):
    """The places of one script, or of one that it includes, in the order of its text."""

    source: Source
    places: tuple[Place, ...]

    @property
    def total(self) -> int:
        """How many things could have happened."""
        return sum(len(place.counts) for place in self.places)

    @property
    def reached(self) -> int:
        """How many of them did."""
        return sum(bool(count) for place in self.places for count in place.counts.values())


def reports(coverages: Iterable[Coverage]) -> list[ScriptReport]:
    """Return a report for each script that is covered."""
    places: dict[Source, dict[Span, Place]] = {}
    for point, count in tally(coverages).items():
        of_source = places.setdefault(point.source, {})
        place = of_source.setdefault(point.span, Place(point.source, point.span))
        place.counts[point.event] = place.counts.get(point.event, 0) + count
    return [
        ScriptReport(source, tuple(found[span] for span in sorted(found, key=_start)))
        for source, found in places.items()
    ]


def _start(span: Span) -> tuple[int, int]:
    return span.start, span.end


def as_text(found: Iterable[ScriptReport]) -> str:
    """Return the reports as a person reads them: totals, then what was missed."""
    return "".join(f"{line}\n" for report in found for line in _lines(report))


def _lines(report: ScriptReport) -> Iterator[str]:
    yield f"{report.source.name}: {report.reached} of {report.total} reached"
    for place in report.places:
        missed = place.missed
        if missed is not None:
            line, column = place.source.position(place.span.start)
            yield f"  {f'{line}:{column}':<8} {missed:<24} {place.text}"


def as_json(found: Iterable[ScriptReport]) -> str:
    """Return the reports, with all counts, as JSON."""
    import json

    return json.dumps({"scripts": [_as_data(report) for report in found]}, indent=2) + "\n"


def _as_data(report: ScriptReport) -> dict[str, Any]:
    return {
        "script": report.source.name,
        "total": report.total,
        "reached": report.reached,
        "places": [_place_data(place) for place in report.places],
    }


def _place_data(place: Place) -> dict[str, Any]:
    line, column = place.source.position(place.span.start)
    end_line, end_column = place.source.position(place.span.end)
    return {
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "text": place.text,
        "counts": {event.value: count for event, count in place.counts.items()},
        "missed": place.missed,
    }


def write_report(path: Path, coverages: Iterable[Coverage]) -> None:
    """Write what was reached into a file, as JSON when it is named so; raise DicomFileError."""
    found = reports(coverages)
    text = as_json(found) if path.suffix.lower() == ".json" else as_text(found)
    write_atomically(path, [text.encode("utf-8")])
