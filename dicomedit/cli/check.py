"""`dicomedit check`: what is wrong or doubtful about scripts."""

from __future__ import annotations

import argparse
import sys

from dicomedit.authoring.checking.check import check
from dicomedit.authoring.checking.report import FORMATS
from dicomedit.cli.check_profile import add_profile_options, check_profile
from dicomedit.errors import Diagnostic, ScriptError, Severity, Source, Span
from dicomedit.io.source import MAX_BYTES, include_loader, read_source

_DESCRIPTION = """\
Find what is wrong or doubtful about scripts, without touching any file.

  dicomedit check anon.das
  dicomedit check *.das --format sarif > findings.sarif
  dicomedit check --profile basic anon.das
  cat anon.das | dicomedit check -

An error is what "dicomedit run" refuses, too. A warning is very likely a mistake; an info is worth
knowing. The comment "// dicomedit: ignore[code]" in the line or the line before takes a warning or
an info back. docs/diagnostics.md explains every code."""

_EPILOG = """\
exit status:
  0  there are no errors and no warnings
  1  there are some
  2  a script cannot be read, or the arguments are wrong"""

_FOUND = 1
_STDIN = "-"


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.set_defaults(command=execute, parser=parser)
    parser.add_argument(
        "paths", nargs="+", metavar="SCRIPT", help="a script; - is the standard input"
    )
    parser.add_argument(
        "--format",
        choices=[*FORMATS, "html"],
        default="text",
        help="how findings are printed; html is for --profile (default: %(default)s)",
    )
    parser.add_argument(
        "--dialect",
        type=int,
        choices=[4, 6],
        help="version of the language (default: 6 with a version statement, 4 without)",
    )
    parser.add_argument(
        "--set",
        dest="variables",
        action="append",
        default=[],
        metavar="NAME",
        help="say that a variable will be given; NAME=VALUE will do; repeatable",
    )
    parser.add_argument(
        "--include-from", metavar="FOLDER", help="let scripts include files below this folder"
    )
    parser.add_argument(
        "--newer-versions", action="store_true", help="allow versions after 6.6, run as 6.6"
    )
    add_profile_options(parser.add_argument_group("beside the confidentiality profile instead"))


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    if given.profile is not None:
        return check_profile(given, [_read(path) for path in given.paths])
    if given.format not in FORMATS:
        given.parser.error(f"--format {given.format} is for --profile")
    names = [_name(given, each) for each in given.variables]
    loader = None if given.include_from is None else include_loader(given.include_from)
    found: list[Diagnostic] = []
    for source in [_read(path) for path in given.paths]:
        found += check(
            source.text,
            name=source.name,
            dialect=given.dialect,
            newer_versions=given.newer_versions,
            loader=loader,
            variables=names,
        )
    shown = FORMATS[given.format](found)
    if shown:
        print(shown)
    return _FOUND if any(each.severity is not Severity.INFO for each in found) else 0


def _name(given: argparse.Namespace, text: str) -> str:
    name = text.partition("=")[0]
    if not name.isidentifier():
        given.parser.error(f"--set takes the name of a variable, not {name!r}")
    return name


def _read(path: str) -> Source:
    if path != _STDIN:
        return read_source(path)
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        if len(data) > MAX_BYTES:
            raise ValueError(f"it is larger than {MAX_BYTES} bytes")
        return Source("<stdin>", data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _unreadable(f"it is not text in UTF-8 (byte {error.start})") from None
    except ValueError as error:
        raise _unreadable(str(error)) from None


def _unreadable(reason: str) -> ScriptError:
    found = Diagnostic("unreadable-file", reason, Source("<stdin>", ""), Span(0, 0))
    return ScriptError([found])
