"""How an element is walked over, by its VR."""

from __future__ import annotations

from functools import lru_cache

from dicomedit.dicom.dictionary import dictionary_vr
from dicomedit.dicom.encoding import LONG_VRS, SHORT_VRS

LIMITED_TEXT = frozenset(("AE", "AS", "CS", "DA", "DT", "LO", "PN", "SH", "TM", "UI"))
"""VRs of short text, in which nothing but text is borne."""

KNOWN_VRS = {vr.encode(): vr for vr in LONG_VRS | SHORT_VRS}

PLAIN, TEXT, LONG, UNKNOWN, SEQUENCE = range(5)
"""The kinds; the first two have a 16-bit length when the encoding is explicit."""

_SPECIAL = {"SQ": SEQUENCE, "UN": UNKNOWN}


def _kind(vr: str) -> int:
    if vr in LIMITED_TEXT:
        return TEXT
    return _SPECIAL.get(vr, LONG if vr in LONG_VRS else PLAIN)


KINDS = {name: _kind(vr) for name, vr in KNOWN_VRS.items()}
"""The kind of an element by its VR, as this stands in an explicit header."""

_VR_NAMES = b"|".join(sorted(KNOWN_VRS))
HIDDEN_EXPLICIT = rb"(?s:(?:%s)(?:.\0|\0.))" % _VR_NAMES
HIDDEN_IMPLICIT = rb"(?s:[\x02-\x88]\0....\0\0)"
HIDDEN_EITHER = HIDDEN_EXPLICIT + b"|" + HIDDEN_IMPLICIT
"""What the header of a short element looks like when a wrong length has put it into a text."""


@lru_cache(maxsize=8192)
def implicit_kind(tag: int) -> int:
    """Return how an element is walked over whose VR the dictionary has to tell."""
    return _kind(dictionary_vr(tag, signed=False))
