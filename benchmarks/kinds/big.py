"""Multi-frame images of any size, written piece by piece: memory does not grow with the size."""

from __future__ import annotations

import random
import struct
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import MultiFrameGrayscaleWordSecondaryCaptureImageStorage

from kinds.common import Encoding, Spec, fill, gray_image, identify, save

COLUMNS = 512
FRAME = 1 << 20
"""Bytes of one frame, unless the whole image is smaller."""

LONGEST = 0xFFFFFFFE
"""Most bytes that an explicit length can tell (PS3.5 §7.1)."""


def write(spec: Spec, number: int, path: Path) -> None:
    """Write one image; 4 GiB become one frame less, which is as long as pixel data can be."""
    length = min(spec.size, LONGEST)
    columns = COLUMNS if length >= FRAME else 32
    frame = min(FRAME, length) // (2 * columns) * (2 * columns)
    frames = length // frame
    ds = Dataset()
    identify(ds, MultiFrameGrayscaleWordSecondaryCaptureImageStorage, "OT", number, number)
    fill(ds, gray_image(frame // (2 * columns), columns, 16, frames=frames))
    ds.BurnedInAnnotation, ds.ConversionType = "NO", "SYN"
    save(ds, path, spec.encoding.transfer_syntax)
    _append_pixels(path, spec.encoding, frame, frames)


def _append_pixels(path: Path, encoding: Encoding, frame: int, frames: int) -> None:
    samples = random.Random(frame).randbytes(frame)
    with path.open("ab") as file:
        file.write(_pixel_header(encoding, frame * frames))
        for number in range(frames):
            file.write(struct.pack("<L", number))
            file.write(memoryview(samples)[4:])


def _pixel_header(encoding: Encoding, length: int) -> bytes:
    if encoding is Encoding.IMPLICIT:
        return struct.pack("<HHL", 0x7FE0, 0x0010, length)
    order = ">" if encoding is Encoding.BIG_ENDIAN else "<"
    return struct.pack(f"{order}HH2sHL", 0x7FE0, 0x0010, b"OW", 0, length)
