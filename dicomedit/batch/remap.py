"""A remap as programs of a run: the mapping with its scripts of version 4, then those of 6."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from dicomedit.batch.program import Program
from dicomedit.batch.recipe import Recipe
from dicomedit.batch.survey import survey
from dicomedit.errors import Diagnostic, DicomFileError, ScriptError, Severity, Source, Span
from dicomedit.io.bundled import bundled_script
from dicomedit.io.source import read_source
from dicomedit.records import field
from dicomedit.remap.compile import compile_mapping, is_version_4
from dicomedit.remap.config import ROOT as CONFIG_ROOT
from dicomedit.remap.config import Config, read_config
from dicomedit.remap.coverage import Coverage
from dicomedit.remap.document import ROOT, RemapDocument, read_remap
from dicomedit.remap.layout import layout
from dicomedit.remap.mapping import Mapping, stand_in
from dicomedit.remap.reading import Header, HeaderReader
from dicomedit.remap.sheet import read_sheet
from dicomedit.remap.table import check_table, mapping_of, read_table
from dicomedit.remap.xml_tree import MAX_BYTES, decode, parse

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dicomedit.lang.program import CompiledScript

BASIC = "basic"
"""The script of this name comes with the package, unless there is a file with it."""


class RemapRecipe(Recipe):
    """What a mapping and its scripts of version 4 are compiled from; they make one program."""

    mapping: Mapping | None = field(default=None, repr=False)
    scripts: tuple[Recipe, ...] = ()
    is_strict: bool = False

    def compile(self, loader: object = None) -> CompiledScript:
        """Return the program."""
        assert self.mapping is not None
        scripts = [each.compile() for each in self.scripts]
        return compile_mapping(self.mapping, scripts, is_strict=self.is_strict)

    def sources(self) -> Iterator[Source]:
        """Yield all texts; that of the mapping is a digest, and so are its expressions."""
        yield self.source
        for each in self.scripts:
            yield from each.sources()
        if self.is_strict:
            yield Source("--strict", "strict")


# --- reading ------------------------------------------------------------------------------------


def read_xml(path: Path) -> Config | RemapDocument:
    """Return what an XML file says, a configuration or a mapping; raise ScriptError."""
    text = decode(str(path), _xml_bytes(path))
    document = parse(str(path), text, hides_values=f"<{CONFIG_ROOT}" not in text)
    if document.root.name == ROOT:
        return read_remap(document, text)
    return read_config(document)


def read_config_file(path: Path) -> Config:
    """Return a configuration; raise ScriptError when the file is none."""
    text = decode(str(path), _xml_bytes(path))
    return read_config(parse(str(path), text, hides_values=f"<{CONFIG_ROOT}" not in text))


def _xml_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise _unreadable(path, reason) from None
    if len(data) > MAX_BYTES:
        raise _unreadable(path, f"the file is larger than {MAX_BYTES} bytes")
    return data


def _unreadable(path: Path, reason: str) -> ScriptError:
    return ScriptError([Diagnostic("unreadable-file", reason, Source(str(path), ""), Span(0, 0))])


def read_mapping(
    config: Config,
    values: Path,
    *,
    strict: bool = False,
    ignore_header: bool = False,
    show_values: bool = False,
) -> Mapping:
    """Return the rules of a configuration and a filled table.

    Raises ScriptError with all that is wrong with the table; when it is `strict`, records without
    a value are wrong, too.
    """
    if not config.remapped_levels:
        message = "no column of the configuration has new values: none has the attribute remap"
        raise ScriptError([Diagnostic("bad-table", message, Source(str(values), ""), Span(0, 0))])
    sheet = read_sheet(values, [column.header for column in layout(config)])
    table = read_table(config, sheet, ignore_header=ignore_header)
    notices = check_table(table, strict=strict, show_values=show_values)
    return mapping_of(table, notices)


def empty_mapping(name: str) -> Mapping:
    """Return a mapping that changes nothing, for scripts on their own."""
    return Mapping(stand_in(name, "", 1), (), ())


def read_script(name: str) -> Source:
    """Return a script; ``basic`` is the one of the package unless there is such a file."""
    if name == BASIC and not Path(name).exists():
        return read_source(bundled_script("basic.das"))
    return read_source(name)


# --- programs -----------------------------------------------------------------------------------


def programs_of(
    mapping: Mapping,
    scripts: Sequence[Source] = (),
    *,
    dialect: int | None = None,
    strict: bool = False,
) -> tuple[Program, ...]:
    """Return the programs of a remap, in the order in which they are applied.

    The first one is the mapping together with all scripts of version 4, which read the untouched
    input and win over it; of several scripts the first one wins. Scripts of version 6 follow, and
    read what those before them have left. Raises ScriptError.
    """
    early: list[Recipe] = []
    late: list[Program] = []
    for source in scripts:
        recipe = Recipe(source, dialect, False, None)
        compiled = recipe.compile()
        if is_version_4(compiled):
            early.append(recipe)
        else:
            late.append(Program(compiled, recipe))
    whole = RemapRecipe(
        mapping.source, None, False, mapping=mapping, scripts=tuple(early), is_strict=strict
    )
    return (Program(whole.compile(), whole), *late)


# --- coverage -----------------------------------------------------------------------------------


def cover(
    mapping: Mapping,
    files: Iterable[Path],
    *,
    jobs: int | None = 1,
    on_header: Callable[[Header], None] | None = None,
) -> Coverage:
    """Return which rules and files find each other, by a look at the headers of all files."""
    coverage = Coverage.of(mapping)
    for header in survey(HeaderReader(coverage.index.paths), files, jobs=jobs):
        if header.error is None:
            coverage.add(header)
        if on_header is not None:
            on_header(header)
    return coverage


def check_coverage(coverage: Coverage, *, strict: bool) -> list[Diagnostic]:
    """Return what deserves a word about rules and files that do not find each other.

    Raises ScriptError instead when it is `strict`.
    """
    severity = Severity.ERROR if strict else Severity.WARNING
    source = Source(coverage.mapping.source.name, "")
    found = [
        Diagnostic("no-such-record", message, source, Span(0, 0), None, severity)
        for message in coverage.unmatched()
    ]
    found += [
        Diagnostic("not-covered", f"{path}: {message}", source, Span(0, 0), None, severity)
        for path, message in coverage.uncovered
    ]
    more = coverage.uncovered_count - len(coverage.uncovered)
    if more:
        message = f"{more} more files like these"
        found.append(Diagnostic("not-covered", message, source, Span(0, 0), None, severity))
    if strict and found:
        raise ScriptError(found)
    return found


def no_files(paths: Sequence[Path]) -> DicomFileError:
    """Return the error for inputs without any DICOM file."""
    return DicomFileError(", ".join(map(str, paths)), "there is no DICOM file")
