"""`dicomedit run`: scripts over a file or a folder."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from dicomedit.batch.program import Options, Program, compile_script
from dicomedit.batch.rows import Status
from dicomedit.batch.run import iterate
from dicomedit.cli.ending import tell_end
from dicomedit.cli.interrupts import stopping_on_interrupt
from dicomedit.cli.narrator import Narrator
from dicomedit.cli.peer_options import add_peer_options, delivery_options
from dicomedit.cli.report_options import add_report_options, report_options
from dicomedit.cli.run_inputs import add_input_options, inputs_of, tell_archives
from dicomedit.cli.run_options import add_working_options, working_options
from dicomedit.cli.variables import variables_of
from dicomedit.errors import DicomEditError
from dicomedit.io.read import ARCHIVE_REASON
from dicomedit.io.scan import is_plain, is_url
from dicomedit.io.source import read_source
from dicomedit.lang.lookup import LookupTable

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from dicomedit.batch.run import Input
    from dicomedit.batch.serial import Stop
    from dicomedit.batch.stream import Report, Rows

_DESCRIPTION = """\
Apply one or more scripts, in order, to a DICOM file or to every DICOM file below a folder.
Results get the names of the inputs. A file for which a script fails, or which a script rejects,
has no result, and the reason is printed. A file in which nothing changes is written all the same,
and counted as "unchanged". Inputs are never changed.

  dicomedit run anon.das ./in ./out
  dicomedit run anon.das ./in ./out --lookup subjects.txt --set project=P1
  dicomedit run first.das second.das ./in ./out
  dicomedit run anon.das ./in ./out --resume
  dicomedit run anon.das image.dcm ./out --dry-run
  dicomedit run anon.das ./in ./out --layout "{PatientID}/{StudyInstanceUID}/{SOPInstanceUID}.dcm"
  dicomedit run anon.das ./in dicom://pacs.example.org:11112/ARCHIVE
  dicomedit run anon.das study.zip ./out
  dicomedit run anon.das "./in/**/*.dcm" ./out
  dicomedit run anon.das @files.txt ./out
  dicomedit run anon.das s3://bucket/in s3://bucket/out"""


_MOST_DOUBTS = 10
_MEANINGS = {
    "identity-in-path": " (the path of the result contains the patient's name or ID of the input;"
    " --layout gives other names)"
}
SOME_FAILED = 1


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.usage = "dicomedit run [options] SCRIPT... IN OUT"
    parser.description = _DESCRIPTION
    parser.set_defaults(command=execute, parser=parser)
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="SCRIPT... IN OUT",
        help="script files, then the input (file, folder, archive, quoted pattern, @LIST, - or"
        " address of a store), then the output (folder, file or address, or"
        " dicom://[CALLING@]HOST[:PORT]/CALLED to send results to a DICOM peer)",
    )
    add_input_options(parser.add_argument_group("what is read"))
    add_inputs(parser.add_argument_group("what scripts are given"))
    add_permissions(parser.add_argument_group("what scripts may do"))
    _add_output(parser.add_argument_group("output"))
    add_peer_options(parser.add_argument_group("how results are sent (OUT is dicom://...)"))
    add_report_options(parser.add_argument_group("the report (for auditors)"))
    add_working_options(parser.add_argument_group("how files are worked through"))


def add_inputs(group: argparse._ArgumentGroup) -> None:
    """Give a parser the options that say what scripts are given."""
    group.add_argument(
        "--set",
        dest="variables",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="give a variable of the script a value; repeatable",
    )
    group.add_argument(
        "--allow-unset",
        action="store_true",
        help="in scripts of DicomEdit 4, take a variable without a value for nothing: what it is"
        " assigned to becomes empty; otherwise it is asked for, or an error",
    )
    group.add_argument("--lookup", metavar="FILE", help="lookup table for all scripts")
    group.add_argument(
        "--strict-lookup",
        action="store_true",
        help="fail where a value is not in the lookup table, instead of keeping it",
    )
    group.add_argument(
        "-s",
        dest="scripts",
        action="append",
        default=[],
        metavar="SCRIPT[,TABLE]",
        help="a script with a lookup table of its own; repeatable, in order",
    )
    group.add_argument(
        "--uid-map",
        metavar="FILE",
        help="take the UIDs of mapUID and mapReferencedUIDs from this file and keep new ones there"
        " (it holds original identifiers)",
    )


def add_permissions(group: argparse._ArgumentGroup) -> None:
    """Give a parser the options that say what scripts may do."""
    group.add_argument(
        "--allow-url",
        action="append",
        default=[],
        metavar="PATTERN",
        help="let getURL ask this host, host:port or https://host/path/*; repeatable",
    )
    group.add_argument(
        "--include-from",
        metavar="FOLDER",
        help="let scripts include files from below this folder",
    )
    group.add_argument(
        "--dialect",
        type=int,
        choices=[4, 6],
        help="read scripts as this version of the language; otherwise those with a version"
        " statement are 6, those without are 4",
    )
    group.add_argument(
        "--newer-versions",
        action="store_true",
        help="accept scripts of version 6.7 to 6.9, and functions newer than 6.6",
    )
    group.add_argument(
        "--honour-fill",
        action="store_true",
        help="let alterPixels fill with the value it is given, instead of 0",
    )


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--keep-file-meta",
        action="store_true",
        help="keep file meta information such as the name of the sending device",
    )
    group.add_argument(
        "--layout",
        default="mirror",
        metavar="LAYOUT",
        help="how results are named: as their inputs (mirror, the default), as their inputs but all"
        " in one folder (flat), or by a pattern over edited elements such as"
        ' "{PatientID}/{StudyDate|undated}/{SOPInstanceUID}.dcm"',
    )
    group.add_argument(
        "--dicomdir",
        action="store_true",
        help="write a new DICOMDIR for the results; their names must be as PS3.10 wants them",
    )
    group.add_argument(
        "--dry-run", action="store_true", help="write nothing; say what would change"
    )
    group.add_argument(
        "--coverage",
        metavar="FILE",
        help="write into this file which statements and branches of the scripts never fired, as"
        " JSON when its name ends in .json",
    )
    group.add_argument("-q", "--quiet", action="store_true", help="print failures only")
    group.add_argument(
        "--show-values",
        action="store_true",
        help="show values of elements in messages (they may identify patients)",
    )


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    scripts, source, destination = _split_paths(given)
    _check_coverage_file(given)
    inputs = inputs_of(source, given)
    is_counted = given.coverage is not None
    programs, tables, variables = prepare_scripts(scripts, given, coverage=is_counted)
    options = Options(
        given.strict_lookup, given.honour_fill, given.keep_file_meta, given.allow_unset
    )
    call: dict[str, Any] = {
        "variables": variables,
        "lookup": tables,
        "uid_map_file": given.uid_map,
        "allow_urls": given.allow_url,
        "options": options,
        "dry_run": given.dry_run,
        "tell_changes": given.dry_run,
        "show_values": given.show_values,
        "archives": given.archives,
        "dicomdir": given.dicomdir,
        "layout": given.layout,
        **report_options(given),
        **working_options(given),
        **delivery_options([source], destination, given),
    }
    with stopping_on_interrupt() as stop:
        with stop.breakable():
            rows = begin(programs, inputs, destination, call, stop)
        has_version_4 = any(each.dialect == 4 for each in programs)
        status = work_through(rows, stop, given, has_version_4=has_version_4)
    _write_coverage(programs, given)
    return status


def prepare_scripts(
    scripts: Sequence[tuple[str, str | None]],
    given: argparse.Namespace,
    *,
    coverage: bool = False,
) -> tuple[list[Program], list[LookupTable | None], dict[str, str]]:
    """Return compiled scripts, their tables, and the variables, after all warnings about them.

    A script is given as the name of its file and that of its own table, if it has one.
    """
    programs = [
        compile_script(
            Path(name),
            dialect=given.dialect,
            newer_versions=given.newer_versions,
            include_from=given.include_from,
            coverage=coverage,
        )
        for name, _ in scripts
    ]
    tables = [_read_table(table or given.lookup, given) for _, table in scripts]
    _warn_of_unused(programs, given)
    variables = variables_of(given)
    if not given.allow_unset:
        variables = _with_missing(programs, variables, given.parser)
    for program in programs:
        for notice in program.notices:
            print(notice, file=sys.stderr)
    return programs, tables, variables


def begin(
    programs: Sequence[Program],
    source: str | Sequence[Input],
    destination: str,
    call: dict[str, Any],
    stop: Stop,
) -> Rows:
    """Begin the run; without a journal if none can be kept, and nobody asked for one."""
    keeps_journal = call.pop("keeps_journal")
    is_file = is_plain(source) and not os.path.isdir(str(source))
    is_single = is_file and not is_url(destination) and call["layout"] == "mirror"
    if not keeps_journal or is_single:
        return iterate(programs, source, destination, stop=stop, **call)
    from dicomedit.batch.journal import NoJournalError

    try:
        return iterate(programs, source, destination, stop=stop, **{**call, "journal": True})
    except NoJournalError as error:
        message = f"{error}; the run cannot be resumed (--journal FILE names another place)"
        print(f"warning: {message}", file=sys.stderr)
        return iterate(programs, source, destination, stop=stop, **call)


def work_through(
    rows: Rows, stop: Stop, given: argparse.Namespace, *, has_version_4: bool = False
) -> int:
    """Take all rows, telling of each; return the exit status."""
    error: BaseException | None = None
    passed_over = 0
    with rows, Narrator(given, has_version_4=has_version_4) as narrator:
        try:
            for number, row in enumerate(rows, 1):
                narrator.tell(number, rows.count, row)
                passed_over += row.reason == ARCHIVE_REASON
        except (KeyboardInterrupt, DicomEditError) as caught:
            error = caught
    report = rows.report()
    _close(report, given)
    tell_archives(passed_over, given)
    if isinstance(error, DicomEditError):
        print(f"error: {error}", file=sys.stderr)
    is_interrupted = stop.by_user or isinstance(error, KeyboardInterrupt)
    status = tell_end(rows, report, given, is_interrupted=is_interrupted)
    return status or (SOME_FAILED if isinstance(error, DicomEditError) else 0)


# --- arguments ----------------------------------------------------------------------------------


def _split_paths(given: argparse.Namespace) -> tuple[list[tuple[str, str | None]], str, str]:
    *leading, source, destination = ["", "", *given.paths][-max(2, len(given.paths)) :]
    scripts: list[tuple[str, str | None]] = [(name, None) for name in leading]
    for pair in given.scripts:
        name, _, table = pair.partition(",")
        scripts.append((name.strip(), table.strip() or None))
    if len(given.paths) < 2 or not scripts:
        given.parser.error("a script, an input and an output are needed: SCRIPT... IN OUT")
    return scripts, source, destination


def _read_table(path: str | None, given: argparse.Namespace) -> LookupTable | None:
    if path is None:
        return None
    source = read_source(path)
    table = LookupTable.from_text(source.text, name=source.name, strict=given.strict_lookup)
    for doubt in table.doubts[:_MOST_DOUBTS]:
        print(f"warning: {doubt.location}: {doubt.message}; {doubt.help}", file=sys.stderr)
    if len(table.doubts) > _MOST_DOUBTS:
        more = len(table.doubts) - _MOST_DOUBTS
        print(f"warning: {path}: {more} more lines like these", file=sys.stderr)
    return table


def _warn_of_unused(programs: Sequence[Program], given: argparse.Namespace) -> None:
    for name in variables_of(given):
        if not any(program.takes_variable(name) for program in programs):
            message = f'no script asks for the variable "{name}"; is it spelt as in the script?'
            print(f"warning: {message}", file=sys.stderr)


def _with_missing(
    programs: Sequence[Program], variables: dict[str, str], parser: argparse.ArgumentParser
) -> dict[str, str]:
    """Ask on a terminal for the variables that scripts need and nobody gave."""
    missing = {
        variable.name: variable
        for program in programs
        for variable in program.variables
        if variable.required and not program.is_given(variable, variables)
    }
    if not missing:
        return variables
    if sys.stdin is None or not sys.stdin.isatty():
        names = ", ".join(
            f"{name} ({variable.description})" if variable.description else name
            for name, variable in missing.items()
        )
        advice = " ".join(f"--set {name}=..." for name in missing)
        parser.error(f"the script needs a value for {names}; add {advice}")
    from getpass import getpass

    found = dict(variables)
    for name, variable in missing.items():
        ask = getpass if variable.hidden else input
        found[name] = ask(f"{variable.description or name}: ")
    return found


# --- what was reached -------------------------------------------------------------------------


def _check_coverage_file(given: argparse.Namespace) -> None:
    if given.coverage is not None:
        from dicomedit.cli.coverage_file import checked

        others = (given.lookup, given.uid_map, given.journal)
        of_scripts = [name.strip() for pair in given.scripts for name in pair.split(",")]
        checked(given.coverage, [*given.paths, *filter(None, others), *filter(None, of_scripts)])


def _write_coverage(programs: Sequence[Program], given: argparse.Namespace) -> None:
    if given.coverage is not None:
        from dicomedit.authoring.testing.coverage_report import write_report

        found = [each.coverage for each in programs if each.coverage is not None]
        write_report(Path(given.coverage), found)


# --- closing ---------------------------------------------------------------------------------


def _close(report: Report, given: argparse.Namespace) -> None:
    if given.quiet:
        return
    verb = {Status.WRITTEN: "to be written"} if given.dry_run else given.verbs
    words = {status: verb.get(status, status.value) for status in Status}
    counts = ", ".join(f"{report.count(each)} {words[each]}" for each in Status if words[each])
    before = f" ({report.kept} by an earlier run)" if report.kept else ""
    noun = "file" if report.total == 1 else "files"
    print(f"{report.total} {noun}: {counts}{before}")
    if not report.total and report.complete:
        print("warning: there was no file in the input", file=sys.stderr)
    for code, files in report.notices.items():
        noun = "file" if files == 1 else "files"
        print(f"notice in {files} {noun}: {code}{_MEANINGS.get(code, '')}", file=sys.stderr)
