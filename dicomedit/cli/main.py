"""The `dicomedit` command: one sub-command a file, one table of exit statuses."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from dicomedit.cli import demo, run
from dicomedit.errors import DicomEditError

OK = 0
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
    given = build_parser().parse_args(arguments)
    try:
        status: int = given.command(given)
        sys.stdout.flush()
        return status
    except DicomEditError as error:
        is_placed = str(error).startswith("error")
        print(error if is_placed else f"error: {error}", file=sys.stderr)
        return NOT_STARTED
    except KeyboardInterrupt:
        print("interrupted; files already written are complete", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away: nobody is left to tell.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_FAILED
