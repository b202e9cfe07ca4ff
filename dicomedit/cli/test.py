"""`dicomedit test`: tests of scripts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dicomedit.authoring.testing.cases import Case, mentions, read_cases
from dicomedit.authoring.testing.find_tests import find_test_files
from dicomedit.authoring.testing.run_cases import Result, Runner
from dicomedit.errors import DicomFileError

PASSED, FAILED, NOT_STARTED = 0, 1, 2

_DESCRIPTION = """\
Run the tests of scripts: the cases of files whose names end in .test.toml. A case gives the
script elements, or a file, and says which elements it expects; any other element that changes is
a failure. Nothing is written.

  dicomedit test                        all tests in this folder and below it
  dicomedit test anon.test.toml -k name
  dicomedit test --coverage             say what no test has reached

docs/testing-scripts.md explains the files."""

_EPILOG = """\
exit status:
  0  all tests passed
  1  some test failed
  2  no test was run: none was found, or some file of tests cannot be read"""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.set_defaults(command=execute, parser=parser)
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a file of tests, or a folder with some (default: this folder)",
    )
    parser.add_argument(
        "-k", dest="word", metavar="WORD", help="only tests with this in the name of case or file"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print failures only")
    parser.add_argument(
        "--coverage",
        nargs="?",
        const="",
        metavar="FILE",
        help="say which statements and branches no test has reached; in this file, as JSON when"
        " its name ends in .json",
    )
    parser.add_argument(
        "--show-values",
        action="store_true",
        help="show values of elements of files in messages (they may identify patients)",
    )


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    cases = _cases(given)
    if cases is None:
        return NOT_STARTED
    if not cases:
        wanted = f' with "{given.word}" in its name' if given.word else ""
        print(f"error: there is no test{wanted}", file=sys.stderr)
        return NOT_STARTED
    target = _coverage_file(given)
    runner = Runner(counting=given.coverage is not None, show_values=given.show_values)
    failed = 0
    for case in cases:
        result = runner.run(case)
        failed += bool(result.failures)
        _tell(result, given)
    if not given.quiet:
        print(_summary(len(cases), failed))
    if given.coverage is not None:
        _tell_coverage(runner, target)
    return FAILED if failed else PASSED


def _cases(given: argparse.Namespace) -> list[Case] | None:
    """Return the tests that are wanted; None, with all errors told, when a file is wrong."""
    cases: list[Case] = []
    wrong = False
    for path in find_test_files(given.paths or ["."]):
        try:
            cases += read_cases(path)
        except DicomFileError as error:
            wrong = True
            print(f"error: {error}", file=sys.stderr)
    if wrong:
        return None
    return [case for case in cases if given.word is None or mentions(case, given.word)]


def _tell(result: Result, given: argparse.Namespace) -> None:
    title = f"{result.case.file}: {result.case.name}"
    if not result.failures:
        if not given.quiet:
            print(f"passed  {title}")
        return
    print(f"FAILED  {title}")
    for failure in result.failures:
        print("        " + failure.replace("\n", "\n        "))


def _summary(total: int, failed: int) -> str:
    noun = "test" if total == 1 else "tests"
    return f"{total} {noun}: {total - failed} passed, {failed} failed"


def _coverage_file(given: argparse.Namespace) -> Path | None:
    from dicomedit.cli.coverage_file import checked

    return checked(given.coverage, ()) if given.coverage else None


def _tell_coverage(runner: Runner, target: Path | None) -> None:
    from dicomedit.authoring.testing.coverage_report import as_text, reports, write_report

    if target is None:
        print(as_text(reports(runner.coverages)), end="")
    else:
        write_report(target, runner.coverages)
