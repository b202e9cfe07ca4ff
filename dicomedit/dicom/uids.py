"""Make UIDs: by hashing, at random, and remembered for a run (PS3.5 §9 and Annex B)."""

from __future__ import annotations

import os
import re

from dicomedit.dicom.hashes import hash_function
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LENGTH = 64
MAX_PREFIX = 24
"""Longest prefix that leaves room for a dot and a random number of up to 39 digits."""

_UNMARKED = ~(0xF << 76 | 0x3 << 62)
"""The bits of a UUID that tell neither its version nor its variant."""

_UID = r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*"


def hash_uid(text: str) -> str:
    """Return the UID that always stands for a text.

    ``2.25.`` and the first 16 bytes of the text's SHA-1, marked as a name-based UUID but without
    a namespace (language reference, hashUID).
    """
    return hash_bytes(text.encode("utf-8", "surrogatepass"))


def hash_bytes(text: bytes) -> str:
    """Return the same for a text that is encoded already."""
    digest = hash_function("sha1")(text, usedforsecurity=False).digest()
    return f"2.25.{_uuid(digest[:16], version=5)}"


def new_uid() -> str:
    """Return a random UID under 2.25 (PS3.5 §B.2)."""
    return f"2.25.{_random()}"


def under_root(uid: str, root: str | None) -> str:
    """Return a UID that was made under 2.25 under a root that `is_prefix`, if there is one."""
    return uid if root is None else f"{root.rstrip('.')}.{uid.removeprefix('2.25.')}"


def _random() -> int:
    return _uuid(os.urandom(16), version=4)


def _uuid(octets: bytes, version: int) -> int:
    """Return the number of a UUID of a version, all else taken from 16 bytes (RFC 4122, 4.1)."""
    return int.from_bytes(octets, "big") & _UNMARKED | version << 76 | 2 << 62


def is_uid(text: str) -> bool:
    """Whether a text is a valid UID (PS3.5 §9.1)."""
    return len(text) <= MAX_LENGTH and re.fullmatch(_UID, text) is not None


class UidMap(Record, frozen=False):
    """Which new UID stands for which text, under each prefix, for as long as a run lasts.

    Give the same map to several runs, or keep it as rows, and the same text gets the same UID.
    The rows hold original identifiers: store them as safely as the originals.
    """

    _uids: dict[tuple[str, str], str] = field(factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self._uids)

    def uid_for(self, text: str, prefix: str) -> str:
        """Return the UID of a text under a prefix; the first time a new one is made."""
        stem = prefix.rstrip(".")
        key = (stem, text)
        if key not in self._uids:
            self._uids[key] = f"{stem}.{_random()}"
        return self._uids[key]

    def rows(self) -> list[tuple[str, str, str]]:
        """Return prefix, text and UID of every entry, sorted, to be saved."""
        return sorted((prefix, text, uid) for (prefix, text), uid in self._uids.items())

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[str, str, str]]) -> UidMap:
        """Return the map whose `rows` were saved; raise ValueError when one is no such row."""
        uids: dict[tuple[str, str], str] = {}
        for prefix, text, uid in rows:
            if not is_uid(uid) or not uid.startswith(f"{prefix}."):
                raise ValueError("a row of the UID map holds no UID under its prefix")
            uids[prefix, text] = uid
        return cls(uids)


def is_prefix(text: str) -> bool:
    """Whether a text may stand before the random number of a mapped UID."""
    return len(text) <= MAX_PREFIX and re.fullmatch(_UID, text.removesuffix(".")) is not None
