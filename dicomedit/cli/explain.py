"""`dicomedit explain`: what a script does, in plain language."""

from __future__ import annotations

import argparse
import json

from dicomedit.authoring.explain import explain_script
from dicomedit.authoring.telling import explanation_data, explanation_text
from dicomedit.io.source import read_source

_DESCRIPTION = """\
Say in plain language what a script does, statement by statement, with the names of attributes.

  dicomedit explain anon.das"""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = _DESCRIPTION
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.set_defaults(command=execute, parser=parser)
    parser.add_argument("script", metavar="SCRIPT", help="the script")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="default: %(default)s"
    )
    parser.add_argument(
        "--dialect",
        type=int,
        choices=(4, 6),
        help="read the script as this version (default: 6 with a version statement, else 4)",
    )


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    source = read_source(given.script)
    found = explain_script(source.text, dialect=given.dialect, name=source.name)
    if given.format == "json":
        print(json.dumps(explanation_data(found), indent=2, ensure_ascii=False))
    else:
        print(explanation_text(found), end="")
    return 0
