"""Sends results to a peer: associations as they are needed, repetitions, and what was answered."""

from __future__ import annotations

import time
from typing import NoReturn

from pynetdicom.association import Association

from dicomedit.batch.delivery import Answer, Result
from dicomedit.batch.rows import UndeliverableError
from dicomedit.errors import DicomFileError
from dicomedit.net.association import Contexts, Peer, associate, drop, release
from dicomedit.net.faults import PeerFault
from dicomedit.net.pairs import Pair, Pairs
from dicomedit.net.statuses import SUCCESS, code_of, is_warning, meaning_of
from dicomedit.net.store import store

PAUSES = (0.5, 2.0, 5.0, 15.0, 30.0)
"""Seconds to wait before each repetition; the last one counts for all that follow."""

_NOTHING = Contexts({}, frozenset())


class Sender:
    """Sends results to one peer, over one association at a time.

    The association is kept from one object to the next. It is replaced when an object needs a
    context that was not asked for, and when it was lost.
    """

    def __init__(self, peer: Peer, pairs: Pairs, retries: int) -> None:
        self._peer = peer
        self._pairs = pairs
        self._retries = retries
        self._association: Association | None = None
        self._contexts = _NOTHING
        self._refused: set[Pair] = set()
        self._message = 0

    def take(self, result: Result) -> Answer:
        """Send a result; return the status with which it was stored.

        Raises DicomFileError when it was not, UndeliverableError when the peer takes nothing.
        """
        for attempt in range(self._retries + 1):
            try:
                status = self._store(result)
            except PeerFault as fault:
                found = fault
            else:
                return _judged(status, result.name)
            if not found.is_transient or attempt == self._retries:
                break
            time.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
        _give_up(found, result.name)

    def close(self) -> None:
        """Release the association."""
        if self._association is not None:
            release(self._association, self._peer.patience)
            self._association = None

    def _store(self, result: Result) -> int:
        pair = (result.sop_class, result.transfer_syntax)
        association = self._association_for(pair)
        self._message = self._message % 0xFFFF + 1
        context = self._contexts.accepted[pair]
        try:
            return store(association, context, self._message, result, self._peer.patience)
        except BaseException:
            self._drop()  # what was begun must not be taken for complete
            raise

    def _association_for(self, pair: Pair) -> Association:
        if self._association is not None and not self._association.is_established:
            self._drop()  # the peer has ended it while nothing was sent
        if pair not in self._contexts.accepted and pair not in self._refused:
            self.close()
        if self._association is None and pair not in self._refused:
            proposal = self._pairs.proposal(pair)
            wanted = [each for each in proposal if each not in self._refused]
            self._association, self._contexts = associate(self._peer, wanted)
            self._refused |= self._contexts.refused
        if self._association is None or pair not in self._contexts.accepted:
            raise _refusal(pair)
        return self._association

    def _drop(self) -> None:
        if self._association is not None:
            drop(self._association)
            self._association = None
            self._contexts = _NOTHING


class StatusError(DicomFileError):
    """A peer that has answered with a failure."""

    code = "refused-by-peer"

    def __init__(self, path: str, reason: str, status: int) -> None:
        self.status = status
        super().__init__(path, reason)

    def __reduce__(self) -> tuple[object, ...]:
        """Let the error travel between processes."""
        return StatusError, (self.path, self.reason, self.status)


def _judged(status: int, name: str) -> Answer:
    """Return what a status says; raise StatusError when it is a failure."""
    words = f"{code_of(status)} ({meaning_of(status)})"
    if status == SUCCESS:
        return Answer(code_of(status))
    if is_warning(status):
        return Answer(code_of(status), words)
    raise StatusError(name, f"the peer refuses it with status {words}", status)


def _refusal(pair: Pair) -> PeerFault:
    from pydicom.uid import UID

    sop_class, syntax = (UID(uid).name for uid in pair)
    return PeerFault(
        f"the peer does not take {sop_class} in the transfer syntax {syntax},"
        " and objects are never transcoded"
    )


def _give_up(fault: PeerFault, name: str) -> NoReturn:
    if fault.is_general:
        raise UndeliverableError(name, fault.reason)
    raise DicomFileError(name, fault.reason)
