"""What stands in a file, with what was changed put in its places.

An edit is a range of the file and the element that comes instead. The lengths of all sequences and
items around it that have one are corrected in place; everything else is copied as it is.
"""

from __future__ import annotations

import struct
from bisect import bisect, bisect_left
from collections.abc import Sequence

from dicomedit.dicom.content import Content, NewElement
from dicomedit.dicom.encoded import DataSet, EncodedLevel
from dicomedit.dicom.encoding import UNDEFINED_LENGTH
from dicomedit.dicom.views import PART_FROM, part_of

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Protocol

    from dicomedit.dicom.content import Span
    from dicomedit.dicom.findings import Spot
    from dicomedit.dicom.views import Buffer

    class ElementEncoder(Protocol):
        """Makes the bytes of elements in the encoding of the file."""

        def encode_short(self, tag: int, element: NewElement) -> bytes | None:
            """Return a new element when that is simple to do."""

        def encode_element(self, level: EncodedLevel, tag: int) -> tuple[list[Buffer], int]:
            """Return one element; nothing when it is absent."""

        def encode_anew(self, level: EncodedLevel) -> tuple[list[Buffer], int]:
            """Return a level's elements, each of them made new."""


_REWRITE, _INSERT, _REPLACE = range(3)

Piece = tuple[int, int, "bytes | Sequence[Buffer]", int]
"""From where to where the file has what is replaced, by what, and how long that is."""


Edit = tuple[int, int, int, int, int, Content, "bytes | None"]
"""Start, kind, order among edits at one place, tag, end, the content whose element it is, and the
bytes that come instead unless they are still to be made.

At one place, what is inside (whose content begins further on) comes before what follows behind it.
A rewrite is of all of a content, whose elements are in no order.
"""


def edits_of(contents: Sequence[Content], encoder: ElementEncoder) -> list[Edit]:
    """Return where contents differ from the file, in the order of the file."""
    edits: list[Edit] = []
    for content in contents:
        if content.late is not None:
            _add_late_edits(content, encoder, edits)
        elif content.spans is not None:
            _add_edits_of_spans(content, content.spans, encoder, edits)
        else:
            _add_edits(content, encoder, edits)
    edits.sort()
    return edits


def _add_late_edits(content: Content, encoder: ElementEncoder, edits: list[Edit]) -> None:
    assert content.late is not None
    order, end_of, encode = -content.start, content.scanner.end, encoder.encode_short
    for tag, (position, element) in content.late.items():
        new = b"" if element is None else encode(tag, element)
        edits.append((position, _REPLACE, order, tag, end_of(position), content, new))


def _add_edits_of_spans(
    content: Content, spans: Sequence[Span], encoder: ElementEncoder, edits: list[Edit]
) -> None:
    order, encode, now = -content.start, encoder.encode_short, content.elements.get
    places = [*content.stored.values(), content.end]
    for first, behind, tag in spans:
        entry = now(tag)
        if entry is None:
            new: bytes | None = b""
        elif isinstance(entry, int):
            continue
        else:
            new = encode(tag, entry)
        kind = _REPLACE if first < behind else _INSERT
        edits.append((places[first], kind, order, tag, places[behind], content, new))


def _add_edits(content: Content, encoder: ElementEncoder, edits: list[Edit]) -> None:
    stored, elements, touched = content.stored, content.elements, content.touched
    order, encode, now = -content.start, encoder.encode_short, elements.get
    inserted = _insertions(content, encoder) if touched.difference(stored) else []
    edits += inserted
    places = {edit[0] for edit in inserted}
    positions = list(stored.values())
    removed_from = removed_to = -1
    for (tag, position), end in zip(stored.items(), (*positions[1:], content.end), strict=False):
        entry = now(tag)
        if entry is position and (tag & 0xFFFF or tag not in touched):
            continue
        if entry is None or not tag & 0xFFFF:  # files go out without group lengths
            if position != removed_to or position in places:
                removed_from = position
            else:
                edits.pop()  # what follows each other goes in one piece
            removed_to = end
            edits.append((removed_from, _REPLACE, order, tag, end, content, b""))
        else:
            new = None if isinstance(entry, int) else encode(tag, entry)
            edits.append((position, _REPLACE, order, tag, end, content, new))


def _insertions(content: Content, encoder: ElementEncoder) -> list[Edit]:
    stored, order = content.stored, -content.start
    edits: list[Edit] = []
    ordered = list(stored)
    for tag in content.touched.difference(stored):
        entry = content.elements.get(tag)
        if isinstance(entry, NewElement) and tag & 0xFFFF:
            following = bisect(ordered, tag)
            place = stored[ordered[following]] if following < len(ordered) else content.end
            new = encoder.encode_short(tag, entry)
            edits.append((place, _INSERT, order, tag, place, content, new))
    if edits and ordered != sorted(ordered):
        # Out of order (against PS3.5 §7.1) there is no place for what is new.
        edits.append((content.start, _REWRITE, order, 0, content.end, content, None))
    return edits


def spliced(
    level: EncodedLevel, edits: Sequence[Edit], encoder: ElementEncoder
) -> tuple[list[Buffer], int]:
    """Return the elements of a level in the file, edited, and their length."""
    pieces, grown = _pieces(level, edits, encoder)
    if grown:
        pieces += _lengths(level.content, grown)
        pieces.sort(key=_place)
    data, kept, end = level.content.scanner.data, level.content.start, level.content.end
    view = memoryview(data)
    parts: list[Buffer] = []
    size = end - kept
    for first, last, new, length in pieces:
        if first < kept:
            raise AssertionError("edits overlap")  # better no result than a wrong one
        if first > kept:
            is_small = first - kept < PART_FROM
            parts.append(view[kept:first] if is_small else part_of(data, kept, first))
        if not isinstance(new, bytes):
            parts += new
        elif new:
            parts.append(new)
        size += length - (last - first)
        kept = last
    if end > kept:
        parts.append(part_of(data, kept, end))
    return parts, size


def _place(piece: Piece) -> int:
    return piece[0]


Growth = dict[int, tuple["Spot", int]]
"""By how many bytes items become longer, by the position of their content."""


def _pieces(
    level: EncodedLevel, edits: Sequence[Edit], encoder: ElementEncoder
) -> tuple[list[Piece], Growth]:
    """Return what is replaced inside a level, and which items in it become longer."""
    inside, data_set = level.content, level.data_set
    first, limit = inside.start, inside.end
    pieces: list[Piece] = []
    grown: Growth = {}
    lost_from = lost_to = 0
    rewritten: Content | None = None
    for edit in edits[bisect_left(edits, (first,)) :]:
        start, kind, _, tag, end, content, new = edit
        if start > limit:
            break
        place = content.start
        if not first <= place <= limit or lost_from < place <= lost_to or content is rewritten:
            continue  # it belongs to a level around this one, or to what is replaced already
        made: bytes | Sequence[Buffer]
        if new is None:
            made, length = _made(data_set, kind, tag, content, encoder)
        else:
            made, length = new, len(new)
        pieces.append((start, end, made, length))
        if content is not inside and length != end - start:
            spot, before = grown.get(place, (content.spot, 0))
            grown[place] = spot, before + length - (end - start)
        if start < end:
            lost_from, lost_to = start, end
            rewritten = content if kind == _REWRITE else None
    return pieces, grown


def _made(
    data_set: DataSet, kind: int, tag: int, content: Content, encoder: ElementEncoder
) -> tuple[Sequence[Buffer], int]:
    level = data_set.level_at(content.spot)
    return encoder.encode_anew(level) if kind == _REWRITE else encoder.encode_element(level, tag)


def _lengths(around: Content, grown: Growth) -> list[Piece]:
    """Return the new lengths of what becomes longer, and of all that it stands in."""
    order = "<L" if around.scanner.encoding.little else ">L"
    pack, unpack = struct.Struct(order).pack, struct.Struct(order).unpack_from
    data, lengths = around.scanner.data, dict[int, int]()
    _add_around(around, grown)
    for start in sorted(grown, reverse=True):  # whatever an item stands in begins before it
        spot, difference = grown[start]
        assert spot is not None
        for field in (start - 4, spot[4] - 4):
            length = lengths[field] if field in lengths else unpack(data, field)[0]
            lengths[field] = length if length == UNDEFINED_LENGTH else length + difference
        above = spot[0]
        if above is not None and above[3] in grown:
            grown[above[3]] = above, grown[above[3]][1] + difference
    return [
        (field, field + 4, pack(length), 4)
        for field, length in lengths.items()
        if length != UNDEFINED_LENGTH
    ]


def _add_around(around: Content, grown: Growth) -> None:
    """Add the items that others are in, up to a content around them all."""
    for spot, _ in list(grown.values()):
        above = spot[0] if spot is not None else None
        while above is not None and above[3] > around.start and above[3] not in grown:
            grown[above[3]] = above, 0
            above = above[0]
