"""CT slices: one series for every hundred, with codes, references and two private blocks."""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage

from kinds.common import (
    Encoding,
    Spec,
    add_private,
    code,
    dataset,
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
    identify(ds, CTImageStorage, "CT", study, number)
    fill(ds, _ACQUISITION)
    fill(ds, _geometry(study, number))
    fill(ds, _codes(study, number))
    fill(ds, gray_image(spec.rows, spec.rows, 12))
    fill(ds, _DISPLAY)
    _add_private(ds, study, number)
    little = spec.encoding is not Encoding.BIG_ENDIAN
    ds.PixelData = noise(2 * spec.rows**2, seed=number, bits=12, little=little)
    save(ds, path, spec.encoding.transfer_syntax)


_ACQUISITION: dict[str, object] = {
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "HELICAL"],
    "AcquisitionDate": "20240117",
    "AcquisitionTime": "101512.120000",
    "AcquisitionDateTime": "20240117101512.120000+0100",
    "AcquisitionNumber": 3,
    "ContrastBolusAgent": "Inventoscan 300",
    "ContrastBolusRoute": "IV",
    "ContrastBolusVolume": "80",
    "ContrastBolusStartTime": "101400",
    "ContrastBolusTotalDose": "80",
    "ContrastFlowRate": "3",
    "ContrastBolusIngredient": "IODINE",
    "ScanOptions": "HELICAL MODE",
    "SliceThickness": "1.25",
    "KVP": "120",
    "DataCollectionDiameter": "500.0",
    "ReconstructionDiameter": "250.0",
    "DistanceSourceToDetector": "949.0",
    "DistanceSourceToPatient": "541.0",
    "GantryDetectorTilt": "0.0",
    "TableHeight": "152.5",
    "RotationDirection": "CW",
    "ExposureTime": 500,
    "XRayTubeCurrent": 310,
    "Exposure": 155,
    "ExposureInuAs": 155_000,
    "FilterType": "HEAD FILTER",
    "GeneratorPower": 42_000,
    "GeneratorID": "GEN-17",
    "GantryID": "GANTRY-2",
    "FocalSpots": "1.2",
    "ConvolutionKernel": "STANDARD",
    "RevolutionTime": 0.5,
    "SingleCollimationWidth": 0.625,
    "TotalCollimationWidth": 40.0,
    "TableSpeed": 55.0,
    "TableFeedPerRotation": 27.5,
    "SpiralPitchFactor": 0.6875,
    "ExposureModulationType": "XYZ_EC",
    "EstimatedDoseSaving": 12.5,
    "CTDIvol": 48.25,
    "CalciumScoringMassFactorPatient": 0.76,
    "IrradiationEventUID": uid("irradiation event"),
    "ImageComments": "a slice of nobody",
    "CommentsOnThePerformedProcedureStep": "nothing went wrong",
}

_DISPLAY: dict[str, object] = {
    "SmallestImagePixelValue": 0,
    "LargestImagePixelValue": 4095,
    "BurnedInAnnotation": "NO",
    "PixelSpacing": ["0.488281", "0.488281"],
    "WindowCenter": ["40", "300"],
    "WindowWidth": ["400", "1500"],
    "WindowCenterWidthExplanation": ["WINDOW1", "WINDOW2"],
    "RescaleIntercept": "-1024",
    "RescaleSlope": "1",
    "RescaleType": "HU",
    "LossyImageCompression": "00",
}


def _geometry(study: int, number: int) -> dict[str, object]:
    place = f"{number * 1.25:.6f}"
    return {
        "ImagePositionPatient": ["-125.000000", "-125.000000", place],
        "ImageOrientationPatient": ["1.0", "0.0", "0.0", "0.0", "1.0", "0.0"],
        "FrameOfReferenceUID": uid("CT frame of reference", study),
        "PositionReferenceIndicator": "OM",
        "SliceLocation": place,
        "ImagesInAcquisition": SLICES_PER_STUDY,
        "TablePosition": number * 1.25,
        "DataCollectionCenterPatient": [0.0, 0.0, number * 1.25],
        "ReconstructionTargetCenterPatient": [0.0, 0.0, number * 1.25],
    }


def _codes(study: int, number: int) -> dict[str, object]:
    phantom = code("113690", "IEC Head Dosimetry Phantom", "DCM")
    attributes = {
        "PatientName": person(study).name,
        "PatientID": f"{person(study).identifier}-TYPO",
        "StudyDate": "20240101",
    }
    original = {
        "ModifiedAttributesSequence": [dataset(attributes)],
        "AttributeModificationDateTime": "20240118120000",
        "ModifyingSystem": "ARCHIVE7",
        "SourceOfPreviousValues": "",
        "ReasonForTheAttributeModification": "COERCE",
    }
    image = reference(CTImageStorage, "CT", study, 0)
    image.PurposeOfReferenceCodeSequence = [code("121311", "Localizer", "DCM")]
    return {
        "ReferencedImageSequence": [image],
        "SourceImageSequence": [reference(CTImageStorage, "raw", study, number)],
        "AnatomicRegionSequence": [code("69536005", "Head", "SCT")],
        "CTDIPhantomTypeCodeSequence": [phantom],
        "PerformedProtocolCodeSequence": [code("CT-3", "CT protocol")],
        "OriginalAttributesSequence": [dataset(original)],
    }


def _add_private(ds: Dataset, study: int, number: int) -> None:
    name = person(study).name
    words = [("LO", f"note {index} on {name}") for index in range(8)]
    numbers = [("DS", f"{index * 1.5:.3f}") for index in range(24)]
    counts = [("SL", number + index) for index in range(16)]
    add_private(ds, 0x0019, "INVENTED ACQUISITION 1.0", [*numbers, *counts])
    add_private(ds, 0x0045, "INVENTED HELIOS 1.0", [*words, *counts[:8]])
