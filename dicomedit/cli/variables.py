"""Variables of scripts on the command line."""

from __future__ import annotations

import argparse


def variables_of(given: argparse.Namespace, option: str = "--set") -> dict[str, str]:
    """Return what an option says of variables, as ``NAME=VALUE``; end the command otherwise."""
    variables = {}
    for pair in given.variables:
        name, equals, value = pair.partition("=")
        if not equals or not name.isidentifier():
            given.parser.error(f"{option} takes NAME=VALUE, not {pair!r}")
        variables[name] = value
    return variables
