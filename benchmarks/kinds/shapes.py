"""Data sets for growth: as wide, or as deep, as asked, and otherwise alike."""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, EncapsulatedPDFStorage

from kinds.common import Spec, code, fill, identify, reference, save

ITEM_ELEMENTS = 10
CHAINS = 100


def write_wide(spec: Spec, number: int, path: Path) -> None:
    """Write a data set whose elements stand in the items of one sequence."""
    ds = Dataset()
    identify(ds, EncapsulatedPDFStorage, "DOC", number, number)
    items = max(0, spec.elements - _count(ds)) // ITEM_ELEMENTS
    ds.SourceInstanceSequence = [_wide_item(number, index) for index in range(items)]
    save(ds, path, spec.encoding.transfer_syntax)


def _count(ds: Dataset) -> int:
    return sum(1 for _ in ds.iterall())


def _wide_item(number: int, index: int) -> Dataset:
    """Return an item of ten elements, four of which stand one level deeper."""
    item = reference(CTImageStorage, "wide", number, index)
    fill(
        item,
        {
            "StudyDate": "20240117",
            "AccessionNumber": f"ACC-{index}",
            "InstitutionName": "Hospital of Nowhere",
            "SeriesDescription": f"series {index}",
            "PurposeOfReferenceCodeSequence": [code("121322", "Source image", "DCM")],
        },
    )
    return item


def write_deep(spec: Spec, number: int, path: Path) -> None:
    """Write a data set of a hundred chains, each with `depth` sequences inside one another."""
    ds = Dataset()
    identify(ds, EncapsulatedPDFStorage, "DOC", number, number)
    if spec.depth:
        ds.ContentSequence = [_chain(index, spec.depth) for index in range(CHAINS)]
    save(ds, path, spec.encoding.transfer_syntax)


def _chain(index: int, depth: int) -> Dataset:
    """Return the outermost of `depth` items inside one another."""
    item = _link(index, depth)
    for level in reversed(range(1, depth)):
        outer = _link(index, level)
        outer.ContentSequence = [item]
        item = outer
    return item


def _link(index: int, level: int) -> Dataset:
    item = Dataset()
    fill(
        item,
        {
            "RelationshipType": "CONTAINS",
            "ValueType": "TEXT",
            "ObservationDateTime": "20240117102000",
            "TextValue": f"chain {index} at level {level}",
        },
    )
    return item
