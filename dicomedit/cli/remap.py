"""`dicomedit remap`: values from a filled table, or from one XML mapping, over an archive."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dicomedit.batch.program import Options
from dicomedit.batch.remap import (
    check_coverage,
    cover,
    empty_mapping,
    no_files,
    programs_of,
    read_mapping,
    read_script,
    read_xml,
)
from dicomedit.cli.counter import Counter
from dicomedit.cli.interrupts import stopping_on_interrupt
from dicomedit.cli.peer_options import delivery_options, is_peer
from dicomedit.cli.remap_options import set_up_options
from dicomedit.cli.remap_variables import ask_for_variables
from dicomedit.cli.report_options import report_options
from dicomedit.cli.run import begin, work_through
from dicomedit.cli.run_options import working_options
from dicomedit.cli.variables import variables_of
from dicomedit.dicom.uids import MAX_PREFIX, is_prefix
from dicomedit.errors import Diagnostic, DicomFileError, ScriptError, Source, Span
from dicomedit.io.roots import Inputs, plan_inputs, plan_inputs_delivery
from dicomedit.records import Record, field
from dicomedit.remap.config import Config
from dicomedit.remap.document import RemapDocument, write_remap
from dicomedit.remap.mapping import Mapping

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from dicomedit.batch.program import Program
    from dicomedit.io.scan import Plan
    from dicomedit.remap.reading import Header

SOURCE_TITLE = "DicomRemap"
"""What (0002,0016) says of every file that a remap writes."""


class Task(Record):
    """What the arguments and the XML file ask for together."""

    mapping: Mapping
    inputs: tuple[Path, ...]
    output: Path | str
    """A folder, or the address of a DICOM peer."""

    scripts: tuple[str, ...]
    variables: dict[str, str] = field(repr=False)


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    set_up_options(parser)
    parser.set_defaults(command=execute, parser=parser)


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    _check_arguments(given)
    if given.init:
        return _init(given)
    task = _task(given)
    _tell(task.mapping.notices)
    scripts = [read_script(name) for name in task.scripts]
    programs = programs_of(task.mapping, scripts, dialect=given.dialect, strict=given.strict)
    for program in programs:
        _tell(program.notices)
    inputs = Inputs.of(task.inputs)
    sending = _sending(inputs, task.output, given)
    if isinstance(task.output, Path):
        plan = plan_inputs(inputs, task.output)
    else:
        plan = plan_inputs_delivery(inputs, sending["delivery"].name)
    _warn_of_unused(programs, task.variables)
    variables = ask_for_variables(programs, task.variables, inputs, given)
    _check_coverage(task.mapping, inputs, given)
    return _run(programs, inputs, plan, variables, given, sending)


def _check_arguments(given: argparse.Namespace) -> None:
    error = given.parser.error
    if given.uid_root_server is not None:
        error("-s: there is no UID root server; -r ROOT makes new UIDs under a root of your own")
    if given.uid_root is not None and not is_prefix(given.uid_root):
        error(
            f"-r: the root has to be a UID of at most {MAX_PREFIX} characters: a number of 39"
            " digits follows it, and a UID has at most 64 characters"
        )
    if given.init and (len(given.paths) != 2 or given.values is not None):
        error("--init takes a configuration and a table: --init CONFIG TABLE")


# --- what is asked for --------------------------------------------------------------------------


def _task(given: argparse.Namespace) -> Task:
    path = Path(given.paths[0])
    found = read_xml(path)
    if isinstance(found, Config):
        return _task_of_config(found, path, given)
    return _task_of_document(found, path.parent, given)


def _task_of_config(config: Config, path: Path, given: argparse.Namespace) -> Task:
    if len(given.paths) < 3:
        given.parser.error("a configuration, an input and an output are needed: XML IN... OUT")
    mapping = empty_mapping(str(path))
    if given.values is not None:
        mapping = _mapping(config, Path(given.values), given)
    elif given.strict and not given.scripts:
        given.parser.error("--strict needs --values: there is nothing to be strict about")
    return Task(mapping, *_places(given), tuple(given.scripts), variables_of(given, "--var"))


def _task_of_document(found: RemapDocument, folder: Path, given: argparse.Namespace) -> Task:
    if given.values is not None:
        given.parser.error("--values goes with a configuration (<Columns>); this is a <Remap>")
    scripts = (*given.scripts, *(_beside(folder, name) for name in found.scripts))
    variables = {**found.variables, **variables_of(given, "--var")}
    if len(given.paths) == 1 and found.inputs and found.output is not None:
        inputs = tuple(folder / name for name in found.inputs)
        output = _output(found.output, given)
        output = folder / output if isinstance(output, Path) else output
        return Task(found.mapping, inputs, output, scripts, variables)
    if len(given.paths) < 3:
        given.parser.error(
            "an input and an output are needed: IN... OUT, or <Input> and <Output> in the mapping"
        )
    return Task(found.mapping, *_places(given), scripts, variables)


def _beside(folder: Path, name: str) -> str:
    """Return the path of a script that a mapping names: its own folder is where it looks."""
    path = folder / name
    return name if name == "basic" and not path.exists() else str(path)


def _places(given: argparse.Namespace) -> tuple[tuple[Path, ...], Path | str]:
    _, *inputs, output = given.paths
    return tuple(map(Path, inputs)), _output(output, given)


def _output(text: str, given: argparse.Namespace) -> Path | str:
    """Return the output folder, which may be a ``file:`` URI, or the address of a DICOM peer."""
    if is_peer(text):
        return text
    scheme, colon, rest = text.partition(":")
    if scheme.lower() == "file" and colon:
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        address = urlsplit(text)
        if address.netloc not in ("", "localhost"):
            given.parser.error("the output is a folder of this machine")
        return Path(url2pathname(address.path))
    if colon and rest.startswith("//"):
        given.parser.error(f"the output is a folder or dicom://...; {scheme}: is not known here")
    return Path(text)


def _mapping(config: Config, values: Path, given: argparse.Namespace) -> Mapping:
    return read_mapping(
        config,
        values,
        strict=given.strict,
        ignore_header=given.ignore_header,
        show_values=given.show_values,
    )


def _init(given: argparse.Namespace) -> int:
    """Print a configuration and its table as one mapping."""
    path = Path(given.paths[0])
    config = read_xml(path)
    if not isinstance(config, Config):
        raise ScriptError([_problem(path, "this is a mapping already; --init takes <Columns>")])
    mapping = _mapping(config, Path(given.paths[1]), given)
    _tell(mapping.notices)
    try:
        text = "".join(write_remap(mapping))
    except ValueError as error:
        message = f"the table cannot be written as XML: {error}"
        raise ScriptError([_problem(Path(given.paths[1]), message)]) from None
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(text)
    else:
        binary.write(text.encode("utf-8"))
    return 0


def _problem(path: Path, message: str) -> Diagnostic:
    return Diagnostic("bad-table", message, Source(str(path), ""), Span(0, 0))


# --- the run ------------------------------------------------------------------------------------


def _check_coverage(mapping: Mapping, inputs: Inputs, given: argparse.Namespace) -> None:
    """Look at all headers before anything is written; raise when there is nothing to be done."""
    unread: list[Header] = []
    counter = Counter.of(quiet=given.quiet)

    def hear(header: Header) -> None:
        counter.add()
        if header.error is not None and not header.is_skipped:
            unread.append(header)

    coverage = cover(mapping, inputs.find(), jobs=given.jobs, on_header=hear)
    counter.clear()
    if not coverage.files and not unread:
        raise no_files([*inputs.folders, *inputs.files])
    if mapping.rules:
        _tell(check_coverage(coverage, strict=given.strict))
    if unread and given.strict:
        path = str(unread[0].path)
        reason = f"{unread[0].error}; with --strict nothing is written when a file cannot be read"
        raise DicomFileError(path, reason)


def _sending(inputs: Inputs, output: Path | str, given: argparse.Namespace) -> dict[str, Any]:
    """Return what a run needs to send its results; nothing when they become files."""
    if isinstance(output, Path):
        return {}
    return delivery_options([*inputs.folders, *inputs.files], output, given)


def _run(
    programs: Sequence[Program],
    inputs: Inputs,
    plan: Plan,
    variables: dict[str, str],
    given: argparse.Namespace,
    sending: dict[str, Any],
) -> int:
    options = Options(
        keep_file_meta=given.keep_file_meta,
        uid_root=given.uid_root,
        source_title=SOURCE_TITLE,
        gzip=True,
    )
    call: dict[str, Any] = {
        "variables": variables,
        "options": options,
        "dry_run": given.dry_run,
        "tell_changes": given.dry_run,
        "show_values": given.show_values,
        "planned": plan,
        **working_options(given),
        **report_options(given),
        **sending,
    }
    with stopping_on_interrupt() as stop:
        with stop.breakable():
            rows = begin(programs, str(inputs.common), str(plan.folder), call, stop)
        return work_through(rows, stop, given)


def _warn_of_unused(programs: Iterable[Program], variables: dict[str, str]) -> None:
    wanted = {each.name.lower() for program in programs for each in program.variables}
    for name in variables:
        if name.lower() not in wanted:
            message = f'nothing asks for the variable "{name}"; is it spelt as in the script?'
            print(f"warning: {message}", file=sys.stderr)


def _tell(notices: Iterable[Diagnostic]) -> None:
    for notice in notices:
        print(notice, file=sys.stderr)
