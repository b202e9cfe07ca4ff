"""The headers of the last file, or the last item, which the next one probably has, too.

Files of a series have the same elements, most of them with values of the same length; so have the
items for the frames of an enhanced image. Where headers stand, byte for byte, where they stood in
what was proved before, the same walk would find the same: what it found is taken over, without
walking. All headers of many elements are compared in one go, those in items included. Where
anything differs, and for elements whose lengths vary, the file is walked.
"""

from __future__ import annotations

from dicomedit.dicom.encoding import ITEM_DELIMITER

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.dicom.findings import Spot
    from dicomedit.dicom.headers import Walker
    from dicomedit.dicom.segments import Segment
    from dicomedit.dicom.steps import Made, Steps

_PATIENCE = 3
"""Files in a row that are other than a template before it is replaced."""


class Template:
    """What the roots of the last files in one encoding, or the last items, were like.

    It is made of three levels, one after the other, that have the same tags, and gets better with
    each further one that has other lengths: elements whose lengths have varied are walked. All
    levels have the same depth: further down, what was proved might be nested too deep.
    """

    __slots__ = ("_depth", "_last", "_made", "_misses")

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._made: Made | None = None
        self._last: tuple[int, ...] = ()
        self._misses = 0

    def walk(
        self, walker: Walker, position: int, limit: int, above: Spot, found: dict[int, int]
    ) -> int:
        """Prove a level and return what the walker returns; collect the elements of a root."""
        made = self._made
        passing = _Passing(walker, position, limit, above, self._depth)
        is_like = made is not None and bool(made.steps) and passing.follow(made.steps)
        behind = passing.position
        if is_like and (behind == limit or _is_delimiter(walker, behind, limit, above)):
            self._misses = 0
            if above is None:
                passing.collect(found)
            return behind if behind == limit else -behind - 8
        passing.collect(found)
        end = passing.walk_on(found) if behind < limit else behind
        if end >= 0 or above is not None:
            self._learn(made, walker, found, is_in_item=above is not None)
        return end

    def _learn(
        self, made: Made | None, walker: Walker, found: dict[int, int], *, is_in_item: bool
    ) -> None:
        """Get better, or become another, after a level that was not like the template."""
        tags = tuple(found)
        if made is not None and tags == made.tags:
            self._misses = 0
            self._made = made.refined(walker, found)
            return
        self._misses += 1
        is_free = made is None or not made.steps or self._misses >= _PATIENCE
        if is_free and tags == self._last:
            from dicomedit.dicom.steps import learned  # not needed for a few files

            self._misses = 0
            self._made = learned(tags, walker, found, is_in_item=is_in_item)
        self._last = tags


def _is_delimiter(walker: Walker, position: int, limit: int, above: Spot) -> bool:
    """Whether the delimiter of an item stands at a position."""
    return above is not None and position + 8 <= limit and walker.tag(position) == ITEM_DELIMITER


class _Passing:
    """A way along the steps of a template: how far it went, and what was passed, and where."""

    __slots__ = ("_above", "_depth", "_is_noted", "_limit", "_passed", "_walker", "position")

    def __init__(self, walker: Walker, position: int, limit: int, above: Spot, depth: int) -> None:
        self.position = position
        self._walker = walker
        self._limit = limit
        self._above = above
        self._depth = depth
        self._is_noted = above is None  # as private, which is done once for each item
        self._passed: list[tuple[Segment | int, int]] = []

    def follow(self, steps: Steps) -> bool:
        """Go on as long as a level is like the template; return whether it is to the end."""
        walker, limit, above = self._walker, self._limit, self._above
        data, passed, position = walker.data, self._passed, self.position
        for step in steps:
            if isinstance(step, int):
                # What stands there instead may be here for the second time: only a walk that
                # knows all elements before can tell.
                if position + 8 > limit or walker.tag(position) != step:
                    return False
                position = self._walk_one(step)
                continue
            if not step.is_at(data, position, limit):
                return False
            step.note(walker, position, above, is_noted=self._is_noted)
            passed.append((step, position))
            self._is_noted = self._is_noted or step.is_private
            position = self.position = position + step.size
        return True

    def _walk_one(self, tag: int) -> int:
        """Walk the element that comes next; return its end."""
        self._passed.append((tag, self.position))
        self.position = self._walk({}, self.position + 1)
        self._is_noted = self._is_noted or tag >> 16 & 1 == 1
        return self.position

    def walk_on(self, found: dict[int, int]) -> int:
        """Walk the elements that are left; return what the walker returns."""
        return self._walk(found, self._limit)

    def _walk(self, found: dict[int, int], until: int) -> int:
        above, private = self._above, self._walker.findings.private
        before = len(private)
        end = self._walker.walk(self.position, self._limit, above, self._depth, found, until)
        if self._is_noted and above is not None:
            self._forget_second(private, before)
        return end

    def _forget_second(self, private: list[Spot], before: int) -> None:
        """Have an item noted as private only once, although it was walked in several pieces."""
        for number in range(before, len(private)):
            if private[number] is self._above:
                del private[number]
                self._walker.findings.count -= 1
                return

    def collect(self, found: dict[int, int]) -> None:
        """Add all elements that were passed."""
        for step, position in self._passed:
            if isinstance(step, int):
                found[step] = position
            else:
                step.collect(position, found)
