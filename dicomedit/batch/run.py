"""Scripts over a file or a folder: what `dicomedit run` does, as library calls."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dicomedit.batch.journal_choice import open_chosen
from dicomedit.batch.program import DEFAULTS, Lookup, Options, Program, compile_script, table_of
from dicomedit.batch.rows import Row, Stamp, Status, summary_of
from dicomedit.batch.serial import Stop, serial
from dicomedit.batch.stream import Report, Rows
from dicomedit.batch.uid_keeping import UidKeeping
from dicomedit.batch.work import Shared, Work, cores
from dicomedit.dicom.uids import UidMap
from dicomedit.io.fetch import UrlFetcher
from dicomedit.io.scan import Plan, find_files, plan, prepare_folder
from dicomedit.lang.lookup import LookupTable

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.batch.journal import Journal
    from dicomedit.batch.quarantine import Quarantine
    from dicomedit.batch.serial import Executor

__all__ = ["Report", "Row", "Rows", "Stamp", "Status", "Stop", "iterate", "run", "summary_of"]

Script = str | os.PathLike[str] | Program
"""A script's text, the path of its file, or a compiled one."""

_PathLike = str | os.PathLike[str]

FEW_FILES = 200
FEW_BYTES = 32 << 20
"""What a single process has done before others could be started."""


def run(
    scripts: Script | Sequence[Script],
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str],
    *,
    variables: Mapping[str, str] | None = None,
    lookup: Lookup | Sequence[Lookup | None] | None = None,
    uid_map: UidMap | None = None,
    uid_map_file: str | os.PathLike[str] | None = None,
    allow_urls: Sequence[str] = (),
    options: Options = DEFAULTS,
    dialect: int | None = None,
    dry_run: bool = False,
    tell_changes: bool = True,
    show_values: bool = False,
    jobs: int | None = 1,
    resume: bool = False,
    journal: bool | str | os.PathLike[str] | None = None,
    on_error: str = "continue",
    quarantine: str | os.PathLike[str] | None = None,
    retries: int = 2,
    digests: bool = False,
    keep_rows: bool = True,
    on_row: Callable[[int, int, Row], None] | None = None,
) -> Report:
    """Apply scripts, in order, to a file or to every DICOM file below a folder.

    `on_row` hears of each file, as its number, their count and its row. Without `keep_rows` the
    report only counts files, so that memory does not grow with their number. `iterate` explains
    the other arguments, what is done and what is raised.
    """
    rows = iterate(
        scripts,
        source,
        destination,
        variables=variables,
        lookup=lookup,
        uid_map=uid_map,
        uid_map_file=uid_map_file,
        allow_urls=allow_urls,
        options=options,
        dialect=dialect,
        dry_run=dry_run,
        tell_changes=tell_changes,
        show_values=show_values,
        jobs=jobs,
        resume=resume,
        journal=journal,
        on_error=on_error,
        quarantine=quarantine,
        retries=retries,
        digests=digests,
    )
    kept: list[Row] = []
    with rows:
        for number, row in enumerate(rows, 1):
            if keep_rows:
                kept.append(row)
            if on_row is not None:
                on_row(number, rows.count, row)
    return rows.report(kept)


def iterate(
    scripts: Script | Sequence[Script],
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str],
    *,
    variables: Mapping[str, str] | None = None,
    lookup: Lookup | Sequence[Lookup | None] | None = None,
    uid_map: UidMap | None = None,
    uid_map_file: str | os.PathLike[str] | None = None,
    allow_urls: Sequence[str] = (),
    options: Options = DEFAULTS,
    dialect: int | None = None,
    dry_run: bool = False,
    tell_changes: bool = True,
    show_values: bool = False,
    jobs: int | None = 1,
    resume: bool = False,
    journal: bool | str | os.PathLike[str] | None = None,
    on_error: str = "continue",
    quarantine: str | os.PathLike[str] | None = None,
    retries: int = 2,
    digests: bool = False,
    stop: Stop | None = None,
    executor: Executor | None = None,
    planned: Plan | None = None,
) -> Rows:
    """Apply scripts as `run` does; return an iterator of rows, one file each, in a stable order.

    Each result is written whole under the input's relative path, or not at all: not when a
    script fails, not when it rejects the file, and never over an input. Files that are not DICOM
    are skipped. `lookup` is one table for all scripts, or a sequence with one for each. `uid_map`
    gives ``mapUID`` the same UIDs in several runs, and `uid_map_file` keeps them in a file. With
    `dry_run` nothing is written. Without `tell_changes` outcomes do not list changes, which takes
    time; with `show_values` errors keep the values at fault.

    `jobs` is the number of processes; None uses all cores when there is enough to do. With
    `resume` a run goes on where an earlier one over the same output ended. For that a `journal` is
    kept beside the output, or in the file that is given; False keeps none, the default is to keep
    one with `resume` only. With `digests` it knows the content of inputs, not only size and times.
    After a failure the run goes on, or comes to its end when `on_error` is ``"stop"``; a copy of
    each failed input is put into the `quarantine` folder. What a network got wrong is tried again
    `retries` times. A `stop` ends the run early; an `executor` takes the place of `jobs`.
    With `planned` there may be several inputs, of which `source` is the folder they are all in.

    Raises ScriptError or DicomFileError before anything is touched when a script, the input or
    the output cannot be used; what happens to a single file is told in its row.
    """
    if on_error not in ("continue", "stop"):
        raise ValueError('on_error is "continue" or "stop"')
    if jobs is not None and jobs < 1:
        raise ValueError("jobs is at least 1, or None for all cores")
    programs = _programs(scripts, dialect)
    if planned is None:
        planned = plan(Path(source), Path(destination))
    work = Work(
        programs,
        _tables(lookup, len(programs)),
        dict(variables or {}),
        options,
        Path(source),
        dry_run,
        tell_changes,
        show_values,
        retries,
        digests,
        planned.inputs,
    )
    fetcher = UrlFetcher(allow_urls)
    checked = _quarantine(quarantine, work, planned)
    uids = UidKeeping.of(uid_map, None if uid_map_file is None else Path(uid_map_file))
    if not dry_run:
        uids.prove()
        prepare_folder(planned.folder)
    if checked is not None:
        checked.prepare()
    opened = open_chosen(work, planned.folder, tuple(allow_urls), journal, resume=resume)
    try:
        uids.begin(opened, resume=resume)
    except BaseException:
        if opened is not None:
            opened.close()
        raise
    return Rows(
        work,
        planned,
        Shared(uids.map, fetcher.fetch),
        executor or _executor(jobs, planned, work, opened),
        opened,
        uids,
        checked,
        Stop() if stop is None else stop,
        on_error == "stop",
    )


def _programs(scripts: Script | Sequence[Script], dialect: int | None) -> tuple[Program, ...]:
    given = [scripts] if isinstance(scripts, str | os.PathLike | Program) else list(scripts)
    if not given:
        raise ValueError("at least one script is needed")
    return tuple(
        each if isinstance(each, Program) else compile_script(each, dialect=dialect)
        for each in given
    )


def _tables(lookup: Lookup | Sequence[Lookup | None] | None, count: int) -> tuple[LookupTable, ...]:
    if not isinstance(lookup, Sequence):
        return (table_of(lookup),) * count
    if len(lookup) != count:
        raise ValueError("there must be one lookup table, or one for each script")
    return tuple(map(table_of, lookup))


def _quarantine(folder: _PathLike | None, work: Work, planned: Plan) -> Quarantine | None:
    if folder is None or work.dry_run:
        return None
    from dicomedit.batch.quarantine import Quarantine

    found = Quarantine(Path(folder), work.source, work.inputs)
    found.check(planned.folder)
    return found


def _executor(jobs: int | None, planned: Plan, work: Work, journal: Journal | None) -> Executor:
    import sys

    count = min(workers_for(jobs, planned, *work.inputs), planned.count)
    if count < 2 or not sys.executable:
        return serial
    from dicomedit.batch.processes import Processes

    return Processes(count, () if journal is None else (journal.descriptor,))


def workers_for(jobs: int | None, planned: Plan, *inputs: Path) -> int:
    """Return how many processes a run should have; None stands for as many as are of use."""
    if jobs is not None:
        return jobs
    if planned.count <= FEW_FILES and not any(map(_is_large, inputs)):
        return 1
    return cores()


def _is_large(source: Path) -> bool:
    if not source.is_dir():
        return False
    size = 0
    for path in find_files(source):
        try:
            size += path.stat().st_size
        except OSError:
            continue  # it is gone; the run will tell
        if size > FEW_BYTES:
            return True
    return False
