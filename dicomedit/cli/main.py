"""The `dicomedit` command: one sub-command a file, one table of exit statuses.

The file of a sub-command, with all it needs, is imported only when the sub-command is given.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from importlib import import_module

from dicomedit.cli.interrupts import heeding_interrupts
from dicomedit.errors import DicomEditError, DicomFileError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dicomedit.cli.interrupts import Interrupts

COMMANDS = {
    "run": "edit a file or a folder of files with a script",
    "send": "send DICOM files to a DICOM peer",
    "receive": "edit what DICOM peers send, as it arrives",
    "summarize": "list the patients, studies or series of an archive in a table to be filled in",
    "remap": "apply the values of a filled table, or of an XML mapping, to an archive",
    "verify-report": "check a report and its signature, and results against it",
    "check": "find what is wrong or doubtful about scripts",
    "format": "write scripts in one style",
    "explain": "say what a script does, or did to a file, in plain language",
    "test": "run the tests of scripts",
    "migrate": "make a script of version 6 of one of DicomEdit 4",
    "convert": "make a script of version 6 of one of CTP, or of a deid recipe",
    "functions": "tell what the functions of the language do",
    "lsp": "serve editors: diagnostics, completion, help while a script is written",
    "completion": "make a shell complete the arguments of dicomedit",
    "demo": "see a script at work on made-up images",
}
"""What each sub-command does; its file has the same name, and sets up its parser."""

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
  0    all files were handled (written, unchanged, rejected by the script, or skipped)
  1    some file failed; the others were handled
  2    nothing was touched: wrong arguments, or a script, input or output that cannot be used
  130  interrupted; what is written is complete

"dicomedit COMMAND --help" explains one command."""


class _Version(argparse.Action):
    """Prints the version, which is slow to find out, when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"dicomedit {version('dicomedit')}")
        except PackageNotFoundError:
            print("dicomedit unknown")
        parser.exit()


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Finds the width of the terminal itself: argparse would import the slow `shutil` for it."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)
        self._action_max_length = 14  # for names of commands, which it counts too short


def _columns() -> int:
    """Return what `shutil.get_terminal_size` returns."""
    columns = 0
    with contextlib.suppress(KeyError, ValueError):
        columns = int(os.environ["COLUMNS"])
    if columns <= 0:
        with contextlib.suppress(OSError, AttributeError, ValueError):
            columns = os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
    return columns if columns > 0 else 80


def build_parser(
    arguments: Sequence[str], commands: Iterable[str] = COMMANDS
) -> argparse.ArgumentParser:
    """Return the parser of a command line; `commands` that are not in it are known by name."""
    parser = argparse.ArgumentParser(
        prog="dicomedit",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=_Formatter,
    )
    shown = "show program's version number and exit"
    parser.add_argument("--version", action=_Version, nargs=0, dest=argparse.SUPPRESS, help=shown)
    parsers = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, prog=parser.prog
    )
    for name in commands:
        command = parsers.add_parser(name, help=COMMANDS[name], formatter_class=_Formatter)
        if name in arguments:
            import_module(f"dicomedit.cli.{name.replace('-', '_')}").set_up(command)
    return parser


def _possible(arguments: Sequence[str]) -> Iterable[str]:
    """Return the commands that a command line may mean: the one that it begins with, or all."""
    return set(arguments[:1]) & COMMANDS.keys() or COMMANDS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status. No traceback reaches the user."""
    _write_anything()
    with heeding_interrupts(to_the_end=arguments is None) as interrupts:
        return _run(sys.argv[1:] if arguments is None else arguments, interrupts)


def _run(arguments: Sequence[str], interrupts: Interrupts) -> int:
    given = parse(build_parser(arguments, _possible(arguments)), arguments)
    try:
        status = _interruptible(given, interrupts)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except OSError as error:
        return _lost_output(error)


def _interruptible(given: argparse.Namespace, interrupts: Interrupts) -> int:
    try:
        interrupts.begin()
        return _status(given)
    except KeyboardInterrupt:
        print("interrupted; files already written are complete", file=sys.stderr)
        return INTERRUPTED
    finally:
        interrupts.is_breakable = False


def _status(given: argparse.Namespace) -> int:
    try:
        status: int = given.command(given)
        return status
    except DicomFileError as error:
        return _refuse(f"error: {error}")
    except DicomEditError as error:
        text = str(error)
        return _refuse(text if text.startswith("error") else f"error: {text}")
    except EOFError:
        return _refuse("error: the question was not answered")


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
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
