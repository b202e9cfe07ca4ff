"""What all kinds share: invented people, UIDs made from names, encodings, and writing."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

IMPLEMENTATION = "BENCHMARK"


class Encoding(Enum):
    """The uncompressed encodings of a data set, by what the command line calls them."""

    EXPLICIT = "explicit"
    IMPLICIT = "implicit"
    BIG_ENDIAN = "big-endian"

    @property
    def transfer_syntax(self) -> UID:
        """The transfer syntax UID that stands for the encoding."""
        return _SYNTAXES[self]


_SYNTAXES = {
    Encoding.EXPLICIT: ExplicitVRLittleEndian,
    Encoding.IMPLICIT: ImplicitVRLittleEndian,
    Encoding.BIG_ENDIAN: ExplicitVRBigEndian,
}


@dataclass(frozen=True, slots=True)
class Spec:
    """How much of a kind is written; a kind reads only the fields that mean something to it."""

    count: int = 1
    """How many files."""

    rows: int = 0
    """Rows and, where images are square, columns."""

    frames: int = 1
    """Frames of multi-frame images."""

    depth: int = 0
    """Levels of nested sequences."""

    elements: int = 0
    """About how many elements, those of sequence items included."""

    size: int = 0
    """Bytes of pixel data."""

    encoding: Encoding = Encoding.EXPLICIT


@dataclass(frozen=True, slots=True)
class Person:
    """One invented patient."""

    name: str
    identifier: str
    birth_date: str
    sex: str


PEOPLE = (
    Person("Sample^Ada^M", "HOSP-000123", "19610314", "F"),
    Person("Muster^Karl", "HOSP-000456", "19780902", "M"),
    Person("Example^Erin", "HOSP-000789", "19450621", "F"),
    Person("Placeholder^Pat", "HOSP-001011", "20030130", "O"),
)
PHYSICIAN = "Referrer^Rita^^Dr"
OPERATOR = "Operator^Olaf"


def person(study: int) -> Person:
    """Return the patient of a study."""
    return PEOPLE[study % len(PEOPLE)]


def uid(*parts: object) -> str:
    """Return the UID that always stands for the same parts (PS3.5 §B.2)."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def dataset(values: Mapping[str, object]) -> Dataset:
    """Return a data set of elements by keyword."""
    ds = Dataset()
    fill(ds, values)
    return ds


def fill(ds: Dataset, values: Mapping[str, object]) -> None:
    """Set elements by keyword; pydicom would take a word that is none for an attribute."""
    for keyword, value in values.items():
        if tag_for_keyword(keyword) is None:
            raise ValueError(f"{keyword} is no keyword of the DICOM dictionary")
        setattr(ds, keyword, value)


def code(value: str, meaning: str, scheme: str = "99BENCH") -> Dataset:
    """Return the item of a code sequence."""
    return dataset({"CodeValue": value, "CodingSchemeDesignator": scheme, "CodeMeaning": meaning})


def reference(sop_class: UID, *parts: object) -> Dataset:
    """Return an item that refers to another SOP instance."""
    return dataset({"ReferencedSOPClassUID": sop_class, "ReferencedSOPInstanceUID": uid(*parts)})


def add_private(
    ds: Dataset, group: int, creator: str, values: Sequence[tuple[str, object]]
) -> None:
    """Add a private block whose elements, numbered from 01, have these VRs and values."""
    block = ds.private_block(group, creator, create=True)
    for offset, (vr, value) in enumerate(values, 1):
        block.add_new(offset, vr, value)


def identify(ds: Dataset, sop_class: UID, modality: str, study: int, number: int) -> None:
    """Add the patient, study, series, equipment and SOP common modules (PS3.3 §C.7, §C.12)."""
    whom = person(study)
    day, time = f"2024{study % 12 + 1:02}17", f"1015{number % 60:02}.250000"
    fill(ds, _patient(whom))
    fill(ds, _study(modality, study, day))
    fill(ds, _EQUIPMENT)
    fill(ds, _series(modality, study, day))
    fill(
        ds,
        {
            "SpecificCharacterSet": "ISO_IR 100",
            "InstanceCreationDate": day,
            "InstanceCreationTime": time,
            "SOPClassUID": sop_class,
            "SOPInstanceUID": uid(modality, study, number),
            "ContentDate": day,
            "ContentTime": time,
            "InstanceNumber": number + 1,
        },
    )


def _patient(whom: Person) -> dict[str, object]:
    other = dataset({"PatientID": f"{whom.identifier}-OLD", "TypeOfPatientID": "TEXT"})
    return {
        "PatientName": whom.name,
        "PatientID": whom.identifier,
        "IssuerOfPatientID": "Hospital of Nowhere",
        "PatientBirthDate": whom.birth_date,
        "PatientSex": whom.sex,
        "OtherPatientIDsSequence": [other],
        "OtherPatientNames": f"{whom.name.split('^')[0]}^Born",
        "PatientAge": "060Y",
        "PatientSize": "1.72",
        "PatientWeight": "71.5",
        "PatientAddress": "1 Made-up Street, Nowhere",
        "EthnicGroup": "none told",
        "Occupation": "tester",
        "AdditionalPatientHistory": f"{whom.name} has no history: all of this is invented.",
        "PatientComments": "synthetic",
    }


def _study(modality: str, study: int, day: str) -> dict[str, object]:
    return {
        "StudyDate": day,
        "StudyTime": "101500.000000",
        "AccessionNumber": f"ACC-{7000 + study}",
        "ReferringPhysicianName": PHYSICIAN,
        "StudyDescription": f"{modality} study of nobody",
        "ProcedureCodeSequence": [code(f"{modality}-1", f"{modality} procedure")],
        "NameOfPhysiciansReadingStudy": "Reader^Rob",
        "AdmittingDiagnosesDescription": "none",
        "ReferencedStudySequence": [reference(UID("1.2.840.10008.3.1.2.3.1"), "study", study)],
        "StudyInstanceUID": uid(modality, "study", study),
        "StudyID": str(100 + study),
        "RequestingService": "Department of Nothing",
        "RequestedProcedureDescription": f"{modality} of nobody",
        "AdmissionID": f"ADM-{study}",
    }


_EQUIPMENT: dict[str, object] = {
    "Manufacturer": "Invented Instruments",
    "InstitutionName": "Hospital of Nowhere",
    "InstitutionAddress": "2 Made-up Street, Nowhere",
    "StationName": "STATION7",
    "InstitutionalDepartmentName": "Department of Nothing",
    "ManufacturerModelName": "Imaginator 3000",
    "DeviceSerialNumber": "SN-000042",
    "SoftwareVersions": ["5.1.0", "5.1.0-b7"],
    "DeviceUID": uid("device"),
    "DateOfLastCalibration": "20240102",
    "TimeOfLastCalibration": "063000",
}


def _series(modality: str, study: int, day: str) -> dict[str, object]:
    request = dataset(
        {
            "AccessionNumber": f"ACC-{7000 + study}",
            "StudyInstanceUID": uid(modality, "study", study),
            "RequestedProcedureDescription": f"{modality} of nobody",
            "ScheduledProcedureStepDescription": f"{modality} step",
            "ScheduledProtocolCodeSequence": [code(f"{modality}-2", f"{modality} protocol")],
            "ScheduledProcedureStepID": f"SPS-{study}",
            "RequestedProcedureID": f"RP-{study}",
        }
    )
    step = reference(UID("1.2.840.10008.3.1.2.3.3"), "step", study)
    return {
        "SeriesDate": day,
        "SeriesTime": "101510.000000",
        "Modality": modality,
        "SeriesDescription": f"{modality} series",
        "PerformingPhysicianName": "Performer^Paula",
        "OperatorsName": OPERATOR,
        "ReferencedPerformedProcedureStepSequence": [step],
        "SeriesInstanceUID": uid(modality, "series", study),
        "SeriesNumber": 2,
        "ProtocolName": "5.2 Nothing Routine",
        "BodyPartExamined": "HEAD",
        "PatientPosition": "HFS",
        "PerformedProcedureStepStartDate": day,
        "PerformedProcedureStepStartTime": "101500",
        "PerformedProcedureStepID": f"PPS-{study}",
        "PerformedProcedureStepDescription": f"{modality} performed",
        "RequestAttributesSequence": [request],
    }


def noise(length: int, *, seed: int, bits: int = 16, little: bool = True) -> bytes:
    """Return samples in 16-bit words of which only the lowest `bits` are used."""
    words = bytearray(random.Random(seed).randbytes(length))
    if bits < 16:
        low = bytes(value & ((1 << bits - 8) - 1) for value in range(256))
        high = slice(1, None, 2) if little else slice(0, None, 2)
        words[high] = words[high].translate(low)
    return bytes(words)


def gray_image(
    rows: int, columns: int, bits: int, *, frames: int | None = None
) -> dict[str, object]:
    """Return the image pixel module of a monochrome image (PS3.3 §C.7.6.3)."""
    values: dict[str, object] = {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": rows,
        "Columns": columns,
        "BitsAllocated": 16,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": 0,
    }
    return values if frames is None else values | {"NumberOfFrames": frames}


def save(ds: Dataset, path: Path, transfer_syntax: UID) -> None:
    """Write a file whose bytes depend on the data set alone, not on who writes it."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = transfer_syntax
    meta.ImplementationClassUID = UID(uid(IMPLEMENTATION))
    meta.ImplementationVersionName = IMPLEMENTATION
    meta.SourceApplicationEntityTitle = "SCANNER7"
    ds.file_meta = meta
    ds.save_as(path, enforce_file_format=True)
