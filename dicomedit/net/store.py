"""One C-STORE over an association, with a data set that is encoded already (PS3.7 §9.1.1).

The encoded bytes are sent as they are, a few fragments ahead of the network, so that memory does
not grow with an object. The library's own way decodes files, or queues all of an object.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from io import BytesIO
from queue import Empty

from pynetdicom.association import Association
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu_primitives import P_DATA

from dicomedit.batch.delivery import Result
from dicomedit.dicom.views import Buffer, pieces
from dicomedit.net.association import hurry
from dicomedit.net.faults import PeerFault

LARGEST = 1 << 17
"""Bytes of a fragment when the peer would take more (PS3.8 §D.1)."""

OVERHEAD = 6
"""Bytes of a fragment that are not data: length, context, control header (PS3.8 §9.3.5.1)."""

MOST_WAITING = 16
"""Fragments that may wait for the network."""

_TICK = 0.0005
_GLANCE = 0.1
_MIDDLE, _LAST = b"\x00", b"\x02"
"""The control headers of fragments of a data set (PS3.8 §E.2)."""


def store(
    association: Association, context: int, message: int, result: Result, patience: float
) -> int:
    """Send a result; return the status that the peer answers with.

    Raises PeerFault when there is no answer, and what the result raises when it is not to be
    trusted; in both cases the association is of no more use, and the peer has nothing complete.
    """
    size = min(association.acceptor.maximum_length or LARGEST, LARGEST)
    size = (size - OVERHEAD) & ~1
    if size < 2:
        raise PeerFault("the peer wants fragments too small to hold anything", is_general=True)
    for fragment in _command(context, message, result, size + OVERHEAD):
        _send(association, fragment, patience)
    for chunk, is_last in fragments(result.checked(), size):
        fragment = P_DATA()
        header = _LAST if is_last else _MIDDLE
        fragment.presentation_data_value_list.append((context, header + chunk))
        _send(association, fragment, patience)
    return _answer(association, message, patience)


def _command(context: int, message: int, result: Result, size: int) -> Iterator[P_DATA]:
    request = C_STORE()
    try:
        request.MessageID = message
        request.Priority = 0
        request.AffectedSOPClassUID = result.sop_class
        request.AffectedSOPInstanceUID = result.sop_instance
    except ValueError:
        raise PeerFault("its SOP Class UID or SOP Instance UID is too long to be sent") from None
    request.DataSet = BytesIO()  # there is a data set; its fragments follow
    command = C_STORE_RQ()
    command.primitive_to_message(request)
    return command.encode_msg(context, size)


def fragments(parts: Iterable[Buffer], size: int) -> Iterator[tuple[bytes, bool]]:
    """Yield bytes in fragments of a size, and whether it is the last one, which may be smaller.

    The last one comes when all parts have been read.
    """
    held = bytearray()
    for part in parts:
        for piece in pieces(part):
            rest = memoryview(piece)
            while rest:
                if len(held) == size:
                    yield bytes(held), False
                    held.clear()
                taken = rest[: size - len(held)]
                held += taken
                rest = rest[len(taken) :]
    yield bytes(held), True


def _send(association: Association, fragment: P_DATA, patience: float) -> None:
    """Queue a fragment when few are waiting; raise PeerFault when the peer takes none in time."""
    if association.dul.to_provider_queue.qsize() >= MOST_WAITING:
        _wait_until(association, MOST_WAITING // 2, patience)
    _check_alive(association)
    association.dul.send_pdu(fragment)


def _wait_until(association: Association, few: int, patience: float) -> None:
    """Wait until no more than a few fragments are waiting for the network."""
    limit = time.monotonic() + patience
    while association.dul.to_provider_queue.qsize() > few:
        _check_alive(association)
        if time.monotonic() > limit:
            raise _late("the peer took no more data", patience)
        time.sleep(_TICK)


def _check_alive(association: Association) -> None:
    is_over = not association.is_established or not association.dul.is_alive()
    if is_over or association.acse.is_aborted():
        raise _lost()


def _answer(association: Association, message: int, patience: float) -> int:
    _wait_until(association, 0, patience)
    time.sleep(_TICK)
    hurry(association)
    answer = _next_message(association, patience)
    if not isinstance(answer, C_STORE) or not _is_to(answer, message):
        raise PeerFault("the peer gave an answer that makes no sense", is_transient=True)
    assert answer.Status is not None  # else it would not be valid
    return answer.Status


def _is_to(answer: C_STORE, message: int) -> bool:
    return answer.is_valid_response and answer.MessageIDBeingRespondedTo == message


def _next_message(association: Association, patience: float) -> object:
    """Return what the peer says next; `keep_answers` sees to it that nobody else takes it."""
    limit = time.monotonic() + patience
    while time.monotonic() < limit:
        try:
            _, answer = association.dimse.msg_queue.get(timeout=_GLANCE)
        except Empty:
            _check_alive(association)
            continue
        if answer is None:  # the end of the connection
            raise _lost()
        return answer
    raise _late("the peer did not answer", patience)


def _lost() -> PeerFault:
    return PeerFault("the connection was lost before the peer answered", is_transient=True)


def _late(what: str, patience: float) -> PeerFault:
    reason = f"{what} within {patience:g} seconds"
    return PeerFault(reason, is_transient=True, is_general=True)
