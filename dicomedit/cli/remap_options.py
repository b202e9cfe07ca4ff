"""The arguments of `dicomedit remap`."""

from __future__ import annotations

import argparse

from dicomedit.cli.peer_options import add_peer_options
from dicomedit.cli.report_options import add_report_options
from dicomedit.cli.run_options import add_working_options

_DESCRIPTION = """\
Give the patients, studies, series or instances of an archive the values that a table says, which
"dicomedit summarize" has made and a person has filled in; XML is then the same configuration. Or
do what one self-contained mapping says. Results get the names of the inputs, below the name of
their input folder. No input is ever changed.

  dicomedit remap config.xml ./in ./out --values table.csv
  dicomedit remap config.xml ./in ./out --values table.xlsx --script anon.das --strict
  dicomedit remap --init config.xml table.csv > mapping.xml
  dicomedit remap mapping.xml ./in ./out
  dicomedit remap mapping.xml

Values are checked before anything is written, and all headers are looked at. Scripts win over the
table. docs/remap.md explains all of it."""


def set_up_options(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.usage = "dicomedit remap [options] XML [IN... OUT]"
    parser.description = _DESCRIPTION
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="XML [IN... OUT]",
        help="the configuration or mapping, input files and folders, the output folder; a mapping"
        " may say itself what the latter are",
    )
    _add_values(parser.add_argument_group("values"))
    _add_scripts(parser.add_argument_group("scripts"))
    _add_output(parser.add_argument_group("output"))
    add_peer_options(parser.add_argument_group("how results are sent (OUT is dicom://...)"))
    add_report_options(parser.add_argument_group("the report (for auditors)"))
    add_working_options(parser.add_argument_group("how files are worked through"))


def _add_values(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--values", metavar="TABLE", help="the filled table: .csv or .xlsx")
    group.add_argument(
        "--strict",
        action="store_true",
        help="write nothing when a record has no value, a row matches no file, a file matches no"
        " row, or a file cannot be read; otherwise these are warnings or failures of one file",
    )
    group.add_argument(
        "--ignore-header",
        action="store_true",
        help="take a table whose header is not the expected one: only positions count",
    )
    group.add_argument(
        "--init",
        action="store_true",
        help="print a configuration and its table (XML and TABLE) as one mapping",
    )


def _add_scripts(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "-d",
        "--script",
        dest="scripts",
        action="append",
        default=[],
        metavar="SCRIPT",
        help='a script to apply as well; repeatable; "basic" is one that comes with dicomedit',
    )
    group.add_argument(
        "--var",
        "--set",
        dest="variables",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="give a variable of a script a value; repeatable",
    )
    group.add_argument(
        "--no-input",
        action="store_true",
        help="ask nothing: a variable without a value is an error (as it is without a terminal)",
    )
    group.add_argument(
        "--dialect",
        type=int,
        choices=[4, 6],
        help="read scripts as this version of the language; otherwise those with a version"
        " statement are 6, those without are 4",
    )
    group.add_argument(
        "-r",
        "--uid-root",
        metavar="ROOT",
        help="make new UIDs under this root, not under 2.25",
    )
    group.add_argument("-s", "--uid-root-server", metavar="URL", help=argparse.SUPPRESS)


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--keep-file-meta",
        action="store_true",
        help="keep file meta information such as the name of the receiving device",
    )
    group.add_argument(
        "--dry-run", action="store_true", help="write nothing; say what would change"
    )
    group.add_argument("-q", "--quiet", action="store_true", help="print failures only")
    group.add_argument(
        "--show-values",
        action="store_true",
        help="show values of elements and cells in messages (they may identify patients)",
    )
