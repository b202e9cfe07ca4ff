"""Ultrasound loops: two of three RLE compressed, frame by frame, the third plain RGB."""

from __future__ import annotations

import random
import struct
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, RLELossless, UltrasoundMultiFrameImageStorage

from kinds.common import Encoding, Spec, add_private, dataset, fill, identify, person, save

FAN = 256
"""Columns of a row that the fan covers; a row is 4/3 as long as the image is high."""

_REPEAT_MOST, _LITERAL_MOST = 128, 128


def write(spec: Spec, number: int, path: Path) -> None:
    """Write one loop."""
    compressed = number % 3 < 2 and spec.encoding is Encoding.EXPLICIT
    columns = spec.rows * 4 // 3
    ds = Dataset()
    identify(ds, UltrasoundMultiFrameImageStorage, "US", number, number)
    fill(ds, _ACQUISITION)
    fill(ds, _image(spec, columns))
    ds.SequenceOfUltrasoundRegions = [_region(spec.rows, columns, x) for x in (0, columns // 2)]
    note = ("LO", f"loop of {person(number).name}")
    add_private(ds, 0x7FE1, "INVENTED US 1.0", [note, ("UL", number), ("OB", bytes(4096))])
    fans = _fans(spec.rows, min(FAN, columns // 2), number)
    if compressed:
        ds.PixelData = encapsulate([_rle_frame(fans, columns)] * spec.frames)
        ds["PixelData"].VR = "OB"
    else:
        ds.PixelData = _plain_frame(fans, columns) * spec.frames
    save(ds, path, UID(RLELossless) if compressed else spec.encoding.transfer_syntax)


_ACQUISITION: dict[str, object] = {
    "ImageType": ["ORIGINAL", "PRIMARY", "", "0011"],
    "AcquisitionDateTime": "20240117101512.120000+0100",
    "LossyImageCompression": "00",
    "StageName": "REST",
    "StageNumber": 1,
    "NumberOfStages": 1,
    "ViewName": "4 chambers",
    "HeartRate": 61,
    "TransducerData": ["S5-1", "X2", "0"],
    "ProcessingFunction": "CARDIAC",
    "MechanicalIndex": "0.9",
    "SoftTissueThermalIndex": "0.7",
    "DepthOfScanField": 160,
    "TransducerType": "SECTOR_PHASED",
    "BurnedInAnnotation": "YES",
}


def _image(spec: Spec, columns: int) -> dict[str, object]:
    return {
        "SamplesPerPixel": 3,
        "PhotometricInterpretation": "RGB",
        "PlanarConfiguration": 0,
        "NumberOfFrames": spec.frames,
        "FrameIncrementPointer": 0x00181063,
        "FrameTime": "33.3",
        "CineRate": 30,
        "RecommendedDisplayFrameRate": 30,
        "Rows": spec.rows,
        "Columns": columns,
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelRepresentation": 0,
    }


def _region(rows: int, columns: int, left: int) -> Dataset:
    return dataset(
        {
            "RegionSpatialFormat": 1,
            "RegionDataType": 1,
            "RegionFlags": 0,
            "RegionLocationMinX0": left,
            "RegionLocationMinY0": 20,
            "RegionLocationMaxX1": left + columns // 2,
            "RegionLocationMaxY1": rows - 1,
            "PhysicalUnitsXDirection": 3,
            "PhysicalUnitsYDirection": 3,
            "PhysicalDeltaX": 0.04,
            "PhysicalDeltaY": 0.04,
            "TransducerFrequency": 2500,
        }
    )


def _fans(rows: int, width: int, seed: int) -> list[bytes]:
    """Return what lies between the black margins in each row."""
    samples = random.Random(seed)
    return [samples.randbytes(width) for _ in range(rows)]


def _plain_frame(fans: list[bytes], columns: int) -> bytes:
    left = (columns - len(fans[0])) // 2
    rows = b"".join(bytes(left) + fan + bytes(columns - left - len(fan)) for fan in fans)
    return b"".join(bytes((sample, sample, sample)) for sample in rows)


def _rle_frame(fans: list[bytes], columns: int) -> bytes:
    """Return a frame of three equal segments behind the RLE header (PS3.5 §G.5)."""
    left = (columns - len(fans[0])) // 2
    segment = b"".join(
        _repeat(left) + _literal(fan) + _repeat(columns - left - len(fan)) for fan in fans
    )
    segment += bytes(len(segment) % 2)
    offsets = [64 + index * len(segment) for index in range(3)]
    return struct.pack("<16L", 3, *offsets, *([0] * 12)) + 3 * segment


def _repeat(length: int) -> bytes:
    """Return a run of zeros; a run of one is a literal."""
    runs = [min(_REPEAT_MOST, length - at) for at in range(0, length, _REPEAT_MOST)]
    return b"".join(bytes(((257 - run) % 256, 0)) if run > 1 else b"\0\0" for run in runs)


def _literal(samples: bytes) -> bytes:
    chunks = [samples[at : at + _LITERAL_MOST] for at in range(0, len(samples), _LITERAL_MOST)]
    return b"".join(bytes((len(chunk) - 1,)) + chunk for chunk in chunks)
