"""`dicomedit format`: scripts in one style."""

from __future__ import annotations

import argparse
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from dicomedit.authoring.formatting.format import format_script
from dicomedit.errors import Diagnostic, DicomFileError, ScriptError, Source, Span
from dicomedit.io.source import MAX_BYTES, read_source
from dicomedit.io.write import write_atomically

_DESCRIPTION = """\
Write scripts in one style. What they mean stays the same, and so do their comments; each result
is compared with its script before it takes the script's place.

  dicomedit format anon.das             in place
  dicomedit format --diff anon.das      show what would change, write nothing
  dicomedit format --check scripts/*    exit status 1 when something would change
  dicomedit format - < anon.das         from standard input to standard output
  dicomedit format --annotate anon.das  put the names of attributes behind statements"""

_EPILOG = """\
exit status:
  0  the scripts are in that style now; with --check they were
  1  with --check: some script would change
  2  some script cannot be read, parsed or written; it is left as it was"""

_STANDARD_INPUT = "-"


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.set_defaults(command=execute, parser=parser)
    parser.add_argument(
        "scripts", metavar="SCRIPT", nargs="+", help="a script; - for standard input"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing, tell what would change"
    )
    parser.add_argument("--diff", action="store_true", help="write nothing, show what would change")
    parser.add_argument(
        "--annotate",
        action="store_true",
        help="put the name of the attribute behind each statement that is about one",
    )
    parser.add_argument(
        "--dialect",
        type=int,
        choices=(4, 6),
        help="read scripts as this version (default: 6 with a version statement, else 4)",
    )


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    statuses = [_handled(name, given) for name in given.scripts]
    return max(statuses)


def _handled(name: str, given: argparse.Namespace) -> int:
    """Format one script; return the exit status it asks for."""
    try:
        source = _standard_input() if name == _STANDARD_INPUT else read_source(name)
        result = format_script(
            source.text, dialect=given.dialect, annotate=given.annotate, name=source.name
        )
        return _told_or_written(name, source, result, given)
    except (ScriptError, DicomFileError) as error:
        print(error, file=sys.stderr)
        return 2


def _told_or_written(name: str, source: Source, result: str, given: argparse.Namespace) -> int:
    would_change = result != source.text
    if given.diff:
        _print("".join(_difference(source, result)))
    if given.check:
        if would_change:
            print(f"would change: {source.name}", file=sys.stderr)
        return int(would_change)
    if not given.diff:
        if name == _STANDARD_INPUT:
            _print(result)
        elif would_change:
            _replace(Path(name), result)
            print(f"formatted: {name}", file=sys.stderr)
    return 0


def _standard_input() -> Source:
    """Return what comes from standard input; raise ScriptError when it is no UTF-8 text."""
    name = "<standard input>"
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        reason = f"there are more than {MAX_BYTES} bytes"
    else:
        try:
            return Source(name, data.decode("utf-8"))
        except UnicodeDecodeError as error:
            reason = f"this is not text in UTF-8 (byte {error.start})"
    raise ScriptError([Diagnostic("unreadable-file", reason, Source(name, ""), Span(0, 0))])


def _replace(path: Path, text: str) -> None:
    """Replace a script, behind links if need be; its permissions stay."""
    target = path.resolve()
    mode = stat.S_IMODE(target.stat().st_mode)
    write_atomically(target, [text.encode("utf-8")], mode=mode)
    target.chmod(mode)


def _print(text: str) -> None:
    """Print a script, or part of one, as the bytes that a file would have."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()


def _difference(source: Source, result: str) -> Iterator[str]:
    from difflib import unified_diff

    before, after = _lines(source.text), _lines(result)
    for line in unified_diff(before, after, source.name, f"{source.name} (formatted)"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [text.rpartition("\n")[2]] * (
        not text.endswith("\n") and text != ""
    )
