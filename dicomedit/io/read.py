"""Read a DICOM file: any deviation that cannot hide an element is borne, any other is refused."""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Callable, Set
from pathlib import Path

from dicomedit.dicom.content import Content
from dicomedit.dicom.dictionary import TRANSFER_SYNTAX_UID, tag_text
from dicomedit.dicom.encoded import EncodedLevel
from dicomedit.dicom.encoding import (
    DEFLATED_UID,
    EXPLICIT_LITTLE,
    EXPLICIT_LITTLE_UID,
    IMPLICIT_LITTLE,
    Encoding,
    encoding_of,
)
from dicomedit.dicom.headers import Data
from dicomedit.dicom.levels import Instance, Journal
from dicomedit.dicom.lookout import Lookout
from dicomedit.dicom.malformed import Malformed
from dicomedit.dicom.scan import Scanner
from dicomedit.dicom.views import map_file, open_spool, spooled
from dicomedit.errors import DicomFileError
from dicomedit.io.write import is_gzip_name
from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.io.places import Loaded

PREFIX_AT = 128
PREFIX = b"DICM"
MAP_FROM = 16 << 20
"""Files of at least this many bytes are mapped instead of read."""

MAP_HEADERS_FROM = 1 << 17
"""Files of at least this many bytes are mapped when only their headers are wanted."""

MAX_INFLATED = 2 << 30
"""Longest deflated data set, in bytes after inflating."""


class SkippedFileError(DicomFileError):
    """A file that a run passes over, because it is none that a script could edit."""

    code = "skipped"


class NotDicomError(SkippedFileError):
    """A file that is not in the DICOM file format (PS3.10)."""

    code = "not-dicom"


ARCHIVE_REASON = "an archive in a folder: opened only with --archives"
"""Why an archive that nobody named was passed over."""

_META_CLASS_UID = 0x00020002
_META_GROUP = b"\x02\0"
_META_LENGTH = b"\x02\0\0\0UL\x04\0"
_MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"
_DIRECTORY_REASON = (
    "a DICOMDIR lists other files by byte offsets, which editing would make wrong;"
    " make a new one from the results"
)


_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"


class DicomFile(Record):
    """The elements of a file: its data set and its file meta information."""

    root: EncodedLevel
    meta: EncodedLevel
    transfer_syntax: str

    def open(self, *, complete: bool = True) -> Instance:
        """Return the file as an instance to be edited; the file itself is never changed.

        With a journal that is not `complete` nothing can be undone, nor all changes be told.
        """
        return Instance(self.root, self.meta, Journal(complete=complete), [])

    def __enter__(self) -> DicomFile:
        """Use the file for as long as a block lasts."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Let go of the bytes; levels are of no more use."""
        self.root.data_set.release()
        self.meta.data_set.release()


def read_file(path: Path | Loaded, wanted: Set[int] | Lookout = frozenset()) -> DicomFile:
    """Return the elements of a file; raise DicomFileError when it cannot be trusted.

    `wanted` are the tags that will be looked for at every level; for many files give a lookout.
    """
    if not isinstance(path, Path):
        return locate_elements(path.data, str(path), wanted)
    return locate_elements(_content(path, _open, unzips=False), str(path), wanted)


def read_zipped(path: Path, wanted: Set[int] | Lookout = frozenset()) -> DicomFile:
    """Return the same; a gzip file, whose name ends in ``.gz``, is read as what it holds."""
    return locate_elements(_content(path, _open, unzips=True), str(path), wanted)


def read_header(path: Path, *, unzips: bool = False) -> DicomFile:
    """Return the same for who wants a few values: of a large file only what is looked at is read.

    The whole file is walked over all the same, so that what this takes `read_file` takes, too.
    """
    return locate_elements(_content(path, _open_for_headers, unzips=unzips), str(path))


def _content(path: Path, opener: Callable[[Path], Data], *, unzips: bool) -> Data:
    try:
        data = opener(path)
        if unzips and is_gzip_name(path) and data[:2] == _GZIP:
            return _unzipped(data)
    except Malformed as error:
        raise DicomFileError(str(path), error.reason, code="malformed") from None
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise DicomFileError(str(path), reason, code="cannot-read") from None
    return data


def _open(path: Path) -> Data:
    file = path.open("rb", buffering=0)
    size = os.fstat(file.fileno()).st_size
    if size >= MAP_FROM:
        return map_file(file)
    with file:
        data = file.read(size + 1)
        return data if len(data) == size else data + file.read()  # it may just be growing


def _open_for_headers(path: Path) -> Data:
    with path.open("rb", buffering=0) as file:
        if os.fstat(file.fileno()).st_size >= MAP_HEADERS_FROM:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return file.read()


def _unzipped(data: Data) -> Data:
    """Return what a gzip file holds (RFC 1952); much of it is kept in a temporary file."""
    import zlib  # few files need it

    view, length = memoryview(data), 0
    with open_spool() as spool:
        while view:
            inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
            rest: bytes | memoryview = view
            while not inflater.eof:
                try:
                    chunk = inflater.decompress(rest, _CHUNK)
                except zlib.error:
                    raise Malformed("the gzip file is broken", 0) from None
                rest = inflater.unconsumed_tail
                if not chunk and not rest and not inflater.eof:
                    raise Malformed("the gzip file has no end", 0)
                spool.write(chunk)
                length += len(chunk)
                if length > MAX_INFLATED:
                    raise Malformed(f"the gzip file holds more than {MAX_INFLATED} bytes", 0)
            # Several may stand one behind the other, and zeros behind the last one.
            view = memoryview(inflater.unused_data.lstrip(b"\0"))
        return spooled(spool)


def locate_elements(data: Data, name: str, wanted: Set[int] | Lookout = frozenset()) -> DicomFile:
    """Return the elements in a file's bytes; `name` stands for it in messages."""
    if data[PREFIX_AT : PREFIX_AT + 4] != PREFIX:
        reason = _why_not(data, name)
        code = "skipped-archive" if reason == ARCHIVE_REASON else None
        raise NotDicomError(name, reason, code=code)
    return _located(data, None, name, wanted)


def locate_data_set(
    head: bytes, data_set: Data, name: str, wanted: Set[int] | Lookout = frozenset()
) -> DicomFile:
    """Return the same for a data set that is kept apart from the `head` of its file."""
    return _located(head, data_set, name, wanted)


def _located(head: Data, data_set: Data | None, name: str, wanted: Set[int] | Lookout) -> DicomFile:
    try:
        meta = _file_meta(head)
        if _meta_text(meta, _META_CLASS_UID) == _MEDIA_DIRECTORY:
            raise SkippedFileError(name, _DIRECTORY_REASON, code="skipped-dicomdir")
        syntax = _meta_text(meta, TRANSFER_SYNTAX_UID) or EXPLICIT_LITTLE_UID
        body, offset = (head, meta.content.end) if data_set is None else (data_set, 0)
        if syntax == DEFLATED_UID:
            body, offset = _inflated(memoryview(body)[offset:]), 0
        root = _data_set(body, offset, encoding_of(syntax), wanted)
        return DicomFile(root, meta, syntax)
    except Malformed as error:
        raise DicomFileError(name, error.reason, offset=error.offset, code="malformed") from None


def _why_not(data: Data, name: str) -> str:
    if not len(data):
        return "the file is empty"
    if data[:4] == b"PK\3\4" or data[257:262] == b"ustar" or ".tar." in name.lower()[-8:]:
        return ARCHIVE_REASON
    first = data[:2]
    if first in (b"\x08\0", b"\x02\0", b"\0\x08", b"\0\x02"):
        return "no DICM prefix at byte 128: perhaps a data set stored without file header"
    return "not a DICOM file: no DICM prefix at byte 128"


def _file_meta(data: Data) -> EncodedLevel:
    """Return the file meta group; its group length is not trusted, but may save a walk."""
    content = _file_meta_as_told(data)
    if content is None:
        scanner = Scanner(data, EXPLICIT_LITTLE, file_meta=True)
        end = PREFIX_AT + 4
        while data[end : end + 2] == _META_GROUP:
            end = scanner.next_position(end)
        if end == PREFIX_AT + 4:
            raise Malformed("there is no file meta information", end)
        content = _scanned(scanner, PREFIX_AT + 4, end)
    return EncodedLevel(content)


def _file_meta_as_told(data: Data) -> Content | None:
    """Return the file meta group if it is what its group length says."""
    start = PREFIX_AT + 4
    if data[start : start + 8] != _META_LENGTH or len(data) < start + 12:
        return None
    end = start + 12 + int.from_bytes(data[start + 8 : start + 12], "little")
    if end > len(data) or data[end : end + 2] == _META_GROUP:
        return None
    try:
        content = _scanned(Scanner(data, EXPLICIT_LITTLE, file_meta=True), start, end)
    except Malformed:
        return None  # the walk tells why
    has_others = any(tag >> 16 != 2 for tag in content.stored)
    return None if has_others or content.scanner.findings.ends else content


def _scanned(scanner: Scanner, start: int, end: int) -> Content:
    content = Content.between(scanner, start, end)
    content.set_stored(scanner.scan(start, end))
    return content


def _meta_text(meta: EncodedLevel, tag: int) -> str:
    if tag not in meta:
        return ""
    if meta.stored_vr(tag) != "UI":
        raise Malformed(f"{tag_text(tag)} has VR {meta.stored_vr(tag)}, not UI", PREFIX_AT)
    return meta.value(tag).decode("ascii", "replace").strip(" \0")


def _inflated(data: memoryview) -> Data:
    """Return a deflated data set (PS3.5 §A.5); a large one is kept in a temporary file."""
    import zlib

    inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    with open_spool() as spool:
        checksum = length = 0
        rest: bytes | memoryview = data
        while not inflater.eof:
            try:
                chunk = inflater.decompress(rest, _CHUNK)
            except zlib.error:
                raise Malformed("the deflated data set is broken", 0) from None
            rest = inflater.unconsumed_tail
            if not chunk and not rest and not inflater.eof:
                raise Malformed("the deflated data set has no end", 0)
            spool.write(chunk)
            checksum, length = zlib.crc32(chunk, checksum), length + len(chunk)
            if length > MAX_INFLATED:
                raise Malformed(f"the deflated data set is longer than {MAX_INFLATED} bytes", 0)
        trailer = struct.pack("<LL", checksum, length & 0xFFFFFFFF)
        if inflater.unused_data.removeprefix(trailer).strip(b"\0"):
            raise Malformed("something stands behind the deflated data set", 0)
        return spooled(spool)


def _data_set(
    body: Data, start: int, declared: Encoding, wanted: Set[int] | Lookout
) -> EncodedLevel:
    lookout = wanted if isinstance(wanted, Lookout) else Lookout(wanted)
    scanner = Scanner(body, _actual_encoding(body, start, declared), lookout)
    content = _scanned(scanner, start, len(body))
    if not content.stored:
        raise Malformed("the data set has no elements", start)
    return EncodedLevel(content)


def _actual_encoding(body: Data, offset: int, declared: Encoding) -> Encoding:
    """Return the declared encoding, or the other one when VRs are where none should be.

    Files exist whose data set is implicit under an explicit transfer syntax, and the reverse;
    the first element decides, and if it was not so all along, decoding fails further on.
    """
    if not declared.little or offset + 8 > len(body):
        return declared
    vr = body[offset + 4 : offset + 6]
    has_vr = vr.isalpha() and vr.isupper()
    return EXPLICIT_LITTLE if has_vr else IMPLICIT_LITTLE
