"""Write a DICOMDIR for files that are in place, under the names they have."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dicomedit.errors import DicomFileError
from dicomedit.io.write import write_atomically

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pydicom.fileset import FileSet

NAME = "DICOMDIR"
_LINKS = (
    "OffsetOfTheNextDirectoryRecord",
    "OffsetOfReferencedLowerLevelDirectoryEntity",
)
_ENDS = (
    "OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity",
    "OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity",
)


def write_directory(folder: Path, files: Iterable[tuple[str, ...]]) -> None:
    """List files, given by the parts of their paths below the folder, in its DICOMDIR.

    pydicom makes the records, from copies without pixel data; it would also rename the files, so
    the names are put back. Raises DicomFileError.
    """
    from pydicom.fileset import FileSet

    file_set = FileSet()
    try:
        listed, names = _listed(file_set, folder, files)
    finally:
        _discard(file_set)
    before = _offsets(listed)
    for record in listed.DirectoryRecordSequence:
        if "ReferencedFileID" in record:
            record.ReferencedFileID = names[record.ReferencedSOPInstanceUIDInFile]
    _relink(listed, dict(zip(before, _offsets(_again(listed)), strict=True)))
    write_atomically(folder / NAME, [_encoded(listed)])


def _listed(
    file_set: FileSet, folder: Path, files: Iterable[tuple[str, ...]]
) -> tuple[Dataset, dict[str, list[str]]]:
    """Return a directory of the files under other names, and their own by SOP Instance UID."""
    import tempfile

    from pydicom import dcmread

    names: dict[str, list[str]] = {}
    for parts in files:
        uid = _add(file_set, folder.joinpath(*parts))
        if uid in names:
            reason = "two results have the same SOP Instance UID: a DICOMDIR cannot list both"
            raise DicomFileError(str(folder.joinpath(*parts)), reason)
        names[uid] = list(parts)
    with tempfile.TemporaryDirectory() as scratch:
        file_set.write(scratch)
        return dcmread(Path(scratch, NAME)), names


def _discard(file_set: FileSet) -> None:
    """Remove the copies at once; pydicom leaves its folder to the garbage collector."""
    file_set.clear()
    stage = getattr(file_set, "_stage", {}).get("t")
    if stage is not None:
        stage.cleanup()


def _add(file_set: FileSet, path: Path) -> str:
    """Add the record of a file; return its SOP Instance UID."""
    from pydicom import dcmread

    try:
        ds = dcmread(path, stop_before_pixels=True)
        return str(file_set.add(ds).SOPInstanceUID)
    except OSError as error:
        raise DicomFileError(str(path), error.strerror or "cannot be read") from None
    except Exception as error:  # pydicom's texts may hold values
        known = type(error).__name__
    reason = (
        "a DICOMDIR cannot list this result: an element that its record needs is missing or empty,"
        " perhaps PatientID, StudyDate, StudyID, SeriesNumber or InstanceNumber"
        f" (PS3.3 §F.5; {known})"
    )
    raise DicomFileError(str(path), reason)


def _offsets(listed: Dataset) -> list[int]:
    """Return where each record begins in the file."""
    return [int(record.seq_item_tell or 0) for record in listed.DirectoryRecordSequence]


def _relink(listed: Dataset, moved: dict[int, int]) -> None:
    """Let links between records lead where the records are now."""
    moved = {0: 0, **moved}
    for keyword in _ENDS:
        setattr(listed, keyword, moved[getattr(listed, keyword)])
    for record in listed.DirectoryRecordSequence:
        for keyword in _LINKS:
            setattr(record, keyword, moved[getattr(record, keyword)])


def _again(listed: Dataset) -> Dataset:
    from io import BytesIO

    from pydicom import dcmread

    return dcmread(BytesIO(_encoded(listed)))


def _encoded(listed: Dataset) -> bytes:
    from io import BytesIO

    buffer = BytesIO()
    listed.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
