"""The options of commands that send to a DICOM peer."""

from __future__ import annotations

import argparse
from pathlib import Path

from dicomedit.batch.rows import Status

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from dicomedit.net.destination import PeerDestination
    from dicomedit.net.tls import Certificates

_SENT = {Status.WRITTEN: "sent", Status.UNCHANGED: "sent unchanged"}
"""How rows are counted when results are sent."""


def add_peer_options(group: argparse._ArgumentGroup) -> None:
    """Give a parser the options."""
    group.add_argument("--tls", action="store_true", help="use TLS, as dicoms://... does")
    group.add_argument(
        "--ca-file",
        metavar="FILE",
        help="trust the authorities in this file (PEM) and no other; otherwise those of the system",
    )
    add_certificate_options(group)
    group.add_argument(
        "--timeout",
        type=seconds,
        default=60.0,
        metavar="SECONDS",
        help="wait so long for a connection and for each answer (default: 60)",
    )
    group.set_defaults(verbs={})


def add_certificate_options(group: argparse._ArgumentGroup) -> None:
    """Give a parser the options for an own certificate."""
    group.add_argument("--cert", metavar="FILE", help="own certificate for TLS (PEM)")
    group.add_argument("--key", metavar="FILE", help="its key, when it is in a file of its own")


def certificates(given: argparse.Namespace) -> Certificates:
    """Return the files that TLS needs."""
    from dicomedit.net.tls import Certificates

    return Certificates(given.ca_file, given.cert, given.key)


def is_peer(destination: str) -> bool:
    """Whether a destination is the address of a DICOM peer."""
    return destination.lower().startswith(("dicom:", "dicoms:"))


def delivery_options(
    sources: list[str] | list[Path], destination: str, given: argparse.Namespace
) -> dict[str, Any]:
    """Return what a run needs to send to a destination; nothing when it is no DICOM peer.

    There is one association unless somebody asks for more: peers may not like several.
    """
    if not is_peer(destination):
        return {}
    from dicomedit.net.pairs import survey

    delivery = peer_of(destination, given)
    given.verbs = _SENT
    if not given.dry_run:
        delivery = delivery.expecting(survey(*map(Path, sources)))
    return {"delivery": delivery, "jobs": given.jobs or 1}


def peer_of(url: str, given: argparse.Namespace) -> PeerDestination:
    """Return the peer at an address; raise DicomEditError when it cannot be sent to."""
    from dicomedit.net.address import read_address
    from dicomedit.net.destination import PeerDestination
    from dicomedit.net.faults import need_pynetdicom

    address = read_address(url, tls=given.tls)
    need_pynetdicom()
    return PeerDestination(address, certificates(given), given.timeout, given.retries)


def seconds(text: str) -> float:
    """Return a number of seconds as a number."""
    number = float(text)
    if not 0 < number < 1e6:
        raise ValueError
    return number


def positive(text: str) -> int:
    """Return a number of at least 1."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


seconds.__name__ = "number of seconds"  # as argparse names the type of what it refuses
positive.__name__ = "number"
