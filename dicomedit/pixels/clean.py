"""Blank a rectangle in all frames of an image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from dicomedit.dicom.views import PIECE, release_pages
from dicomedit.pixels.decoding import LOSSY_METHODS, decoded_chunks
from dicomedit.pixels.frames import Chunk, Image, native_chunks
from dicomedit.pixels.regions import Fill, Rectangle
from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import BinaryIO, Literal

Buffer = bytearray | memoryview
Paint = Callable[[Buffer, int], None]
"""Changes one frame, given the bytes it is in and the bit at which it starts."""


class Blanked(Record):
    """The image as it is afterwards; `lossy_method` is how the source was compressed with loss."""

    image: Image
    lossy_method: str | None = None

    @property
    def was_lossy(self) -> bool:
        """Whether the source was in a transfer syntax that may lose something."""
        return self.lossy_method is not None


def blank(
    image: Image,
    pixel_data: bytes | memoryview,
    rectangle: Rectangle | None,
    sink: BinaryIO,
    *,
    fill: Fill | None = None,
) -> Blanked:
    """Write an image's pixel data in native form to `sink`, all samples of a rectangle replaced.

    `pixel_data` is the value of (7FE0,0010): native, or for a compressed syntax the chain of
    items without the delimiter at its end. It is read frame by frame and never copied whole.
    Samples become 0, or what `fill` says. In pixel data that is not compressed all else stays as
    it is; what was compressed comes out in Explicit VR Little Endian (see `decoded_chunks`), even
    when nothing of the rectangle is on the image. Pixels that share their colour, YBR_FULL_422,
    are replaced in whole pairs. After an error `sink` holds a part and must be thrown away.
    """
    image.check()
    values = (fill or Fill((0,))).values(image.samples_per_pixel, image.bits_stored)
    area = rectangle.clipped(image.rows, image.columns) if rectangle else None
    data = memoryview(pixel_data).cast("B")
    if image.is_encapsulated:
        chunks = _passing(decoded_chunks(image, data), data)
        after = _write(chunks, 0, area, values, sink)
    else:
        _write(_passing(native_chunks(image, data), data), len(data), area, values, sink)
        after = image.written_as(image.transfer_syntax)
    return Blanked(after, LOSSY_METHODS.get(image.transfer_syntax))


def _passing(chunks: Iterator[Chunk], data: memoryview) -> Iterator[Chunk]:
    """Yield the chunks made of `data`, and let go of what was read of it now and then."""
    held = 0
    for chunk in chunks:
        yield chunk
        held += len(chunk.content)
        if held > PIECE:
            release_pages(data)
            held = 0


def _write(
    chunks: Iterator[Chunk],
    at_least: int,
    area: Rectangle | None,
    values: tuple[int, ...],
    sink: BinaryIO,
) -> Image:
    """Write all frames, then zeros up to an even length of `at_least` bytes; return the image."""
    first = next(chunks)
    paint = _painter(first.image, area, values) if area else None
    written = 0
    for chunk in chain((first,), chunks):
        if paint:
            _paint(chunk, paint)
        sink.write(chunk.content)
        written += len(chunk.content)
    sink.write(bytes(max(written + written % 2, at_least) - written))
    return first.image


def _paint(chunk: Chunk, paint: Paint) -> None:
    """Change all frames of a chunk, with its bytes in their natural order meanwhile."""
    if chunk.image.swaps_bytes:
        _swap(chunk.content)
    for frame in range(chunk.frames):
        paint(chunk.content, frame * chunk.image.frame_bits)
    if chunk.image.swaps_bytes:
        _swap(chunk.content)


def _swap(content: Buffer) -> None:
    even, odd = bytes(content[0::2]), bytes(content[1::2])
    content[0::2], content[1::2] = odd, even


def _painter(image: Image, area: Rectangle, values: tuple[int, ...]) -> Paint:
    if image.bits_allocated == 1:
        return _bit_painter(image, area, values[0])
    strips = tuple(_strips(image, area, values))

    def paint(content: Buffer, start: int) -> None:
        for offset, strip in strips:
            place = start // 8 + offset
            content[place : place + len(strip)] = strip

    return paint


def _strips(image: Image, area: Rectangle, values: tuple[int, ...]) -> Iterator[tuple[int, bytes]]:
    """Yield what is put into a frame: the offset in bytes, and the bytes, for each row."""
    pixels = 2 if image.is_subsampled else 1
    first, end = area.left // pixels, -(-area.right // pixels)
    plane_offset = 0
    for cell in _cells(image, values):
        row_length = image.columns // pixels * len(cell)
        for row in range(area.top, area.bottom):
            yield plane_offset + row * row_length + first * len(cell), cell * (end - first)
        plane_offset += image.rows * row_length


def _cells(image: Image, values: tuple[int, ...]) -> tuple[bytes, ...]:
    """Return for each plane of a frame the bytes of one pixel, or of two that share colour."""
    order: Literal["little", "big"] = "little" if image.is_little_endian else "big"
    samples = tuple(value.to_bytes(image.bits_allocated // 8, order) for value in values)
    if image.is_planar:
        return samples
    return (b"".join(samples[:1] * image.is_subsampled + samples),)


def _bit_painter(image: Image, area: Rectangle, value: int) -> Paint:
    def paint(content: Buffer, start: int) -> None:
        for row in range(area.top, area.bottom):
            row_start = start + row * image.columns
            _set_bits(content, row_start + area.left, row_start + area.right, value)

    return paint


def _set_bits(content: Buffer, first: int, end: int, value: int) -> None:
    """Set bits, counted from the least significant of the first byte (PS3.5 §8.1.1)."""
    whole = range(-(-first // 8), end // 8)
    if whole:
        content[whole.start : whole.stop] = bytes((0xFF * value,)) * len(whole)
    for place in {first // 8, (end - 1) // 8}.difference(whole):
        mask = 0xFF << max(first - place * 8, 0) & 0xFF >> max(place * 8 + 8 - end, 0)
        content[place] = content[place] & ~mask | mask * value
