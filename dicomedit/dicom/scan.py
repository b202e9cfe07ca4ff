"""Bytes to positions of elements, strictly: what cannot be located for certain is refused.

Nothing is decoded and hardly anything is kept. A first walk over all of a data set proves that
every element in it, at every depth, can be located.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Set
from itertools import islice

from dicomedit.dicom.dictionary import PIXEL_DATA_TAGS, dictionary_vr, tag_text
from dicomedit.dicom.encoding import (
    BIG_ITEM_START,
    BIG_SEQUENCE_END,
    DELIMITER_GROUP,
    FOREIGN_GROUPS,
    IMPLICIT_LITTLE,
    ITEM,
    ITEM_DELIMITER,
    ITEM_START,
    MAX_SHORT_LENGTH,
    SEQUENCE_DELIMITER,
    SEQUENCE_END,
    UNDEFINED_LENGTH,
    Encoding,
)
from dicomedit.dicom.findings import Findings
from dicomedit.dicom.headers import Data, Positions, Walker
from dicomedit.dicom.kinds import (
    HIDDEN_EITHER,
    HIDDEN_EXPLICIT,
    HIDDEN_IMPLICIT,
    KINDS,
    LONG,
    PLAIN,
    SEQUENCE,
    TEXT,
    UNKNOWN,
    implicit_kind,
)
from dicomedit.dicom.lookout import LONGEST, Lookout, Proved
from dicomedit.dicom.malformed import Malformed, refuse_length

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomedit.dicom.findings import Spot

    Walk = Callable[[int, int, Spot, int, dict[int, int], int], int]

MAX_DEPTH = 64
"""Deepest nesting of sequences that is followed."""

_FIRST_TAG = 0x00080000
"""Data sets begin here but for what hardly any has: below it, groups are looked at one by one."""

_DELIMITERS = DELIMITER_GROUP << 16

_SOME, _LARGE = 2, 256
"""Items, and bytes of each, from which on they are compared with those before."""


class Scanner(Walker):
    """Locates the elements of one encoding in one buffer, and proves what it steps over."""

    __slots__ = (
        "_hidden",
        "_is_file_meta",
        "_lookout",
        "_proved",
        "_sequence_end",
        "_tools",
    )

    def __init__(
        self,
        data: Data,
        encoding: Encoding,
        lookout: Lookout | None = None,
        *,
        findings: Findings | None = None,
        file_meta: bool = False,
    ) -> None:
        """Prepare for `data`; `file_meta` admits the group that a data set itself must not have.

        `findings` are added to, if there are any; without a `lookout` nothing is remembered.
        """
        wanted = frozenset[int]() if lookout is None else lookout.wanted
        super().__init__(data, encoding, Findings(wanted) if findings is None else findings)
        self._proved = None if lookout is None else lookout.proved(encoding)
        self._lookout = lookout
        self._is_file_meta = file_meta
        self._hidden = HIDDEN_IMPLICIT if encoding.implicit else HIDDEN_EXPLICIT
        self._sequence_end = SEQUENCE_END if encoding.little else BIG_SEQUENCE_END
        # Looked up once for each level: many levels have only an element or two.
        self._tools = (data, self._explicit, data.find, self.findings.wanted)

    def wrapped(self) -> Scanner:
        """Return what scans sequences stored as UN: implicit little endian (PS3.5 §6.2.2)."""
        self.findings.has_wrapped = True
        self.findings.count += 1
        if self.encoding == IMPLICIT_LITTLE:
            return self
        scanner = Scanner(self.data, IMPLICIT_LITTLE, findings=self.findings)
        # When it is changed it becomes explicit, like the data set around it.
        scanner._hidden = HIDDEN_EITHER
        return scanner

    def release(self) -> None:
        """Let go of the file, from which nothing is wanted any more."""
        self.data = b""
        self._tools = (b"", self._explicit, b"".find, frozenset())
        self.findings.clear()

    def scan(self, position: int, limit: int) -> Positions:
        """Return the elements of the root, having proved them and all that is below them.

        Raises Malformed on any doubt.
        """
        found: Positions = {}
        if self._lookout is None:
            end = self.walk(position, limit, None, 0, found, limit)
        else:
            template = self._lookout.template(self.encoding)
            end = template.walk(self, position, limit, None, found)
        if end < 0:
            raise Malformed("an item delimiter stands where an element should", -end - 8)
        return found

    def walk(
        self, position: int, limit: int, above: Spot, depth: int, found: Positions, until: int
    ) -> int:
        """Prove and collect elements of a level that begin before `until`; see Walker."""
        walk = self._implicit_level if self.encoding.implicit else self._explicit_level
        return walk(position, limit, above, depth, found, until)

    def look_out_for(self, tags: Set[int], start: int) -> None:
        """Have the places found at which a proved data set has elements with more tags."""
        findings = self.findings
        again = Findings(findings.wanted | tags)
        Scanner(self.data, self.encoding, findings=again).scan(start, len(self.data))
        findings.wanted, findings.nested = again.wanted, again.nested

    def next_position(self, position: int) -> int:
        """Return where the element at `position` ends; raise Malformed when that is unclear."""
        name = self.data[position + 4 : position + 6]
        if name not in KINDS:
            raise Malformed("the file meta information is broken", position)
        try:
            _, start, length = self.locate(position)
        except struct.error:
            raise Malformed("the data ends inside an element's header", position) from None
        if length == UNDEFINED_LENGTH or start + length > len(self.data):
            raise Malformed("the file meta information is broken", position)
        return start + length

    def scan_items(self, position: int, limit: int) -> None:
        """Prove the items that fill the bytes up to `limit`; raise Malformed on any doubt."""
        self._items(position, limit, None, 0, 1, delimited=False)

    def _explicit_level(
        self, position: int, limit: int, above: Spot, depth: int, found: Positions, until: int
    ) -> int:
        """Collect elements that begin before `until`; return where they end.

        Where a delimiter ends the level before, the position behind it is returned, negative.

        This loop, and its twin for implicit encodings, see every header of every file: they are
        written out for speed.
        """
        data, unpack, find, wanted = self._tools
        kinds, private = KINDS, 1
        try:
            while position < until:
                group, number, name, length = unpack(data, position)
                tag = group << 16 | number
                kind = kinds.get(name)
                if kind is None or not _FIRST_TAG <= tag < _DELIMITERS:
                    if tag == ITEM_DELIMITER:
                        return -(position + 8)
                    kind = self._strange(tag, kind, position, limit)
                if tag in found:
                    raise Malformed(f"{tag_text(tag)} appears twice", position)
                found[tag] = position
                if kind < LONG:
                    end = position + 8 + length
                    if end > limit:
                        refuse_length(tag, position + 8, length, position, limit)
                    if kind and find(b"\0", position + 8, end - 1) >= 0:
                        self._check_text(tag, position + 8, end, position)
                else:
                    end = self._long_element(
                        tag, kind, position, position + 12, limit, above, depth
                    )
                if not number or group & private or tag in wanted:
                    private = self._note(tag, position, above, private)
                position = end
        except struct.error:
            raise Malformed("the data ends inside an element's header", position) from None
        return position

    def _implicit_level(
        self, position: int, limit: int, above: Spot, depth: int, found: Positions, until: int
    ) -> int:
        data, unpack = self.data, self._implicit
        wanted, private = self.findings.wanted, 1
        try:
            while position < until:
                group, number, length = unpack(data, position)
                tag = group << 16 | number
                if not _FIRST_TAG <= tag < _DELIMITERS:
                    if tag == ITEM_DELIMITER:
                        return -(position + 8)
                    self._strange(tag, PLAIN, position, limit)
                if tag in found:
                    raise Malformed(f"{tag_text(tag)} appears twice", position)
                found[tag] = position
                kind = implicit_kind(tag)
                end = position + 8 + length
                if kind > LONG or length == UNDEFINED_LENGTH:
                    end = self._long_element(tag, kind, position, position + 8, limit, above, depth)
                elif end > limit:
                    refuse_length(tag, position + 8, length, position, limit)
                elif kind == TEXT:
                    self._check_implicit_text(tag, position + 8, end, position)
                if not number or group & private or tag in wanted:
                    private = self._note(tag, position, above, private)
                position = end
        except struct.error:
            raise Malformed("the data ends inside an element's header", position) from None
        return position

    def _note(self, tag: int, position: int, above: Spot, private: int) -> int:
        """Keep the place of something sought; return which groups are sought from now on."""
        findings = self.findings
        findings.count += 1
        if not tag & 0xFFFF:
            findings.group_lengths.append((above, tag))
        if above is not None and tag in findings.wanted:
            findings.nested.setdefault(tag, []).append((above, position))
        if tag >> 16 & private:
            if above is not None:
                findings.private.append(above)
            return 0
        return private

    def _strange(self, tag: int, kind: int | None, position: int, limit: int) -> int:
        """Refuse what no data set has: delimiters, foreign groups (PS3.5 §7.8.1), unknown VRs."""
        if position + 8 > limit:
            raise Malformed("the data ends inside an element's header", position)
        group = tag >> 16
        if group == DELIMITER_GROUP:
            raise Malformed("an item delimiter stands where an element should", position)
        if kind is None:
            raise Malformed(f"{tag_text(tag)} has no known VR", position)
        if group in FOREIGN_GROUPS and not self._is_file_meta:
            raise Malformed(f"group {group:04X} has no place in a data set", position)
        return kind

    def _check_implicit_text(self, tag: int, start: int, end: int, position: int) -> None:
        if end - start > MAX_SHORT_LENGTH:
            reason = f"{tag_text(tag)} claims {end - start} bytes of short text"
            raise Malformed(reason, position)
        if self.data.find(b"\0", start, end - 1) >= 0:
            self._check_text(tag, start, end, position)

    def _check_text(self, tag: int, start: int, end: int, position: int) -> None:
        if re.search(self._hidden, self.data[start:end].rstrip(b"\0 ")):
            raise Malformed(f"{tag_text(tag)} seems to hold another element", position)

    def _long_element(
        self, tag: int, kind: int, position: int, start: int, limit: int, above: Spot, depth: int
    ) -> int:
        """Return the end of an element with a 32-bit length, having proved all that is in it."""
        if start > limit:
            raise Malformed("the data ends inside an element's header", position)
        (length,) = self._long(self.data, start - 4)
        if above is None and kind > LONG:
            self.findings.holding.append(tag)
        end: int = limit if length == UNDEFINED_LENGTH else start + length
        if end > limit:
            refuse_length(tag, start, length, position, limit)
        if kind == SEQUENCE:
            end = self._sequence(tag, start, end, above, depth, length == UNDEFINED_LENGTH)
        elif length == UNDEFINED_LENGTH:
            end = self._undefined(tag, kind, position, start, limit, above, depth)
        elif kind == UNKNOWN and tag not in PIXEL_DATA_TAGS:
            self._check_unknown(tag, position, start, end, above, depth)
        if length == UNDEFINED_LENGTH:
            self.findings.ends[position] = end
        return end

    def _sequence(
        self, tag: int, start: int, limit: int, above: Spot, depth: int, delimited: bool
    ) -> int:
        """Return the end of a sequence, having proved all that is in it, if not known already."""
        if self._proved is None:
            return self._items(start, limit, above, tag, depth + 1, delimited=delimited)
        proved: Proved = self._proved[delimited]
        end = limit
        if delimited:
            end = self.data.find(self._sequence_end, start, min(start + LONGEST, limit)) + 8
        if not start < end <= start + LONGEST:
            return self._items(start, limit, above, tag, depth + 1, delimited=delimited)
        content = self.data[start:end]
        proof = proved.get(content)
        findings, ends = self.findings, self.findings.ends
        if proof is not None and depth <= proof[0]:
            ends.update((start + place, start + after) for place, after in proof[1])
            return end
        noted, before = findings.count, len(ends)
        found = self._items(start, limit, above, tag, depth + 1, delimited=delimited)
        if found == end and findings.count == noted:
            last = islice(reversed(ends.items()), len(ends) - before)
            inside = tuple((place - start, after - start) for place, after in last)
            proved.keep(content, (depth, inside))
        return found

    def _check_unknown(
        self, tag: int, position: int, start: int, end: int, above: Spot, depth: int
    ) -> None:
        first = self.data[start : min(start + 4, end)]
        if first == ITEM_START:
            try:
                self.wrapped()._items(start, end, above, tag, depth + 1, delimited=False)
            except Malformed as error:
                reason = f"{tag_text(tag)} holds a sequence as UN that cannot be read"
                raise Malformed(f"{reason}: {error.reason}", position) from None
        if not self.encoding.little and first == BIG_ITEM_START:
            reason = f"{tag_text(tag)} holds a sequence as UN that is not little endian"
            raise Malformed(reason, position)

    def _undefined(
        self, tag: int, kind: int, position: int, start: int, limit: int, above: Spot, depth: int
    ) -> int:
        if tag in PIXEL_DATA_TAGS:
            return self._fragments_end(start, limit)
        if kind < UNKNOWN:
            vr = self.locate(position)[0] or dictionary_vr(tag, signed=False)
            raise Malformed(f"{tag_text(tag)} of VR {vr} has no length", start)
        return self.wrapped()._items(start, limit, above, tag, depth + 1, delimited=True)

    def _fragments_end(self, position: int, limit: int) -> int:
        """Return where encapsulated pixel data ends, with its delimiter (PS3.5 §A.4)."""
        while True:
            tag, length = self._item_header(position, limit)
            if tag == SEQUENCE_DELIMITER:
                return position + 8
            end = position + 8 + length
            if tag != ITEM or length == UNDEFINED_LENGTH or end > limit:
                raise Malformed("the fragments of encapsulated pixel data are broken", position)
            position = end

    def _item_header(self, position: int, limit: int) -> tuple[int, int]:
        if position + 8 > limit:
            raise Malformed("the data ends inside an element's header", position)
        group, number, length = self._implicit(self.data, position)
        return group << 16 | number, length

    def _items(
        self, position: int, limit: int, above: Spot, tag: int, depth: int, *, delimited: bool
    ) -> int:
        """Prove the items up to `limit`, or to the sequence's delimiter; return where that ends."""
        data, unpack = self.data, self._implicit
        walk: Walk = self._implicit_level if self.encoding.implicit else self._explicit_level
        if depth > MAX_DEPTH and position < limit:
            raise Malformed(f"sequences are nested more than {MAX_DEPTH} deep", position)
        number, first = 0, position
        while delimited or position < limit:
            if number == _SOME and depth == 1 and position - first > _SOME * _LARGE:
                walk = self._like_others(tag, walk)
            start = position + 8
            if start > limit:
                raise Malformed("the data ends inside an element's header", position)
            group, element, length = unpack(data, position)
            if group != DELIMITER_GROUP or element != ITEM & 0xFFFF:
                return self._items_end(group << 16 | element, position, limit, delimited=delimited)
            end = limit if length == UNDEFINED_LENGTH else start + length
            if end > limit:
                raise Malformed("an item is longer than what it stands in", position)
            end = walk(start, end, (above, tag, number, start, first, self), depth, {}, end)
            if length == UNDEFINED_LENGTH:
                if end > 0:
                    raise Malformed("an item has no end", end)
                end = self.findings.ends[position] = -end
            elif end < 0:
                reason = "an item delimiter stands where an element should"
                raise Malformed(reason, -end - 8)
            position = end
            number += 1
        return position

    def _like_others(self, tag: int, walk: Walk) -> Walk:
        """Return what walks the items of a sequence that has many in a quicker way, if it can."""
        if self._lookout is None:
            return walk
        template = self._lookout.template(self.encoding, tag)

        def walk_like(
            position: int, limit: int, above: Spot, depth: int, found: Positions, until: int
        ) -> int:
            return template.walk(self, position, limit, above, found)

        return walk_like

    def _items_end(self, tag: int, position: int, limit: int, *, delimited: bool) -> int:
        """Return the end of what stands where an item should, if it ends the sequence."""
        if tag == SEQUENCE_DELIMITER and (delimited or position + 8 == limit):
            return position + 8
        raise Malformed(f"{tag_text(tag)} stands where an item should", position)
