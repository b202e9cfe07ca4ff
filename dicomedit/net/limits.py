"""Limits on what a peer can make this side keep in memory."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from pynetdicom.association import Association

from dicomedit.net.association import hurry

LARGEST_PDU = 1 << 20
"""Bytes of one protocol data unit; the largest is a request with 128 contexts (PS3.8 §9.3.2)."""

PDU_SIZE = 1 << 16
"""Bytes of a protocol data unit with data that peers are asked not to exceed."""

MOST_WAITING = 2
"""Requests that may have arrived before the one in hand is answered (PS3.7 §D.3.3.3)."""


def watch_units(association: Association) -> None:
    """Let a connection end where a protocol data unit claims to be longer than any can be.

    Each piece is acknowledged at once: some peers write units in pieces and wait in between.
    """
    transport: Any = association.dul.socket
    receive = transport.recv

    def limited(count: int) -> bytearray:
        if count > LARGEST_PDU:
            raise OSError("the protocol data unit is too long")
        received: bytearray = receive(count)
        hurry(association)
        return received

    transport.recv = limited


def is_within(association: Association, most: int) -> bool:
    """Whether what has arrived of an association is within the limits; `most` is of one object."""
    dimse = association.dimse
    if dimse.msg_queue.qsize() > MOST_WAITING:
        return False
    message = dimse.message
    if message is None:
        return True
    return message.encoded_command_set.tell() <= LARGEST_PDU and (
        message.data_set is None or message.data_set.tell() <= most
    )


def forget(association: Association) -> None:
    """Let go of what has arrived of an association that will be ended."""
    message = association.dimse.message
    if message is not None:
        message.encoded_command_set = BytesIO()
        message.data_set = BytesIO()
