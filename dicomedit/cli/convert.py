"""`dicomedit convert`: a script of another program as one of version 6."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dicomedit.cli.variables import variables_of
from dicomedit.convert.convert import convert
from dicomedit.errors import DicomFileError
from dicomedit.io.source import read_source
from dicomedit.io.write import write_atomically

_DESCRIPTION = """\
Write the script of version 6 for an anonymizer script of RSNA CTP, or a recipe of pydicom/deid.
Each rule stands in the result as a comment above what became of it.

  dicomedit convert anonymizer.script -o new.das
  dicomedit convert anonymizer.script -o new.das --set DATEINC=-2000 --approximate
  dicomedit convert deid.dicom -o new.das

What has no equivalent is told, and the script then removes the element, or rejects the file, so
that nothing gets out that the rule would have changed. Read such a script before you use it."""

_EPILOG = """\
exit status:
  0  every rule was converted; warnings tell where results are not quite the same
  1  the script was written, but some rules were not converted
  2  nothing was written"""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.set_defaults(command=execute, parser=parser)
    parser.add_argument("script", metavar="OTHER", help="the script or recipe")
    parser.add_argument(
        "-o", dest="output", metavar="NEW", help="where to write (default: standard output)"
    )
    parser.add_argument(
        "--from",
        dest="kind",
        choices=["ctp", "deid"],
        help="what the file is (default: found out from its content)",
    )
    parser.add_argument(
        "--set",
        dest="variables",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="give a parameter of a CTP script another value; repeatable",
    )
    parser.add_argument(
        "--approximate",
        action="store_true",
        help="where the other program makes a hash that version 6 does not have, take one of its"
        " own (hashUID): the results are others, but serve the same purpose",
    )


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    source = read_source(given.script)
    found = convert(
        source, kind=given.kind, parameters=variables_of(given), approximate=given.approximate
    )
    for notice in found.notices:
        print(notice, file=sys.stderr)
    if given.output is None:
        sys.stdout.write(found.text)
    else:
        _write(Path(given.output), found.text, given)
    count = sum(notice.code == "not-converted" for notice in found.notices)
    if count:
        print(f"{count} rules were not converted as they are", file=sys.stderr)
    return 1 if count else 0


def _write(output: Path, text: str, given: argparse.Namespace) -> None:
    if output.exists() and output.samefile(given.script):
        raise DicomFileError(str(output), "the new script would replace the old one")
    write_atomically(output, [text.encode("utf-8")])
