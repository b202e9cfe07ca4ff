"""Located elements to pydicom's objects. Values are sliced, not interpreted."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

from dicomedit.dicom.dictionary import PIXEL_DATA_TAGS, dictionary_vr
from dicomedit.dicom.encoded import VIEW_FROM, EncodedLevel
from dicomedit.dicom.encoding import IMPLICIT_LITTLE, UNDEFINED_LENGTH, Encoding
from dicomedit.dicom.headers import Data, Positions
from dicomedit.dicom.scan import Scanner

Elements = dict[BaseTag, "DataElement | RawDataElement"]


def decode_elements(data: Data, start: int, encoding: Encoding) -> Elements:
    """Return all elements from `start` to the end of `data`; raise Malformed on any doubt.

    Sequences become items at once, except those stored as UN, which stay as they are stored
    (PS3.5 §6.2.2).
    """
    scanner = Scanner(data, encoding)
    return to_elements(scanner, scanner.scan(start, len(data)))


def decode_sequence(data: Data, encoding: Encoding = IMPLICIT_LITTLE) -> list[Dataset]:
    """Return the items of a sequence; stored as UN it is implicit little endian (PS3.5 §6.2.2)."""
    scanner = Scanner(data, encoding)
    scanner.scan_items(0, len(data))
    return list(_items(scanner, 0, len(data)))


def to_elements(scanner: Scanner, positions: Positions) -> Elements:
    """Return elements that were located as pydicom has them."""
    return {BaseTag(tag): _element(scanner, tag, at) for tag, at in positions.items()}


def to_dataset(root: EncodedLevel, meta: EncodedLevel) -> Dataset:
    """Return the data set of a file, as it was before any change, as pydicom has it.

    Large values stay views of the file, which pydicom itself cannot read.
    """
    content, encoding = root.content, root.encoding
    dataset = Dataset(to_elements(content.scanner, content.stored))
    dataset.set_original_encoding(encoding.implicit, encoding.little, "iso8859")
    stored = to_elements(meta.content.scanner, meta.content.stored)
    dataset.file_meta = FileMetaDataset(Dataset(stored))
    return dataset


def _element(scanner: Scanner, tag: int, position: int) -> DataElement | RawDataElement:
    vr, start, length = scanner.locate(position)
    is_undefined = length == UNDEFINED_LENGTH
    end = scanner.end(position) - 8 if is_undefined else start + length
    if _is_sequence(tag, vr, is_undefined=is_undefined):
        element = DataElement(BaseTag(tag), "SQ", Sequence(_items(scanner, start, end)))
        element.is_undefined_length = is_undefined
        return element
    view = memoryview(scanner.data)[start:end]
    return RawDataElement(
        BaseTag(tag),
        vr,
        length,
        view if end - start >= VIEW_FROM else bytes(view),  # type: ignore[arg-type]
        start,
        scanner.encoding.implicit,
        scanner.encoding.little,
    )


def _is_sequence(tag: int, vr: str | None, *, is_undefined: bool) -> bool:
    if vr is not None:
        return vr == "SQ"
    if is_undefined:
        return tag not in PIXEL_DATA_TAGS
    return dictionary_vr(tag, signed=False) == "SQ"


def _items(scanner: Scanner, start: int, end: int) -> Iterator[Dataset]:
    encoding = scanner.encoding
    for first, last, is_delimited in scanner.items(start, end):
        item = Dataset(to_elements(scanner, scanner.positions(first, last)))
        item.is_undefined_length_sequence_item = is_delimited
        item.set_original_encoding(encoding.implicit, encoding.little, "iso8859")
        yield item
