"""The options of `dicomedit run` that say how its files are worked through."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any


def add_working_options(group: argparse._ArgumentGroup) -> None:
    """Give a parser the options."""
    group.add_argument(
        "--jobs",
        type=_count,
        metavar="N",
        help="work in N processes (default: as many as there are cores; one if there is little"
        " to do, or results are sent to a peer)",
    )
    group.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="edit files on the Dask cluster of this scheduler, such as tcp://host:8786, or on one"
        ' that is started here ("local") with --jobs workers',
    )
    group.add_argument(
        "--resume",
        action="store_true",
        help="go on where an earlier run with the same scripts, options and folders ended: files"
        " that are done and have not changed are not done again",
    )
    journals = group.add_mutually_exclusive_group()
    journals.add_argument(
        "--journal",
        metavar="FILE",
        help="keep the journal, which --resume needs, in this file (default: OUT.dicomedit-journal"
        " when IN is a folder; one beside IN when results are sent to a peer)",
    )
    journals.add_argument("--no-journal", action="store_true", help="keep no journal")
    group.add_argument(
        "--digests",
        action="store_true",
        help="note the SHA-256 of each input, so that --resume knows it again whatever its times"
        " (takes longer)",
    )
    group.add_argument(
        "--on-error",
        choices=["continue", "stop"],
        default="continue",
        help="what to do after a file has failed (default: %(default)s)",
    )
    group.add_argument(
        "--quarantine",
        metavar="FOLDER",
        help="put a copy of each file that fails, with the reason, into this folder (copies hold"
        " original identifiers)",
    )
    group.add_argument(
        "--retries",
        type=_number,
        default=2,
        metavar="N",
        help="try N times again what a network or a busy machine got wrong (default: %(default)s)",
    )


def working_options(given: argparse.Namespace) -> dict[str, Any]:
    """Return the options as arguments of a run; `keeps_journal` unless somebody has decided."""
    if given.resume and given.no_journal:
        given.parser.error("--resume needs the journal that --no-journal does not keep")
    return {
        "jobs": given.jobs,
        "scheduler": given.scheduler,
        "resume": given.resume,
        "journal": given.journal,
        "keeps_journal": not (given.journal or given.no_journal or given.resume),
        "digests": given.digests,
        "on_error": given.on_error,
        "quarantine": given.quarantine,
        "retries": given.retries,
    }


def _number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


_number.__name__ = "number"  # as argparse names the type of what it refuses
_count.__name__ = "number of processes"
