"""A pydicom Dataset with its file meta information, opened to be edited."""

from __future__ import annotations

from pydicom.dataset import Dataset, FileMetaDataset

from dicomedit.dicom.dataset import DatasetLevel
from dicomedit.dicom.dictionary import TRANSFER_SYNTAX_UID
from dicomedit.dicom.encoding import EXPLICIT_LITTLE_UID, encoding_of
from dicomedit.dicom.levels import Instance, Journal
from dicomedit.dicom.text import read_text

__all__ = ["Dataset", "attach_file_meta", "has_file_meta", "open_instance"]


def open_instance(dataset: Dataset, *, keeps_views: bool = False) -> Instance:
    """Return the levels of a pydicom Dataset; what is changed through them changes it.

    `keeps_views` is for data sets that only `encode_instance` will read again.
    """
    meta = getattr(dataset, "file_meta", None)
    meta = FileMetaDataset() if meta is None else meta
    meta_level = DatasetLevel(meta, little_endian=True)
    little = _is_little_endian(dataset, meta_level)
    root = DatasetLevel(dataset, little_endian=little, keeps_views=keeps_views)
    return Instance(root, meta_level, Journal(), [])


def _is_little_endian(dataset: Dataset, meta: DatasetLevel) -> bool:
    little = dataset.original_encoding[1]
    if little is not None:
        return little
    return encoding_of(read_text(meta, TRANSFER_SYNTAX_UID) or EXPLICIT_LITTLE_UID).little


def attach_file_meta(dataset: Dataset, instance: Instance) -> None:
    """Give the data set the file meta information that a script made for it."""
    level = instance.meta
    if level.tags() and not hasattr(dataset, "file_meta"):
        assert isinstance(level, DatasetLevel)
        dataset.file_meta = FileMetaDataset(level.dataset)


def has_file_meta(dataset: Dataset) -> bool:
    """Whether a data set came with file meta information."""
    return bool(getattr(dataset, "file_meta", None))
