"""The options of `dicomedit run` that ask for a report."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any


def add_report_options(group: argparse._ArgumentGroup) -> None:
    """Give a parser the options."""
    group.add_argument(
        "--report",
        metavar="FILE",
        help="write what became of each file to FILE: .jsonl, .csv or .parquet (never values of"
        " elements)",
    )
    group.add_argument(
        "--private-report",
        action="store_true",
        help="have keyed digests in the report instead of paths, which may name patients",
    )
    group.add_argument(
        "--report-key",
        metavar="KEYFILE",
        help="the key for --private-report; made when it is not there (default: FILE.key)",
    )
    group.add_argument(
        "--report-uids",
        action="store_true",
        help="tell old and new UIDs in the report (old ones are identifiers)",
    )
    group.add_argument(
        "--sign",
        metavar="KEYFILE",
        help="sign the report with an Ed25519 private key (PEM) into FILE.sig; dicomedit"
        " verify-report makes keys and checks signatures",
    )


def report_options(given: argparse.Namespace) -> dict[str, Any]:
    """Return the options as arguments of a run."""
    if given.report is None:
        for name in ("private_report", "report_key", "report_uids", "sign"):
            if getattr(given, name):
                given.parser.error(f"--{name.replace('_', '-')} needs --report FILE")
        return {}
    if given.report_key and not given.private_report:
        given.parser.error("--report-key is for --private-report")
    if given.sign and given.dry_run:
        given.parser.error("--sign is not for --dry-run: there are no results to vouch for")
    from dicomedit.batch.report_file import ReportFile

    report = ReportFile(
        given.report, given.private_report, given.report_key, given.report_uids, given.sign
    )
    return {"report": report}
