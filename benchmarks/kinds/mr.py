"""Enhanced MR images: 57 elements nested in the functional groups of each frame."""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import EnhancedMRImageStorage, MRImageStorage

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


def write(spec: Spec, number: int, path: Path) -> None:
    """Write one image with all its frames."""
    ds = Dataset()
    identify(ds, EnhancedMRImageStorage, "MR", number, number)
    fill(ds, _ACQUISITION)
    fill(ds, _dimensions(number))
    ds.SharedFunctionalGroupsSequence = [_shared(number)]
    ds.PerFrameFunctionalGroupsSequence = [_frame(number, frame) for frame in range(spec.frames)]
    fill(ds, gray_image(spec.rows, spec.rows, 12, frames=spec.frames))
    ds.BurnedInAnnotation, ds.LossyImageCompression = "NO", "00"
    add_private(ds, 0x2005, "INVENTED MR 1.0", [("LO", f"note on {person(number).name}")])
    little = spec.encoding is not Encoding.BIG_ENDIAN
    one = noise(2 * spec.rows**2, seed=number, bits=12, little=little)
    ds.PixelData = one * spec.frames
    save(ds, path, spec.encoding.transfer_syntax)


_ACQUISITION: dict[str, object] = {
    "ImageType": ["ORIGINAL", "PRIMARY", "M", "NONE"],
    "AcquisitionDateTime": "20240117101512.120000+0100",
    "AcquisitionDuration": 312.5,
    "AcquisitionNumber": 4,
    "AcquisitionProtocolName": "invented perfusion",
    "AcquisitionProtocolDescription": "a protocol of nobody",
    "ContentQualification": "RESEARCH",
    "ResonantNucleus": "1H",
    "KSpaceFiltering": "NONE",
    "MagneticFieldStrength": 3.0,
    "PixelPresentation": "MONOCHROME",
    "VolumetricProperties": "VOLUME",
    "VolumeBasedCalculationTechnique": "NONE",
    "ComplexImageComponent": "MAGNITUDE",
    "AcquisitionContrast": "PERFUSION",
    "PresentationLUTShape": "IDENTITY",
    "ImageComments": "frames of nobody",
}


def _dimensions(number: int) -> dict[str, object]:
    organization = uid("MR dimensions", number)
    index = {
        "DimensionOrganizationUID": organization,
        "DimensionIndexPointer": 0x00209057,
        "FunctionalGroupPointer": 0x00209111,
        "DimensionDescriptionLabel": "In-Stack Position Number",
    }
    return {
        "FrameOfReferenceUID": uid("MR frame of reference", number),
        "DimensionOrganizationSequence": [dataset({"DimensionOrganizationUID": organization})],
        "DimensionIndexSequence": [dataset(index)],
    }


def _shared(number: int) -> Dataset:
    anatomy = {
        "FrameLaterality": "U",
        "AnatomicRegionSequence": [code("12738006", "Brain", "SCT")],
    }
    modifier = {"InversionRecovery": "NO", "FlowCompensation": "NONE", "Spoiling": "RF"}
    coil = {"ReceiveCoilName": "HEAD 32", "ReceiveCoilManufacturerName": "Invented Instruments"}
    image = reference(MRImageStorage, "MR localizer", number)
    image.PurposeOfReferenceCodeSequence = [code("121311", "Localizer", "DCM")]
    return dataset(
        {
            "ReferencedImageSequence": [image],
            "FrameAnatomySequence": [dataset(anatomy)],
            "MRModifierSequence": [dataset(modifier)],
            "MRReceiveCoilSequence": [dataset(coil)],
        }
    )


def _frame(number: int, frame: int) -> Dataset:
    """Return one item of the Per-frame Functional Groups Sequence (PS3.3 §C.7.6.16)."""
    groups = _where(frame) | _how(frame) | {"DerivationImageSequence": _source(number, frame)}
    return dataset({keyword: [dataset(values)] for keyword, values in groups.items()})


def _where(frame: int) -> dict[str, dict[str, object]]:
    time = f"20240117101512.{frame:06}+0100"
    return {
        "FrameContentSequence": {
            "FrameAcquisitionNumber": frame + 1,
            "FrameReferenceDateTime": time,
            "FrameAcquisitionDateTime": time,
            "FrameAcquisitionDuration": 312.5,
            "CardiacCyclePosition": "UNDETERMINED",
            "RespiratoryCyclePosition": "UNDETERMINED",
            "StackID": "1",
            "InStackPositionNumber": frame + 1,
            "TemporalPositionIndex": 1,
            "DimensionIndexValues": [frame + 1],
            "FrameComments": "a frame of nobody",
        },
        "PlanePositionSequence": {"ImagePositionPatient": ["-110", "-110", str(frame)]},
        "PlaneOrientationSequence": {"ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"]},
        "PixelMeasuresSequence": {
            "SliceThickness": "4",
            "SpacingBetweenSlices": "4.4",
            "PixelSpacing": ["1.71875", "1.71875"],
        },
    }


def _how(frame: int) -> dict[str, dict[str, object]]:
    return {
        "FrameVOILUTSequence": {"WindowCenter": "600", "WindowWidth": "1200"},
        "PixelValueTransformationSequence": {
            "RescaleIntercept": "0",
            "RescaleSlope": "1",
            "RescaleType": "US",
        },
        "MRImageFrameTypeSequence": {
            "FrameType": ["ORIGINAL", "PRIMARY", "M", "NONE"],
            "PixelPresentation": "MONOCHROME",
            "VolumetricProperties": "VOLUME",
            "ComplexImageComponent": "MAGNITUDE",
            "AcquisitionContrast": "PERFUSION",
        },
        "MRTimingAndRelatedParametersSequence": {
            "RepetitionTime": "1600",
            "FlipAngle": "90",
            "EchoTrainLength": 1,
            "RFEchoTrainLength": 0,
            "GradientEchoTrainLength": 63,
        },
        "MREchoSequence": {"EffectiveEchoTime": 30.0 + frame % 3},
        "MRAveragesSequence": {"NumberOfAverages": "1"},
    }


def _source(number: int, frame: int) -> dict[str, object]:
    source = reference(EnhancedMRImageStorage, "MR raw", number)
    source.ReferencedFrameNumber = frame + 1
    source.PurposeOfReferenceCodeSequence = [code("121322", "Source image", "DCM")]
    return {
        "DerivationDescription": "motion corrected",
        "DerivationCodeSequence": [code("113085", "Spatial resampling", "DCM")],
        "SourceImageSequence": [source],
    }
