"""What a remap is to do: rules, each with what it matches and what becomes of the elements."""

from __future__ import annotations

from enum import Enum

from dicomedit.dicom.paths import TagPath
from dicomedit.errors import Diagnostic, Source, Span
from dicomedit.lang import nodes
from dicomedit.records import Record, field
from dicomedit.remap.config import RecordLevel


class Kind(Enum):
    """What becomes of an element; each is an element of the XML format, too."""

    SET = "Set"
    CLEAR = "Clear"
    DELETE = "Delete"
    VALUE = "Value"


class Action(Record):
    """One element and what becomes of it.

    `text` is what `SET` stores, `value` the expression of `VALUE`, with its place in `source`.
    `name` is what people call the element here: the header of its column, or its tag.
    """

    kind: Kind
    path: TagPath
    name: str
    text: str | None = field(default=None, repr=False)
    value: nodes.Expr | None = field(default=None, repr=False)
    source: Source | None = field(default=None, repr=False, compare=False)


class Condition(Record):
    """An element that must be there, and have a text."""

    path: TagPath
    text: str = field(repr=False)


class Rule(Record):
    """What is done to the files of one record. `places` are rows of the sheet, or a line."""

    level: RecordLevel
    conditions: tuple[Condition, ...]
    actions: tuple[Action, ...]
    places: tuple[int, ...]


class Mapping(Record):
    """Rules, the most general level first; on one element the most specific and first one wins.

    `source` stands for the document in messages; it has its lines and a digest, and no values.
    Every file is expected to match a rule at each of the levels that `covers` names; when it is
    None, one rule with conditions is enough. `place` is what `places` of rules are called.
    """

    source: Source
    rules: tuple[Rule, ...] = field(repr=False)
    covers: tuple[RecordLevel, ...] | None
    place: str = "line"
    notices: tuple[Diagnostic, ...] = ()

    def span(self, rule: Rule) -> Span:
        """Return where a rule begins in `source`."""
        start = self.source.offset(rule.places[0])
        return Span(start, start)


def stand_in(name: str, text: str, lines: int) -> Source:
    """Return what stands for a document that may hold patients' data.

    It has as many lines, all empty, and one more with the digest of the text.
    """
    from hashlib import sha256

    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Source(name, "\n" * lines + f"sha256 {digest}")


def places_text(place: str, numbers: tuple[int, ...]) -> str:
    """Return numbers as people write them: ``row 2``, ``rows 2-4, 7``."""
    ranges: list[list[int]] = []
    for number in sorted(set(numbers)):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    spelt = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges[:MOST_RANGES])
    more = f" and {len(ranges) - MOST_RANGES} more" if len(ranges) > MOST_RANGES else ""
    return f"{place}{'s' if len(set(numbers)) > 1 else ''} {spelt}{more}"


MOST_RANGES = 12
"""Most stretches of numbers that a message lists."""
