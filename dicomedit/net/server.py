"""Listens for associations: who may connect, TLS, and limits that pynetdicom's server has not."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from pynetdicom import AE
from pynetdicom.events import EventHandlerType
from pynetdicom.transport import ThreadedAssociationServer

from dicomedit.records import Record

Network = IPv4Network | IPv6Network


class Gate(Record):
    """Who may connect, and how. Without `networks` everybody may; `patience` is in seconds."""

    networks: tuple[Network, ...] = ()
    context: ssl.SSLContext | None = None
    patience: float = 60.0
    most: int = 10


class GatedServer(ThreadedAssociationServer):
    """A server that asks nobody to speak TLS while others wait, and nobody unknown to speak."""

    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        ae: AE,
        address: Any,
        gate: Gate,
        tell: Callable[[str], None],
        handlers: Sequence[EventHandlerType],
    ) -> None:
        self._gate = gate
        self._tell = tell
        self._greeted = threading.BoundedSemaphore(gate.most)
        super().__init__(
            ae, address, ae.ae_title, ae.supported_contexts, evt_handlers=list(handlers)
        )

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept a connection; TLS comes later, in the connection's own thread."""
        assert self.socket is not None
        client, address = self.socket.accept()
        client.settimeout(self._gate.patience)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client, address

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether a connection is kept: from an allowed network, and not one too many.

        A few more connections than associations are kept, so that their peers can be told.
        """
        if not self._is_allowed(client_address[0]):
            self._tell(f"refused a connection from {client_address[0]}, which is not allowed")
            return False
        if len(self.active_associations) >= 2 * self._gate.most + 8:
            self._tell(f"refused a connection from {client_address[0]}: there are too many")
            return False
        return True

    def _is_allowed(self, host: str) -> bool:
        if not self._gate.networks:
            return True
        address = ip_address(host.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self._gate.networks)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Agree on TLS if there is to be any, then begin the association."""
        context = self._gate.context
        if context is not None:
            if not self._greeted.acquire(blocking=False):
                self._tell(f"refused a connection from {client_address[0]}: there are too many")
                self.shutdown_request(request)
                return
            try:
                request = context.wrap_socket(request, server_side=True)
            except OSError as error:
                why = str(getattr(error, "reason", None) or error.strerror or "timed out")
                why = why.lower().replace("_", " ")
                self._tell(f"no TLS with {client_address[0]}: {why}")
                self.shutdown_request(request)
                return
            finally:
                self._greeted.release()
        super().process_request_thread(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell that a connection could not be served, without a traceback."""
        self._tell(f"a connection from {client_address[0]} could not be served")

    def shutdown(self) -> None:
        """Stop listening."""
        socketserver.BaseServer.shutdown(self)
        with contextlib.suppress(OSError):
            self.server_close()
