"""Read a DICOM file: any deviation that cannot hide an element is borne, any other is refused."""

from __future__ import annotations

import mmap
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset

from dicomedit.dicom.decode import Elements, Malformed, decode_elements, decode_header
from dicomedit.dicom.dictionary import TRANSFER_SYNTAX_UID, tag_text
from dicomedit.dicom.encoding import (
    DEFLATED_UID,
    EXPLICIT_LITTLE,
    EXPLICIT_LITTLE_UID,
    IMPLICIT_LITTLE,
    Encoding,
    encoding_of,
)
from dicomedit.dicom.views import open_spool, spooled
from dicomedit.errors import DicomFileError

PREFIX_AT = 128
PREFIX = b"DICM"
MAP_FROM = 16 << 20
"""Files of at least this many bytes are mapped instead of read."""

MAX_INFLATED = 2 << 30
"""Longest deflated data set, in bytes after inflating."""


class SkippedFileError(DicomFileError):
    """A file that a run passes over, because it is none that a script could edit."""


class NotDicomError(SkippedFileError):
    """A file that is not in the DICOM file format (PS3.10)."""


_META_CLASS_UID = 0x00020002
_MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"
_DIRECTORY_REASON = (
    "a DICOMDIR lists other files by byte offsets, which editing would make wrong;"
    " make a new one from the results"
)


_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class DicomFile:
    """What a file holds; `dataset.file_meta` has its file meta information."""

    dataset: Dataset
    transfer_syntax: str


def read_file(path: Path) -> DicomFile:
    """Return the data set of a file; raise DicomFileError when it cannot be trusted."""
    try:
        data = _open(path)
    except OSError as error:
        raise DicomFileError(str(path), error.strerror or "cannot be read") from None
    return decode_file(data, str(path))


def _open(path: Path) -> memoryview:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size < MAP_FROM:
            return memoryview(file.read())
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def decode_file(data: memoryview, name: str) -> DicomFile:
    """Return the data set of a file's bytes; `name` stands for it in messages."""
    if bytes(data[PREFIX_AT : PREFIX_AT + 4]) != PREFIX:
        raise NotDicomError(name, _why_not(data))
    try:
        start = _meta_end(data)
        meta = decode_elements(data[:start], PREFIX_AT + 4, EXPLICIT_LITTLE, file_meta=True)
        if _meta_text(meta, _META_CLASS_UID) == _MEDIA_DIRECTORY:
            raise SkippedFileError(name, _DIRECTORY_REASON)
        syntax = _meta_text(meta, TRANSFER_SYNTAX_UID) or EXPLICIT_LITTLE_UID
        body, offset = (data, start)
        if syntax == DEFLATED_UID:
            body, offset = _inflated(data[start:]), 0
        return _assembled(meta, body, offset, syntax)
    except Malformed as error:
        raise DicomFileError(name, error.reason, offset=error.offset) from None


def _why_not(data: memoryview) -> str:
    if not len(data):
        return "the file is empty"
    first = bytes(data[:2])
    if first in (b"\x08\0", b"\x02\0", b"\0\x08", b"\0\x02"):
        return "no DICM prefix at byte 128: perhaps a data set stored without file header"
    return "not a DICOM file: no DICM prefix at byte 128"


def _meta_end(data: memoryview) -> int:
    """Return where the file meta group ends; its group length is not trusted."""
    position = PREFIX_AT + 4
    while position + 8 <= len(data) and bytes(data[position : position + 2]) == b"\x02\0":
        header = decode_header(data, position, EXPLICIT_LITTLE)
        if header.is_undefined or header.start + header.length > len(data):
            raise Malformed("the file meta information is broken", position)
        position = header.start + header.length
    if position == PREFIX_AT + 4:
        raise Malformed("there is no file meta information", position)
    return position


def _meta_text(meta: Elements, tag: int) -> str:
    element = meta.get(tag)  # type: ignore[call-overload]
    if element is None:
        return ""
    if not isinstance(element, RawDataElement):
        raise Malformed(f"{tag_text(tag)} is a sequence", PREFIX_AT)
    return bytes(element.value or b"").decode("ascii", "replace").strip(" \0")


def _inflated(data: memoryview) -> memoryview:
    """Return a deflated data set (PS3.5 §A.5); a large one is kept in a temporary file."""
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
        return memoryview(spooled(spool))


def _assembled(meta: Elements, body: memoryview, offset: int, syntax: str) -> DicomFile:
    encoding = _actual_encoding(body, offset, encoding_of(syntax))
    elements = decode_elements(body, offset, encoding)
    if not elements:
        raise Malformed("the data set has no elements", offset)
    dataset = Dataset(elements)
    dataset.set_original_encoding(encoding.implicit, encoding.little, "iso8859")
    dataset.file_meta = FileMetaDataset(Dataset(meta))
    return DicomFile(dataset, syntax)


def _actual_encoding(body: memoryview, offset: int, declared: Encoding) -> Encoding:
    """Return the declared encoding, or the other one when VRs are where none should be.

    Files exist whose data set is implicit under an explicit transfer syntax, and the reverse;
    the first element decides, and if it was not so all along, decoding fails further on.
    """
    if not declared.little or offset + 8 > len(body):
        return declared
    vr = bytes(body[offset + 4 : offset + 6])
    has_vr = vr.isalpha() and vr.isupper()
    return EXPLICIT_LITTLE if has_vr else IMPLICIT_LITTLE
