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
from dicomedit.errors import DicomEditError, DicomFileError
from dicomedit.io.fetch import UrlFetcher
from dicomedit.io.scan import (
    Plan,
    find_files,
    is_plain,
    is_url,
    masked,
    plan,
    plan_delivery,
    prepare_folder,
)
from dicomedit.lang.lookup import LookupTable

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.batch.audit import Audit
    from dicomedit.batch.delivery import Delivery
    from dicomedit.batch.dicomdir import MediaDirectory
    from dicomedit.batch.journal import Journal
    from dicomedit.batch.layout import Layout
    from dicomedit.batch.names import Names
    from dicomedit.batch.quarantine import Quarantine
    from dicomedit.batch.report_file import ReportFile
    from dicomedit.batch.report_writer import ReportWriter
    from dicomedit.batch.serial import Executor
    from dicomedit.io.places import Place

__all__ = ["Report", "Row", "Rows", "Stamp", "Status", "Stop", "iterate", "run", "summary_of"]

Script = str | os.PathLike[str] | Program
"""A script's text, the path of its file, or a compiled one."""

_PathLike = str | os.PathLike[str]

Input = str | os.PathLike[str]
"""A file, a folder, an archive, as a text also a pattern or the address of a store."""

FEW_FILES = 200
FEW_BYTES = 32 << 20
"""What a single process has done before others could be started."""


def run(
    scripts: Script | Sequence[Script],
    source: Input | Sequence[Input],
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
    scheduler: str | None = None,
    archives: bool = False,
    dicomdir: bool = False,
    layout: str = "mirror",
    report: str | os.PathLike[str] | ReportFile | None = None,
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
        scheduler=scheduler,
        archives=archives,
        dicomdir=dicomdir,
        layout=layout,
        report=report,
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
    source: Input | Sequence[Input],
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
    scheduler: str | None = None,
    archives: bool = False,
    dicomdir: bool = False,
    layout: str = "mirror",
    report: str | os.PathLike[str] | ReportFile | None = None,
    stop: Stop | None = None,
    executor: Executor | None = None,
    delivery: Delivery | None = None,
    planned: Plan | None = None,
) -> Rows:
    """Apply scripts as `run` does; return an iterator of rows, one file each, in a stable order.

    `source` is a file, a folder, a zip or tar archive, as a text also a pattern such as
    ``in/**/*.dcm`` or the address of an object store, or a sequence of inputs; `archives` opens
    those in folders, too. `destination` is a folder, or the address of a store. At the end of a
    run `dicomdir` lists the results in a new DICOMDIR, which must be able to name them.

    Each result is written whole under the input's relative path, or not at all: not when a
    script fails, not when it rejects the file, and never over an input. With another `layout` than
    ``"mirror"`` it is written directly in the folder under the input's file name (``"flat"``), or
    under a name made of edited elements, such as ``"{PatientID}/{SOPInstanceUID|none}.dcm"``; then
    a name that another input has claimed, or a file that no earlier run of the journal has made,
    fails the input. Files that are not DICOM
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
    `retries` times. A `scheduler` is the address of a Dask cluster that edits the files, or
    ``"local"`` for one of `jobs` workers that is started. A `stop` ends the run early; an
    `executor` takes the place of `jobs`. With a `delivery` results do not become files but are
    handed to it; `destination` is then its name, and without scripts files are handed on as they
    are. With `planned` there may be several inputs; `source` is the folder they are all in. A
    `report` is the file for a report in JSON Lines, CSV or Parquet, by its suffix, or a ReportFile
    that says more; it is complete when the iterator is closed.

    Raises ScriptError or DicomFileError before anything is touched when a script, the input or
    the output cannot be used; what happens to a single file is told in its row.
    """
    if on_error not in ("continue", "stop"):
        raise ValueError('on_error is "continue" or "stop"')
    if jobs is not None and jobs < 1:
        raise ValueError("jobs is at least 1, or None for all cores")
    programs = _programs(scripts, dialect) if scripts or delivery is None else ()
    chosen = None if layout == "mirror" else _layout(layout, destination, delivery)
    base, planned = planned_of(source, destination, archives, delivery, planned)
    _check_layout(chosen, planned)
    work = Work(
        programs,
        _tables(lookup, len(programs)),
        dict(variables or {}),
        options,
        base,
        dry_run,
        tell_changes,
        show_values,
        retries,
        digests,
        delivery,
        planned.inputs,
        chosen,
        None if report is None else _audit(report),
    )
    fetcher = UrlFetcher(allow_urls)
    _check_scheduler(scheduler)
    checked = _quarantine(quarantine, work, planned)
    _check_local(journal, "the journal")
    directory = _directory(planned) if dicomdir and not dry_run else None
    uids = UidKeeping.of(uid_map, None if uid_map_file is None else Path(uid_map_file))
    if not dry_run:
        uids.prove()
        _prove_output(work, planned)
    if checked is not None:
        checked.prepare()
    writer = None if report is None else _writer(report, work, planned)
    opened: Journal | None = None
    names = None
    try:
        opened = open_chosen(work, planned.folder, tuple(allow_urls), journal, resume=resume)
        uids.begin(opened, resume=resume)
        if chosen is not None:
            names = _names(work, chosen, opened, journal, resume=resume, dicomdir=dicomdir)
    except BaseException:
        if opened is not None:
            opened.close()
        if writer is not None:
            writer.abandon()
        raise
    rows = Rows(
        work,
        planned,
        Shared(uids.map, fetcher.fetch, names),
        executor or _executor(jobs, planned, work, opened, scheduler),
        opened,
        uids,
        checked,
        Stop() if stop is None else stop,
        on_error == "stop",
    )
    rows.directory = directory
    rows.writer = writer
    return rows


def _check_scheduler(scheduler: str | None) -> None:
    if scheduler is not None:
        from dicomedit.batch.cluster_link import check_scheduler

        check_scheduler(scheduler)


def _prove_output(work: Work, planned: Plan) -> None:
    """Make the output folder, or reach who takes the results; raise what is wrong with it."""
    if work.delivery is None:
        prepare_folder(planned.folder)
    else:
        work.delivery.open().close()


def planned_of(
    source: Input | Sequence[Input],
    destination: _PathLike,
    archives: bool,
    delivery: Delivery | None = None,
    planned: Plan | None = None,
) -> tuple[Path | Place, Plan]:
    """Return the input, as what stands for all inputs, and what is to be done."""
    if planned is not None:
        return Path(source), planned  # type: ignore[arg-type]
    if delivery is not None:
        return _plan_delivery(source, delivery, archives)
    if not archives and is_plain(source) and not is_url(destination):
        path = Path(source)  # type: ignore[arg-type]
        return path, plan(path, Path(destination))
    # Only who has more than a file or a folder waits for what it needs.
    if is_url(destination) or is_url(source):
        from dicomedit.io.remote import plan_remote

        return plan_remote(source, destination, archives=archives)
    from dicomedit.io.inputs import plan_inputs

    return plan_inputs(source, Path(destination), archives=archives)


def _plan_delivery(
    source: Input | Sequence[Input], delivery: Delivery, archives: bool
) -> tuple[Path, Plan]:
    if archives or not is_plain(source):
        raise DicomFileError(
            str(delivery.name), "only a file or a folder can be sent to a DICOM peer"
        )
    path = Path(source)  # type: ignore[arg-type]
    return path, plan_delivery(path, delivery.name)


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
    _check_local(folder, "the quarantine folder")
    from dicomedit.batch.quarantine import Quarantine

    found = Quarantine(Path(folder), work.source, work.inputs)
    found.check(planned.folder)
    return found


def _layout(text: str, destination: _PathLike, delivery: Delivery | None) -> Layout | None:
    if delivery is not None or is_url(destination):
        where = delivery.name if delivery is not None else masked(str(destination))
        raise DicomFileError(str(where), "a layout names results in a folder of this machine only")
    from dicomedit.batch.layout import layout_of

    return layout_of(text, Path(destination))


def _check_layout(layout: Layout | None, planned: Plan) -> None:
    """Raise DicomFileError when the result has its name already: that of the output."""
    if layout is not None and planned.folder != layout.folder:
        reason = "the output is the name of one result; a layout needs a folder as output"
        raise DicomFileError(str(layout.folder), reason)


def _names(
    work: Work,
    layout: Layout,
    opened: Journal | None,
    chosen: bool | _PathLike | None,
    *,
    resume: bool,
    dicomdir: bool,
) -> Names:
    from dicomedit.batch.journal import journal_path
    from dicomedit.batch.names import Names, names_path

    names = Names(layout.folder, work.source)
    if dicomdir:
        names.reserve("DICOMDIR")
    if opened is not None:
        names.open(names_path(opened.path), resume=resume, writes=True)
    elif work.dry_run and chosen is not False:
        path = journal_path(layout.folder) if chosen in (None, True) else Path(chosen)  # type: ignore[arg-type]
        names.open(names_path(path), resume=resume, writes=False)
    return names


def _directory(planned: Plan) -> MediaDirectory:
    from dicomedit.batch.dicomdir import MediaDirectory

    if not isinstance(planned.folder, Path):
        raise DicomFileError(str(planned.folder), "a DICOMDIR is written on this machine only")
    return MediaDirectory(planned.folder)


def _audit(report: _PathLike | ReportFile) -> Audit:
    from dicomedit.batch.audit import Audit

    return Audit(getattr(report, "uids", False))


def _writer(report: _PathLike | ReportFile, work: Work, planned: Plan) -> ReportWriter:
    from dicomedit.batch.report_choice import begin_report

    return begin_report(report, work, planned)


def _check_local(path: object, what: str) -> None:
    if is_url(path):
        raise DicomFileError(masked(str(path)), f"{what} must be on this machine")


def _executor(
    jobs: int | None,
    planned: Plan,
    work: Work,
    journal: Journal | None,
    scheduler: str | None = None,
) -> Executor:
    if scheduler is not None:
        from dicomedit.batch.cluster import Cluster

        if not (isinstance(work.source, Path) and isinstance(planned.folder, Path)):
            raise DicomEditError(
                "a cluster edits a file or folder of a file system that its workers share;"
                " archives, lists and stores are for this machine"
            )
        return Cluster(scheduler, jobs or cores(), None if work.dry_run else planned.folder)
    import sys

    count = min(workers_for(jobs, planned, *work.inputs), planned.count)
    private = (getattr(each, "is_private", False) for each in (work.source, planned.folder))
    if count < 2 or not sys.executable or any(private):
        return serial
    from dicomedit.batch.processes import Processes

    return Processes(count, () if journal is None else (journal.descriptor,))


def workers_for(jobs: int | None, planned: Plan, *inputs: Path | Place) -> int:
    """Return how many processes a run should have; None stands for as many as are of use."""
    if jobs is not None:
        return jobs
    if planned.count <= FEW_FILES and not any(map(_is_large, inputs)):
        return 1
    return cores()


def _is_large(source: Path | Place) -> bool:
    if not isinstance(source, Path) or not source.is_dir():
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
