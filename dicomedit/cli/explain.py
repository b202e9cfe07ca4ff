"""`dicomedit explain`: what a script does, or did to a file, in plain language."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from dicomedit.authoring.explaining.explain import explain_script
from dicomedit.authoring.explaining.telling import (
    explanation_data,
    explanation_text,
    trace_data,
    trace_text,
)
from dicomedit.authoring.explaining.trace import Trace, trace_script
from dicomedit.batch.program import DEFAULTS, resources_of
from dicomedit.cli.variables import variables_of
from dicomedit.errors import Source
from dicomedit.io.read import read_file
from dicomedit.io.source import include_loader, read_source
from dicomedit.lang.lookup import LookupTable

_DESCRIPTION = """\
Say in plain language what a script does, statement by statement, with the names of attributes.

  dicomedit explain anon.das
  dicomedit explain anon.das image.dcm

With a file the script is applied to it in memory, and each statement is followed by what it
read, what it changed, and why its condition was true or false. Nothing is written. Values are
not shown unless asked for with --show-values."""

_EPILOG = """\
exit status:
  0  the script was explained; the file, if any, would be written or rejected
  1  the script fails on this file
  2  wrong arguments, or a script or file that cannot be used"""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.set_defaults(command=execute, parser=parser)
    parser.add_argument("script", metavar="SCRIPT", help="the script")
    parser.add_argument("file", metavar="FILE", nargs="?", help="a DICOM file to follow it on")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="default: %(default)s"
    )
    parser.add_argument(
        "--dialect",
        type=int,
        choices=(4, 6),
        help="read the script as this version (default: 6 with a version statement, else 4)",
    )
    _add_inputs(parser.add_argument_group("with a file"))


def _add_inputs(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--set",
        dest="variables",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="give a variable of the script a value; repeatable",
    )
    group.add_argument("--lookup", metavar="TABLE", help="lookup table for the script")
    group.add_argument(
        "--include-from", metavar="FOLDER", help="let the script include files from this folder"
    )
    group.add_argument(
        "--allow-url",
        action="append",
        default=[],
        metavar="PATTERN",
        help="let getURL ask this host, host:port or https://host/path/*; repeatable",
    )
    group.add_argument(
        "--newer-versions",
        action="store_true",
        help="accept scripts of version 6.7 to 6.9, and functions newer than 6.6",
    )
    group.add_argument(
        "--show-values",
        action="store_true",
        help="show values of elements and variables (they may identify patients)",
    )


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    source = read_source(given.script)
    if given.file is None:
        found = explain_script(source.text, dialect=given.dialect, name=source.name)
        _print(explanation_data(found), explanation_text(found), given)
        return 0
    trace = _trace(source, given)
    for notice in trace.notices:
        print(notice, file=sys.stderr)
    values = {"show_values": given.show_values}
    _print(trace_data(trace, **values), trace_text(trace, **values), given)
    return 0 if trace.failure is None else 1


def _trace(source: Source, given: argparse.Namespace) -> Trace:
    table = LookupTable()
    if given.lookup:
        read = read_source(given.lookup)
        table = LookupTable.from_text(read.text, name=read.name)
    loader = include_loader(given.include_from) if given.include_from else None
    return trace_script(
        source,
        lambda compiled: read_file(Path(given.file), compiled.wanted).open(),
        variables=variables_of(given),
        resources=resources_of(table, None, given.allow_url, DEFAULTS),
        dialect=given.dialect,
        newer_versions=given.newer_versions,
        loader=loader,
        show_values=given.show_values,
    )


def _print(data: dict[str, object], text: str, given: argparse.Namespace) -> None:
    shown = json.dumps(data, indent=2) if given.format == "json" else text
    print(shown.rstrip("\n"))
