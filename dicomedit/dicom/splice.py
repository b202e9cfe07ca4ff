"""What stands in a file, with what was changed put in its places.

An edit is a range of the file and the element that comes instead. The lengths of all sequences and
items around it that have one are corrected in place; everything else is copied as it is.
"""

from __future__ import annotations

import struct
from bisect import bisect, bisect_left
from collections.abc import Sequence

from dicomedit.dicom.content import Content
from dicomedit.dicom.encoded import EncodedLevel
from dicomedit.dicom.encoding import UNDEFINED_LENGTH
from dicomedit.dicom.views import part_of

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Protocol

    from dicomedit.dicom.views import Buffer

    class ElementEncoder(Protocol):
        """Makes the bytes of elements in the encoding of the file."""

        def encode_element(self, level: EncodedLevel, tag: int) -> tuple[list[Buffer], int]:
            """Return one element; nothing when it is absent."""

        def encode_anew(self, level: EncodedLevel) -> tuple[list[Buffer], int]:
            """Return a level's elements, each of them made new."""


_REWRITE, _INSERT, _REPLACE = range(3)

Piece = tuple[int, int, "list[Buffer]", int]
"""From where to where the file has what is replaced, by what, and how long that is."""


Edit = tuple[int, int, int, int, int, Content]
"""Start, kind, order among edits at one place, tag, end, and the content whose element it is.

At one place, what is inside (whose content begins further on) comes before what follows behind it.
A rewrite is of all of a content, whose elements are in no order.
"""


def edits_of(contents: Sequence[Content]) -> list[Edit]:
    """Return where contents differ from the file, in the order of the file."""
    edits: list[Edit] = []
    for content in contents:
        _add_edits(content, edits)
    edits.sort()
    return edits


def _add_edits(content: Content, edits: list[Edit]) -> None:
    stored, elements, end_of = content.stored, content.elements, content.scanner.end
    order = -content.start
    ordered: list[int] = []
    for tag in content.touched:
        position = stored.get(tag)
        if position is not None:
            if elements.get(tag) != position or not tag & 0xFFFF:
                edits.append((position, _REPLACE, order, tag, end_of(position), content))
        elif tag in elements:
            ordered = ordered or list(stored)
            following = bisect(ordered, tag)
            place = stored[ordered[following]] if following < len(ordered) else content.end
            edits.append((place, _INSERT, order, tag, place, content))
    if ordered and ordered != sorted(ordered):
        # Out of order (against PS3.5 §7.1) there is no place for what is new.
        edits.append((content.start, _REWRITE, order, 0, content.end, content))


def spliced(
    level: EncodedLevel, edits: Sequence[Edit], encoder: ElementEncoder
) -> tuple[list[Buffer], int]:
    """Return the elements of a level in the file, edited, and their length."""
    start, end = level.content.start, level.content.end
    pieces, lengths = _pieces(level, edits, encoder)
    scanner = level.content.scanner
    pack = struct.Struct("<L" if scanner.encoding.little else ">L").pack
    for field, length in lengths.items():
        pieces.append((field, field + 4, [pack(length)], 4))
    pieces.sort(key=_place)
    parts: list[Buffer] = []
    data = scanner.data
    size, kept = 0, start
    for first, last, new, length in pieces:
        if first > kept:
            parts.append(part_of(data, kept, first))
        parts += new
        size += first - kept + length
        kept = last
    if end > kept:
        parts.append(part_of(data, kept, end))
    return parts, size + end - kept


def _place(piece: Piece) -> int:
    return piece[0]


def _pieces(
    level: EncodedLevel, edits: Sequence[Edit], encoder: ElementEncoder
) -> tuple[list[Piece], dict[int, int]]:
    """Return what is replaced inside a level, and the lengths that follow, by their place."""
    inside = level.content
    first, limit = inside.start, inside.end
    pieces: list[Piece] = []
    lengths: dict[int, int] = {}
    owner, lost = level, _NOTHING
    for edit in edits[bisect_left(edits, (first,)) :]:
        start, kind, _, tag, end, content = edit
        if start > limit:
            break
        if content.start < first or content.end > limit or _holds(lost, content):
            continue  # it belongs to a level around this one, or to what is replaced already
        if content is not owner.content:
            owner = level.level_of(content)
        if kind == _REWRITE:
            new, length = encoder.encode_anew(owner)
        else:
            new, length = encoder.encode_element(owner, tag)
        pieces.append((start, end, new, length))
        if content is not inside and length != end - start:
            _lengthen(content, inside, length - (end - start), lengths)
        if start < end:
            lost = (start, end, content if kind == _REWRITE else None)
    return pieces, lengths


_Range = tuple[int, int, "Content | None"]
_NOTHING: _Range = (0, 0, None)


def _holds(lost: _Range, content: Content) -> bool:
    """Whether a range that is replaced includes a content, which may be all of it."""
    start, end, whole = lost
    return content is whole or (start < content.start and content.end <= end)


def _lengthen(content: Content, around: Content, difference: int, lengths: dict[int, int]) -> None:
    """Add a difference to all lengths between a content and one around it."""
    unpack = struct.Struct("<L" if content.scanner.encoding.little else ">L").unpack_from
    data, spot = content.scanner.data, content.spot
    while spot is not None and spot[3] > around.start:
        for field in (spot[3] - 4, spot[4] - 4):
            length = lengths.get(field)
            if length is None:
                (length,) = unpack(data, field)
            if length != UNDEFINED_LENGTH:
                lengths[field] = length + difference
        spot = spot[0]
