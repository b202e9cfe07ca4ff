"""Which presentation contexts to propose: one for each pair of SOP Class and transfer syntax."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from dicomedit.errors import DicomEditError
from dicomedit.io.scan import find_files
from dicomedit.records import Record, field

MOST = 128
"""Presentation contexts of one association: identifiers are odd and one byte (PS3.8 §9.3.2)."""

MOST_KNOWN = 4096
"""Pairs that are remembered, whatever peers or files may come up with."""

SURVEYED = 5000
"""Files that are looked into before the first one is sent."""

_MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"
"""The SOP Class of a DICOMDIR, which is never sent."""

Pair = tuple[str, str]
"""SOP Class UID and Transfer Syntax UID."""


class Pairs(Record, frozen=False):
    """The pairs that are known so far, in the order in which they are needed."""

    known: dict[Pair, None] = field(factory=dict)

    def proposal(self, needed: Pair) -> list[Pair]:
        """Return what to propose when a pair is needed: itself first, then those that follow."""
        if needed not in self.known:
            while len(self.known) >= MOST_KNOWN:
                self.known.pop(next(iter(self.known)))
            self.known[needed] = None
        order = list(self.known)
        at = order.index(needed)
        return (order[at:] + order[:at])[:MOST]


def survey(*sources: Path) -> tuple[Pair, ...]:
    """Return the pairs of the first files of folders and files, without reading them whole.

    What is missing, because the file meta information is wrong or a script changes it, is found out
    when it is needed.
    """
    paths = chain.from_iterable(
        find_files(source) if source.is_dir() else (source,) for source in sources
    )
    found = (pair for path in _first(paths) for pair in _pairs_of(path))
    return tuple(dict.fromkeys(found))


def _first(paths: Iterable[Path]) -> Iterator[Path]:
    try:
        yield from islice(paths, SURVEYED)
    except DicomEditError:
        return  # the run will tell


def _pairs_of(path: Path) -> Iterator[Pair]:
    from pydicom.filereader import read_file_meta_info

    try:
        meta = read_file_meta_info(path)
        pair = str(meta.MediaStorageSOPClassUID), str(meta.TransferSyntaxUID)
    except Exception:  # of a file that is none of DICOM, or broken: the run will tell
        return
    if pair[0] != _MEDIA_DIRECTORY:
        yield pair
