"""The options of `dicomedit run` that say what it reads."""

from __future__ import annotations

import argparse
import sys

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomedit.batch.run import Input


def add_input_options(group: argparse._ArgumentGroup) -> None:
    """Give a parser the options."""
    group.add_argument(
        "--input",
        dest="more_inputs",
        action="append",
        default=[],
        metavar="IN",
        help="read this, too; repeatable (results keep their path below the folder that all"
        " inputs have in common)",
    )
    group.add_argument(
        "--archives",
        action="store_true",
        help="also read the zip and tar archives that are found in folders",
    )


def inputs_of(source: str, given: argparse.Namespace) -> str | Sequence[Input]:
    """Return what a run reads: lists are read here, standard input among them."""
    if not given.more_inputs and source != "-" and not source.startswith("@"):
        return source
    from dicomedit.io.inputs import given_inputs

    return given_inputs([source, *given.more_inputs])


def tell_archives(count: int, given: argparse.Namespace) -> None:
    """Say how many archives were passed over."""
    if count and not given.quiet:
        noun = "archive was" if count == 1 else "archives were"
        print(f"notice: {count} {noun} passed over; --archives opens them", file=sys.stderr)
