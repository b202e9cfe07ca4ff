"""`dicomedit verify-report`: a report and its signature, and the results against it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.batch.report_check import Checked

_DESCRIPTION = """\
Check a report of `dicomedit run --report`: its signature, and that every result is there with the
size and SHA-256 the report tells, and no other file beside them. The exit status is 0 when all is
as it should be, 1 when something is not, 2 when it cannot be checked.

  dicomedit verify-report --make-key auditor.pem      makes auditor.pem and auditor.pem.pub
  dicomedit run anon.das in out --report report.jsonl --sign auditor.pem
  dicomedit verify-report report.jsonl --key auditor.pem.pub
  dicomedit verify-report report.jsonl --unsigned"""

SOMETHING_WRONG = 1


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.usage = "dicomedit verify-report [options] REPORT"
    parser.description = _DESCRIPTION
    parser.set_defaults(command=execute, parser=parser)
    parser.add_argument("report", nargs="?", metavar="REPORT", help="the report")
    parser.add_argument(
        "--key",
        metavar="PUBLIC",
        help="the public key (PEM) of who signed it; without it any key will do, which shows that"
        " nothing was changed by accident, not who signed",
    )
    parser.add_argument(
        "--output",
        metavar="FOLDER",
        help="where the results are now (default: where the report says they were written)",
    )
    parser.add_argument(
        "--unsigned", action="store_true", help="accept a report that has no signature"
    )
    parser.add_argument(
        "--report-key",
        metavar="KEYFILE",
        help="the key of a private report (default: REPORT.key)",
    )
    parser.add_argument(
        "--make-key",
        metavar="FILE",
        help="make a private key for signing, and its public key FILE.pub; do nothing else",
    )


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    if given.make_key is not None:
        return _make_key(given)
    if given.report is None:
        given.parser.error("a report is needed: REPORT")
    if given.key and given.unsigned:
        given.parser.error("--key asks for a signature, --unsigned for none")
    from dicomedit.batch.report_check import check_report
    from dicomedit.batch.signature import load_public_key

    checked = check_report(
        Path(given.report),
        output=None if given.output is None else Path(given.output),
        report_key=None if given.report_key is None else Path(given.report_key),
        public_key=None if given.key is None else load_public_key(Path(given.key)),
        unsigned=given.unsigned,
    )
    return _tell(checked, given)


def _make_key(given: argparse.Namespace) -> int:
    if given.report is not None:
        given.parser.error("--make-key takes no report")
    from dicomedit.batch.signature import make_key

    public = make_key(Path(given.make_key))
    print(f"{given.make_key}: private key, for --sign: keep it secret")
    print(f"{public}: public key, for verify-report --key: give it to whoever verifies")
    return 0


def _tell(checked: Checked, given: argparse.Namespace) -> int:
    for finding in checked.findings:
        print(f"{finding.kind}: {finding.name}: {finding.reason}")
    if checked.public_key is not None and given.key is None:
        text = (
            f"signed with the key {checked.public_key.hex()}: --key tells whether it is the right"
        )
        print(f"{text} one", file=sys.stderr)
    if not checked.summary:  # it is not even known what was done
        return SOMETHING_WRONG
    if checked.summary.get("is_delivered"):
        print("the results were sent to a peer; only the report was checked", file=sys.stderr)
    if not checked.summary.get("is_complete"):
        print("the run that is reported was stopped before its last file", file=sys.stderr)
    if checked.findings:
        count = len(checked.findings)
        words = "1 finding" if count == 1 else f"{count} findings"
    else:
        words = "nothing is missing, changed or extra"
    signed = "unsigned" if checked.public_key is None else "signature valid"
    print(f"{checked.intact} results as reported, {words}; {signed}")
    return SOMETHING_WRONG if checked.findings else 0
