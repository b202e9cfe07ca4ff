"""Elements whose headers were proved, to be compared with those of another file in one go."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from dicomedit.dicom.dictionary import PIXEL_DATA_TAGS
from dicomedit.dicom.encoding import BIG_ITEM_START, ITEM_START, UNDEFINED_LENGTH
from dicomedit.dicom.kinds import LONG, SEQUENCE, TEXT, UNKNOWN

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    import mmap
    from typing import Protocol

    from dicomedit.dicom.findings import Findings, Spot
    from dicomedit.dicom.headers import Headers, Walker

    class Picking(Protocol):
        """Takes ranges of bytes out of a buffer."""

        def __call__(self, data: bytes | mmap.mmap, position: int, /) -> tuple[bytes, ...]:
            """Return ranges of bytes, counted from a position."""


MOST_HEADERS = 400
"""An element with more headers in its items is walked in every file."""


class Other(Exception):
    """An element that no template can stand for."""


class Part:
    """An element of a level, with all there is in it; positions count from where it begins.

    `kept` are the places and bytes of the headers, `texts` and `unknown` where values begin and
    end in which text, or whatever a VR of UN may hold, was looked at. The others are what the walk
    found: items as the number of the one they are in, the tag of their sequence, their number in
    it, and the positions of their content and of the sequence's. What is not in any of these items
    is in the item `_LEVEL`, which for the root is none.
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

    def __init__(self, headers: Headers, tag: int, position: int, *, is_in_item: bool) -> None:
        """Learn from a proved element; raise Other."""
        self.tag = tag
        self.kept: list[tuple[int, bytes]] = []
        self.texts: list[tuple[int, int]] = []
        self.unknown: list[int] = []
        self.items: list[tuple[int, int, int, int, int]] = []
        self.wanted: list[tuple[int, int, int]] = []
        self.private: list[int] = []
        self.group_lengths: list[tuple[int, int]] = []
        self.ends: list[tuple[int, int]] = []
        self.holds_items = not is_in_item and headers.kind(tag, position) > LONG
        self.size = self._add(headers, tag, position, position, _LEVEL) - position
        self._note(headers, tag, 0, _LEVEL, is_in_item=is_in_item)
        if is_in_item and tag >> 16 & 1:
            self.private.append(_LEVEL)

    def _add(self, headers: Headers, tag: int, position: int, base: int, item: int) -> int:
        """Add an element and return its end."""
        if len(self.kept) > MOST_HEADERS:
            raise Other
        data, kind = headers.data, headers.kind(tag, position)
        _, start, length = headers.locate(position)
        self.kept.append((position - base, data[position:start]))
        end: int = start + length
        if length == UNDEFINED_LENGTH:
            if kind != SEQUENCE:
                raise Other
            end = headers.end(position)
            self.ends.append((position - base, end - base))
        if kind == SEQUENCE:
            self._add_items(headers, tag, start, end, base, item)
        elif kind == UNKNOWN and tag not in PIXEL_DATA_TAGS and length >= _SEEN:
            if data[start : start + _SEEN] in _STARTS:
                raise Other
            self.unknown.append(start - base)
        elif kind == TEXT and length > 1:
            if data.find(b"\0", start, end - 1) >= 0:
                raise Other
            self.texts.append((start - base, end - 1 - base))
        return end

    def _add_items(
        self, headers: Headers, tag: int, start: int, end: int, base: int, above: int
    ) -> None:
        data, last = headers.data, start
        for number, (first, limit, is_delimited) in enumerate(headers.items(start, end)):
            item = len(self.items)
            self.items.append((above, tag, number, first - base, start - base))
            self.kept.append((first - 8 - base, data[first - 8 : first]))
            self._add_level(headers, first, limit, base, item)
            last = limit
            if is_delimited:
                last = limit + 8
                self.kept.append((limit - base, data[limit:last]))
                self.ends.append((first - 8 - base, last - base))
        if last < end:
            self.kept.append((last - base, data[last:end]))

    def _add_level(self, headers: Headers, first: int, limit: int, base: int, item: int) -> None:
        is_private = False
        for tag, position in headers.positions(first, limit).items():
            self._add(headers, tag, position, base, item)
            self._note(headers, tag, position - base, item, is_in_item=True)
            if tag >> 16 & 1 and not is_private:
                is_private = True
                self.private.append(item)

    def _note(self, headers: Headers, tag: int, at: int, item: int, *, is_in_item: bool) -> None:
        if not tag & 0xFFFF:
            self.group_lengths.append((item, tag))
        if is_in_item and tag in headers.findings.wanted:
            self.wanted.append((tag, item, at))

    def is_at(self, data: bytes | mmap.mmap, position: int) -> bool:
        """Whether an element has the same headers, and nothing odd in its values."""
        for at, it in self.kept:
            if data[position + at : position + at + len(it)] != it:
                return False
        for at, to in self.texts:
            if data.find(b"\0", position + at, position + to) >= 0:
                return False
        starts = (data[position + at : position + at + _SEEN] for at in self.unknown)
        return not any(start in _STARTS for start in starts)


_LEVEL = -1
_SEEN = 4
_STARTS = (ITEM_START, BIG_ITEM_START)


class Segment:
    """Elements of a level, one behind the other, which are compared in one go.

    `is_private` tells whether any of them is private.
    """

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
        "is_private",
        "parts",
        "size",
    )

    def __init__(self, parts: Sequence[Part]) -> None:
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
        self.is_private = _LEVEL in self._private

    def _add_notes(self, part: Part, at: int) -> None:
        def moved(item: int) -> int:
            return item if item == _LEVEL else item + before

        before = len(self._items)
        self._ends += [(at + place, at + end) for place, end in part.ends]
        self._items += [
            (moved(above), tag, number, at + start, at + first)
            for above, tag, number, start, first in part.items
        ]
        self._wanted += [(tag, moved(item), at + place) for tag, item, place in part.wanted]
        is_noted = _LEVEL in self._private
        self._private += [moved(it) for it in part.private if it != _LEVEL or not is_noted]
        self._group_lengths += [(moved(item), tag) for item, tag in part.group_lengths]

    def is_at(self, data: bytes | mmap.mmap, position: int, limit: int) -> bool:
        """Whether a file has these elements, with the same headers, nothing odd in their values."""
        return (
            position + self.size <= limit
            and self._headers(data, position) == self._kept
            and 0 not in b"".join(self._texts(data, position))
            and (self._unknown is None or not _starts_items(self._unknown(data, position)))
        )

    def collect(self, position: int, found: dict[int, int]) -> None:
        """Add the elements, when they begin at `position`."""
        last = self._last  # files of a series have them in the same places
        if last[0] != position:
            places = map(position.__add__, self._after)
            last = self._last = position, dict(zip(self._tags, places, strict=True))
        found.update(last[1])

    def note(self, walker: Walker, position: int, level: Spot, *, is_noted: bool) -> None:
        """Note what a walk from `position` on would; `is_noted`: the level as private already."""
        findings = walker.findings
        if self._holding:
            findings.holding += self._holding
        if self._ends:
            findings.ends.update((position + at, position + end) for at, end in self._ends)
        if self._items or self._wanted or self._private or self._group_lengths:
            self._note_items(walker, findings, position, level, is_noted)

    def _note_items(
        self, walker: Walker, findings: Findings, position: int, level: Spot, is_noted: bool
    ) -> None:
        spots: list[Spot] = []
        for above, tag, number, start, first in self._items:
            spot = spots[above] if above >= 0 else level
            spots.append((spot, tag, number, position + start, position + first, walker))
        spots.append(level)  # where the number of the level itself leads to
        nested = findings.nested
        for tag, item, at in self._wanted:
            hit = spots[item], position + at
            if tag in nested:
                nested[tag].append(hit)
            else:
                nested[tag] = [hit]
        private = [item for item in self._private if item >= 0] if is_noted else self._private
        findings.private += [spots[item] for item in private]
        findings.group_lengths += [(spots[item], tag) for item, tag in self._group_lengths]
        findings.count += len(self._wanted) + len(private) + len(self._group_lengths)


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


def _picking(ranges: Iterable[tuple[int, int]]) -> Picking:
    """Return what takes ranges of bytes, by where they begin and end, out of a buffer."""
    form, at = ["<"], 0
    for start, end in ranges:
        form.append(f"{start - at}x{end - start}s" if start > at else f"{end - start}s")
        at = end
    return struct.Struct("".join(form)).unpack_from


def _starts_items(values: tuple[bytes, ...]) -> bool:
    return any(start in values for start in _STARTS)
