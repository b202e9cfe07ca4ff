"""The programming interface: compile a script, apply it to data sets and files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from dicomedit.batch.recipe import Recipe, remembering
from dicomedit.batch.rows import Stamp
from dicomedit.dicom.file_meta import renew_file_meta
from dicomedit.dicom.levels import Instance
from dicomedit.dicom.lookout import Lookout
from dicomedit.dicom.uids import UidMap
from dicomedit.dicom.views import Buffer
from dicomedit.errors import Diagnostic, DicomFileError, Source
from dicomedit.io.fetch import UrlFetcher
from dicomedit.io.read import DicomFile, read_file, read_zipped
from dicomedit.io.scan import prepare_folder
from dicomedit.io.source import include_loader, read_source
from dicomedit.io.write import encode_instance, is_gzip_name, write_atomically, zipped
from dicomedit.lang.lookup import LookupTable
from dicomedit.lang.program import CompiledScript, Outcome, Resources, Variable
from dicomedit.records import Record, field, replace

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.batch.audit import Observer
    from dicomedit.batch.placing import Placing
    from dicomedit.dicom.dataset_instance import Dataset
    from dicomedit.io.places import Loaded, PlaceStatus, Target
    from dicomedit.lang.coverage import Coverage

Lookup = LookupTable | Mapping[tuple[str, str], str]


class Options(Record):
    """How scripts are applied, beyond what they say."""

    strict_lookup: bool = False
    """An unknown key of ``lookup`` is an error; otherwise it gives nothing, and a notice."""

    honour_fill: bool = False
    """``alterPixels`` fills with the value it is given; otherwise always with 0."""

    keep_file_meta: bool = False
    """Keep file meta information such as the name of the sending device."""

    allow_unset: bool = False
    """In scripts of DicomEdit 4 a variable without any value is nothing, as it was originally;
    otherwise it is an error, as it always is in version 6."""

    uid_root: str | None = None
    """Where new UIDs are made, for what does not say so itself; otherwise under 2.25."""

    source_title: str | None = None
    """What a result says of the program that it comes from, in (0002,0016)."""

    gzip: bool = False
    """Files named ``.gz`` are read and written as gzip files; otherwise they are not DICOM."""


DEFAULTS = Options()


def table_of(lookup: Lookup | None) -> LookupTable:
    """Return a lookup given in either form as a table."""
    if lookup is None:
        return LookupTable()
    return lookup if isinstance(lookup, LookupTable) else LookupTable(dict(lookup))


def resources_of(
    lookup: Lookup | None,
    uid_map: UidMap | None,
    allow_urls: Sequence[str] | UrlFetcher,
    options: Options,
) -> Resources:
    """Return what one run of a script may use."""
    fetcher = allow_urls if isinstance(allow_urls, UrlFetcher) else None
    if fetcher is None and allow_urls:
        fetcher = UrlFetcher(allow_urls)  # type: ignore[arg-type]
    resources = Resources(
        lookup=table_of(lookup),
        uid_map=UidMap() if uid_map is None else uid_map,
        strict_lookup=options.strict_lookup,
        honour_fill=options.honour_fill,
        allow_unset=options.allow_unset,
        uid_root=options.uid_root,
    )
    return resources if fetcher is None else replace(resources, fetch=fetcher.fetch)


class Program(Record):
    """A compiled script. Applying it leaves nothing behind in it: use it as often as you like.

    A pickled program is the text of its script, which is compiled where it arrives.
    """

    _script: CompiledScript = field(repr=False, compare=False)
    recipe: Recipe = field(repr=False)

    def __reduce__(self) -> tuple[object, ...]:
        """Compiled scripts consist of functions, which cannot be pickled; their texts can."""
        return _cooked, (self.recipe,)

    @property
    def name(self) -> str:
        """The name of the script, as messages show it."""
        return self._script.source.name

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables the script expects from outside, and those it describes."""
        return self._script.variables

    @property
    def dialect(self) -> int:
        """The version of the language that the script is read as: 4 or 6."""
        return self._script.dialect

    def takes_variable(self, name: str) -> bool:
        """Whether the script knows a variable of this name, spelt as its dialect tells names."""
        key = self._told(name)
        return any(self._told(variable.name) == key for variable in self.variables)

    def is_given(self, variable: Variable, variables: Iterable[str]) -> bool:
        """Whether one of the names given stands for a variable of the script."""
        key = self._told(variable.name)
        return any(self._told(name) == key for name in variables)

    def _told(self, name: str) -> str:
        return name.lower() if self.dialect == 4 else name

    @property
    def notices(self) -> tuple[Diagnostic, ...]:
        """What deserves a word about the script without being wrong."""
        return self._script.notices

    def apply(
        self,
        ds: Dataset,
        *,
        variables: Mapping[str, str] | None = None,
        lookup: Lookup | None = None,
        uid_map: UidMap | None = None,
        allow_urls: Sequence[str] | UrlFetcher = (),
        options: Options = DEFAULTS,
    ) -> Outcome:
        """Edit a data set in place and tell what was done.

        `lookup` is the table for ``lookup``; `uid_map` makes ``mapUID`` give the same UIDs in
        several calls; `allow_urls` are the addresses ``getURL`` may ask. When the script fails,
        or rejects the instance, the data set is as it was. Raises EvaluationError.
        """
        # Only who has a pydicom Dataset has a use for pydicom.
        from dicomedit.dicom.dataset_instance import attach_file_meta, has_file_meta, open_instance

        instance = open_instance(ds)
        resources = resources_of(lookup, uid_map, allow_urls, options)
        outcome = self.edit(instance, variables or {}, resources)
        if not outcome.rejected:
            if has_file_meta(ds):
                finish(instance, options)
            attach_file_meta(ds, instance)
        return outcome

    def apply_file(
        self,
        source: str | os.PathLike[str],
        destination: str | os.PathLike[str],
        *,
        variables: Mapping[str, str] | None = None,
        lookup: Lookup | None = None,
        uid_map: UidMap | None = None,
        allow_urls: Sequence[str] | UrlFetcher = (),
        options: Options = DEFAULTS,
    ) -> Outcome:
        """Edit a copy of a file and write it in one step, or not at all.

        Nothing is written when the script fails or rejects the instance. An existing destination
        is replaced only by a complete new file, and is never the source. Raises EvaluationError
        or DicomFileError.
        """
        resources = resources_of(lookup, uid_map, allow_urls, options)
        step = Step(self, variables or {}, resources)
        prepare_folder(Path(destination).parent)
        outcome, _ = edit_file([step], Path(source), Path(destination), options)
        return outcome

    @property
    def coverage(self) -> Coverage | None:
        """What was reached so far, of a program that was compiled for it."""
        return self._script.coverage

    @property
    def wanted(self) -> frozenset[int]:
        """The tags the script looks for at every level."""
        return self._script.wanted

    def edit(
        self,
        instance: Instance,
        variables: Mapping[str, str],
        resources: Resources,
        *,
        tell_changes: bool = True,
    ) -> Outcome:
        """Edit an opened instance, but for its file meta information: see `finish`."""
        return self._script.edit(instance, variables, resources, tell_changes=tell_changes)


def finish(instance: Instance, options: Options) -> None:
    """Bring file meta information in line with what scripts did, or undo all they did."""
    try:
        renew_file_meta(instance, keep=options.keep_file_meta, source_title=options.source_title)
    except BaseException:
        instance.journal.undo()
        raise


class Step(Record):
    """One script of a run, with what it is given."""

    program: Program
    variables: Mapping[str, str]
    resources: Resources


def edit_file(
    steps: Sequence[Step],
    source: Path | Loaded,
    destination: Path | Target | None,
    options: Options,
    *,
    tell_changes: bool = True,
    digest_of: Callable[[Path | Loaded], str] | None = None,
    placing: Placing | None = None,
    observer: Observer | None = None,
    lookout: Lookout | None = None,
) -> tuple[Outcome, Stamp]:
    """Apply scripts in order to one file; without a destination nothing is written.

    The folder of the destination is there already. A `placing` sees the instance before it is
    edited, and decides on the destination afterwards. With `tell_changes` the outcome lists every
    change. Also returns what tells the input from a changed one; `digest_of` adds its digest. An
    input that changes while it is read is an error. An `observer` sees what is done. Who edits many
    files gives a `lookout` for the same scripts again and again.
    """
    before = stat_of(source) if isinstance(source, Path) else source.before
    _check_other(source, before, destination)
    with read_as(source, lookout or Lookout(wanted_by(steps)), options) as file:
        instance = file.open(complete=tell_changes)
        if placing is not None:
            placing.look(instance.root)
        if observer is not None:
            instance = observer.opened(instance)
        digest = None if digest_of is None else digest_of(source)
        outcome = edit_instance(
            steps, instance, options, tell_changes=tell_changes, observer=observer
        )
        if outcome.rejected:
            check_unchanged(source, before)
            return outcome, stamp_of(before, digest)
        if placing is not None:
            placed = placing.place(instance, destination)
            if placed is not destination:
                destination = placed
                _check_other(source, before, destination)
        parts: list[Buffer] = list(encode_instance(instance))
        if options.gzip and isinstance(destination, Path) and is_gzip_name(destination):
            parts = list(zipped(parts))
        written = parts if observer is None else observer.written(parts)
        if destination is None:
            check_unchanged(source, before)
        elif isinstance(destination, Path):
            # Large files are not read before they are written, so this is when it counts.
            write_atomically(destination, written, check=lambda: check_unchanged(source, before))
        else:
            destination.write(_checked_last(written, source, before))
        return outcome, stamp_of(before, digest, sum(map(len, parts)))


def read_as(source: Path | Loaded, lookout: Lookout, options: Options) -> DicomFile:
    """Return the elements of a file as the options say that files are read."""
    if options.gzip and isinstance(source, Path):
        return read_zipped(source, lookout)
    return read_file(source, lookout)


def wanted_by(steps: Sequence[Step]) -> frozenset[int]:
    """Return the tags that scripts look for at every level."""
    return frozenset().union(*(step.program.wanted for step in steps))


def edit_instance(
    steps: Sequence[Step],
    instance: Instance,
    options: Options,
    *,
    tell_changes: bool = True,
    observer: Observer | None = None,
) -> Outcome:
    """Apply scripts in order to an opened instance, up to one that rejects it; raise what they do.

    Its file meta information is in line with it afterwards, and it can be encoded.
    """
    outcomes: list[Outcome] = []
    for number, step in enumerate(steps, 1):
        tell = tell_changes and number == len(steps)
        edit = step.program.edit
        outcomes.append(edit(instance, step.variables, step.resources, tell_changes=tell))
        if outcomes[-1].rejected:
            return _merged(outcomes)
        if observer is not None:
            observer.applied(instance, is_last=number == len(steps))
    finish(instance, options)
    return _merged(outcomes)


def stamp_of(
    status: os.stat_result | PlaceStatus, digest: str | None = None, output_size: int | None = None
) -> Stamp:
    """Return what tells an input from a changed one."""
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, digest, output_size)


def stat_of(source: Path | Loaded) -> os.stat_result | PlaceStatus:
    """Return what the system, or a store, says of a file; raise DicomFileError."""
    try:
        return source.stat()
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise DicomFileError(str(source), reason, code="cannot-read") from None


def _checked_last(
    parts: Iterable[Buffer], source: Path | Loaded, before: os.stat_result | PlaceStatus
) -> Iterator[Buffer]:
    """Yield the parts of a result, then raise DicomFileError if the source is not as it was.

    Large files are not read before they are written, so this is when it counts: the result does
    not have its name yet.
    """
    yield from parts
    check_unchanged(source, before)


def check_unchanged(source: Path | Loaded, before: os.stat_result | PlaceStatus) -> None:
    """Raise DicomFileError when a file is not what it was."""
    after = stat_of(source)
    is_same = (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    # Stores tell times in seconds, and content by a tag, which takes the place of `st_ctime_ns`.
    if not is_same or (not isinstance(source, Path) and after != before):
        raise DicomFileError(
            str(source),
            "the file changed while it was read: perhaps it is still being written",
            code="changed-while-read",
        )


def _merged(outcomes: Sequence[Outcome]) -> Outcome:
    """Return several scripts' outcomes on one instance as one; the last one knows all changes."""
    last = outcomes[-1]
    return Outcome(
        last.rejected,
        last.reason,
        last.is_changed,
        last.changes,
        tuple(line for outcome in outcomes for line in outcome.echo),
        tuple(notice for outcome in outcomes for notice in outcome.notices),
    )


def _check_other(
    source: Path | Loaded,
    status: os.stat_result | PlaceStatus,
    destination: Path | Target | None,
) -> None:
    """Raise DicomFileError when the result would take the place of the input."""
    if destination is not None and _is_same_file(source, status, destination):
        reason = "the destination is the source itself"
        raise DicomFileError(str(source), reason, code="output-is-input")


def _is_same_file(
    source: Path | Loaded, status: os.stat_result | PlaceStatus, destination: Path | Target
) -> bool:
    if not isinstance(destination, Path):
        return not isinstance(source, Path) and source.place == destination
    if not isinstance(source, Path):
        return source.place.holds(destination)
    try:
        return os.path.samestat(status, destination.stat())  # type: ignore[arg-type]
    except OSError:
        return False


def compile_script(
    script: str | os.PathLike[str],
    *,
    dialect: int | None = None,
    newer_versions: bool = False,
    include_from: str | os.PathLike[str] | None = None,
    coverage: bool = False,
) -> Program:
    """Compile a script, given as text or as the path of a file (a `pathlib.Path`).

    A script with a version statement is DicomEdit 6, one without is DicomEdit 4; `dialect`, 4 or
    6, forces one. `newer_versions` admits the versions 6.7 to 6.9 and their functions.
    `include_from` is the folder from which the script may include files; without it, it may not.
    With `coverage` the program counts which of its statements and branches are reached.
    Raises ScriptError with every error that was found.
    """
    source = Source("<script>", script) if isinstance(script, str) else read_source(script)
    included: dict[str, Source] = {}
    loader = None if include_from is None else remembering(include_loader(include_from), included)
    allowed = None if loader is None else included
    recipe = Recipe(source, dialect, newer_versions, allowed, coverage)
    return Program(recipe.compile(loader), recipe)


def _cooked(recipe: Recipe) -> Program:
    return Program(recipe.compile(), recipe)


def apply(
    script: str | os.PathLike[str] | Program,
    ds: Dataset,
    *,
    variables: Mapping[str, str] | None = None,
    lookup: Lookup | None = None,
    uid_map: UidMap | None = None,
    allow_urls: Sequence[str] | UrlFetcher = (),
    options: Options = DEFAULTS,
    dialect: int | None = None,
) -> Outcome:
    """Edit a data set in place with a script: its text, the path of its file, or a Program.

    See `Program.apply` for the other arguments, and for what is raised.
    """
    program = script if isinstance(script, Program) else compile_script(script, dialect=dialect)
    return program.apply(
        ds,
        variables=variables,
        lookup=lookup,
        uid_map=uid_map,
        allow_urls=allow_urls,
        options=options,
    )
