"""A data set with its file meta information, ready to be edited, and made whole afterwards."""

from __future__ import annotations

from pydicom.dataset import Dataset, FileMetaDataset

from dicomedit.dicom import edit
from dicomedit.dicom.dataset import DatasetLevel
from dicomedit.dicom.dictionary import SOP_CLASS_UID, SOP_INSTANCE_UID, TRANSFER_SYNTAX_UID
from dicomedit.dicom.encoding import EXPLICIT_LITTLE_UID, encoding_of
from dicomedit.dicom.levels import Instance, Journal
from dicomedit.dicom.text import read_text
from dicomedit.dicom.walk import Target

IMPLEMENTATION_CLASS_UID = "2.25.308125712634028127301270894276023219735"
IMPLEMENTATION_VERSION_NAME = "DICOMEDIT_PY_0_1"

_META_VERSION = 0x00020001
_META_CLASS_UID = 0x00020002
_META_INSTANCE_UID = 0x00020003
_META_IMPLEMENTATION = 0x00020012
_META_IMPLEMENTATION_NAME = 0x00020013
_ESSENTIAL = frozenset((_META_VERSION, _META_CLASS_UID, _META_INSTANCE_UID, TRANSFER_SYNTAX_UID))


__all__ = [
    "Dataset",
    "attach_file_meta",
    "has_file_meta",
    "open_instance",
    "renew_file_meta",
]


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


def renew_file_meta(instance: Instance, *, keep: bool) -> None:
    """Bring the file meta information in line with the data set (PS3.10 §7.1).

    The SOP Class and Instance UIDs are copied from the data set, empty when it has none; the
    implementation is this one. Whatever else the input had, such as the name of the sending
    device, goes, unless `keep` is set or the script stored it itself.
    """
    if not keep:
        by_script = {e.tag for e in instance.journal.entries if e.level is instance.meta}
        stay = _ESSENTIAL | by_script
        edit.remove(
            instance, [Target(instance.meta, t) for t in instance.meta.tags() if t not in stay]
        )
    _put(instance, _META_VERSION, "OB", b"\0\1")
    _put(instance, _META_CLASS_UID, "UI", _uid(instance, SOP_CLASS_UID))
    _put(instance, _META_INSTANCE_UID, "UI", _uid(instance, SOP_INSTANCE_UID))
    if TRANSFER_SYNTAX_UID not in instance.meta:
        _put(instance, TRANSFER_SYNTAX_UID, "UI", _padded(EXPLICIT_LITTLE_UID, b"\0"))
    _put(instance, _META_IMPLEMENTATION, "UI", _padded(IMPLEMENTATION_CLASS_UID, b"\0"))
    _put(instance, _META_IMPLEMENTATION_NAME, "SH", _padded(IMPLEMENTATION_VERSION_NAME, b" "))


def _uid(instance: Instance, tag: int) -> bytes:
    return _padded(read_text(instance.root, tag) or "", b"\0")


def _padded(text: str, padding: bytes) -> bytes:
    value = text.encode("ascii")
    return value + padding if len(value) % 2 else value


def _put(instance: Instance, tag: int, vr: str, value: bytes) -> None:
    edit.put_bytes(instance, Target(instance.meta, tag), vr, value)


def attach_file_meta(dataset: Dataset, instance: Instance) -> None:
    """Give the data set the file meta information that a script made for it."""
    level = instance.meta
    if level.tags() and not hasattr(dataset, "file_meta"):
        assert isinstance(level, DatasetLevel)
        dataset.file_meta = FileMetaDataset(level.dataset)


def has_file_meta(dataset: Dataset) -> bool:
    """Whether a data set came with file meta information."""
    return bool(getattr(dataset, "file_meta", None))
