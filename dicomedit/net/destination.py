"""A DICOM peer as the destination of a run."""

from __future__ import annotations

from dicomedit.net.address import Address
from dicomedit.net.faults import need_pynetdicom, quieten
from dicomedit.net.pairs import Pair, Pairs
from dicomedit.net.tls import Certificates, client_context
from dicomedit.records import Record, field, replace

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.net.sender import Sender

PATIENCE = 60.0
"""Seconds to wait for a connection, or for any answer, unless told otherwise."""

RETRIES = 3


class PeerDestination(Record):
    """A peer that results are sent to; each process that sends has an association of its own.

    `pairs` are the SOP Classes and transfer syntaxes that are expected; others may come.
    """

    address: Address
    certificates: Certificates = field(default=Certificates(), repr=False)
    patience: float = PATIENCE
    retries: int = RETRIES
    pairs: tuple[Pair, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """The address in full."""
        return str(self.address)

    def expecting(self, pairs: tuple[Pair, ...]) -> PeerDestination:
        """Return the same with the pairs that are expected."""
        return replace(self, pairs=pairs)

    def open(self) -> Sender:
        """Return what sends; nothing is connected yet. Raises DicomEditError."""
        need_pynetdicom()
        context = client_context(self.certificates) if self.address.tls else None
        quieten()
        # Only who sends waits for what it needs.
        from dicomedit.net.association import Peer
        from dicomedit.net.sender import Sender

        peer = Peer(self.address, self.patience, context)
        return Sender(peer, Pairs(dict.fromkeys(self.pairs)), self.retries)
