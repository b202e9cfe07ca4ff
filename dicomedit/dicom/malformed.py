"""What is refused because it cannot be located for certain."""

from __future__ import annotations

from dicomedit.dicom.dictionary import tag_text

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import NoReturn


class Malformed(ValueError):
    """Bytes that are not a well-formed data set: why, and at which offset."""

    def __init__(self, reason: str, offset: int) -> None:
        self.reason = reason
        self.offset = offset
        super().__init__(f"{reason} (at byte {offset})")


def refuse_length(tag: int, start: int, length: int, position: int, limit: int) -> NoReturn:
    """Raise Malformed for an element that is longer than what is left up to `limit`."""
    if start > limit:
        raise Malformed("the data ends inside an element's header", position)
    raise Malformed(f"{tag_text(tag)} claims {length} bytes, {limit - start} are left", position)
