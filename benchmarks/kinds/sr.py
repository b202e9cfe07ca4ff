"""Structured reports whose containers nest as deep as asked, with texts, names and UIDs in each."""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import ComprehensiveSRStorage, CTImageStorage

from kinds.common import (
    PHYSICIAN,
    Spec,
    code,
    dataset,
    fill,
    identify,
    person,
    reference,
    save,
    uid,
)


def write(spec: Spec, number: int, path: Path) -> None:
    """Write one report."""
    ds = Dataset()
    identify(ds, ComprehensiveSRStorage, "SR", number, number)
    fill(ds, _document(number))
    fill(ds, _container(number, 0, spec.depth))
    save(ds, path, spec.encoding.transfer_syntax)


def _document(number: int) -> dict[str, object]:
    observer = {
        "VerifyingOrganization": "Hospital of Nowhere",
        "VerificationDateTime": "20240117113000",
        "VerifyingObserverName": PHYSICIAN,
        "VerifyingObserverIdentificationCodeSequence": [code("P-7", "a physician")],
    }
    series = {
        "SeriesInstanceUID": uid("CT", "series", number),
        "ReferencedSOPSequence": [reference(CTImageStorage, "CT", number, 0)],
    }
    study = {
        "StudyInstanceUID": uid("CT", "study", number),
        "ReferencedSeriesSequence": [dataset(series)],
    }
    return {
        "CompletionFlag": "COMPLETE",
        "VerificationFlag": "VERIFIED",
        "VerifyingObserverSequence": [dataset(observer)],
        "CurrentRequestedProcedureEvidenceSequence": [dataset(study)],
    }


def _container(number: int, level: int, depth: int) -> dict[str, object]:
    """Return a container (PS3.3 §C.17.3) with what it contains, down to `depth`."""
    children = _leaves(number, level)
    if level + 1 < depth:
        children.append(
            _item("CONTAINS", _container(number, level + 1, depth)),
        )
    return {
        "ValueType": "CONTAINER",
        "ConceptNameCodeSequence": [code(f"C-{level}", f"Section {level}")],
        "ContinuityOfContent": "SEPARATE",
        "ContentSequence": children,
    }


def _item(relationship: str, content: dict[str, object]) -> Dataset:
    return dataset({"RelationshipType": relationship} | content)


def _leaves(number: int, level: int) -> list[Dataset]:
    name = person(number).name
    measured = {
        "NumericValue": f"{level}.5",
        "MeasurementUnitsCodeSequence": [code("mm", "millimeter", "UCUM")],
    }
    values: list[tuple[str, str, dict[str, object]]] = [
        ("HAS OBS CONTEXT", "PNAME", {"PersonName": PHYSICIAN}),
        ("HAS OBS CONTEXT", "UIDREF", {"UID": uid("observer", number, level)}),
        ("HAS OBS CONTEXT", "DATETIME", {"DateTime": "20240117102000"}),
        ("CONTAINS", "TEXT", {"TextValue": f"{name} shows nothing at level {level}."}),
        ("CONTAINS", "CODE", {"ConceptCodeSequence": [code("17621005", "Normal", "SCT")]}),
        ("CONTAINS", "NUM", {"MeasuredValueSequence": [dataset(measured)]}),
        ("CONTAINS", "IMAGE", _image(number, level)),
    ]
    return [_leaf(level, *value) for value in values]


def _image(number: int, level: int) -> dict[str, object]:
    return {"ReferencedSOPSequence": [reference(CTImageStorage, "CT", number, level)]}


def _leaf(level: int, relationship: str, kind: str, value: dict[str, object]) -> Dataset:
    return _item(
        relationship,
        {
            "ObservationDateTime": "20240117102000",
            "ObservationUID": uid("observation", kind, level),
            "ValueType": kind,
            "ConceptNameCodeSequence": [code(f"{kind}-{level}", f"{kind.lower()} {level}")],
        }
        | value,
    )
