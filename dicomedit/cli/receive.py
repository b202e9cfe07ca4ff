"""`dicomedit receive`: what DICOM peers send, edited as it arrives."""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading

from dicomedit.batch.program import Options
from dicomedit.cli.interrupts import leave_interrupts
from dicomedit.cli.peer_options import add_certificate_options, peer_of, positive, seconds
from dicomedit.cli.run import add_inputs, add_permissions, prepare_scripts
from dicomedit.errors import DicomEditError, Severity

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicomedit.lang.program import Outcome
    from dicomedit.net.destination import PeerDestination
    from dicomedit.net.receiver import Listening
    from dicomedit.net.server import Gate, Network

TICK = 0.2
"""Seconds after which a signal is heeded at the latest."""

_DESCRIPTION = """\
Receive DICOM objects (C-STORE), edit each with one or more scripts as it arrives, and write the
result to OUT/STUDY/SERIES/INSTANCE.dcm, named by the UIDs it has then; or send it on, when OUT is
dicom://[CALLING@]HOST[:PORT]/CALLED. The sender is told of success only when the result is on the
disk, or the next peer has said so. Of an object that a script rejects, or that cannot be edited,
nothing is kept, and the sender is told that it failed.

  dicomedit receive --script anon.das ./out
  dicomedit receive --address 0.0.0.0 --allow-address 10.1.0.0/16 --script anon.das ./out
  dicomedit receive --script anon.das dicom://pacs.example.org:11112/ARCHIVE

Without --address only this machine can connect. Ctrl-C (or SIGTERM) finishes the objects in hand
and ends; pressed again, it ends at once."""

_HERE = ("127.0.0.1", "::1", "localhost")


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.usage = "dicomedit receive [options] --script SCRIPT OUT"
    parser.description = _DESCRIPTION
    parser.set_defaults(command=execute, parser=parser)
    parser.add_argument(
        "paths", nargs="+", metavar="OUT", help="the output folder, or dicom://... to send on"
    )
    parser.add_argument(
        "--script",
        action="append",
        default=[],
        dest="plain_scripts",
        metavar="SCRIPT",
        help="a script; repeatable, in order, before those of -s",
    )
    _add_listening(parser.add_argument_group("who may send, and where to"))
    _add_limits(parser.add_argument_group("limits"))
    _add_tls(parser.add_argument_group("TLS"))
    add_inputs(parser.add_argument_group("what scripts are given"))
    add_permissions(parser.add_argument_group("what scripts may do"))
    output = parser.add_argument_group("output")
    output.add_argument(
        "--journal",
        metavar="FILE",
        help="append a line of JSON for each object: time, calling title, status, output path",
    )
    output.add_argument(
        "--keep-file-meta",
        action="store_true",
        help="keep the title of the sender in the file meta information",
    )
    output.add_argument("-q", "--quiet", action="store_true", help="print failures only")


def _add_listening(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--port", type=int, default=11112, help="port to listen at (default: %(default)s)"
    )
    group.add_argument(
        "--address",
        default="127.0.0.1",
        help="address to listen at; 0.0.0.0 is all of this machine (default: %(default)s)",
    )
    group.add_argument(
        "--title",
        help="own application entity title: whoever calls another is refused; without it any"
        " called title is answered",
    )
    group.add_argument(
        "--allow-title",
        action="append",
        default=[],
        metavar="TITLE",
        help="accept associations with this calling title only; repeatable (anybody can claim"
        " a title: it keeps out mistakes, not attackers)",
    )
    group.add_argument(
        "--allow-address",
        action="append",
        default=[],
        metavar="NETWORK",
        help="accept connections from this address or network, such as 10.1.0.0/16, only;"
        " repeatable",
    )


def _add_limits(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--max-associations",
        type=positive,
        default=10,
        metavar="N",
        help="accept so many associations at a time (default: %(default)s)",
    )
    group.add_argument(
        "--max-object",
        type=positive,
        default=1024,
        metavar="MB",
        help="refuse larger objects; each association holds one in memory (default: %(default)s)",
    )
    group.add_argument(
        "--timeout",
        type=seconds,
        default=60.0,
        metavar="SECONDS",
        help="end associations that are silent for so long, and wait so long for the next peer"
        " (default: 60)",
    )
    group.add_argument(
        "--retries",
        type=int,
        choices=range(10),
        default=1,
        metavar="N",
        help="when results are sent on: try N times again to reach the peer (default: %(default)s)",
    )


def _add_tls(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--tls", action="store_true", help="accept connections with TLS only; needs --cert"
    )
    add_certificate_options(group)
    group.add_argument(
        "--client-ca-file",
        metavar="FILE",
        help="accept senders only with a certificate of the authorities in this file (PEM)",
    )
    group.add_argument(
        "--ca-file",
        metavar="FILE",
        help="when results are sent on to dicoms://: trust the authorities in this file and no"
        " other",
    )


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    if len(given.paths) != 1:
        given.parser.error("one output is needed: OUT")
    scripts: list[tuple[str, str | None]] = [(name, None) for name in given.plain_scripts]
    for pair in given.scripts:
        name, _, table = pair.partition(",")
        scripts.append((name.strip(), table.strip() or None))
    if not scripts:
        given.parser.error("a script is needed: --script SCRIPT")
    from dicomedit.net.faults import need_pynetdicom

    need_pynetdicom()
    from dicomedit.net.reception import receiving

    programs, tables, variables = prepare_scripts(scripts, given)
    listening = _listening(given)
    log = _Log(given.quiet)
    with (
        _stop_signals() as wait_for_stop,
        receiving(
            programs,
            _destination(given),
            listening,
            variables=variables,
            lookup=tables,
            uid_map_file=given.uid_map,
            allow_urls=given.allow_url,
            options=Options(
                given.strict_lookup, given.honour_fill, given.keep_file_meta, given.allow_unset
            ),
            journal=given.journal,
            tell=log.tell,
            on_outcome=log.tell_notices,
            patience=given.timeout,
        ) as receiver,
    ):
        log.tell(f"listening at {given.address}, port {receiver.port}")
        _warn_of_open_doors(given)
        wait_for_stop()
        log.tell("shutting down: objects in hand are finished")
    if not receiver.is_complete:
        log.tell("ended; objects in hand failed: they took too long, and have no result")
        return 1
    log.tell("ended")
    return 0


def _destination(given: argparse.Namespace) -> str | PeerDestination:
    (destination,) = given.paths
    if not destination.lower().startswith(("dicom:", "dicoms:")):
        return str(destination)
    given.tls, own = False, given.tls  # the scheme says whether the next peer speaks TLS
    try:
        return peer_of(destination, given)
    finally:
        given.tls = own


def _listening(given: argparse.Namespace) -> Listening:
    from dicomedit.net.address import checked_title
    from dicomedit.net.receiver import Listening

    if not 0 <= given.port < 1 << 16:
        given.parser.error(f"there is no port {given.port}")
    return Listening(
        given.address,
        given.port,
        None if given.title is None else checked_title(given.title),
        tuple(map(checked_title, given.allow_title)),
        _gate(given),
        given.max_object << 20,
    )


def _gate(given: argparse.Namespace) -> Gate:
    from dicomedit.net.server import Gate
    from dicomedit.net.tls import Certificates, server_context

    if given.client_ca_file and not given.tls:
        given.parser.error("--client-ca-file is of no use without --tls")
    context = None
    if given.tls:
        context = server_context(Certificates(given.client_ca_file, given.cert, given.key))
    networks = tuple(map(_network, given.allow_address))
    return Gate(networks, context, given.timeout, given.max_associations)


def _network(text: str) -> Network:
    from ipaddress import ip_network

    try:
        return ip_network(text)
    except ValueError as error:
        raise DicomEditError(f"--allow-address: {error}") from None


def _warn_of_open_doors(given: argparse.Namespace) -> None:
    if given.address not in _HERE and not (given.allow_address or given.client_ca_file):
        print(
            "warning: everybody who can reach this address may send; --allow-address says who may",
            file=sys.stderr,
        )


@contextlib.contextmanager
def _stop_signals() -> Iterator[Callable[[], None]]:
    """Let Ctrl-C and SIGTERM end the command in order, and the second of them at once.

    What is given waits for the first.
    """
    import os
    import signal
    from time import sleep

    heard: list[int] = []

    def heed(number: int, _frame: object) -> None:
        if heard:
            os._exit(1)
        heard.append(number)

    def wait() -> None:
        # A signal that comes just before somebody waits without end would not end the waiting.
        while not heard:
            sleep(TICK)

    leave_interrupts()
    before = {each: signal.signal(each, heed) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield wait
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Log:
    """Prints lines with the time; of what scripts have to say each thing once."""

    def __init__(self, is_quiet: bool) -> None:
        self._is_quiet = is_quiet
        self._told: set[str] = set()
        self._telling = threading.Lock()

    def tell(self, line: str) -> None:
        """Print a line."""
        from datetime import datetime

        is_failure = " failed: " in line or " rejected: " in line or line.startswith("refused")
        if self._is_quiet and not is_failure:
            return
        now = datetime.now().isoformat(" ", "seconds")
        # When nobody reads any more, it goes on receiving.
        with self._telling, contextlib.suppress(OSError):
            print(f"{now} {line}", flush=True)

    def tell_notices(self, outcome: Outcome) -> None:
        """Print the notices of an outcome that were not told yet."""
        for notice in outcome.notices:
            text = f"{notice.location}: {notice.message} [{notice.code}]"
            if notice.severity is Severity.WARNING and text not in self._told:
                self._told.add(text)
                self.tell(f"warning: {text}")
