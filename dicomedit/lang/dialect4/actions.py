"""What statements of DicomEdit 4 do to a data set, once all of them are evaluated (section 5)."""

from __future__ import annotations

import re

from dicomedit.dicom import edit
from dicomedit.dicom.dictionary import (
    SPECIFIC_CHARACTER_SET,
    dictionary_vr,
    is_group_length,
    is_private,
    tag_name,
)
from dicomedit.dicom.edit import RENEWED_META
from dicomedit.dicom.levels import Instance, Level, Notice
from dicomedit.dicom.paths import TagPath
from dicomedit.dicom.text import BULK_VRS, encode_text
from dicomedit.dicom.walk import Target
from dicomedit.errors import failed
from dicomedit.lang.dialect4.reading import level_of
from dicomedit.records import Record

_INTEGER_VRS = frozenset(("US", "SS", "UL", "SL", "UV", "SV"))
_INTEGERS = re.compile(r"[+-]?[0-9]+(?:\\[+-]?[0-9]+)*")
_FIRST_ORDINARY = 0x00030000


class Selection(Record):
    """What a tag or pattern names: the tags whose bits under a mask have a value, or one `tag`."""

    tag: int | None
    mask: int
    value: int

    @classmethod
    def of(cls, path: TagPath) -> Selection:
        """Return what a path of one step names."""
        if path.plural_reason is None:
            tag = tag_of(path)
            return cls(tag, 0xFFFFFFFF, tag)
        ((mask, value),) = path.pattern.candidates(path.pattern.start).forms
        return cls(None, mask, value)

    def meets(self, other: Selection) -> bool:
        """Whether some tag is meant by both."""
        return not (self.value ^ other.value) & self.mask & other.mask

    def tags(self, instance: Instance) -> list[int]:
        """Return the elements of the top level that are meant, as they are now.

        A pattern names none of the file meta information, nor group lengths, which no file keeps.
        """
        if self.tag is not None:
            return [self.tag]
        mask, value = self.mask, self.value
        return [
            tag
            for tag in instance.root.tags()
            if tag & mask == value and tag >= _FIRST_ORDINARY and not is_group_length(tag)
        ]


def tag_of(path: TagPath) -> int:
    """Return the tag that a path without wildcards names."""
    (tag,) = path.pattern.candidates(path.pattern.start).tags
    return tag


def delete(instance: Instance, selection: Selection) -> None:
    """Remove the elements of the top level that are meant, private creators included."""
    if _is_renewed(instance, selection):
        tag = selection.tag
        assert tag is not None
        if tag in instance.meta:
            instance.journal.record(instance.meta, tag)
            instance.meta.remove(tag)
        return
    found = [Target(level_of(instance, tag), tag) for tag in selection.tags(instance)]
    edit.remove(instance, [target for target in found if target.tag in target.level])


def put(instance: Instance, selection: Selection, text: str | None) -> None:
    """Store a text in the element that is meant, or in all of them; nothing empties them."""
    if _is_renewed(instance, selection):
        tag = selection.tag
        assert tag is not None
        vr = dictionary_vr(tag, signed=False)
        value = encode_text(instance.meta, tag, vr, text or "")
        edit.put_bytes(instance, Target(instance.meta, tag), vr, value)
        return
    for tag in selection.tags(instance):
        _put(instance, tag, text or "")


def _is_renewed(instance: Instance, selection: Selection) -> bool:
    """Whether the element is made anew for every file: a notice tells that the change is lost."""
    if selection.tag not in RENEWED_META:
        return False
    message = f"{tag_name(selection.tag)} is made anew for every file, whatever the script does"
    instance.notices.append(Notice("not-stored", message))
    return True


def _put(instance: Instance, tag: int, text: str) -> None:
    level = level_of(instance, tag)
    target = Target(level, tag)
    vr = _vr(level, tag)
    if vr in BULK_VRS or vr == "SQ":
        kind = "a sequence" if vr == "SQ" else "binary data"
        raise failed(
            "sequence-as-target" if vr == "SQ" else "unfit-value",
            f"{kind} cannot be assigned a value",
            element=tag_name(tag),
        )
    if vr in _INTEGER_VRS and text and not _INTEGERS.fullmatch(text):
        raise failed(
            "unfit-value",
            f"the value does not fit VR {vr}: it is no integer",
            element=tag_name(tag),
            value=text,
        )
    if tag >= _FIRST_ORDINARY and not is_group_length(tag) and tag != SPECIFIC_CHARACTER_SET:
        _make(instance, target, vr)
    edit.put_text(instance, target, text)


def _vr(level: Level, tag: int) -> str:
    """Return the VR that the dictionary says, whatever there is now; LO when it is silent."""
    vr = dictionary_vr(tag, signed=level.is_signed)
    return "LO" if vr == "UN" or is_private(tag) else vr


def _make(instance: Instance, target: Target, vr: str) -> None:
    """Give the element its VR, where storing a text would not."""
    level, tag = target.level, target.tag
    if tag in level:
        if level.stored_vr(tag) == vr and not level.is_sequence(tag):
            return
        edit.remove(instance, [target])
    elif dictionary_vr(tag, signed=level.is_signed) == vr:
        return
    edit.put_bytes(instance, target, vr, b"")
