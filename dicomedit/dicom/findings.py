"""What is found in a first walk over a data set."""

from __future__ import annotations

from collections.abc import Set

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    Spot = tuple["Spot", int, int, int, int, Any] | None
    """Where an item stands in the file, None for the root.

    The spot of the level its sequence is in, the sequence's tag, the item's number, the positions
    of the item's and of the sequence's content, and the scanner of the item.
    """


class Findings:
    """What the first walk over a data set finds besides the elements of the root.

    `wanted` are tags to look out for below the root, `nested` where they are: in which item, and
    where the element begins; `private` are the places below the root that have private elements;
    `group_lengths` are the retired elements with number 0, at all levels; `ends` has the end of
    whatever a delimiter ends, items too, by the position of its header. `holding` are the elements
    of the root that may hold items; `has_wrapped` tells whether anything was found in UN. `count`
    grows with whatever is noted.
    """

    __slots__ = (
        "count",
        "ends",
        "group_lengths",
        "has_wrapped",
        "holding",
        "nested",
        "private",
        "wanted",
    )

    def __init__(self, wanted: Set[int] = frozenset()) -> None:
        self.wanted = wanted
        self.nested: dict[int, list[tuple[Spot, int]]] = {}
        self.private: list[Spot] = []
        self.group_lengths: list[tuple[Spot, int]] = []
        self.ends: dict[int, int] = {}
        self.holding: list[int] = []
        self.has_wrapped = False
        self.count = 0

    def clear(self) -> None:
        """Let go of everything."""
        for table in (self.nested, self.private, self.group_lengths, self.ends, self.holding):
            table.clear()


def sequence_in_root(spot: Spot) -> int:
    """Return the tag of the sequence of the root that an item is in, at whatever distance."""
    tag = 0
    while spot is not None:
        spot, tag, *_ = spot
    return tag
