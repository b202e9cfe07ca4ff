"""MR slices as Siemens scanners write them: CSA headers and the private groups 0019, 0051."""

from __future__ import annotations

import struct
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from kinds.common import (
    Encoding,
    Spec,
    add_private,
    fill,
    gray_image,
    identify,
    noise,
    person,
    reference,
    save,
    uid,
)

SLICES_PER_STUDY = 100


def write(spec: Spec, number: int, path: Path) -> None:
    """Write one slice."""
    study = number // SLICES_PER_STUDY
    ds = Dataset()
    identify(ds, MRImageStorage, "MR", study, number)
    fill(ds, _ACQUISITION)
    fill(ds, _geometry(study, number))
    fill(ds, gray_image(spec.rows, spec.rows, 12))
    _add_private(ds, study, number)
    little = spec.encoding is not Encoding.BIG_ENDIAN
    ds.PixelData = noise(2 * spec.rows**2, seed=number, bits=12, little=little)
    save(ds, path, spec.encoding.transfer_syntax)


_ACQUISITION: dict[str, object] = {
    "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND", "NORM"],
    "AcquisitionDate": "20240117",
    "AcquisitionTime": "101512.120000",
    "AcquisitionNumber": 1,
    "ScanningSequence": "EP",
    "SequenceVariant": ["SK", "SP"],
    "ScanOptions": ["PFP", "FS"],
    "MRAcquisitionType": "2D",
    "SequenceName": "*ep_b1000#1",
    "AngioFlag": "N",
    "SliceThickness": "4",
    "RepetitionTime": "6600",
    "EchoTime": "93",
    "NumberOfAverages": "1",
    "ImagingFrequency": "123.25",
    "ImagedNucleus": "1H",
    "EchoNumbers": 1,
    "MagneticFieldStrength": "3",
    "SpacingBetweenSlices": "5.2",
    "NumberOfPhaseEncodingSteps": 95,
    "EchoTrainLength": 47,
    "PercentSampling": "100",
    "PercentPhaseFieldOfView": "100",
    "PixelBandwidth": "1184",
    "TransmitCoilName": "Body",
    "AcquisitionMatrix": [128, 0, 0, 128],
    "InPlanePhaseEncodingDirection": "COL",
    "FlipAngle": "90",
    "VariableFlipAngleFlag": "N",
    "SAR": "0.21",
    "dBdt": "0",
    "WindowCenter": "241",
    "WindowWidth": "520",
    "ImageComments": "a slice of nobody",
}


def _geometry(study: int, number: int) -> dict[str, object]:
    place = f"{number * 5.2:.4f}"
    return {
        "ReferencedImageSequence": [reference(MRImageStorage, "MR", study, at) for at in range(3)],
        "ImagePositionPatient": ["-115", "-115", place],
        "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
        "FrameOfReferenceUID": uid("MR frame of reference", study),
        "PositionReferenceIndicator": "",
        "SliceLocation": place,
        "PixelSpacing": ["1.796875", "1.796875"],
        "SmallestImagePixelValue": 0,
        "LargestImagePixelValue": 4095,
    }


def _add_private(ds: Dataset, study: int, number: int) -> None:
    name = person(study).name
    add_private(
        ds,
        0x0019,
        "SIEMENS MR HEADER",
        [
            ("IS", "1000"),
            ("CS", "DIRECTIONAL"),
            ("FD", [0.57, 0.57, 0.57]),
            ("DS", "1184"),
            ("FD", [float(value) for value in range(6)]),
            *(("DS", f"{value}.25") for value in range(10)),
        ],
    )
    csa = ds.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    csa.add_new(0x08, "CS", "IMAGE NUM 4")
    csa.add_new(0x09, "LO", "20240117")
    csa.add_new(0x10, "OB", _csa(101, f"image {number}"))
    csa.add_new(0x18, "CS", "MR")
    csa.add_new(0x19, "LO", "20240117")
    csa.add_new(0x20, "OB", _csa(78, f"series of {name}", protocol=64_000))
    medcom = ds.private_block(0x0029, "SIEMENS MEDCOM HEADER2", create=True)
    medcom.add_new(0x60, "LO", "com")
    add_private(
        ds, 0x0051, "SIEMENS MR HEADER", [("LO", f"line {value} {name}") for value in range(20)]
    )


def _csa(tags: int, text: str, protocol: int = 0) -> bytes:
    """Return a CSA header of the form SV10: named elements with items of text."""
    parts = [b"SV10\4\3\2\1", struct.pack("<2L", tags, 77)]
    for number in range(tags):
        values = [f"{text} {number}.{item}" for item in range(number % 5)]
        parts.append(_csa_element(f"InventedElement{number}", values))
    if protocol:
        parts[1] = struct.pack("<2L", tags + 1, 77)
        parts.append(_csa_element("MrPhoenixProtocol", ["### ASCCONV ###\n" * (protocol // 16)]))
    whole = b"".join(parts)
    return whole + bytes(len(whole) % 2)


def _csa_element(name: str, values: list[str]) -> bytes:
    """Return one element; its items come in sixes, those behind the values are empty."""
    items = [value.encode() + b"\0" for value in values]
    items += [b""] * (-len(items) % 6)
    head = struct.pack("<64sl4s3l", name.encode(), len(values), b"LO\0\0", 19, len(items), 77)
    return head + b"".join(
        struct.pack("<4l", len(item), len(item), 77, len(item)) + item + bytes(-len(item) % 4)
        for item in items
    )
