"""What a JPEG, JPEG-LS or JPEG 2000 codestream says about its own size, before it is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from struct import error as too_short
from struct import unpack_from

from dicomedit.records import Record

JPEG_START = b"\xff\xd8"
JPEG_2000_START = b"\xff\x4f\xff\x51"
JP2_START = b"\x00\x00\x00\x0cjP  "
END = b"\xff\xd9"  # EOI of JPEG and JPEG-LS, EOC of JPEG 2000
STARTS = (JPEG_START, JPEG_2000_START, JP2_START)

_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length: TEM, RST0 to RST7, SOI
_FRAME_HEADERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15, JPEG-LS SOF55
_END_OF_HEADER = {0xD9, 0xDA}  # EOI, SOS


class Codestream(Record):
    """The size of the picture in a codestream and of its samples in bits."""

    rows: int
    columns: int
    samples_per_pixel: int
    precision: int


def starts_codestream(data: bytes | memoryview) -> bool:
    """Whether data begins as a codestream does, so is no continuation of one."""
    return bytes(data[:8]).startswith(STARTS)


def is_complete(data: bytes) -> bool:
    """Whether there is an end marker, which compressed samples cannot contain.

    Something may follow it. Some decoders make up what a shortened codestream lacks.
    """
    return END in data


def read_header(data: bytes) -> Codestream | None:
    """Return what the header of a codestream says; None when there is no such header."""
    try:
        if data.startswith(JPEG_START):
            return _read_jpeg(data)
        start = _start_in_jp2(data) if data.startswith(JP2_START) else 0
        return _read_jpeg_2000(data, start)
    except too_short:
        return None


def _read_jpeg(data: bytes) -> Codestream | None:
    """Read the frame header (ISO/IEC 10918-1 §B.2.2; the same in ISO/IEC 14495-1 §C.2.2)."""
    for marker, position in _jpeg_segments(data):
        if marker in _FRAME_HEADERS:
            precision, rows, columns, samples = unpack_from(">BHHB", data, position + 2)
            return Codestream(rows, columns, samples, precision)
        if marker in _END_OF_HEADER:
            break
    return None


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield each marker of the header with the place behind it, until one cannot be read."""
    position = 2
    while True:
        prefix, marker = unpack_from(">BB", data, position)
        if prefix != 0xFF:
            return
        if marker == 0xFF:  # a fill byte
            position += 1
            continue
        yield marker, position + 2
        position += 2 if marker in _ALONE else 2 + unpack_from(">H", data, position + 2)[0]


def _read_jpeg_2000(data: bytes, start: int) -> Codestream | None:
    """Read the SIZ marker segment, always the first (ISO/IEC 15444-1 §A.5.1)."""
    if data[start : start + 4] != JPEG_2000_START:
        return None
    right, bottom, left, top = unpack_from(">4L", data, start + 8)
    samples, depth = unpack_from(">HB", data, start + 40)
    return Codestream(bottom - top, right - left, samples, (depth & 0x7F) + 1)


def _start_in_jp2(data: bytes) -> int:
    """Return where the codestream begins in a JP2 file (ISO/IEC 15444-1 §I.4)."""
    position = 0
    while True:
        length, kind = unpack_from(">L4s", data, position)
        if kind == b"jp2c":
            return position + (16 if length == 1 else 8)
        if length < 8:
            return len(data)
        position += length
