"""A receiver with all it needs, from its beginning to its end: what `dicomedit receive` does."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from dicomedit.batch.program import DEFAULTS, Lookup, Options, Program, Step, table_of
from dicomedit.batch.shared import UidLog
from dicomedit.batch.uid_keeping import UidKeeping
from dicomedit.dicom.uids import UidMap
from dicomedit.io.fetch import UrlFetcher
from dicomedit.lang.program import Outcome, Resources
from dicomedit.net.destination import PeerDestination
from dicomedit.net.faults import need_pynetdicom

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.net.outlets import Outlet
    from dicomedit.net.receiver import Listening, Receiver

UID_LOG = ".dicomedit-uids"
"""What follows the name of a UID map in the name of the file with its newest entries."""


@contextmanager
def receiving(
    programs: Sequence[Program],
    destination: str | os.PathLike[str] | PeerDestination,
    listening: Listening | None = None,
    *,
    variables: Mapping[str, str] | None = None,
    lookup: Sequence[Lookup | None] | None = None,
    uid_map_file: str | os.PathLike[str] | None = None,
    allow_urls: Sequence[str] = (),
    options: Options = DEFAULTS,
    journal: str | os.PathLike[str] | None = None,
    tell: Callable[[str], None] = lambda line: None,
    on_outcome: Callable[[Outcome], None] | None = None,
    patience: float = 60.0,
) -> Iterator[Receiver]:
    """Receive objects as long as the ``with`` statement lasts; edit each and keep the result.

    The `destination` is a folder, or a peer that results are sent on to. The sender of an object
    hears of success only when the result is on the disk, or the peer has said so. `lookup` has one
    table for each program. At the end nothing more is accepted, and the objects in hand are given
    `patience` seconds. `tell` and `on_outcome` are called from several threads.

    Raises DicomEditError when the receiver cannot begin, or the UID map cannot be saved.
    """
    need_pynetdicom()
    # Only who receives waits for what it needs.
    from dicomedit.net.intake import Intake
    from dicomedit.net.receiver import Listening, Receiver
    from dicomedit.net.visits import ReceiptJournal

    uids = _uids(uid_map_file)
    resources = _resources(uids.map, lookup or [None] * len(programs), allow_urls, options)
    steps = [
        Step(program, variables or {}, each)
        for program, each in zip(programs, resources, strict=True)
    ]
    with _outlets(destination) as open_outlet:
        receipts = None if journal is None else ReceiptJournal(Path(journal))
        try:
            receiver = Receiver(
                listening or Listening(),
                Intake(steps, options, on_outcome),
                open_outlet,
                journal=receipts,
                tell=tell,
            )
            try:
                yield receiver
            finally:
                receiver.stop(patience)
        finally:
            uids.end(is_complete=True)
            if receipts is not None:
                receipts.close()


def _uids(file: str | os.PathLike[str] | None) -> UidKeeping:
    """Return the UID map; one in a file is kept up to date by a second file while it grows."""
    uids = UidKeeping.of(None, None if file is None else Path(file))
    if uids.file is not None:
        uids.log = DurableUidLog(uids.file.with_name(uids.file.name + UID_LOG))
        uids.map._uids.update(UidMap.from_rows(uids.log.rows())._uids)
        uids.prove()
        uids.map.log = uids.log
    return uids


class DurableUidLog(UidLog, frozen=False):
    """A log whose entries are on the disk before anybody gets to know them."""

    def add(self, prefix: str, text: str, uid: str) -> None:
        """Append an entry."""
        super().add(prefix, text, uid)
        assert self._descriptor is not None
        os.fsync(self._descriptor)


def _resources(
    uid_map: UidMap,
    tables: Sequence[Lookup | None],
    allow_urls: Sequence[str],
    options: Options,
) -> Iterator[Resources]:
    fetcher = UrlFetcher(allow_urls)
    for table in tables:
        yield Resources(
            lookup=table_of(table),
            uid_map=uid_map,
            fetch=fetcher.fetch,
            strict_lookup=options.strict_lookup,
            honour_fill=options.honour_fill,
            allow_unset=options.allow_unset,
            uid_root=options.uid_root,
        )


@contextmanager
def _outlets(
    destination: str | os.PathLike[str] | PeerDestination,
) -> Iterator[Callable[[], Outlet]]:
    """Give what makes an outlet for each association."""
    from dicomedit.net.outlets import FolderOutlet, OwnFolder, PeerOutlet

    if isinstance(destination, PeerDestination):
        destination.open().close()  # whatever is wrong with it is told before anything is done
        yield lambda: PeerOutlet(destination)
        return
    folder = Path(destination)
    own = OwnFolder(folder)
    try:
        yield lambda: FolderOutlet(folder)
    finally:
        own.close()
