"""Small archives for the tests of summaries and remaps, that of the worked example among them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

CONFIG = """\
<Columns>
  <Global remap="Fixed Institution Name">(0008,0080)</Global>
  <Patient remap="Anon Patient Name">(0010,0010)</Patient>
  <Patient remap="Anon PatientID">(0010,0020)</Patient>
  <Study>(0020,0010)</Study>
  <Study>(0008,0020)</Study>
  <Series>(0020,0011)</Series>
</Columns>
"""

TABLE = """\
"Study Instance UID","Series Instance UID","Institution Name","Fixed Institution Name",\
"Patient\N{RIGHT SINGLE QUOTATION MARK}s Name","Anon Patient Name","Patient ID","Anon PatientID",\
"Study ID","Study Date","Series Number"
"1.1","1.1.1","General Hospital","","Doe^Jane","","P1","","77","20200131","1"
"1.1","1.1.2","General Hospital","","Doe^Jane","","P1","","77","20200131","2"
"1.2","1.2.1","General Hospital","","Doe^Jane","","P1","","88","20210304","10"
"1.3","1.3.1","St. Elsewhere","","Roe^Rick","","P2","","99","20190505","3"
"""

FILLED = {(2, 4): "SITE", (2, 6): "Anon1", (2, 8): "A1", (5, 6): "Anon2", (5, 8): "A2"}
"""What is filled in, by row and column of the sheet, both counted from 1."""


def write(path: Path, **elements: Any) -> Path:
    """Write a file with some elements, by keyword; what is None is left out."""
    ds = Dataset()
    ds.SOPClassUID = CTImageStorage
    ds.SOPInstanceUID = "1.2.3.4"
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for keyword, value in elements.items():
        if value is not None:
            setattr(ds, keyword, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)
    return path


def write_example(folder: Path) -> None:
    """Write the archive of the worked example."""
    jane = {"PatientName": "Doe^Jane", "PatientID": "P1", "InstitutionName": "General Hospital"}
    rick = {"PatientName": "Roe^Rick", "PatientID": "P2", "InstitutionName": "St. Elsewhere"}
    studies = {
        "1.1": {"StudyID": "77", "StudyDate": "20200131"},
        "1.2": {"StudyID": "88", "StudyDate": "20210304"},
        "1.3": {"StudyID": "99", "StudyDate": "20190505"},
    }
    for name, patient, study, series, number in (
        ("a/s1/i1", jane, "1.1", "1.1.1", 1),
        ("a/s1/i2", jane, "1.1", "1.1.1", 1),
        ("a/s1/i3", jane, "1.1", "1.1.2", 2),
        ("a/i4", jane, "1.2", "1.2.1", 10),
        ("b/i5", rick, "1.3", "1.3.1", 3),
    ):
        write(
            folder / name,
            SOPInstanceUID=f"{series}.{name[-1]}",
            StudyInstanceUID=study,
            SeriesInstanceUID=series,
            SeriesNumber=number,
            **patient,
            **studies[study],
        )


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write_csv(path: Path, rows: Iterable[Iterable[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def fill(source: Path, target: Path, cells: dict[tuple[int, int], str]) -> None:
    """Copy a table with some cells filled in, by row and column of the sheet."""
    rows = read_csv(source)
    for (row, column), text in cells.items():
        rows[row - 1][column - 1] = text
    write_csv(target, rows)


def seen(folder: Path, show: Callable[[Dataset], Any]) -> dict[str, Any]:
    """Return something of each file below a folder, by its path there."""
    return {
        path.relative_to(folder).as_posix(): show(dcmread(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def of_example(ds: Dataset) -> tuple[str, str, str]:
    return str(ds.InstitutionName), str(ds.PatientName), str(ds.PatientID)
