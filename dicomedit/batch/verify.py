"""Whether two scripts do the same to every file of a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from dicomedit.batch.program import DEFAULTS, Program, finish
from dicomedit.dicom.levels import Level, element_path
from dicomedit.dicom.uids import UidMap
from dicomedit.errors import EvaluationError
from dicomedit.io.read import SkippedFileError, read_file
from dicomedit.io.scan import find_files
from dicomedit.lang.lookup import LookupTable
from dicomedit.lang.program import Resources
from dicomedit.records import Record

Elements = dict[str, tuple[str, bytes]]


class Difference(Record):
    """What two scripts do differently to one file: how they end, or elements by their path."""

    path: Path
    reason: str


def differences(
    first: Program,
    second: Program,
    folder: Path,
    *,
    variables: Mapping[str, str],
    lookup: LookupTable,
) -> Iterator[tuple[Path, Difference | None]]:
    """Yield every DICOM file below a folder, with what two scripts do differently to it.

    Nothing is written. Values are compared, never told. Raises DicomFileError for a file or
    folder that cannot be read.
    """
    resources = Resources(lookup=lookup, uid_map=UidMap())
    for path in find_files(folder):
        try:
            results = [_result(each, path, variables, resources) for each in (first, second)]
        except SkippedFileError:
            continue
        reason = _reason(*results)
        yield path, None if reason is None else Difference(path, reason)


def _result(
    program: Program, path: Path, variables: Mapping[str, str], resources: Resources
) -> str | Elements:
    """Return what a script makes of a file, or how it ended without a result."""
    instance = read_file(path, program.wanted).open()
    try:
        if program.edit(instance, variables, resources).rejected:
            return "rejected"
        finish(instance, DEFAULTS)
    except EvaluationError as error:
        return f"failed ({error.code})"
    return dict(_elements(instance.meta)) | dict(_elements(instance.root))


def _elements(level: Level) -> Iterator[tuple[str, tuple[str, bytes]]]:
    for tag in level.tags():
        path = element_path(level, tag)
        if not level.is_sequence(tag):
            yield path, (level.vr(tag), level.value(tag))
            continue
        items = level.items(tag)
        yield path, ("SQ", b"%d" % len(items))
        for item in items:
            yield from _elements(item)


def _reason(first: str | Elements, second: str | Elements) -> str | None:
    if isinstance(first, str) or isinstance(second, str):
        ends = [end if isinstance(end, str) else "written" for end in (first, second)]
        is_same = ends[0] == ends[1] or all(end.startswith("failed") for end in ends)
        return None if is_same else f"{ends[0]} by the first script, {ends[1]} by the second"
    unlike = sorted(p for p in first.keys() | second.keys() if first.get(p) != second.get(p))
    return f"not the same: {', '.join(unlike)}" if unlike else None
