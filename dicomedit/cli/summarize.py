"""`dicomedit summarize`: what is in an archive, as a table to be filled in."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dicomedit.batch.remap import read_config_file
from dicomedit.batch.survey import survey
from dicomedit.cli.counter import Counter
from dicomedit.errors import DicomFileError
from dicomedit.io.roots import Inputs, real
from dicomedit.io.write import write_atomically
from dicomedit.remap.reading import Header, HeaderReader
from dicomedit.remap.sheet import csv_lines, is_workbook
from dicomedit.remap.summary import Summary

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator

_DESCRIPTION = """\
List what is in an archive as a table: one row for each patient, study, series or instance,
whichever is the most detailed level of the configuration. Columns for new values are empty, to be
filled in and given to "dicomedit remap". Only headers are read, and nothing is changed.

  dicomedit summarize config.xml ./in -o table.xlsx
  dicomedit summarize config.xml ./in > table.csv

The configuration lists elements, and which of them get new values:

  <Columns>
    <Patient remap="New ID">(0010,0020)</Patient>
    <Study>(0008,0020)</Study>
  </Columns>

The table holds what identifies patients. docs/remap.md explains all of it."""

MODE = 0o600
"""Only the owner can read a table: it holds what identifies patients."""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.usage = "dicomedit summarize [options] CONFIG IN..."
    parser.description = _DESCRIPTION
    parser.set_defaults(command=execute, parser=parser)
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="CONFIG IN...",
        help="the configuration (XML), then DICOM files and folders",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="TABLE",
        help="where to write: a .csv file, or a workbook (.xlsx); default: CSV on standard output",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="read files in N processes (default: as many as there are cores; one if there is"
        " little to do)",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print failures only")


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    if len(given.paths) < 2:
        given.parser.error("a configuration and an input are needed: CONFIG IN...")
    if given.jobs is not None and given.jobs < 1:
        given.parser.error("argument --jobs: at least 1")
    config = read_config_file(Path(given.paths[0]))
    inputs = Inputs.of(list(map(Path, given.paths[1:])))
    output = None if given.output is None else Path(given.output)
    _check_output(output, inputs, given)
    summary = Summary.of(config)
    counts = _read_all(summary, inputs, given)
    if not counts.read and not counts.failed:
        raise DicomFileError(", ".join(given.paths[1:]), "there is no DICOM file")
    _write(summary, output)
    if not given.quiet:
        print(counts.text(len(summary)), file=sys.stderr)
    return 1 if counts.failed else 0


def _check_output(output: Path | None, inputs: Inputs, given: argparse.Namespace) -> None:
    if output is None:
        return
    if output.suffix.lower() not in (".csv", ".xlsx", ".txt"):
        given.parser.error("the table is a .csv or an .xlsx file")
    places = {real(Path(given.paths[0])), *(real(file) for file in inputs.files)}
    if output.exists() and real(output) in places:
        raise DicomFileError(str(output), "the table would replace an input")
    if any(real(output).is_relative_to(real(folder)) for folder in inputs.folders):
        raise DicomFileError(str(output), "the table lies inside an input folder")


class _Counts:
    """How many files there were of each kind."""

    def __init__(self) -> None:
        self.read = self.failed = self.skipped = 0

    def text(self, rows: int) -> str:
        """Return them as people read them."""
        noun = "row" if rows == 1 else "rows"
        return (
            f"{self.read} DICOM files: {rows} {noun}; {self.failed} files could not be read,"
            f" {self.skipped} skipped"
        )


def _read_all(summary: Summary, inputs: Inputs, given: argparse.Namespace) -> _Counts:
    counts, counter = _Counts(), Counter.of(quiet=given.quiet)
    for header in survey(HeaderReader(summary.paths), inputs.find(), jobs=given.jobs):
        counter.add()
        if header.error is None:
            counts.read += 1
            summary.add(header)
        elif header.is_skipped:
            counts.skipped += 1
        else:
            counts.failed += 1
            counter.clear()
            tell_unread(header)
    counter.clear()
    return counts


def tell_unread(header: Header) -> None:
    """Tell of a file that could not be read."""
    print(f"failed: {header.path}: {header.error}", file=sys.stderr)


def _write(summary: Summary, output: Path | None) -> None:
    if output is not None and is_workbook(output):
        from dicomedit.remap.workbook import write_workbook

        write_atomically(
            output, [write_workbook(output, summary.columns, [*summary.rows()])], mode=MODE
        )
    elif output is not None:
        write_atomically(output, (line.encode("utf-8") for line in _lines(summary)), mode=MODE)
    else:
        _print(summary)


def _print(summary: Summary) -> None:
    """Print the table in UTF-8 with LF, whatever the terminal or the system would have."""
    binary = getattr(sys.stdout, "buffer", None)
    for line in _lines(summary):
        if binary is None:
            sys.stdout.write(line)
        else:
            binary.write(line.encode("utf-8"))


def _lines(summary: Summary) -> Iterator[str]:
    yield from csv_lines([summary.headers])
    yield from csv_lines(summary.rows())
