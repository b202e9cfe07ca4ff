"""What is sought in many files, and what was proved in some and need not be walked again."""

from __future__ import annotations

from collections.abc import Set

from dicomedit.dicom.templates import Template

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.dicom.encoding import Encoding

LONGEST = 512
"""Most bytes of a sequence that is remembered."""

MOST = 4096
"""Most sequences that are remembered."""

Proof = tuple[int, tuple[tuple[int, int], ...]]
"""How deep a sequence stood, and where what is delimited in it ends, by the place of its header.

Both places are counted from where the content of the sequence begins.
"""


class Lookout:
    """Tags to look out for in items, for as long as many files are read.

    Files have many short sequences that other files have, too, byte for byte: codes, for example.
    What was proved once, and has nothing in it that is sought, need not be proved again.
    """

    __slots__ = ("_proved", "_templates", "wanted")

    def __init__(self, wanted: Set[int] = frozenset()) -> None:
        self.wanted = wanted
        self._proved: dict[Encoding, tuple[Proved, Proved]] = {}
        self._templates: dict[tuple[Encoding, int | None], Template] = {}

    def template(self, encoding: Encoding, tag: int | None = None) -> Template:
        """Return what the last files in an encoding were like.

        With the tag of a sequence of the root: what the last items of it were like.
        """
        known = self._templates.get((encoding, tag))
        if known is None:
            depth = 0 if tag is None else 1
            known = self._templates[encoding, tag] = Template(depth)
        return known

    def proved(self, encoding: Encoding) -> tuple[Proved, Proved]:
        """Return what was proved in an encoding: sequences with a length, and with a delimiter."""
        known = self._proved.get(encoding)
        if known is None:
            known = self._proved[encoding] = Proved(), Proved()
        return known


class Proved(dict[bytes, Proof]):
    """The bytes of short sequences that hold nothing but elements which can be located."""

    def keep(self, content: bytes, proof: Proof) -> None:
        """Remember a sequence."""
        if len(self) >= MOST:
            self.clear()
        self[content] = proof
