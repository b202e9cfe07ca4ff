"""The elements of one level: where they stand in the file, and what became of them."""

from __future__ import annotations

from dicomedit.dicom.scan import Positions, Scanner

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.dicom.scan import Spot


class NewElement:
    """An element that a script has stored; a sequence's items are kept by its level.

    `is_delimited` tells whether a delimiter is to end the sequence.
    """

    __slots__ = ("is_delimited", "value", "vr")

    def __init__(self, vr: str, value: bytes | memoryview, *, is_delimited: bool = False) -> None:
        self.vr = vr
        self.value = value
        self.is_delimited = is_delimited


Entry = int | NewElement
"""An element: the position of its header in the file, or what took its place."""


class Content:
    """The elements of the root or of one item: those in the file, and what became of them.

    `stored` are the elements in the file, `elements` those there are now, the same mapping until
    one changes; both are found out when they are first asked for. `touched` are the tags at which
    they may differ; `items` holds the sequences that were opened so far, `sequences` the tags of
    all of them once somebody asked. `spot` is where an item stands in the file; the root and new
    items have none, and new ones no bytes.
    """

    __slots__ = (
        "elements",
        "end",
        "is_delimited",
        "items",
        "scanner",
        "sequences",
        "spot",
        "start",
        "stored",
        "touched",
    )

    elements: dict[int, Entry]
    stored: Positions

    def __init__(
        self,
        scanner: Scanner,
        start: int,
        end: int,
        *,
        is_delimited: bool = False,
        spot: Spot = None,
    ) -> None:
        self.scanner = scanner
        self.start = start
        self.end = end
        self.is_delimited = is_delimited
        self.spot = spot
        self.items: dict[int, list[Content]] = {}
        self.touched: set[int] = set()
        self.sequences: set[int] | None = None

    def __getattr__(self, name: str) -> dict[int, Entry]:
        """Find out which elements the file has, when that is first asked."""
        if name not in ("elements", "stored"):
            raise AttributeError(name)
        self.set_stored(self.scanner.positions(self.start, self.end))
        return self.elements if name == "elements" else self.stored  # type: ignore[return-value]

    def set_stored(self, positions: Positions) -> None:
        """Tell which elements the file has."""
        self.stored = positions
        self.elements = positions  # type: ignore[assignment]

    def changeable(self) -> dict[int, Entry]:
        """Return the elements there are now, for one that is about to change."""
        if self.elements is self.stored:
            self.elements = dict(self.stored)
        return self.elements
