"""What is checked before a run begins that is to be reported."""

from __future__ import annotations

import os
from pathlib import Path

from dicomedit.batch.report_file import Labels, ReportFile, is_single
from dicomedit.batch.report_formats import check_replaced, open_sink
from dicomedit.batch.report_writer import ReportWriter
from dicomedit.errors import DicomFileError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.batch.signature import PrivateKey
    from dicomedit.batch.work import Work
    from dicomedit.io.places import Place
    from dicomedit.io.scan import Plan


def begin_report(
    given: ReportFile | str | os.PathLike[str], work: Work, planned: Plan
) -> ReportWriter:
    """Return what writes the report of a run; raise DicomEditError when nothing can."""
    file = given if isinstance(given, ReportFile) else ReportFile(given)
    path = Path(file.path)
    _check_place(path, "the report", work.source, planned)
    check_replaced(path)
    signer = None if file.sign is None else _signer(file, work)
    labels = _labels(file, work, planned) if file.private else Labels()
    part = path.with_name(f"{path.name}.part")
    sink = open_sink(part, path, with_uids=file.uids)
    return ReportWriter(path, part, sink, work, planned, labels, signer)


def _signer(file: ReportFile, work: Work) -> PrivateKey:
    from dicomedit.batch.signature import load_private_key

    if work.dry_run:
        raise DicomFileError(str(file.path), "the report of a dry run cannot be signed")
    return load_private_key(Path(str(file.sign)))


def _labels(file: ReportFile, work: Work, planned: Plan) -> Labels:
    from dicomedit.batch.report_key import key_in

    path = Path(f"{os.fspath(file.path)}.key" if file.key is None else file.key)
    _check_place(path, "the key of the report", work.source, planned)
    return Labels(key_in(path))


def _check_place(path: Path, what: str, source: Path | Place, planned: Plan) -> None:
    """Raise DicomFileError when a file would get among inputs or results."""
    from dicomedit.io.scan import is_url

    if is_url(str(path)):
        raise DicomFileError(str(path), f"{what} must be on this machine")
    if not isinstance(source, Path):
        source.check_beside(path, what)
    inside = _real(path)
    for folder, name in ((source, "input"), (planned.folder, "output")):
        if not isinstance(folder, Path):
            continue
        # Who names a single file may keep other things beside its result.
        is_shared = name == "output" and is_single(source) and inside.parent == _real(folder)
        if inside.is_relative_to(_real(folder)) and not is_shared:
            raise DicomFileError(str(path), f"{what} lies inside the {name} folder")


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
