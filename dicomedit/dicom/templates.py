"""The headers of the last files, which the next one probably has, too.

Files of a series have the same elements, most of them with values of the same length. Where the
headers of a file stand, byte for byte, where they stood in a file that was proved, the same walk
would find the same: what it found is taken over, without walking. All headers of many elements are
compared in one go, those in items included. Where anything differs, and for elements whose lengths
vary from file to file, the file is walked.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence

from dicomedit.dicom.dictionary import PIXEL_DATA_TAGS
from dicomedit.dicom.encoding import BIG_ITEM_START, ITEM_START, UNDEFINED_LENGTH
from dicomedit.dicom.kinds import LONG, SEQUENCE, TEXT, UNKNOWN

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    import mmap
    from typing import Protocol

    from dicomedit.dicom.findings import Findings, Spot

    class Walker(Protocol):
        """What knows the elements of a file that was proved, and proves those of another."""

        data: bytes | mmap.mmap
        findings: Findings

        def walk(self, position: int, limit: int, found: dict[int, int], until: int) -> int:
            """Prove elements of the root that begin before `until`, and return where they end.

            Negative, and without sign where a delimiter ends, if one stands at the end.
            """

        def kind(self, tag: int, position: int) -> int:
            """Return how an element is walked over."""

        def locate(self, position: int) -> tuple[str | None, int, int]:
            """Return VR, start and length of the value of a proved element."""

        def end(self, position: int) -> int:
            """Return where a proved element ends."""

        def positions(self, position: int, limit: int) -> dict[int, int]:
            """Return the elements of a proved level."""

        def items(self, position: int, limit: int) -> Iterator[tuple[int, int, bool]]:
            """Yield the items of a proved sequence."""


MOST_HEADERS = 400
"""An element with more headers in its items is walked in every file."""

_PATIENCE = 3
"""Files in a row that are other than a template before it is replaced."""


class Other(Exception):
    """An element that no template can stand for."""


class _Part:
    """An element of the root, with all there is in it; positions count from where it begins.

    `kept` are the places and bytes of the headers, `texts` and `unknown` where values begin and
    end in which text, or whatever a VR of UN may hold, was looked at. The others are what the walk
    found: items as the number of the one they are in, the tag of their sequence, their number in
    it, and the positions of their content and of the sequence's.
    """

    __slots__ = (
        "ends",
        "group_lengths",
        "holds_items",
        "items",
        "kept",
        "private",
        "size",
        "tag",
        "texts",
        "unknown",
        "wanted",
    )

    def __init__(self, walker: Walker, tag: int, position: int) -> None:
        """Learn from a proved element; raise Other."""
        self.tag = tag
        self.size = walker.end(position) - position
        self.kept: list[tuple[int, bytes]] = []
        self.texts: list[tuple[int, int]] = []
        self.unknown: list[int] = []
        self.items: list[tuple[int, int, int, int, int]] = []
        self.wanted: list[tuple[int, int, int]] = []
        self.private: list[int] = []
        self.group_lengths: list[tuple[int, int]] = []
        self.ends: list[tuple[int, int]] = []
        self.holds_items = walker.kind(tag, position) > LONG
        self._add(walker, tag, position, position, _ROOT)
        if not tag & 0xFFFF:
            self.group_lengths.append((_ROOT, tag))

    def _add(self, walker: Walker, tag: int, position: int, base: int, item: int) -> None:
        if len(self.kept) > MOST_HEADERS:
            raise Other
        data, kind = walker.data, walker.kind(tag, position)
        _, start, length = walker.locate(position)
        self.kept.append((position - base, data[position:start]))
        if length == UNDEFINED_LENGTH:
            if kind != SEQUENCE:
                raise Other
            self.ends.append((position - base, walker.end(position) - base))
        end = walker.end(position)
        if kind == SEQUENCE:
            self._add_items(walker, tag, start, end, base, item)
        elif kind == UNKNOWN and tag not in PIXEL_DATA_TAGS and length >= _SEEN:
            if data[start : start + _SEEN] in _STARTS:
                raise Other
            self.unknown.append(start - base)
        elif kind == TEXT and length > 1:
            if data.find(b"\0", start, end - 1) >= 0:
                raise Other
            self.texts.append((start - base, end - 1 - base))

    def _add_items(
        self, walker: Walker, tag: int, start: int, end: int, base: int, above: int
    ) -> None:
        data, last = walker.data, start
        for number, (first, limit, is_delimited) in enumerate(walker.items(start, end)):
            item = len(self.items)
            self.items.append((above, tag, number, first - base, start - base))
            self.kept.append((first - 8 - base, data[first - 8 : first]))
            self._add_level(walker, first, limit, base, item)
            last = limit
            if is_delimited:
                last = limit + 8
                self.kept.append((limit - base, data[limit:last]))
                self.ends.append((first - 8 - base, last - base))
        if last < end:
            self.kept.append((last - base, data[last:end]))

    def _add_level(self, walker: Walker, first: int, limit: int, base: int, item: int) -> None:
        is_private = False
        for tag, position in walker.positions(first, limit).items():
            self._add(walker, tag, position, base, item)
            if not tag & 0xFFFF:
                self.group_lengths.append((item, tag))
            if tag in walker.findings.wanted:
                self.wanted.append((tag, item, position - base))
            if tag >> 16 & 1 and not is_private:
                is_private = True
                self.private.append(item)

    def is_at(self, data: bytes | mmap.mmap, position: int) -> bool:
        """Whether an element has the same headers, and nothing odd in its values."""
        return (
            all(data[position + at : position + at + len(it)] == it for at, it in self.kept)
            and all(data.find(b"\0", position + at, position + to) < 0 for at, to in self.texts)
            and not any(
                data[position + at : position + at + _SEEN] in _STARTS for at in self.unknown
            )
        )


_ROOT = -1
_SEEN = 4
_STARTS = (ITEM_START, BIG_ITEM_START)


class _Segment:
    """Elements of the root, one behind the other, which are compared in one go."""

    __slots__ = (
        "_after",
        "_ends",
        "_group_lengths",
        "_headers",
        "_holding",
        "_items",
        "_kept",
        "_last",
        "_private",
        "_tags",
        "_texts",
        "_unknown",
        "_wanted",
        "parts",
        "size",
    )

    def __init__(self, parts: Sequence[_Part]) -> None:
        self.parts = parts
        self._tags = [part.tag for part in parts]
        self._after: list[int] = []
        self._holding = [part.tag for part in parts if part.holds_items]
        self._ends: list[tuple[int, int]] = []
        self._items: list[tuple[int, int, int, int, int]] = []
        self._wanted: list[tuple[int, int, int]] = []
        self._private: list[int] = []
        self._group_lengths: list[tuple[int, int]] = []
        kept: list[tuple[int, bytes]] = []
        texts: list[tuple[int, int]] = []
        unknown: list[tuple[int, int]] = []
        self.size = 0
        for part in parts:
            at = self.size
            self._add_notes(part, at)
            kept += [(at + place, it) for place, it in part.kept]
            texts += [(at + start, at + end) for start, end in part.texts]
            unknown += [(at + start, at + start + _SEEN) for start in part.unknown]
            self._after.append(at)
            self.size += part.size
        whole = _joined(kept)
        self._kept = tuple(it for _, it in whole)
        self._headers = _picking((at, at + len(it)) for at, it in whole)
        self._texts = _picking(texts)
        self._unknown = _picking(unknown) if unknown else None
        self._last: tuple[int, dict[int, int]] = (-1, {})

    def _add_notes(self, part: _Part, at: int) -> None:
        before = len(self._items)
        self._ends += [(at + place, at + end) for place, end in part.ends]
        self._items += [
            (above if above == _ROOT else above + before, tag, number, at + start, at + first)
            for above, tag, number, start, first in part.items
        ]
        self._wanted += [(tag, item + before, at + place) for tag, item, place in part.wanted]
        self._private += [item + before for item in part.private]
        self._group_lengths += [
            (item if item == _ROOT else item + before, tag) for item, tag in part.group_lengths
        ]

    def is_at(self, data: bytes | mmap.mmap, position: int, limit: int) -> bool:
        """Whether a file has these elements, with the same headers, nothing odd in their values."""
        return (
            position + self.size <= limit
            and self._headers(data, position) == self._kept
            and 0 not in b"".join(self._texts(data, position))
            and (self._unknown is None or not _starts_items(self._unknown(data, position)))
        )

    def note(self, walker: Walker, position: int, found: dict[int, int]) -> None:
        """Add what a walk from `position` on would find."""
        last = self._last
        if last[0] != position:
            places = map(position.__add__, self._after)
            last = self._last = position, dict(zip(self._tags, places, strict=True))
        found.update(last[1])
        findings = walker.findings
        findings.holding += self._holding
        if self._ends:
            findings.ends.update((position + at, position + end) for at, end in self._ends)
        if self._items or self._group_lengths:
            self._note_items(walker, findings, position)

    def _note_items(self, walker: Walker, findings: Findings, position: int) -> None:
        spots: list[Spot] = []
        for above, tag, number, start, first in self._items:
            spot = None if above == _ROOT else spots[above]
            spots.append((spot, tag, number, position + start, position + first, walker))
        nested = findings.nested
        for tag, item, at in self._wanted:
            hit = spots[item], position + at
            if tag in nested:
                nested[tag].append(hit)
            else:
                nested[tag] = [hit]
        findings.private += [spots[item] for item in self._private]
        for item, tag in self._group_lengths:
            findings.group_lengths.append((None if item == _ROOT else spots[item], tag))
        findings.count += len(self._wanted) + len(self._private) + len(self._group_lengths)


def _joined(ranges: Iterable[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Return ranges, by where they begin, with those in one that follow each other at once."""
    found: list[tuple[int, bytes]] = []
    for start, it in ranges:
        if found and found[-1][0] + len(found[-1][1]) == start:
            before, its = found.pop()
            found.append((before, its + it))
        else:
            found.append((start, it))
    return found


def _picking(ranges: Iterable[tuple[int, int]]) -> _Picking:
    """Return what takes ranges of bytes, by where they begin and end, out of a buffer."""
    form, at = ["<"], 0
    for start, end in ranges:
        form.append(f"{start - at}x{end - start}s" if start > at else f"{end - start}s")
        at = end
    return struct.Struct("".join(form)).unpack_from


def _starts_items(values: tuple[bytes, ...]) -> bool:
    return any(start in values for start in _STARTS)


class Template:
    """What the roots of the last files in one encoding were like.

    It is made of a file whose tags are those of the file before, and gets better with each one
    that has the same tags, but other lengths: elements whose lengths have varied are walked.
    """

    __slots__ = ("_last", "_made", "_misses")

    def __init__(self) -> None:
        self._made: tuple[tuple[int, ...], list[_Segment | int]] = ((), [])
        self._last: tuple[int, ...] = ()
        self._misses = 0

    def walk(self, walker: Walker, position: int, limit: int, found: dict[int, int]) -> int:
        """Prove a root and collect its elements; return what the walker returns."""
        made = self._made
        end = _follow(made[1], walker, position, limit, found)
        if 0 <= end < limit:
            end = walker.walk(end, limit, found, limit)
            if end >= 0:
                self._learn(made, walker, found)
        elif end >= 0:
            self._misses = 0
        return end

    def _learn(
        self,
        made: tuple[tuple[int, ...], list[_Segment | int]],
        walker: Walker,
        found: dict[int, int],
    ) -> None:
        """Get better, or become another, after a file that was not like the template."""
        tags = tuple(found)
        if tags == made[0]:
            self._misses = 0
            self._made = tags, list(_refined(made[1], walker, found))
            return
        self._misses += 1
        if tags == self._last and (not made[1] or self._misses >= _PATIENCE):
            self._misses = 0
            self._made = tags, list(_steps_of(_parts_of(walker, found)))
        self._last = tags


def _follow(
    steps: Sequence[_Segment | int],
    walker: Walker,
    position: int,
    limit: int,
    found: dict[int, int],
) -> int:
    """Return how far a root is like a template, or the end of what is not."""
    data = walker.data
    for step in steps:
        if isinstance(step, _Segment):
            if not step.is_at(data, position, limit):
                break
            step.note(walker, position, found)
            position += step.size
        elif position >= limit:
            break
        else:
            position = walker.walk(position, limit, found, position + 1)
            if position < 0 or next(reversed(found)) != step:
                break
    return position


def _refined(
    steps: Sequence[_Segment | int], walker: Walker, found: dict[int, int]
) -> Iterator[_Segment | int]:
    """Yield steps in which what differs in a file with the same tags is walked."""
    for step in steps:
        if isinstance(step, int):
            yield step
            continue
        same = [part.is_at(walker.data, found[part.tag]) for part in step.parts]
        if all(same):
            yield step
        else:
            parts = zip(step.parts, same, strict=True)
            yield from _steps_of(part if is_same else part.tag for part, is_same in parts)


def _parts_of(walker: Walker, found: dict[int, int]) -> Iterator[_Part | int]:
    for tag, position in found.items():
        try:
            yield _Part(walker, tag, position)
        except Other:
            yield tag


def _steps_of(parts: Iterable[_Part | int]) -> Iterator[_Segment | int]:
    row: list[_Part] = []
    for part in parts:
        if isinstance(part, _Part):
            row.append(part)
            continue
        if row:
            yield _Segment(row)
            row = []
        yield part
    if row:
        yield _Segment(row)


if TYPE_CHECKING:

    class _Picking(Protocol):
        def __call__(self, data: bytes | mmap.mmap, position: int, /) -> tuple[bytes, ...]:
            """Return ranges of bytes, counted from a position."""
