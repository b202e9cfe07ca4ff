"""Associations with a peer: asking for one, and saying why there is none (PS3.8 §7.1)."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Sequence

from pynetdicom import AE, build_context
from pynetdicom.association import Association

from dicomedit.net.address import Address
from dicomedit.net.faults import PeerFault
from dicomedit.net.pairs import Pair
from dicomedit.records import Record

_DIAGNOSED = 5.0
"""Most seconds to spend on finding out why there was no association."""


class Peer(Record):
    """How to reach a peer. `patience`: seconds to wait for a connection, or for any answer."""

    address: Address
    patience: float
    context: ssl.SSLContext | None = None


class Contexts(Record):
    """What a peer has agreed to: the identifiers of presentation contexts, and what it refused."""

    accepted: dict[Pair, int]
    refused: frozenset[Pair]


def associate(peer: Peer, pairs: Sequence[Pair]) -> tuple[Association | None, Contexts]:
    """Ask a peer for an association with one context for each pair, at most 128.

    There is none when the peer refuses all pairs. Raises PeerFault.
    """
    address = peer.address
    ae = AE(ae_title=address.calling)
    ae.connection_timeout = ae.acse_timeout = ae.dimse_timeout = peer.patience
    ae.network_timeout = None  # an association may be idle while a file is edited
    began = time.monotonic()
    try:
        association = ae.associate(
            address.host,
            address.port,
            contexts=[build_context(*pair) for pair in pairs],
            ae_title=address.called,
            tls_args=None if peer.context is None else (peer.context, address.host),
        )
    except OSError as error:
        raise _fault_of(error, peer) from None
    except ValueError as error:
        raise PeerFault(f"the peer cannot be asked: {error}") from None
    contexts = Contexts(
        {_pair_of(each): each.context_id for each in association.accepted_contexts},  # type: ignore[misc]
        frozenset(map(_pair_of, association.rejected_contexts)),
    )
    if association.is_established:
        hurry(association)
        keep_answers(association)
        return association, contexts
    if contexts.refused and not contexts.accepted:
        return None, contexts
    raise _why_not(association, peer, time.monotonic() - began)


def keep_answers(association: Association) -> None:
    """Keep the association's own thread from taking messages, which are answers to this side.

    The library stops that thread for as long as it waits for an answer, but may come too late.
    """
    association.dimse.get_msg = lambda block=False: (None, None)  # type: ignore[method-assign]


def hurry(association: Association) -> None:
    """Let no small fragment wait for the acknowledgement of the one before it, on neither side.

    Acknowledging at once has to be asked for again and again, and not everywhere it can be.
    """
    transport = association.dul.socket
    if transport is None or transport.socket is None:
        return
    with contextlib.suppress(OSError):  # it is gone, as whoever uses it will find
        transport.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_QUICKACK"):
            transport.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _pair_of(context: object) -> Pair:
    return str(context.abstract_syntax), str(context.transfer_syntax[0])  # type: ignore[attr-defined]


def _why_not(association: Association, peer: Peer, seconds: float) -> PeerFault:
    if association.is_rejected:
        answer = association.acceptor.primitive
        assert answer is not None
        is_permanent = answer.result == 1
        reason = f"the peer rejects the association: {answer.reason_str.lower()}"
        if is_permanent and answer.result_source == 1 and answer.diagnostic in (3, 7):
            address = peer.address
            reason += f" (calling {address.calling}, called {address.called})"
        return PeerFault(reason, is_transient=not is_permanent, is_general=True)
    found = _diagnose(peer)
    if found is not None:
        return found
    if seconds >= peer.patience:
        reason = f"the peer did not answer within {peer.patience:g} seconds"
    else:
        reason = "the peer ended the connection instead of accepting an association"
        if peer.context is None:
            reason += "; perhaps it wants TLS"
        else:
            reason += "; perhaps it wants a certificate, or does without TLS"
    return PeerFault(reason, is_transient=True, is_general=True)


def _diagnose(peer: Peer) -> PeerFault | None:
    """Connect once more to learn what is wrong; return None when this succeeds."""
    address = peer.address
    patience = min(peer.patience, _DIAGNOSED)
    try:
        with socket.create_connection((address.host, address.port), patience) as raw:
            if peer.context is not None:
                peer.context.wrap_socket(raw, server_hostname=address.host).close()
    except OSError as error:
        return _fault_of(error, peer)
    return None


def _fault_of(error: OSError, peer: Peer) -> PeerFault:
    """Say why a connection could not be made."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = f"the certificate of the peer is refused: {error.verify_message}"
        return PeerFault(reason, is_general=True)
    if isinstance(error, ssl.SSLEOFError):
        return PeerFault("the peer does not speak TLS, or refuses it", is_general=True)
    if isinstance(error, ssl.SSLError):
        why = str(error.reason or "the handshake failed").lower().replace("_", " ")
        return PeerFault(f"there is no TLS with the peer: {why}", is_general=True)
    if isinstance(error, socket.gaierror):
        is_transient = error.errno == socket.EAI_AGAIN
        reason = f"the host {peer.address.host} is not known"
        return PeerFault(reason, is_transient=is_transient, is_general=True)
    if isinstance(error, TimeoutError):
        reason = "the peer cannot be reached: the connection timed out"
    else:
        why = (error.strerror or "the connection failed").lower()
        reason = f"the peer cannot be reached: {why}"
        if peer.context is not None and isinstance(error, ConnectionResetError):
            reason += "; perhaps it does without TLS"
    return PeerFault(reason, is_transient=True, is_general=True)


def release(association: Association, patience: float) -> None:
    """End an association in order; abort it when the peer does not agree in time."""
    with contextlib.suppress(Exception):  # whatever it is, there is nothing more to be sent
        association.acse_timeout = min(patience, _DIAGNOSED)
        if association.is_established:
            association.release()
        if not association.is_released:
            drop(association)


def drop(association: Association) -> None:
    """End an association at once, even one whose peer does not take what it is sent."""
    transport = association.dul.socket
    with contextlib.suppress(Exception):
        if transport is not None and transport.socket is not None:
            transport.socket.shutdown(socket.SHUT_RDWR)  # wakes up whoever waits in it
    association.dul.to_provider_queue.queue.clear()
    with contextlib.suppress(Exception):
        association.abort()
