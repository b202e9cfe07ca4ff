"""The Image Pixel module as far as blanking needs it, and native pixel data frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

from dicomedit.errors import EvaluationError, failed
from dicomedit.records import Record, replace

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
NATIVE_SYNTAXES = frozenset({IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED})

SUBSAMPLED = "YBR_FULL_422"

SAMPLES_BY_PHOTOMETRIC = {
    "MONOCHROME1": 1,
    "MONOCHROME2": 1,
    "PALETTE COLOR": 1,
    "RGB": 3,
    "YBR_FULL": 3,
    SUBSAMPLED: 3,
    "YBR_ICT": 3,
    "YBR_RCT": 3,
    "HSV": 3,
    "ARGB": 4,
    "CMYK": 4,
}
"""Samples per Pixel that go with a Photometric Interpretation (PS3.3 §C.7.6.3.1.2)."""


class Image(Record):
    """The elements of an image that say how its Pixel Data, (7FE0,0010), is laid out.

    An absent Number of Frames is 1, an absent Planar Configuration 0. `vr` is the VR of the pixel
    data; it must be known only for samples of 8 bits or fewer in big endian, where OW means that
    every two bytes have changed places (PS3.5 §8.1.2). Float and double float pixel data are
    other elements and not described by this.
    """

    transfer_syntax: str
    rows: int
    columns: int
    samples_per_pixel: int
    photometric_interpretation: str
    bits_allocated: int
    bits_stored: int
    pixel_representation: int
    planar_configuration: int = 0
    number_of_frames: int = 1
    vr: str = ""

    @property
    def is_encapsulated(self) -> bool:
        """Whether the pixel data is a chain of items; so are all syntaxes we do not know."""
        return self.transfer_syntax not in NATIVE_SYNTAXES

    @property
    def is_little_endian(self) -> bool:
        """Byte order of the samples."""
        return self.transfer_syntax != EXPLICIT_BIG

    @property
    def is_subsampled(self) -> bool:
        """Whether two neighbours share their colour: stored as Y Y Cb Cr, in native form only."""
        return self.photometric_interpretation == SUBSAMPLED and not self.is_encapsulated

    @property
    def is_planar(self) -> bool:
        """Whether a frame holds all of its first samples, then all of its second, and so on."""
        return self.samples_per_pixel > 1 and self.planar_configuration == 1

    @property
    def swaps_bytes(self) -> bool:
        """Whether the bytes of the pixel data have changed places in pairs."""
        return not self.is_little_endian and self.bits_allocated <= 8 and self.vr == "OW"

    @property
    def frame_bits(self) -> int:
        """Length of one native frame in bits; frames follow each other without padding."""
        samples = self.rows * self.columns * self.samples_per_pixel
        return (samples * 2 // 3 if self.is_subsampled else samples) * self.bits_allocated

    @property
    def native_length(self) -> int:
        """Length in bytes of all native frames, without the byte that makes it even."""
        return (self.frame_bits * self.number_of_frames + 7) // 8

    def written_as(self, transfer_syntax: str) -> Image:
        """Return the image in a native syntax, with the VR its pixel data has there.

        OW in implicit VR (PS3.5 §A.1); in explicit VR OB up to 8 bits and OW above. Big endian
        data keeps its VR, which decides the order of its bytes.
        """
        moved = replace(self, transfer_syntax=transfer_syntax)
        if transfer_syntax == EXPLICIT_BIG:
            return moved
        byte_vr = self.bits_allocated <= 8 and transfer_syntax != IMPLICIT_LITTLE
        return replace(moved, vr="OB" if byte_vr else "OW")

    def check(self) -> None:
        """Raise an error when no image can be described like this."""
        for number, message in self._impossibilities():
            raise failed("pixel-data", message, element=f"(0028,{number:04X})")

    def _impossibilities(self) -> Iterator[tuple[int, str]]:
        yield from self._impossible_sizes()
        yield from self._impossible_samples()
        if self.is_subsampled and (self.columns % 2 or self.is_planar):
            yield 0x0004, "subsampled pixels must come in pairs, colour by pixel"
        if not self.is_little_endian and self.bits_allocated <= 8 and self.vr not in ("OB", "OW"):
            yield 0x0100, "big endian pixel data of bytes needs a VR of OB or OW"

    def _impossible_sizes(self) -> Iterator[tuple[int, str]]:
        if not 0 < self.rows <= 0xFFFF:
            yield 0x0010, "the image has no rows, or too many"
        if not 0 < self.columns <= 0xFFFF:
            yield 0x0011, "the image has no columns, or too many"
        if self.number_of_frames < 1:
            yield 0x0008, "the image has no frames"

    def _impossible_samples(self) -> Iterator[tuple[int, str]]:
        samples = SAMPLES_BY_PHOTOMETRIC.get(self.photometric_interpretation)
        if samples is None:
            yield 0x0004, "the photometric interpretation is not known"
        elif samples != self.samples_per_pixel:
            yield 0x0002, "the samples per pixel contradict the photometric interpretation"
        if self.bits_allocated not in (1, 8, 16, 32):
            yield 0x0100, f"samples of {self.bits_allocated} bits are not supported"
        if self.bits_allocated == 1 and self.samples_per_pixel > 1:
            yield 0x0100, "colour samples of 1 bit are not supported"
        if not 1 <= self.bits_stored <= self.bits_allocated:
            yield 0x0101, "the bits stored do not fit into the bits allocated"
        if self.pixel_representation not in (0, 1):
            yield 0x0103, "the pixel representation is neither unsigned nor signed"
        if self.samples_per_pixel > 1 and self.planar_configuration not in (0, 1):
            yield 0x0006, "the planar configuration is neither by pixel nor by plane"


class Chunk(Record):
    """Some successive native frames that fill whole bytes, free to be changed in place."""

    image: Image
    frames: int
    content: bytearray | memoryview


def native_chunks(image: Image, data: memoryview) -> Iterator[Chunk]:
    """Yield the frames of native pixel data, as few at a time as fill whole bytes.

    That is one frame, but for frames of single bits: up to eight of them (PS3.5 §8.1.1: pixels
    follow each other without gaps), and for swapped bytes: two frames of an odd length.
    """
    _check_length(image, data)
    unit = 16 if image.swaps_bytes else 8
    together = unit // gcd(image.frame_bits, unit)
    size = together * image.frame_bits // 8
    end = image.native_length + (image.native_length % 2 if image.swaps_bytes else 0)
    for first in range(0, image.number_of_frames, together):
        start = first // together * size
        content = bytearray(data[start : min(start + size, end)])
        yield Chunk(image, min(together, image.number_of_frames - first), content)


def _check_length(image: Image, data: memoryview) -> None:
    """Insist on all frames and nothing else but zeros, less of them than one frame."""
    missing = image.native_length - len(data)
    if missing > 0 or (image.swaps_bytes and len(data) % 2):
        raise _broken("the pixel data is shorter than the image")
    after = data[image.native_length + image.native_length % 2 :]
    if len(after) * 8 >= image.frame_bits or bytes(after).strip(b"\0"):
        raise _broken("the pixel data is longer than the image")


def _broken(message: str) -> EvaluationError:
    return failed("pixel-data", message, element="(7FE0,0010)")
