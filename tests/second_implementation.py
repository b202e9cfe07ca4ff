"""The other way to edit a file: through pydicom objects instead of the file's own bytes.

The product edits files as they are encoded and data sets in memory as pydicom's. What both have in
common stands above the level interface; that they do the same is what the tests show.
"""

from __future__ import annotations

import io
import mmap
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import ExplicitVRLittleEndian

from dicomedit.dicom.dataset_instance import open_instance
from dicomedit.dicom.decode import to_dataset
from dicomedit.dicom.levels import Instance
from dicomedit.io.read import locate_elements, read_file


def read_dataset(path: Path) -> Dataset:
    """Return the data set of a file as our strict scanner finds it, in pydicom's form."""
    file = read_file(path)
    return to_dataset(file.root, file.meta)


def decode_file(data: bytes | mmap.mmap, name: str) -> Dataset:
    """Return the data set in a file's bytes; raise DicomFileError when it is malformed."""
    file = locate_elements(data, name)
    return to_dataset(file.root, file.meta)


def open_by_pydicom(path: Path) -> Instance:
    """Return a file as an instance whose levels are pydicom data sets."""
    return open_instance(read_dataset(path), keeps_views=True)


def encoded_instance(dataset: Dataset) -> Instance:
    """Return a data set as an instance whose levels are encoded bytes."""
    buffer = io.BytesIO(bytes(128) + b"DICM")
    buffer.seek(0, io.SEEK_END)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    write_file_meta_info(buffer, meta, enforce_standard=False)
    dataset.save_as(buffer, implicit_vr=False, little_endian=True)
    return locate_elements(buffer.getvalue(), "made.dcm").open()
