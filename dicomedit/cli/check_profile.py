"""`dicomedit check --profile`: what a script leaves of the confidentiality profile."""

from __future__ import annotations

import argparse
import sys

from dicomedit.io.source import include_loader, read_source
from dicomedit.lang.lookup import LookupTable
from dicomedit.profiles.confidentiality import OPTIONS

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomedit.authoring.profile.profile_coverage import Coverage
    from dicomedit.errors import Source

_FORMATS = ("text", "json", "html")


def add_profile_options(group: argparse._ArgumentGroup) -> None:
    """Give a parser the options."""
    group.add_argument(
        "--profile",
        choices=["basic"],
        help="list the attributes of PS3.15 Table E.1-1 that the script does not treat as the"
        " Basic Application Level Confidentiality Profile asks",
    )
    group.add_argument(
        "--option",
        dest="profile_options",
        action="append",
        default=[],
        choices=list(OPTIONS),
        metavar="OPTION",
        help="with an option of the profile; repeatable: " + ", ".join(OPTIONS),
    )
    group.add_argument("--lookup", metavar="FILE", help="lookup table to try the script with")


def check_profile(given: argparse.Namespace, sources: Sequence[Source]) -> int:
    """Tell of all scripts; return 1 when something is not done as asked."""
    if given.format not in _FORMATS:
        given.parser.error(f"--profile is told as {', '.join(_FORMATS)}; not as {given.format}")
    variables = dict(_value(pair) for pair in given.variables)
    table = None
    if given.lookup:
        source = read_source(given.lookup)
        table = LookupTable.from_text(source.text, name=source.name)
    reports = [_coverage(source, given, variables, table) for source in sources]
    _print(reports, given.format)
    return 0 if all(report.is_complete for report in reports) else 1


def _value(pair: str) -> tuple[str, str]:
    """Return name and value of a variable; one without value has one that is made up."""
    from dicomedit.authoring.profile.profile_coverage import MADE_UP

    name, equals, value = pair.partition("=")
    return name, value if equals else MADE_UP


def _coverage(
    source: Source, given: argparse.Namespace, variables: dict[str, str], table: LookupTable | None
) -> Coverage:
    from dicomedit.authoring.profile.profile_coverage import coverage

    return coverage(
        source,
        dialect=given.dialect,
        options=given.profile_options,
        variables=variables,
        lookup=table,
        loader=include_loader(given.include_from) if given.include_from else None,
        newer_versions=given.newer_versions,
    )


def _print(reports: Sequence[Coverage], form: str) -> None:
    import json

    from dicomedit.authoring.profile.profile_report import as_data, html_report, text_report

    if form == "json":
        json.dump([as_data(report) for report in reports], sys.stdout, indent=2)
        print()
    elif form == "html":
        sys.stdout.write(html_report(list(reports)))
    else:
        print("\n\n".join(text_report(report).rstrip() for report in reports))
