"""The `dicomedit` command: one sub-command a file, one table of exit statuses.

The file of a sub-command, with all it needs, is imported only when the sub-command is given.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from importlib import import_module

from dicomedit.cli.interrupts import heeding_interrupts
from dicomedit.errors import DicomEditError, DicomFileError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

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

_OFTEN_PLAIN = "run"
"""The command that is begun again and again, by programs, with command lines that are plain."""


def read(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what a command line gives, or end the process with an error, or after the help."""

    def in_full() -> argparse.Namespace:
        from dicomedit.cli.parser import build_parser, parse

        return parse(build_parser(arguments, _possible(arguments)), arguments)

    if [*arguments[:1]] == [_OFTEN_PLAIN]:
        from dicomedit.cli.plain import PlainParser

        parser = PlainParser(in_full)
        import_module(f"dicomedit.cli.{_OFTEN_PLAIN}").set_up(parser)
        given: argparse.Namespace | None = parser.read(arguments[1:])
        if given is not None:
            return given
    return in_full()


def _possible(arguments: Sequence[str]) -> Mapping[str, str]:
    """Return the commands that a command line may mean: the one that it begins with, or all."""
    named = {name: COMMANDS[name] for name in arguments[:1] if name in COMMANDS}
    return named or COMMANDS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status. No traceback reaches the user."""
    _write_anything()
    with heeding_interrupts(to_the_end=arguments is None) as interrupts:
        return _run(sys.argv[1:] if arguments is None else arguments, interrupts)


def _run(arguments: Sequence[str], interrupts: Interrupts) -> int:
    given = read(arguments)
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
