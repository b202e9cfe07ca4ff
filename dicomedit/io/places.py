"""Inputs and outputs that are no files of this machine: members of archives, objects in stores.

A place has the few methods of a `pathlib.Path` that a run needs, so that files stay what they
were. The text form of a place is what rows, messages and the journal say of it.
"""

from __future__ import annotations

import re
from pathlib import Path

from dicomedit.errors import DicomFileError
from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import BinaryIO

    from dicomedit.dicom.headers import Data
    from dicomedit.dicom.views import Buffer


class PlaceStatus(Record):
    """What is known of a place; names and meanings are those of `os.stat_result`."""

    st_size: int
    st_mtime_ns: int
    st_ctime_ns: int


class Place(Record):
    """Where something is read, or written, that is no file of this machine."""

    def __str__(self) -> str:
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The last part of the place."""
        return str(self).rpartition("/")[2]

    def is_dir(self) -> bool:
        """Whether this is a folder of this machine."""
        return False

    def stat(self) -> PlaceStatus:
        """Return what tells this from a changed one; raise OSError."""
        raise OSError("there is nothing to read")

    def read(self, opened: Opened) -> Data:
        """Return the content; raise DicomFileError. `opened` keeps what is read on later."""
        raise DicomFileError(str(self), "there is nothing to read", code="cannot-read")

    def load(self, opened: Opened) -> Loaded:
        """Return this with its content, and what it was like before; raise DicomFileError."""
        try:
            before = self.stat()
        except OSError as error:
            reason = error.strerror or "cannot be read"
            raise DicomFileError(str(self), reason, code="cannot-read") from None
        return Loaded(self, self.read(opened), before)

    def holds(self, destination: Path) -> bool:
        """Whether writing a file would overwrite what this is read from."""
        return False

    def identity(self) -> str:
        """Return what a resumed run must have in common with the one before."""
        return str(self)

    def check_result(self, destination: Path) -> None:
        """Raise DicomFileError when a result must not be written into its folder."""

    def check_beside(self, path: Path, what: str) -> None:
        """Raise DicomFileError when a folder or file of a run would get among the inputs."""

    def open(self, mode: str = "rb", buffering: int = 0) -> Reader:
        """Return the content as a file; raise DicomFileError."""
        return Reader(self.read(Opened()))


class Opened(Record, frozen=False):
    """The file that was opened last, for reading on where the one before ended."""

    key: object = None
    file: BinaryIO | None = None

    def get(self, key: object, opening: Callable[[], BinaryIO]) -> BinaryIO:
        """Return the open file of a key."""
        if self.file is None or self.key != key:
            self.close()
            self.file, self.key = opening(), key
        return self.file

    def close(self) -> None:
        """Close the file."""
        if self.file is not None:
            self.file.close()
        self.file = self.key = None

    __del__ = close


class Reader(Record, frozen=False):
    """Content that is read piece by piece, like a file; a large one is never all in memory."""

    data: Data
    position: int = 0

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most so many."""
        piece = self.data[self.position : self.position + size]
        self.position += len(piece)
        return piece

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        return


class Loaded(Record):
    """A place with its content, which is read once for all that is done with it."""

    place: Place
    data: Data
    before: PlaceStatus

    def __str__(self) -> str:
        return str(self.place)

    def stat(self) -> PlaceStatus:
        """Return what the place is like by now; raise OSError."""
        return self.place.stat()

    def open(self, mode: str = "rb", buffering: int = 0) -> Reader:
        """Return the content as a file."""
        return Reader(self.data)


class Target(Place):
    """Where results go that is no folder of this machine."""

    @property
    def parent(self) -> Target:
        """What the last part of the place is below."""
        raise NotImplementedError

    def __truediv__(self, name: str) -> Target:
        raise NotImplementedError

    def write(self, parts: Iterable[Buffer]) -> None:
        """Write a result in one step, or nothing; raise DicomFileError."""
        raise NotImplementedError

    def file_name(self) -> str:
        """Return the place as the beginning of a file's name."""
        raise NotImplementedError


def safe_parts(name: str, *, separators: str = "/") -> tuple[str, ...] | None:
    """Return the parts of a name as it stands in an archive or a store; None if it leads away.

    Absolute names, parts ``..`` and characters that end names are refused.
    """
    for other in separators[1:]:
        name = name.replace(other, separators[0])
    parts = tuple(part for part in name.split(separators[0]) if part not in ("", "."))
    is_bad = name.startswith(separators[0]) or "\0" in name or ".." in parts
    if is_bad or not parts or re.match(r"[A-Za-z]:", parts[0]):
        return None
    return parts


def below(place: Path | Place, base: Path | Place) -> str:
    """Return the name of an input below the base of a run, or its own when it is the base."""
    import os

    text, start = str(place), str(base)
    if text == start:
        return place.name
    for separator in (os.sep, "/"):
        if text.startswith(start.removesuffix(separator) + separator):
            return text[len(start.removesuffix(separator)) + 1 :]
    return place.name if isinstance(place, Place) else os.path.relpath(place, start)
