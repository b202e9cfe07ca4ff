"""Whether a run keeps a journal, and where."""

from __future__ import annotations

import os
from pathlib import Path

from dicomedit.errors import DicomFileError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.batch.journal import Journal
    from dicomedit.batch.work import Work
    from dicomedit.io.places import Place, Target


def open_chosen(
    work: Work,
    folder: Path | Target,
    allow_urls: tuple[str, ...],
    chosen: bool | str | os.PathLike[str] | None,
    *,
    resume: bool,
) -> Journal | None:
    """Return the journal of a run whose results go into `folder`, or None without one.

    What a run that was killed has left half written is removed. Raises DicomFileError.
    """
    if work.dry_run:
        return None
    if chosen is False:
        if resume:
            raise ValueError("a run without journal cannot be resumed")
        return None
    if chosen is None and not resume:
        return None
    # Only who keeps a journal waits for what it needs.
    from dicomedit.batch.journal import header_of, journal_path, open_journal
    from dicomedit.io.scan import remove_parts

    path = journal_path(folder) if chosen in (None, True) else Path(chosen)  # type: ignore[arg-type]
    for each in work.inputs:
        _check_place(path, each)
    header = header_of(work, folder, allow_urls)
    journal = open_journal(path, header, work.source, resume=resume)
    if journal.was_cut:
        remove_parts(folder, below=True)
    return journal


def _check_place(path: Path, source: Path | Place) -> None:
    if not isinstance(source, Path):
        source.check_beside(path, "the journal")
    elif Path(os.path.realpath(path)).is_relative_to(os.path.realpath(source)):
        raise DicomFileError(str(path), "the journal lies inside the input folder")
