"""`dicomedit migrate`: a script of DicomEdit 4 as one of version 6."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dicomedit.batch.program import compile_script
from dicomedit.batch.verify import differences
from dicomedit.cli.variables import variables_of
from dicomedit.errors import DicomFileError
from dicomedit.io.source import read_source
from dicomedit.io.write import write_atomically
from dicomedit.lang.dialect4.migrate import migrate
from dicomedit.lang.lookup import LookupTable

_DESCRIPTION = """\
Write the script of version 6 that does what a script of DicomEdit 4 does. Comments are kept.
Where the meaning had to be rebuilt a notice is printed; what has no equivalent is an error, and
nothing is written.

  dicomedit migrate old.das -o new.das
  dicomedit migrate old.das -o new.das --verify ./samples

With --verify both scripts are applied to every DICOM file of a folder, without writing any, and
files of which they make different things are told. Values are not shown."""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = _DESCRIPTION
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.set_defaults(command=execute, parser=parser)
    parser.add_argument("script", metavar="OLD", help="the script of DicomEdit 4")
    parser.add_argument(
        "-o", dest="output", metavar="NEW", help="where to write (default: standard output)"
    )
    parser.add_argument("--verify", metavar="FOLDER", help="compare both scripts on these files")
    parser.add_argument(
        "--set",
        dest="variables",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="give a variable of the scripts a value for --verify; repeatable",
    )
    parser.add_argument("--lookup", metavar="FILE", help="lookup table for --verify")


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    found = migrate(read_source(given.script))
    for notice in found.notices:
        print(notice, file=sys.stderr)
    if given.output is None:
        sys.stdout.write(found.text)
    else:
        _write(Path(given.output), found.text, given)
    return _verify(found.text, given) if given.verify else 0


def _write(output: Path, text: str, given: argparse.Namespace) -> None:
    if output.exists() and output.samefile(given.script):
        raise DicomFileError(str(output), "the new script would replace the old one")
    write_atomically(output, [text.encode("utf-8")])


def _verify(text: str, given: argparse.Namespace) -> int:
    """Compare both scripts on the files of a folder; return the exit status."""
    old, new = compile_script(Path(given.script), dialect=4), compile_script(text)
    table = LookupTable()
    if given.lookup:
        source = read_source(given.lookup)
        table = LookupTable.from_text(source.text, name=source.name)
    count = unlike = 0
    for path, found in differences(
        old, new, Path(given.verify), variables=variables_of(given), lookup=table
    ):
        count += 1
        if found is not None:
            unlike += 1
            print(f"{path}: {found.reason}", file=sys.stderr)
    if not count:
        print(f"warning: there was no DICOM file in {given.verify}", file=sys.stderr)
    told = f"{unlike} differ" if unlike else "no difference"
    print(f"verified on {count} files: {told}", file=sys.stderr)
    return 1 if unlike else 0
