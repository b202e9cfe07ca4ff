"""Send files to a DICOM peer, edited or as they are: what `dicomedit send` does."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from dicomedit.batch.run import Script, iterate
from dicomedit.batch.stream import Report
from dicomedit.net.address import read_address
from dicomedit.net.destination import PATIENCE, RETRIES, PeerDestination
from dicomedit.net.pairs import survey
from dicomedit.net.tls import Certificates

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from dicomedit.batch.stream import Rows


def destination_for(
    source: str | os.PathLike[str],
    address: str,
    *,
    certificates: Certificates | None = None,
    patience: float = PATIENCE,
    retries: int = RETRIES,
) -> PeerDestination:
    """Return a peer, ``dicom://[CALLING@]HOST[:PORT]/CALLED``, for what is below a folder.

    `patience` is how many seconds to wait for a connection and for each answer; what failed of
    them is tried again `retries` times. Raises AddressError.
    """
    return PeerDestination(
        read_address(address), certificates or Certificates(), patience, retries
    ).expecting(survey(Path(source)))


def send(
    source: str | os.PathLike[str],
    address: str | PeerDestination,
    *,
    scripts: Script | Sequence[Script] = (),
    **options: Any,
) -> Report:
    """Send a file, or every DICOM file below a folder, to a peer; with `scripts`, edit it first.

    Nothing is sent of a file for which a script fails or which a script rejects. The `answer` of
    each row is the status of the peer. The other arguments are those of `dicomedit.iterate`, which
    also says what is raised.
    """
    with iterate_to(source, address, scripts=scripts, **options) as rows:
        kept = list(rows)
    return rows.report(kept)


def iterate_to(
    source: str | os.PathLike[str],
    address: str | PeerDestination,
    *,
    scripts: Script | Sequence[Script] = (),
    **options: Any,
) -> Rows:
    """Send as `send` does; return an iterator of rows, as `dicomedit.iterate` does."""
    delivery = address
    if not isinstance(delivery, PeerDestination):
        delivery = destination_for(source, str(address))
    return iterate(scripts, source, delivery.name, delivery=delivery, **options)
