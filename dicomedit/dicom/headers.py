"""The headers of elements that were proved: stepping over them, and where values are."""

from __future__ import annotations

import mmap
from collections.abc import Iterator

from dicomedit.dicom.encoding import ITEM, UNDEFINED_LENGTH, Encoding
from dicomedit.dicom.findings import Findings
from dicomedit.dicom.kinds import KINDS, KNOWN_VRS, LONG, implicit_kind

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.dicom.findings import Spot

Data = bytes | mmap.mmap
"""What elements are located in."""

Positions = dict[int, int]
"""Where the headers of a level's elements begin, by tag, in the order of the file."""


class Headers:
    """Elements of one encoding in one buffer, at places that were proved."""

    __slots__ = ("_explicit", "_implicit", "_long", "data", "encoding", "findings")

    def __init__(self, data: Data, encoding: Encoding, findings: Findings) -> None:
        layouts = encoding.layouts
        self.data = data
        self.encoding = encoding
        self.findings = findings
        self._explicit = layouts.short.unpack_from
        self._implicit = layouts.bare.unpack_from
        self._long = layouts.length.unpack_from

    def locate(self, position: int) -> tuple[str | None, int, int]:
        """Return VR (None when implicit), start and length of the value of a proved element."""
        if self.encoding.implicit:
            return None, position + 8, self._long(self.data, position + 4)[0]
        _, _, name, length = self._explicit(self.data, position)
        if KINDS[name] < LONG:
            return KNOWN_VRS[name], position + 8, length
        return KNOWN_VRS[name], position + 12, self._long(self.data, position + 8)[0]

    def vr(self, position: int) -> str | None:
        """Return the VR of a proved element, None when it is implicit."""
        if self.encoding.implicit:
            return None
        return KNOWN_VRS[self.data[position + 4 : position + 6]]

    def tag(self, position: int) -> int:
        """Return the tag in a header."""
        group, number, _ = self._implicit(self.data, position)
        return int(group << 16 | number)

    def kind(self, tag: int, position: int) -> int:
        """Return how a proved element is walked over."""
        if self.encoding.implicit:
            return implicit_kind(tag)
        return KINDS[self.data[position + 4 : position + 6]]

    def end(self, position: int) -> int:
        """Return where a proved element ends."""
        data, start = self.data, position + 8
        if self.encoding.implicit:
            (length,) = self._long(data, position + 4)
        elif KINDS[data[position + 4 : position + 6]] < LONG:
            return start + int(self._explicit(data, position)[3])
        else:
            (length,) = self._long(data, start)
            start += 4
        return self.findings.ends[position] if length == UNDEFINED_LENGTH else start + length

    def positions(self, position: int, limit: int) -> Positions:
        """Return the elements of a proved level, whose delimiter is beyond the limit."""
        if self.encoding.implicit:
            return self._implicit_positions(position, limit)
        data, unpack, kinds = self.data, self._explicit, KINDS
        found: Positions = {}
        while position < limit:
            group, number, name, length = unpack(data, position)
            found[group << 16 | number] = position
            position = position + 8 + length if kinds[name] < LONG else self.end(position)
        return found

    def _implicit_positions(self, position: int, limit: int) -> Positions:
        data, unpack, ends = self.data, self._implicit, self.findings.ends
        found: Positions = {}
        while position < limit:
            group, number, length = unpack(data, position)
            found[group << 16 | number] = position
            position = ends[position] if length == UNDEFINED_LENGTH else position + 8 + length
        return found

    def items(self, position: int, limit: int) -> Iterator[tuple[int, int, bool]]:
        """Yield start and end of the content of each item of a proved sequence.

        The third value says whether a delimiter follows the content.
        """
        data, unpack, ends = self.data, self._implicit, self.findings.ends
        while position < limit:
            _, number, length = unpack(data, position)
            if number != ITEM & 0xFFFF:
                return
            if length == UNDEFINED_LENGTH:
                end = ends[position]
                yield position + 8, end - 8, True
            else:
                end = position + 8 + length
                yield position + 8, end, False
            position = end

    def item_end(self, start: int) -> tuple[int, bool]:
        """Return where the content of a proved item ends, and whether a delimiter follows it."""
        (length,) = self._long(self.data, start - 4)
        if length == UNDEFINED_LENGTH:
            return self.findings.ends[start - 8] - 8, True
        return start + length, False


class Walker(Headers):
    """Proves elements, too."""

    __slots__ = ()

    def walk(
        self, position: int, limit: int, above: Spot, depth: int, found: Positions, until: int
    ) -> int:
        """Prove and collect elements of a level that begin before `until`; return where they end.

        `above` is where the level stands, `depth` how deep. The end is negative when a delimiter
        stands before it. Raises Malformed on any doubt.
        """
        raise NotImplementedError
