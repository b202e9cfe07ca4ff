"""The other way to edit a file: through pydicom objects instead of the file's own bytes.

The product edits files as they are encoded and data sets in memory as pydicom's. What both have in
common stands above the level interface; that they do the same is what the tests show.
"""

from __future__ import annotations

import hashlib
import io
import mmap
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from unittest import mock

from pydicom import dcmread
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import write_file_meta_info
from pydicom.sequence import Sequence as Items
from pydicom.uid import ExplicitVRLittleEndian
from pydicom.values import convert_SQ

from dicomedit import (
    DicomEditError,
    DicomFileError,
    EvaluationError,
    LookupTable,
    Options,
    Outcome,
    Program,
)
from dicomedit.batch.program import finish
from dicomedit.dicom.dataset_instance import open_instance
from dicomedit.dicom.decode import to_dataset
from dicomedit.dicom.dictionary import TRANSFER_SYNTAX_UID
from dicomedit.dicom.levels import Instance, Level, element_path
from dicomedit.dicom.lookout import Lookout
from dicomedit.dicom.uids import UidMap
from dicomedit.dicom.views import pieces
from dicomedit.io.read import locate_elements, read_file
from dicomedit.io.write import encode_instance
from dicomedit.lang.program import Resources


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


# --- what a script does on either ---------------------------------------------------------------


def open_as_encoded(data: bytes, program: Program) -> Instance:
    """Open a file's bytes as the product does, looking out for what the script will ask for."""
    return locate_elements(data, "in.dcm", program.wanted).open()


def open_as_pydicom(data: bytes, program: Program) -> Instance:
    """Open a file's bytes as a pydicom data set."""
    return open_instance(decode_file(data, "in.dcm"), keeps_views=True)


def open_unprepared(data: bytes, program: Program) -> Instance:
    """Open a file's bytes without a word about what will be asked for."""
    return locate_elements(data, "in.dcm").open()


def open_to_throw_away(data: bytes, program: Program) -> Instance:
    """Open a file's bytes for a script that may fail: nothing can be undone or listed."""
    return locate_elements(data, "in.dcm", program.wanted).open(complete=False)


Open = Callable[[bytes, Program], Instance]


def open_after_others() -> Open:
    """Return what opens files as a run does: one after the other, none of which is undone."""
    lookouts: dict[frozenset[int], Lookout] = {}

    def open_next(data: bytes, program: Program) -> Instance:
        lookout = lookouts.setdefault(program.wanted, Lookout(program.wanted))
        return locate_elements(data, "in.dcm", lookout).open(complete=False)

    return open_next


def open_after(original: bytes) -> Open:
    """Return what opens a file as a run does that has just read others like `original`."""

    def open_next(data: bytes, program: Program) -> Instance:
        lookout = Lookout(program.wanted)
        for _ in range(3):  # so many it takes for the next one to be compared with them
            locate_elements(original, "in.dcm", lookout)
        return locate_elements(data, "in.dcm", lookout).open(complete=False)

    return open_next


Elements = dict[str, tuple[str, bytes]]


@dataclass(frozen=True)
class Result:
    """What came of a script: how it ended, what it told, which file it made.

    `ending` is "written", "rejected" or the code of an error, and `message` says more; an error is
    that of the statement at `place`. Changes
    and notices are sets, since in which order elements of one statement are visited is nobody's
    business.
    """

    ending: str
    message: str = ""
    place: str = ""
    is_changed: bool = False
    changes: frozenset[tuple[str, str, int]] = frozenset()
    echo: tuple[str, ...] = ()
    notices: frozenset[tuple[str, str, str]] = frozenset()
    meta: bytes = b""
    data: bytes = b""

    @property
    def told(self) -> tuple[object, ...]:
        """All but the file, the bytes of which may differ."""
        return self.ending, self.message, self.is_changed, self.changes, self.echo, self.notices

    @property
    def without_changes(self) -> Result:
        """The same as a run that does not tell changes has it."""
        return replace(self, changes=frozenset())

    @property
    def is_empty(self) -> bool:
        """Whether the file has no data set at all, which the scanner refuses."""
        try:
            locate_elements(self.data, "out.dcm")
        except DicomFileError as error:
            return "has no elements" in error.reason
        return False

    @property
    def elements(self) -> Elements:
        """What is in the file, by path."""
        return elements_of(self.data) if self.data and not self.is_empty else {}


class HashedUids(UidMap):
    """New UIDs that are not random, so that two runs give the same ones."""

    def uid_for(self, text: str, prefix: str) -> str:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        return f"{prefix.rstrip('.')}.{int.from_bytes(digest[:8], 'big')}"


def result_of(
    program: Program,
    instance: Instance,
    *,
    variables: Mapping[str, str] | None = None,
    lookup: str = "",
) -> Result:
    """Apply a script to an instance and write it."""
    resources = Resources(lookup=LookupTable.from_text(lookup), uid_map=HashedUids())
    uids = (f"2.25.{number}" for number in count(1))
    try:
        with mock.patch("dicomedit.lang.functions.uids.new_uid", lambda: next(uids)):
            tell = instance.journal.complete
            outcome = program.edit(instance, variables or {}, resources, tell_changes=tell)
        if outcome.rejected:
            return _told("rejected", outcome)
        finish(instance, Options())
        data = encoded(instance)
    except EvaluationError as error:
        return Result(error.code, error.describe(show_values=True), _place(error))
    except DicomEditError as error:
        return Result(type(error).__name__, str(error))
    return _told("written", outcome, data)


def _place(error: EvaluationError) -> str:
    if error.source is None or error.span is None:
        return ""
    return f"{error.source.name}:{error.source.position(error.span.start)}"


def encoded(instance: Instance) -> bytes:
    """Return the file an instance would become now."""
    parts = encode_instance(instance)
    return b"".join(bytes(piece) for part in parts for piece in pieces(part))


def _told(ending: str, outcome: Outcome, data: bytes = b"") -> Result:
    return Result(
        ending,
        outcome.reason or "",
        "",
        outcome.is_changed,
        frozenset((each.path, each.kind, each.line) for each in outcome.changes),
        outcome.echo,
        frozenset((each.code, each.message, each.location) for each in outcome.notices),
        data=data,
    )


def elements_of(data: bytes) -> Elements:
    """Return VR and stored bytes of every element of a file, by path, as our scanner finds them.

    Of a sequence the bytes tell how its length and those of its items are given.
    """
    file = locate_elements(data, "out.dcm")
    return dict(_elements(file.meta)) | dict(_elements(file.root))


def _elements(level: Level) -> Iterator[tuple[str, tuple[str, bytes]]]:
    for tag in level.tags():
        path = element_path(level, tag)
        if not level.is_sequence(tag):
            yield path, (level.stored_vr(tag), level.value(tag))
            continue
        items = level.items(tag)
        kinds = "".join("u" if item.is_delimited else "d" for item in items)
        kind = "undefined" if level.has_undefined_length(tag) else "defined"
        yield path, (level.stored_vr(tag), f"{kind}:{kinds}".encode())
        for item in items:
            yield from _elements(item)


# --- an independent reader ------------------------------------------------------------------------


Plain = dict[int, "bytes | list[Plain] | None"]
"""Elements by tag: the stored bytes, the items, or None for what pydicom has interpreted."""


def pydicom_agrees(data: bytes) -> bool:
    """Fail when pydicom reads other elements or other bytes in a file; False when it reads none.

    Sequences in UN without a length are beyond it in big endian: it takes them for big endian, too.
    So is a transfer syntax that is not stored as a UID.
    """
    file = locate_elements(data, "out.dcm")
    root, meta = file.root, file.meta
    if not root.little_endian and b"UN\0\0\xff\xff\xff\xff" in data:
        return False
    if meta.stored_vr(TRANSFER_SYNTAX_UID) != "UI":
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks on odd values
        try:
            found = _plain(dcmread(io.BytesIO(data)))
        except Exception:
            # Nobody knows what it raises for what it cannot read.
            return False
    _compare(root, found)
    return True


def _plain(dataset: Dataset) -> Plain:
    found: Plain = {}
    for tag, element in dataset._dict.items():  # as pydicom has read them, not converted
        if not isinstance(element, RawDataElement):
            is_sequence = isinstance(element.value, Items)
            found[int(tag)] = [_plain(item) for item in element.value] if is_sequence else None
        elif _has_items(element):
            encoding = element.is_implicit_VR, element.is_little_endian
            found[int(tag)] = [_plain(i) for i in convert_SQ(element.value or b"", *encoding)]
        else:
            found[int(tag)] = element.value or b""
    return found


def _has_items(element: RawDataElement) -> bool:
    """Whether pydicom would take an element that it has not looked at yet for a sequence."""
    if element.VR is not None:
        return element.VR == "SQ"
    return (
        not element.tag.is_private
        and dictionary_has_tag(element.tag)
        and (dictionary_VR(element.tag) == "SQ")
    )


def _compare(level: Level, found: Plain) -> None:
    assert list(level.tags()) == sorted(found)
    for tag, value in found.items():
        if isinstance(value, list):
            for item, each in zip(level.items(tag), value, strict=True):
                _compare(item, each)
        elif value is not None:
            assert value == level.value(tag), element_path(level, tag)
