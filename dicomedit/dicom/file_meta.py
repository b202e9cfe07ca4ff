"""File meta information of a file that is about to be written (PS3.10 §7.1)."""

from __future__ import annotations

from dicomedit.dicom import edit
from dicomedit.dicom.dictionary import SOP_CLASS_UID, SOP_INSTANCE_UID, TRANSFER_SYNTAX_UID
from dicomedit.dicom.encoding import EXPLICIT_LITTLE_UID
from dicomedit.dicom.levels import Instance, element_name
from dicomedit.dicom.text import read_text
from dicomedit.dicom.walk import Target
from dicomedit.errors import failed

IMPLEMENTATION_CLASS_UID = "2.25.308125712634028127301270894276023219735"
IMPLEMENTATION_VERSION_NAME = "DICOMEDIT_PY_0_1"

_META_VERSION = 0x00020001
_META_CLASS_UID = 0x00020002
_META_INSTANCE_UID = 0x00020003
_META_IMPLEMENTATION = 0x00020012
_META_IMPLEMENTATION_NAME = 0x00020013
_META_SOURCE_TITLE = 0x00020016
_STAYING = edit.RENEWED_META | {TRANSFER_SYNTAX_UID}


def renew_file_meta(instance: Instance, *, keep: bool, source_title: str | None = None) -> None:
    """Bring the file meta information in line with the data set (PS3.10 §7.1).

    The SOP Class and Instance UIDs are copied from the data set, empty when it has none; the
    implementation is this one. Whatever else the input had, such as the name of the sending
    device, goes, unless `keep` is set or the script stored it itself. A `source_title` becomes the
    Source Application Entity Title, unless the script has stored or deleted that.
    """
    changed = instance.journal.tags_of(instance.meta)
    if not keep:
        stay = _STAYING | changed
        edit.remove(
            instance, [Target(instance.meta, t) for t in instance.meta.tags() if t not in stay]
        )
    if source_title is not None and _META_SOURCE_TITLE not in changed:
        _put(instance, _META_SOURCE_TITLE, "AE", _padded(source_title, b" "))
    _put(instance, _META_VERSION, "OB", b"\0\1")
    _put(instance, _META_CLASS_UID, "UI", _uid(instance, SOP_CLASS_UID))
    _put(instance, _META_INSTANCE_UID, "UI", _uid(instance, SOP_INSTANCE_UID))
    if TRANSFER_SYNTAX_UID not in instance.meta:
        _put(instance, TRANSFER_SYNTAX_UID, "UI", _padded(EXPLICIT_LITTLE_UID, b"\0"))
    _put(instance, _META_IMPLEMENTATION, "UI", _IMPLEMENTATION)
    _put(instance, _META_IMPLEMENTATION_NAME, "SH", _IMPLEMENTATION_NAME)


def _uid(instance: Instance, tag: int) -> bytes:
    text = read_text(instance.root, tag) or ""
    if "\0" in text or not text.isascii():
        raise failed(
            "undecodable-text",
            "the value is no UID, and could not be told from more than that elsewhere",
            help="correct the element or delete it",
            element=element_name(instance.root, tag),
        )
    return _padded(text, b"\0")


def _padded(text: str, padding: bytes) -> bytes:
    value = text.encode("ascii")
    return value + padding if len(value) % 2 else value


def _put(instance: Instance, tag: int, vr: str, value: bytes) -> None:
    meta = instance.meta
    if tag not in meta or meta.value(tag) != value or meta.stored_vr(tag) != vr:
        edit.put_bytes(instance, Target(meta, tag), vr, value)


_IMPLEMENTATION = _padded(IMPLEMENTATION_CLASS_UID, b"\0")
_IMPLEMENTATION_NAME = _padded(IMPLEMENTATION_VERSION_NAME, b" ")
