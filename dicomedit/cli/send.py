"""`dicomedit send`: files to a DICOM peer, as they are."""

from __future__ import annotations

import argparse

from dicomedit.batch.rows import Status
from dicomedit.cli.interrupts import stopping_on_interrupt
from dicomedit.cli.peer_options import add_peer_options, delivery_options
from dicomedit.cli.report_options import add_report_options, report_options
from dicomedit.cli.run import begin, work_through
from dicomedit.cli.run_options import add_working_options, working_options
from dicomedit.errors import DicomEditError

_DESCRIPTION = """\
Send a DICOM file, or every DICOM file below a folder, to a DICOM peer (C-STORE), as it is. Nothing
is edited or transcoded: "dicomedit run SCRIPT... IN dicom://..." edits on the way. A file that is
not DICOM is skipped; one that cannot be trusted to its last byte is not sent. What the peer has
accepted is noted in a journal beside IN, and --resume goes on from there.

  dicomedit send ./cleaned dicom://pacs.example.org:11112/ARCHIVE
  dicomedit send ./cleaned dicoms://RESEARCH@pacs.example.org/ARCHIVE --ca-file ca.pem
  dicomedit send ./cleaned dicom://pacs.example.org/ARCHIVE --resume"""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.usage = "dicomedit send [options] IN dicom://[CALLING@]HOST[:PORT]/CALLED"
    parser.description = _DESCRIPTION
    parser.set_defaults(command=execute, parser=parser, dry_run=False, show_values=False)
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="IN dicom://[CALLING@]HOST[:PORT]/CALLED",
        help="the file or folder, and the address of the peer: its host and port (default: 104, or"
        " 2762 with TLS), its title, and the title to call it with (default: DICOMEDIT)",
    )
    add_peer_options(parser.add_argument_group("how files are sent"))
    add_working_options(parser.add_argument_group("how files are worked through"))
    add_report_options(parser.add_argument_group("the report (for auditors)"))
    parser.add_argument("-q", "--quiet", action="store_true", help="print failures only")
    parser.set_defaults(retries=3)


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    if len(given.paths) != 2:
        given.parser.error("one input and one address are needed: IN dicom://...")
    source, url = given.paths
    call = {
        **working_options(given),
        **delivery_options([source], url, given),
        **report_options(given),
    }
    given.verbs = {Status.UNCHANGED: "sent", Status.WRITTEN: None, Status.REJECTED: None}
    if "delivery" not in call:
        raise DicomEditError(
            f"{url!r} is no address of a DICOM peer: dicom://[CALLING@]HOST[:PORT]/CALLED"
        )
    with stopping_on_interrupt() as stop:
        with stop.breakable():
            rows = begin([], source, url, call, stop)
        return work_through(rows, stop, given)
