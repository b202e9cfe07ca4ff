"""Elements to text as DicomEdit 4 reads them (section 4), at the top level only."""

from __future__ import annotations

from dicomedit.dicom.levels import Instance, Level, element_name
from dicomedit.dicom.text import charset_of, is_plain, read_text
from dicomedit.errors import failed

_FILE_META = 0x0002
_PADDING = " \0"


def level_of(instance: Instance, tag: int) -> Level:
    """Return where an element stands: at the root or in the file meta information."""
    return instance.meta if tag >> 16 == _FILE_META else instance.root


def read(instance: Instance, tag: int) -> str | None:
    """Return the value of an element as text, or None when it is absent.

    As in version 6, but for tags as values, which are decimal numbers, names, which keep carets
    at their ends, and what has an unknown VR, which is text.
    """
    level = level_of(instance, tag)
    if tag not in level:
        return None
    vr = level.vr(tag)
    if vr == "PN" or (vr == "UN" and not level.is_sequence(tag)):
        return _read_text(level, tag, vr)
    text = read_text(level, tag)
    if vr == "AT" and text:
        return "\\".join(str(int(each, 16)) for each in text.split("\\"))
    return text


def _read_text(level: Level, tag: int, vr: str) -> str:
    value = level.value(tag)
    text: str | None
    if is_plain(value):
        text = value.decode("ascii")
    else:
        text = charset_of(level).decode(value, is_name=vr == "PN")
    if text is None:
        raise failed(
            "undecodable-text",
            f"the value is no text in the character set of the data set: {charset_of(level)}",
            help="correct Specific Character Set (0008,0005), or delete the element unread",
            element=element_name(level, tag),
        )
    if vr == "UN":
        return text.rstrip(_PADDING)
    return "\\".join(each.strip(_PADDING) for each in text.split("\\"))
