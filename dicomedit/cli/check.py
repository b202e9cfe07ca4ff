"""`dicomedit check`: what is to be said of scripts."""

from __future__ import annotations

import argparse

from dicomedit.cli.check_profile import add_profile_options, check_profile


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.set_defaults(command=execute, parser=parser)
    parser.add_argument("paths", nargs="+", metavar="SCRIPT")
    parser.add_argument("--dialect", type=int, choices=[4, 6])
    parser.add_argument("--include-from", metavar="FOLDER")
    parser.add_argument("--newer-versions", action="store_true")
    parser.add_argument("--format", choices=["text", "json", "html"], default="text")
    add_profile_options(parser.add_argument_group("coverage of the confidentiality profile"))


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    return check_profile(given, {})
