"""What the status of a C-STORE response means (PS3.4 §B.2.3, PS3.7 Annex C)."""

from __future__ import annotations

SUCCESS = 0x0000

_RANGES = (
    (0x0000, 0x0000, "stored"),
    (0x0107, 0x0107, "attribute list error"),
    (0x0116, 0x0116, "attribute value out of range"),
    (0x0110, 0x0110, "processing failure"),
    (0x0117, 0x0117, "invalid SOP Instance"),
    (0x0122, 0x0122, "SOP Class not supported"),
    (0x0124, 0x0124, "not authorized"),
    (0x0210, 0x0210, "duplicate invocation"),
    (0x0211, 0x0211, "unrecognized operation"),
    (0x0212, 0x0212, "mistyped argument"),
    (0xA700, 0xA7FF, "out of resources"),
    (0xA900, 0xA9FF, "data set does not match SOP Class"),
    (0xB000, 0xB000, "coercion of data elements"),
    (0xB006, 0xB006, "elements discarded"),
    (0xB007, 0xB007, "data set does not match SOP Class"),
    (0xB000, 0xBFFF, "warning"),
    (0xC000, 0xCFFF, "cannot understand"),
)
"""From the first to the last status, and the words; the first line that fits counts."""

_WARNINGS = frozenset((0x0001, 0x0107, 0x0116))
"""Warnings beside those that begin with B (PS3.7 §C.2, §C.3)."""


def code_of(status: int) -> str:
    """Return a status as four hexadecimal digits."""
    return f"{status:04X}"


def meaning_of(status: int) -> str:
    """Return what a status means, in words."""
    for first, last, words in _RANGES:
        if first <= status <= last:
            return words
    return "unknown status"


def is_warning(status: int) -> bool:
    """Whether an object was stored, but something is to be said about it."""
    return status >> 12 == 0xB or status in _WARNINGS


OUT_OF_RESOURCES = 0xA700
"""Of `receive`: the result could not be written or sent on; the same object may pass later."""

NO_MATCH = 0xA900
"""Of `receive`: the data set is not what the request says, or the result has no identity."""

NOT_UNDERSTOOD = 0xC000
"""Of `receive`: the data set is broken."""

EDIT_FAILED = 0xC010
"""Of `receive`: a script failed."""

REJECTED = 0xC020
"""Of `receive`: a script rejects the object."""

NOT_TAKEN = 0xC030
"""Of `receive`: the peer to which results are sent on does not take this kind of object."""

DEFECT = 0xC0FF
"""Of `receive`: an error in this program."""
