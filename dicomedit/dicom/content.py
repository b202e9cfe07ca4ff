"""The elements of one level: where they stand in the file, and what became of them."""

from __future__ import annotations

from dicomedit.dicom.headers import Positions
from dicomedit.dicom.scan import Scanner

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomedit.dicom.encoding import Encoding
    from dicomedit.dicom.findings import Spot


class NewElement:
    """An element that a script has stored; a sequence's items are kept by its level.

    `is_delimited` tells whether a delimiter is to end the sequence. `encoded` are the bytes that
    were made last, by tag and encoding: the same element may stand in many files.
    """

    __slots__ = ("encoded", "is_delimited", "value", "vr")

    def __init__(self, vr: str, value: bytes | memoryview, *, is_delimited: bool = False) -> None:
        self.vr = vr
        self.value = value
        self.is_delimited = is_delimited
        self.encoded: tuple[int, Encoding, bytes] | None = None


Entry = int | NewElement
"""An element: the position of its header in the file, or what took its place."""


Span = tuple[int, int, int]
"""Elements that go or come, by their numbers in the order of the file: the first one, the one
behind the last, and the tag of the last. A new one comes before the element of its number.
"""


class Content:
    """The elements of the root or of one item: those in the file, and what became of them.

    `stored` are the elements in the file, `elements` those there are now, the same mapping until
    one changes; both are found out when they are first asked for. `touched` are the tags at which
    they may differ. `late` has what was changed before anybody asked, with the place of the
    element in the file: whoever knows that need not know the others. `items` holds the sequences
    that were opened so far, `sequences` the tags of all of them once somebody asked. `spans` tell
    where elements differ while all changes were made at once. `spot` is where an item stands in
    the file; the root and new items have none, and new ones no bytes.
    """

    __slots__ = (
        "elements",
        "end",
        "is_delimited",
        "items",
        "late",
        "scanner",
        "sequences",
        "spans",
        "spot",
        "start",
        "stored",
        "touched",
    )

    elements: dict[int, Entry]
    stored: Positions
    end: int
    is_delimited: bool

    def __init__(self, scanner: Scanner, start: int, spot: Spot = None) -> None:
        self.scanner = scanner
        self.start = start
        self.spot = spot
        self.items: dict[int, list[Content]] = {}
        self.touched: set[int] = set()
        self.late: dict[int, tuple[int, NewElement | None]] | None = None
        self.sequences: set[int] | None = None
        self.spans: Sequence[Span] | None = None

    @classmethod
    def between(
        cls,
        scanner: Scanner,
        start: int,
        end: int,
        *,
        is_delimited: bool = False,
        spot: Spot = None,
    ) -> Content:
        """Return a content whose end is known."""
        content = cls(scanner, start, spot)
        content.end = end
        content.is_delimited = is_delimited
        return content

    def __getattr__(self, name: str) -> object:
        """Find out which elements the file has, or where they end, when that is first asked."""
        if name in ("end", "is_delimited"):
            self.end, self.is_delimited = self.scanner.item_end(self.start)
        elif name in ("elements", "stored"):
            self.set_stored(self.scanner.positions(self.start, self.end))
            self._catch_up()
        else:
            raise AttributeError(name)
        return getattr(self, name)

    def set_stored(self, positions: Positions) -> None:
        """Tell which elements the file has."""
        self.stored = positions
        self.elements = positions  # type: ignore[assignment]

    def changeable(self) -> dict[int, Entry]:
        """Return the elements there are now, for one that is about to change."""
        if self.elements is self.stored:
            self.elements = dict(self.stored)
        return self.elements

    def change_at(self, tag: int, position: int, element: NewElement | None) -> None:
        """Replace, or with None remove, an element that was not changed so far, nor its items.

        `position` is where the file has it. Other elements are not looked for.
        """
        self.touched.add(tag)
        if self.late is None:
            self.late = {}
        self.late[tag] = position, element

    def _catch_up(self) -> None:
        """Do what was done before the elements were known."""
        late, self.late = self.late, None
        if late:
            elements = self.changeable()
            for tag, (_, element) in late.items():
                if element is None:
                    del elements[tag]
                else:
                    elements[tag] = element


class Contents:
    """What all levels of one data set know of each other.

    `of_items`: contents that were changed without a level, by their position in the file;
    `changed`: the contents in the file that did not stay as they were. `gone`: from where to where
    the file has sequences that were removed or replaced. `is_rearranged`: items were removed or
    brought back, so that where things stood at first does not tell where they are.
    """

    __slots__ = ("changed", "gone", "is_rearranged", "of_items")

    def __init__(self) -> None:
        self.of_items: dict[int, Content] = {}
        self.changed: list[Content] = []
        self.gone: list[tuple[int, int]] = []
        self.is_rearranged = False

    def at(self, spot: Spot) -> Content:
        """Return the content of an item in the file."""
        assert spot is not None
        start = spot[3]
        return self.of_items.get(start) or Content(spot[5], start, spot)
