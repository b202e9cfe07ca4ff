"""Zip and tar archives as inputs: members are read one by one, and never unpacked to disk.

An archive is looked through when a run begins and again while it goes on. A member knows where in
the archive it begins, so that any process can read it. What cannot be told for certain, such as
which of two members of one name is meant, is not read at all.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

from dicomedit.dicom.views import open_spool, spooled
from dicomedit.errors import DicomFileError
from dicomedit.io.places import Opened, Place, PlaceStatus, safe_parts
from dicomedit.io.scan import form_of
from dicomedit.io.unusable import Unusable
from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from tarfile import TarInfo
    from typing import BinaryIO
    from zipfile import ZipInfo

    from dicomedit.dicom.headers import Data

MAX_MEMBER = 4 << 30
"""Largest member, in bytes."""

MAX_RATIO = 200
"""How many times as long as an archive, or a packed member, its content may be."""

FREE = 256 << 20
"""Bytes of content that are borne whatever the ratio."""

_CHUNK = 1 << 20
_LOCAL_HEADER = struct.Struct("<4s22xHH")
"""Of a zip member: signature, lengths of name and extra field (APPNOTE 4.3.7)."""

_READABLE = (0, 8)
"""Stored and deflated: the others would be unpacked without a limit to what is held in memory."""


class Member(Place):
    """A file in an archive: `offset` is where it begins, in a tar archive after decompression."""

    archive: Path
    form: str
    parts: tuple[str, ...]
    offset: int
    size: int
    packed: int
    method: int
    checksum: int
    status: PlaceStatus
    """That of the archive when the member was found in it."""

    def __str__(self) -> str:
        return os.path.join(self.archive, *self.parts)

    @property
    def name(self) -> str:
        """The last part of the member's name."""
        return self.parts[-1]

    def stat(self) -> PlaceStatus:
        """Return the member's size and the archive's times; raise OSError if it was changed."""
        if _status(self.archive) != self.status:
            raise OSError(0, "the archive changed since the run began")
        return PlaceStatus(self.size, self.status.st_mtime_ns, self.status.st_ctime_ns)

    def holds(self, destination: Path) -> bool:
        """Whether writing a file would overwrite the archive."""
        try:
            return os.path.samefile(self.archive, destination)
        except OSError:
            return False

    def read(self, opened: Opened) -> Data:
        """Return the content; a large one is kept in a temporary file without a name."""
        try:
            file = opened.get((self.archive, self.status), lambda: _open(self.archive, self.form))
            file.seek(self.offset)
            return self._content(file)
        except _broken():
            opened.close()
            reason = "the archive is broken at this member"
        except OSError as error:
            opened.close()
            reason = error.strerror or "the archive is broken at this member"
            # The system's error may be transient.
            raise DicomFileError(str(self), reason, code="cannot-read") from None
        raise DicomFileError(str(self), reason, code="cannot-read")

    def _content(self, file: BinaryIO) -> Data:
        source = self._unpacked(file) if self.form == "zip" else file
        left = self.size
        with open_spool() as spool:
            while left:
                chunk = source.read(min(_CHUNK, left))
                if not chunk:
                    raise EOFError
                spool.write(chunk)
                left -= len(chunk)
            if self.form == "zip" and source.read(1):  # this also compares the checksum
                raise EOFError
            return spooled(spool)

    def _unpacked(self, file: BinaryIO) -> BinaryIO:
        from zipfile import BadZipFile, ZipExtFile, ZipInfo

        header = file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\3\4"):
            raise BadZipFile
        _, name, extra = _LOCAL_HEADER.unpack(header)
        file.seek(self.offset + _LOCAL_HEADER.size + name + extra)
        info = ZipInfo("/".join(self.parts))
        info.compress_size, info.file_size = self.packed, self.size
        info.compress_type, info.CRC = self.method, self.checksum
        return ZipExtFile(file, "r", info)  # type: ignore[return-value]


class _Limited(Record, frozen=False):
    """A decompressed tar archive that ends with an error when there is too much of it."""

    file: BinaryIO
    limit: int

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes; headers, which are read whole, are not long."""
        if not 0 <= size <= 16 * _CHUNK:
            raise _TooLargeError
        return self.file.read(size)

    def seek(self, position: int, whence: int = 0) -> int:
        """Go on to a position, as far as the limit."""
        if position > self.limit:
            raise _TooLargeError
        return self.file.seek(position, whence)

    def tell(self) -> int:
        """Return the position."""
        if self.file.tell() > self.limit:
            raise _TooLargeError
        return self.file.tell()


class _TooLargeError(Exception):
    """There is more in an archive than an honest one would hold."""


def _broken() -> tuple[type[Exception], ...]:
    from lzma import LZMAError
    from tarfile import TarError
    from zipfile import BadZipFile
    from zlib import error as bad_deflate

    return BadZipFile, bad_deflate, EOFError, TarError, LZMAError


def _open(path: Path, form: str) -> BinaryIO:
    if form == "gz":
        import gzip

        return gzip.open(path)  # type: ignore[return-value]
    if form == "bz2":
        import bz2

        return bz2.open(path)  # type: ignore[return-value]
    if form == "xz":
        import lzma

        return lzma.open(path)  # type: ignore[return-value]
    return path.open("rb")


def _status(path: Path) -> PlaceStatus:
    status = path.stat()
    return PlaceStatus(status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def members(archive: Path) -> Iterator[Member | Unusable]:
    """Yield what is in an archive, in its order; raise DicomFileError if it cannot be read.

    Members that cannot be used come with the reason. Folders are left out.
    """
    form = form_of(archive)
    try:
        twice = _doubles(_found(archive, form or ""))
        for found in _found(archive, form or ""):
            if isinstance(found, Member) and hash(found.parts) in twice:
                reason = "the archive has several members of this name"
                yield Unusable(str(found), reason)
            else:
                yield found
    except _TooLargeError:
        reason = f"the content is more than {MAX_RATIO} times as long as the archive: not read"
        raise DicomFileError(str(archive), reason) from None
    except OSError as error:
        reason = error.strerror or "the archive is broken"
        raise DicomFileError(str(archive), reason) from None
    except DicomFileError:
        raise
    except Exception:  # what these modules raise on broken archives has no common ground
        raise DicomFileError(str(archive), "the archive is broken") from None


def _doubles(found: Iterator[Member | Unusable]) -> set[int]:
    """Return hashes of the names that stand twice; names themselves would be many to keep."""
    seen: set[int] = set()
    twice: set[int] = set()
    for member in found:
        if isinstance(member, Member):
            number = hash(member.parts)
            (twice if number in seen else seen).add(number)
    return twice


def _found(archive: Path, form: str) -> Iterator[Member | Unusable]:
    return _zip_members(archive) if form == "zip" else _tar_members(archive, form)


def _zip_members(archive: Path) -> Iterator[Member | Unusable]:
    from zipfile import ZipFile

    status = _status(archive)
    with ZipFile(archive) as opened:
        infos = opened.infolist()
    if sum(info.file_size for info in infos) > _limit(status.st_size):
        raise _TooLargeError
    for info in infos:
        if not info.is_dir():
            yield _zip_member(archive, info, status)


def _zip_member(archive: Path, info: ZipInfo, status: PlaceStatus) -> Member | Unusable:
    parts = safe_parts(info.orig_filename, separators="/\\")
    name = os.path.join(archive, *(parts or ("(unsafe name)",)))
    kind = info.external_attr >> 28
    if parts is None:
        return Unusable(name, _UNSAFE)
    if info.create_system == 3 and kind not in (0, 8):
        return Unusable(name, _LINK, skipped=True)
    if info.flag_bits & 0x41:
        return Unusable(name, "the member is encrypted")
    if info.compress_type not in _READABLE:
        return Unusable(name, f"compression method {info.compress_type} of zip is not read")
    if info.file_size > min(MAX_MEMBER, _limit(info.compress_size)):
        return Unusable(name, _TOO_LARGE)
    return Member(
        archive,
        "zip",
        parts,
        info.header_offset,
        info.file_size,
        info.compress_size,
        info.compress_type,
        info.CRC,
        status,
    )


def _tar_members(archive: Path, form: str) -> Iterator[Member | Unusable]:
    import tarfile

    status = _status(archive)
    with _open(archive, form) as file:
        limited = _Limited(file, _limit(status.st_size))
        # errorlevel and encoding do not matter: nothing is extracted by this module
        with tarfile.open(fileobj=limited, mode="r:", bufsize=_CHUNK) as opened:  # type: ignore[call-overload]
            while (info := opened.next()) is not None:
                opened.members.clear()  # or all of them would be kept
                if not info.isdir():
                    yield _tar_member(archive, form, info, status)
            file.seek(opened.offset)
            if file.read(512) != bytes(512):  # tarfile takes a broken header for the end
                raise DicomFileError(str(archive), "the archive is broken, or cut off")


def _tar_member(archive: Path, form: str, info: TarInfo, status: PlaceStatus) -> Member | Unusable:
    parts = safe_parts(info.name)
    name = os.path.join(archive, *(parts or ("(unsafe name)",)))
    if parts is None:
        return Unusable(name, _UNSAFE)
    if info.islnk():
        return Unusable(name, "a second name of another member: not followed")
    if not info.isreg():
        return Unusable(name, _LINK, skipped=True)
    if info.issparse():
        return Unusable(name, "a sparse member of a tar archive is not read")
    if info.size > MAX_MEMBER:
        return Unusable(name, _TOO_LARGE)
    return Member(archive, form, parts, info.offset_data, info.size, info.size, 0, 0, status)


def _limit(packed: int) -> int:
    return max(FREE, MAX_RATIO * packed)


_UNSAFE = "the name of the member leads out of the archive"
_LINK = "a link or device in an archive is passed over"
_TOO_LARGE = "the member is larger than an honest one would be"
