"""What a template consists of: made of elements that were proved, and what differs left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dicomedit.dicom.segments import Other, Part, Segment

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.dicom.headers import Walker

_WORTH = 3
"""Headers that are compared for each element that is walked: a template with less is given up."""

Steps = list["Segment | int"]
"""What becomes of the elements of a level: segments are compared, tags are walked."""


class Made:
    """The tags of a level, the steps of its template, and what these are still to be made of."""

    __slots__ = ("_parts", "steps", "tags")

    def __init__(
        self, tags: tuple[int, ...], steps: Steps, parts: Sequence[Part | int] = ()
    ) -> None:
        self.tags = tags
        self.steps = steps
        self._parts = parts

    def refined(self, walker: Walker, found: dict[int, int]) -> Made:
        """Return the same, but that what differs in a level with the same tags is walked."""
        steps: Steps = []
        rows = [self._parts] if self._parts else []
        for row in (*rows, *self.steps):
            if isinstance(row, int) or (isinstance(row, Segment) and _is_like(row, walker, found)):
                steps.append(row)
                continue
            parts = row.parts if isinstance(row, Segment) else row
            steps += _steps_of(
                part if _is_at(part, walker, found) else _tag(part) for part in parts
            )
        return Made(self.tags, _worthwhile(steps))


def _is_like(segment: Segment, walker: Walker, found: dict[int, int]) -> bool:
    return segment.is_at(walker.data, found[segment.parts[0].tag], len(walker.data))


def _is_at(part: Part | int, walker: Walker, found: dict[int, int]) -> bool:
    return isinstance(part, Part) and part.is_at(walker.data, found[part.tag])


def _tag(part: Part | int) -> int:
    return part if isinstance(part, int) else part.tag


def _worthwhile(steps: Steps) -> Steps:
    """Return steps, or none when following them would take longer than walking."""
    segments = (step for step in steps if isinstance(step, Segment))
    headers = sum(len(part.kept) for segment in segments for part in segment.parts)
    walked = sum(isinstance(step, int) for step in steps)
    return steps if headers >= _WORTH * walked else []


def learned(
    tags: tuple[int, ...], walker: Walker, found: dict[int, int], *, is_in_item: bool
) -> Made:
    """Return what is to become a template of a level that was proved."""
    parts: list[Part | int] = []
    for tag, position in found.items():
        try:
            parts.append(Part(walker, tag, position, is_in_item=is_in_item))
        except Other:
            parts.append(tag)
    return Made(tags, [], parts)


def _steps_of(parts: Iterable[Part | int]) -> Iterator[Segment | int]:
    row: list[Part] = []
    for part in parts:
        if isinstance(part, Part):
            row.append(part)
            continue
        if row:
            yield Segment(row)
            row = []
        yield part
    if row:
        yield Segment(row)
