"""The parser of the `dicomedit` command: what argparse makes of command lines, and all help."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from importlib import import_module

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


def build_parser(arguments: Sequence[str], commands: Mapping[str, str]) -> argparse.ArgumentParser:
    """Return the parser of a command line.

    `commands` says what each does; those that are not in the command line are known by name only.
    """
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
    for name, does in commands.items():
        command = parsers.add_parser(name, help=does, formatter_class=_Formatter)
        if name in arguments:
            import_module(f"dicomedit.cli.{name.replace('-', '_')}").set_up(command)
    return parser


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; paths may stand before, between and after the options."""
    given, rest = parser.parse_known_args(arguments)
    paths: list[str] | None = getattr(given, "paths", None)
    if rest and (paths is None or any(each.startswith("-") for each in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if paths is not None:
        paths += rest
    return given
