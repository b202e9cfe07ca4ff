"""Blank a rectangle in the image of an instance, with all that this means for its header."""

from __future__ import annotations

from dicomedit.dicom import edit
from dicomedit.dicom.dictionary import PIXEL_DATA, PIXEL_DATA_TAGS, TRANSFER_SYNTAX_UID
from dicomedit.dicom.encoding import EXPLICIT_LITTLE_UID, native_encoding
from dicomedit.dicom.levels import Instance, Level, Notice
from dicomedit.dicom.text import read_text
from dicomedit.dicom.views import open_spool, spooled
from dicomedit.dicom.walk import Target
from dicomedit.errors import failed
from dicomedit.pixels.clean import Blanked, blank
from dicomedit.pixels.frames import Image
from dicomedit.pixels.regions import Fill, Rectangle

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

_METHOD_TEXT = "Burned in text blacked out"
_OPTION = (("00080100", "113101"), ("00080102", "DCM"), ("00080104", "Clean Pixel Data Option"))
_SOURCE_APPLICATION = b"DicomImageBlackout"

_SAMPLES_PER_PIXEL = 0x00280002
_PHOTOMETRIC_INTERPRETATION = 0x00280004
_PLANAR_CONFIGURATION = 0x00280006
_BURNED_IN_ANNOTATION = 0x00280301
_LOSSY_COMPRESSION = 0x00282110
_LOSSY_METHOD = 0x00282114
_METHOD = 0x00120063
_METHOD_CODES = 0x00120064
_SOURCE_TITLE = 0x00020016
_ICON_IMAGES = 0x00880200
_LEFTOVERS = (0x7FE00001, 0x7FE00002, 0xFFFCFFFC)
"""Extended offset tables, which only compressed data has, and padding after the data set."""


def blank_rectangle(instance: Instance, rectangle: Rectangle, fill: Fill | None) -> bool:
    """Blank the rectangle in every frame; tell whether the instance has an image at all.

    Uncompressed pixel data keeps its transfer syntax, compressed data becomes Explicit VR Little
    Endian. Burned In Annotation (0028,0301) becomes NO, and De-identification Method (0012,0063)
    and its codes (0012,0064) gain what was done (PS3.15 §E.3.1).
    """
    root = instance.root
    if PIXEL_DATA not in root:
        if any(tag in root for tag in PIXEL_DATA_TAGS):
            raise failed("pixel-data", "floating point pixel data cannot be altered")
        return False
    image = _image(instance)
    image.check()
    if rectangle.clipped(image.rows, image.columns) is None:
        raise failed(
            "pixel-area",
            "no pixel of the image lies in the rectangle, so nothing would be blacked out",
            help=f"the image has {image.columns} columns and {image.rows} rows",
        )
    with open_spool() as spool:
        sink: Any = spool
        blanked = blank(image, root.buffer(PIXEL_DATA), rectangle, sink, fill=fill)
        made = spooled(spool)
    pixels = made if isinstance(made, bytes) else memoryview(made)
    _store(instance, image, blanked, pixels)
    _record(instance, blanked)
    if _ICON_IMAGES in root:
        message = "the icon image (0088,0200) was left as it is; delete it if it shows the same"
        instance.notices.append(Notice("icon-image", message))
    return True


def _image(instance: Instance) -> Image:
    root = instance.root
    syntax = read_text(instance.meta, TRANSFER_SYNTAX_UID) or EXPLICIT_LITTLE_UID
    if root.is_encapsulated(PIXEL_DATA) and native_encoding(syntax) is not None:
        raise failed("pixel-data", "the pixel data is compressed, its transfer syntax is not")
    return Image(
        syntax,
        rows=_number(root, 0x00280010, 0),
        columns=_number(root, 0x00280011, 0),
        samples_per_pixel=_number(root, _SAMPLES_PER_PIXEL, 1),
        photometric_interpretation=_text(root, _PHOTOMETRIC_INTERPRETATION),
        bits_allocated=_number(root, 0x00280100, 0),
        bits_stored=_number(root, 0x00280101, 0),
        pixel_representation=_number(root, 0x00280103, 0),
        planar_configuration=_number(root, _PLANAR_CONFIGURATION, 0),
        number_of_frames=_number(root, 0x00280008, 1),
        vr=root.vr(PIXEL_DATA),
    )


def _text(level: Level, tag: int) -> str:
    return (read_text(level, tag) or "").split("\\")[0]


def _number(level: Level, tag: int, otherwise: int) -> int:
    text = _text(level, tag)
    if not text:
        return otherwise
    try:
        return int(text)
    except ValueError:
        element = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
        raise failed("pixel-data", "the value is no number", element=element) from None


def _store(instance: Instance, before: Image, blanked: Blanked, pixels: bytes | memoryview) -> None:
    root, after = instance.root, blanked.image
    vr = after.vr if before.is_encapsulated else root.vr(PIXEL_DATA)
    edit.put_bytes(instance, Target(root, PIXEL_DATA), vr, pixels)
    if after.photometric_interpretation != before.photometric_interpretation:
        _put(instance, _PHOTOMETRIC_INTERPRETATION, after.photometric_interpretation)
    if after.samples_per_pixel > 1 and after.planar_configuration != before.planar_configuration:
        _put(instance, _PLANAR_CONFIGURATION, str(after.planar_configuration))
    edit.remove(instance, [Target(root, tag) for tag in _LEFTOVERS])
    if before.is_encapsulated:
        target = Target(instance.meta, TRANSFER_SYNTAX_UID)
        edit.put_bytes(instance, target, "UI", EXPLICIT_LITTLE_UID.encode() + b"\0")


def _record(instance: Instance, blanked: Blanked) -> None:
    """Tell in the header what was done."""
    _put(instance, _BURNED_IN_ANNOTATION, "NO")
    if blanked.lossy_method is not None:
        _put(instance, _LOSSY_COMPRESSION, "01")
        _add_value(instance, _LOSSY_METHOD, blanked.lossy_method, once=True)
    _add_value(instance, _METHOD, _METHOD_TEXT)
    codes = Target(instance.root, _METHOD_CODES)
    present = len(instance.root.items(_METHOD_CODES)) if _METHOD_CODES in instance.root else 0
    edit.add_items(instance, codes, present + 1)
    item = instance.root.items(_METHOD_CODES)[-1]
    for tag, text in _OPTION:
        edit.put_text(instance, Target(item, int(tag, 16)), text)
    # The reference's mark, though longer than the 16 characters that AE allows.
    edit.put_bytes(instance, Target(instance.meta, _SOURCE_TITLE), "AE", _SOURCE_APPLICATION)


def _put(instance: Instance, tag: int, text: str) -> None:
    edit.put_text(instance, Target(instance.root, tag), text)


def _add_value(instance: Instance, tag: int, text: str, *, once: bool = False) -> None:
    present = [value for value in (read_text(instance.root, tag) or "").split("\\") if value]
    if not (once and text in present):
        _put(instance, tag, "\\".join([*present, text]))
