"""Compressed pixel data, decoded one frame at a time by whatever decoders are installed."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator

from dicomedit.errors import EvaluationError, failed
from dicomedit.pixels.codestreams import is_complete, read_header, starts_codestream
from dicomedit.pixels.fragments import encoded_frames
from dicomedit.pixels.frames import EXPLICIT_LITTLE, SUBSAMPLED, Chunk, Image
from dicomedit.records import replace

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    import numpy as np
    from pydicom.pixels.decoders.base import Decoder

RLE = "1.2.840.10008.1.2.5"
JPEG_LOSSY = frozenset({"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"})

LOSSY_METHODS = {
    "1.2.840.10008.1.2.4.50": "ISO_10918_1",
    "1.2.840.10008.1.2.4.51": "ISO_10918_1",
    "1.2.840.10008.1.2.4.81": "ISO_14495_1",
    "1.2.840.10008.1.2.4.91": "ISO_15444_1",
    "1.2.840.10008.1.2.4.203": "ISO_15444_15",
}
"""Transfer syntaxes that may lose something, and their term for (0028,2114).

The terms are those of PS3.3 §C.7.6.1.1.5.1.
"""

MAX_DECODED_FRAME = 1 << 30
"""Longest decoded frame, in bytes: larger ones are taken for an attack, not a picture."""

_SPARE = 1 << 20  # bytes an encoded frame may have for headers, beyond twice its decoded size

_DECODER_ERRORS = (
    ArithmeticError,
    AttributeError,
    BufferError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)


def decoded_chunks(image: Image, data: memoryview) -> Iterator[Chunk]:
    """Return the decoded frames one by one, each with its description as a native image.

    Samples come colour by pixel (planar configuration 0) in little endian, in the bits allocated
    that the image declares. JPEG baseline and extended YBR becomes RGB, as does what JPEG 2000
    transforms itself; other YBR is kept, so that lossless stays lossless (YBR_FULL_422 becomes
    YBR_FULL, because decoded pixels do not share their colour).
    """
    decoder = _decoder(image.transfer_syntax)
    if image.bits_allocated == 1:
        raise failed("pixel-data", "compressed samples of 1 bit are not supported")
    if image.frame_bits > MAX_DECODED_FRAME * 8:
        raise failed("pixel-data", "a decoded frame would be too large")
    begins = _always if image.transfer_syntax == RLE else starts_codestream
    encoded = encoded_frames(data, image.number_of_frames, begins)
    return _decoded(decoder, image, encoded)


def _always(_: memoryview) -> bool:
    """Say that RLE has one fragment for each frame (PS3.5 §A.4.2)."""
    return True


def _decoder(transfer_syntax: str) -> Decoder:
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import UID

    try:
        decoder = get_decoder(transfer_syntax)
    except NotImplementedError:
        raise failed(
            "missing-decoder",
            f"pixel data in the transfer syntax {UID(transfer_syntax).name} cannot be decoded",
            help="decompress the file with another program first",
        ) from None
    if not decoder.is_available:
        raise failed(
            "missing-decoder",
            f"no decoder for {decoder.UID.name} is installed "
            f"(any one of: {'; '.join(decoder.missing_dependencies)})",
            help="pip install 'dicomedit[pixels]'",
        )
    return decoder


def _decoded(decoder: Decoder, image: Image, encoded: Iterator[bytes]) -> Iterator[Chunk]:
    first: Image | None = None
    for number, content in enumerate(encoded, start=1):
        _check_header(image, content, number)
        array, photometric = _decode(decoder, image, content, number)
        after = _described(image, photometric)
        if after != (first := first or after):
            raise _undecodable(number, "is of another kind than the first")
        yield Chunk(after, 1, _samples(array, after, number))


def _check_header(image: Image, content: bytes, number: int) -> None:
    """Compare a frame's own header with the image before a decoder believes either."""
    if len(content) > image.frame_bits // 4 + _SPARE:
        raise _undecodable(number, "is longer than its pixels would be without compression")
    if image.transfer_syntax == RLE:
        return
    header = read_header(content)
    if header is None:
        raise _undecodable(number, "does not begin as its transfer syntax demands")
    if not is_complete(content):
        raise _undecodable(number, "ends before its end marker")
    size = (header.rows, header.columns, header.samples_per_pixel)
    if size != (image.rows, image.columns, image.samples_per_pixel):
        raise _undecodable(number, "is of another size than the image")
    if header.precision > image.bits_allocated:
        raise _undecodable(number, "has larger samples than the image")


def _decode(decoder: Decoder, image: Image, content: bytes, number: int) -> tuple[np.ndarray, str]:
    """Return the samples of one encoded frame and their photometric interpretation.

    Wrapped as a data element of its own, so that pydicom need not search all frames each time.
    """
    from pydicom.encaps import encapsulate

    options = _options(image)
    raw = image.transfer_syntax not in JPEG_LOSSY
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            source = encapsulate([content], has_bot=False)
            array, properties = decoder.as_array(source, index=0, raw=raw, **options)
    except _DECODER_ERRORS as error:
        raise _undecodable(number, "cannot be decoded") from error
    return array, str(properties["photometric_interpretation"])


def _options(image: Image) -> dict[str, Any]:
    """Return the image as pydicom's decoders want it.

    Bits above the stored ones are set to the sign by pydicom, after a shift that presumes where
    they are. Only signed JPEG samples need that; in RLE these bits are data like any other.
    """
    options: dict[str, Any] = {
        "rows": image.rows,
        "columns": image.columns,
        "number_of_frames": 1,
        "samples_per_pixel": image.samples_per_pixel,
        "photometric_interpretation": image.photometric_interpretation,
        "bits_allocated": image.bits_allocated,
        "bits_stored": image.bits_stored,
        "pixel_representation": image.pixel_representation,
        "planar_configuration": image.planar_configuration,
        "pixel_keyword": "PixelData",
    }
    if image.transfer_syntax == RLE or not image.pixel_representation:
        options["correct_unused_bits"] = False
    return options


def _described(image: Image, photometric: str) -> Image:
    """Return the image that the frames of a compressed one become."""
    kept = "YBR_FULL" if photometric == SUBSAMPLED else photometric
    native = replace(image, photometric_interpretation=kept, planar_configuration=0)
    return native.written_as(EXPLICIT_LITTLE)


def _samples(array: np.ndarray, image: Image, number: int) -> memoryview:
    """Return decoded samples as writable bytes, widened to the bits allocated where needed."""
    import numpy as np

    shape = (image.rows, image.columns, image.samples_per_pixel)
    if array.shape != (shape if image.samples_per_pixel > 1 else shape[:2]):
        raise _undecodable(number, "is of another size than the image")
    if array.dtype.itemsize * 8 > image.bits_allocated:
        raise _undecodable(number, "has larger samples than the image")
    wide = array.astype(f"<{array.dtype.kind}{image.bits_allocated // 8}", copy=False)
    flat = np.require(wide, requirements=["C", "W"])
    return flat.reshape(-1).view(np.uint8).data


def _undecodable(number: int, problem: str) -> EvaluationError:
    return failed("pixel-data", f"frame {number} {problem}", element="(7FE0,0010)")
