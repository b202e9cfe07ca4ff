"""A small study that is made up from beginning to end, to try scripts on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from dicomedit.dicom.uids import hash_uid

SIZE = 64
SLICES = 3


@dataclass(frozen=True, slots=True)
class Person:
    """One invented patient."""

    name: str
    identifier: str
    birth_date: str
    sex: str
    accession: str


PEOPLE = (
    Person("Sample^Ada", "HOSP-000123", "19610314", "F", "ACC-7781"),
    Person("Muster^Karl", "HOSP-000456", "19780902", "M", "ACC-7802"),
)


def write_study(folder: Path) -> list[Path]:
    """Write the slices of all patients below a folder; return their paths."""
    written = []
    for person in PEOPLE:
        for number in range(1, SLICES + 1):
            path = folder / person.identifier / f"slice{number}.dcm"
            path.parent.mkdir(parents=True, exist_ok=True)
            _slice(person, number).save_as(path, enforce_file_format=True)
            written.append(path)
    return written


def _uid(*parts: object) -> str:
    return hash_uid("/".join(map(str, ("dicomedit demo", *parts))))


def _slice(person: Person, number: int) -> Dataset:
    ds = Dataset()
    ds.SOPClassUID = CTImageStorage
    ds.SOPInstanceUID = _uid(person.identifier, number)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = "20240229"
    ds.StudyTime = ds.ContentTime = "101500"
    ds.AccessionNumber = person.accession
    ds.Modality = "CT"
    ds.Manufacturer = "Invented Instruments"
    ds.InstitutionName = "Hospital of Nowhere"
    ds.ReferringPhysicianName = "Referrer^Rita"
    ds.StudyDescription = "CT head"
    ds.OperatorsName = "Operator^Olaf"
    _add_references(ds, person)
    _add_patient(ds, person)
    _add_private(ds, person)
    ds.StudyInstanceUID = _uid(person.identifier, "study")
    ds.SeriesInstanceUID = _uid(person.identifier, "series")
    ds.InstanceNumber = number
    ds.FrameOfReferenceUID = _uid(person.identifier, "frame")
    _add_image(ds, number)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return ds


def _add_patient(ds: Dataset, person: Person) -> None:
    ds.PatientName = person.name
    ds.PatientID = person.identifier
    ds.PatientBirthDate = person.birth_date
    ds.PatientSex = person.sex
    ds.PatientAddress = "1 Made-up Street"


def _add_references(ds: Dataset, person: Person) -> None:
    """Add a sequence with the patient's name two levels down, where it is easily forgotten."""
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator = "CTHEAD", "99DEMO"
    code.CodeMeaning = "CT of the head"
    request = Dataset()
    request.RequestedProcedureID = person.accession
    request.PatientName = person.name
    request.ScheduledProtocolCodeSequence = [code]
    ds.RequestAttributesSequence = [request]
    image = Dataset()
    image.ReferencedSOPClassUID = CTImageStorage
    image.ReferencedSOPInstanceUID = _uid(person.identifier, 1)
    ds.ReferencedImageSequence = [image]


def _add_private(ds: Dataset, person: Person) -> None:
    block = ds.private_block(0x0019, "INVENTED 1.0", create=True)
    block.add_new(0x01, "LO", f"operator note on {person.name}")
    block.add_new(0x02, "DS", "1.25")


def _add_image(ds: Dataset, number: int) -> None:
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows = ds.Columns = SIZE
    ds.PixelSpacing = ["1.0", "1.0"]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.PixelData = b"".join(value.to_bytes(2, "little") for value in _pixels(number))


def _pixels(number: int) -> Iterator[int]:
    """Yield a disc that grows from slice to slice."""
    radius = (SIZE // 4 + 4 * number) ** 2
    for row in range(SIZE):
        for column in range(SIZE):
            distance = (row - SIZE // 2) ** 2 + (column - SIZE // 2) ** 2
            yield 1040 if distance < radius else 24
