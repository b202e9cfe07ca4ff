"""A storage provider that edits what arrives (C-STORE and C-ECHO, PS3.4 Annex B and A)."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from dicomedit.errors import DicomEditError
from dicomedit.net.faults import quieten
from dicomedit.net.intake import Intake, Received, Reply
from dicomedit.net.limits import PDU_SIZE, forget, is_within, watch_units
from dicomedit.net.outlets import Outlet
from dicomedit.net.server import Gate, GatedServer
from dicomedit.net.statuses import OUT_OF_RESOURCES, SUCCESS
from dicomedit.net.visits import ReceiptJournal, Visit, outcome_of
from dicomedit.records import Record

_LULL = 0.2
"""Seconds for answers to get onto their way before associations are ended."""

_TICK = 0.05
_POLL = 0.2


class Listening(Record):
    """Where to listen, under which title, and to whom. `most_bytes` is of one object.

    With a `title` only associations that call it are accepted. Without `callers` everybody may.
    """

    host: str = "127.0.0.1"
    port: int = 11112
    title: str | None = None
    callers: tuple[str, ...] = ()
    gate: Gate = Gate()
    most_bytes: int = 1 << 30


class Receiver:
    """Receives objects from the moment it is made until `stop`.

    `open_outlet` makes what keeps the results of one association. `tell` hears of each association
    and each failure in a line without patient data. Receivers of pynetdicom that this process may
    have besides accept all storage SOP Classes, too: it has one setting for all.
    """

    def __init__(
        self,
        listening: Listening,
        intake: Intake,
        open_outlet: Callable[[], Outlet],
        *,
        journal: ReceiptJournal | None = None,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Begin to listen; raise DicomEditError when the address cannot be listened at."""
        self._listening = listening
        self._intake = intake
        self._open_outlet = open_outlet
        self._journal = journal
        self._tell = tell
        self._visits: dict[Association, Visit] = {}
        self._number = self._in_hand = 0
        self._changing = threading.Lock()
        self._is_stopping = False
        self.is_complete = True
        """Whether all objects in hand were finished, once it was stopped."""

        quieten()
        _config.UNRESTRICTED_STORAGE_SERVICE = True
        try:
            self._server = GatedServer(
                _entity(listening),
                (listening.host, listening.port),
                listening.gate,
                tell,
                self._handlers(),
            )
        except OSError as error:
            where = f"{listening.host}, port {listening.port}"
            raise DicomEditError(f"cannot listen at {where}: {error.strerror}") from None
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL,), daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port; of use when it was left to the system by giving 0."""
        return int(self._server.server_address[1])

    def stop(self, patience: float) -> None:
        """Accept nothing more, finish the objects in hand, end all associations.

        Objects that are still in hand after `patience` seconds are given up.
        """
        self._is_stopping = True
        self._server.shutdown()
        self._thread.join()
        limit = time.monotonic() + patience
        while self._in_hand and time.monotonic() < limit:
            time.sleep(_TICK)
        self.is_complete = not self._in_hand
        time.sleep(_LULL)
        for association in self._server.active_associations:
            with contextlib.suppress(Exception):
                association.abort()
        for association in list(self._visits):
            self._end(association, "ended by the shutdown")

    # --- what pynetdicom tells ----------------------------------------------------------------

    def _handlers(self) -> Sequence[tuple[evt.EventType, Callable[..., Any]]]:
        return (
            (evt.EVT_CONN_OPEN, lambda event: watch_units(event.assoc)),
            (evt.EVT_PDU_RECV, self._check_limits),
            (evt.EVT_ESTABLISHED, lambda event: self._visit_of(event.assoc)),
            (evt.EVT_REJECTED, self._rejected),
            (evt.EVT_RELEASED, lambda event: self._end(event.assoc, "released")),
            (evt.EVT_ABORTED, lambda event: self._end(event.assoc, "broken off")),
            (evt.EVT_C_STORE, self._store),
        )

    def _check_limits(self, event: evt.Event) -> None:
        if not is_within(event.assoc, self._listening.most_bytes):
            forget(event.assoc)
            name = self._visit_of(event.assoc).name
            self._tell(f"{name} failed: cut off, since it sends more than is allowed")
            event.assoc.abort()

    def _rejected(self, event: evt.Event) -> None:
        requestor = event.assoc.requestor
        title = shown_title(requestor.ae_title)
        self._tell(f"rejected an association of {title} at {requestor.address}")

    def _store(self, event: evt.Event) -> Dataset | int:
        if self._is_stopping:
            return _answer(Reply(OUT_OF_RESOURCES, "the receiver is being shut down"))
        with self._one_in_hand():
            visit = self._visit_of(event.assoc)
            reply = self._intake.take(_received(event), visit.outlet)
            reply = self._noted(visit, reply)
        return _answer(reply)

    def _noted(self, visit: Visit, reply: Reply) -> Reply:
        if self._journal is not None:
            try:
                self._journal.add(visit, reply)
            except OSError as error:
                self._tell(f"the journal cannot be written: {error.strerror}")
        visit.note(reply)
        if reply.reason is not None:
            count = visit.counts.total()
            what = outcome_of(reply.status)
            self._tell(f"{visit.name}: object {count} {what}: {reply.reason}")
        return reply

    # --- associations -------------------------------------------------------------------------

    def _visit_of(self, association: Association) -> Visit:
        with self._changing:
            visit = self._visits.get(association)
            if visit is None:
                self._number += 1
                requestor = association.requestor
                visit = Visit(
                    self._number,
                    shown_title(requestor.ae_title),
                    requestor.address,
                    self._open_outlet(),
                )
                self._visits[association] = visit
        return visit

    def _end(self, association: Association, how: str) -> None:
        with self._changing:
            visit = self._visits.pop(association, None)
        if visit is not None:
            visit.outlet.close()
            self._tell(visit.summary(how))

    @contextmanager
    def _one_in_hand(self) -> Iterator[None]:
        with self._changing:
            self._in_hand += 1
        try:
            yield
        finally:
            with self._changing:
                self._in_hand -= 1


def _entity(listening: Listening) -> AE:
    ae = AE(ae_title=listening.title or "DICOMEDIT")
    ae.maximum_associations = listening.gate.most
    ae.maximum_pdu_size = PDU_SIZE
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = listening.gate.patience
    ae.require_called_aet = listening.title is not None
    ae.require_calling_aet = list(listening.callers)
    ae.add_supported_context(Verification)
    return ae


def _received(event: evt.Event) -> Received:
    request: Any = event.request
    context = event.context
    return Received(
        event.assoc.requestor.ae_title.strip(),
        str(request.AffectedSOPClassUID),
        str(request.AffectedSOPInstanceUID),
        str(context.transfer_syntax),
        b"" if request.DataSet is None else request.DataSet.getvalue(),
    )


def _answer(reply: Reply) -> Dataset | int:
    if reply.status == SUCCESS:
        return SUCCESS
    answer = Dataset()
    answer.Status = reply.status
    if reply.comment is not None:
        answer.ErrorComment = reply.comment
    return answer


def shown_title(title: str) -> str:
    """Return a title as it may be printed, whatever a peer calls itself."""
    return "".join(each if each.isprintable() else "?" for each in title.strip()) or "?"
