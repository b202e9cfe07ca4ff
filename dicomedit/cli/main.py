"""The `dicomedit` command: one sub-command a file, one table of exit statuses."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from dicomedit.cli import demo, run
from dicomedit.errors import DicomEditError, DicomFileError

SOME_FAILED = 1
NOT_STARTED = 2
INTERRUPTED = 130

_DESCRIPTION = """\
De-identify DICOM files with scripts in the DicomEdit language.

  dicomedit run anon.das ./in ./out     edit every DICOM file below ./in
  dicomedit demo                        see what it does, on synthetic images

No file is written when its script fails or rejects it, and no input is ever changed."""

_EPILOG = """\
exit status:
  0  all files were handled (written, unchanged, rejected by the script, or skipped)
  1  some file failed; the others were handled
  2  nothing was touched: wrong arguments, or a script, input or output that cannot be used

"dicomedit COMMAND --help" explains one command."""


def _version() -> str:
    try:
        return version("dicomedit")
    except PackageNotFoundError:
        return "unknown"


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="dicomedit",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dicomedit {_version()}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (run, demo):
        command.add_to(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status. No traceback reaches the user."""
    _write_anything()
    given = parse(build_parser(), arguments)
    try:
        status: int = given.command(given)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except DicomFileError as error:
        return _refuse(f"error: {error}")
    except DicomEditError as error:
        return _refuse(str(error))
    except EOFError:
        return _refuse("error: the question was not answered")
    except KeyboardInterrupt:
        print("interrupted; files already written are complete", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        return _lost_output(error)


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; paths may stand before, between and after the options."""
    given, rest = parser.parse_known_args(arguments)
    paths: list[str] | None = getattr(given, "paths", None)
    if rest and (paths is None or any(each.startswith("-") for each in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if paths is not None:
        paths += rest
    return given


def _write_anything() -> None:
    """Let texts be printed that the terminal's encoding has no characters for."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _refuse(message: str) -> int:
    print(message, file=sys.stderr)
    return NOT_STARTED


def _lost_output(error: OSError) -> int:
    """Tell that what was to be printed could not be; nobody hears it when the reader is gone."""
    with contextlib.suppress(OSError, AttributeError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if not isinstance(error, BrokenPipeError):
        print(f"error: the output could not be printed: {error.strerror}", file=sys.stderr)
    return SOME_FAILED
