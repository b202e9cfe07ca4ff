"""What `dicomedit run` says at its end: after the last file, at a failure, at Ctrl-C."""

from __future__ import annotations

import argparse
import sys

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.batch.stream import Report, Rows

INTERRUPTED = 130


def tell_end(rows: Rows, report: Report, given: argparse.Namespace, *, is_interrupted: bool) -> int:
    """Say what deserves a word about the way the run ended; return the exit status."""
    journal = rows.journal
    if journal is not None:
        if journal.lost_rows:
            text = f"{journal.lost_rows} lines could not be written; their files count as not done"
            print(f"warning: {journal.path}: {text}", file=sys.stderr)
        if rows.kept_uids is not None and (report.failed or not report.complete):
            text = "holds original identifiers, until the run is resumed and complete"
            print(f"warning: {rows.kept_uids} {text}", file=sys.stderr)
    if report.complete:
        return 1 if report.failed else 0
    advice = "" if journal is None else "; the same command with --resume goes on from here"
    if is_interrupted:
        print(f"interrupted; files already written are complete{advice}", file=sys.stderr)
        return INTERRUPTED
    left = rows.count - report.total
    what = "1 file was" if left == 1 else f"{left} files were"
    print(f"stopped after a failure; {what} not done{advice}", file=sys.stderr)
    return 1
