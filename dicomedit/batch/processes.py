"""Edit the files of a run in several processes.

Each worker has a pipe of its own, so that one that is killed costs the file it had in hand and
nothing else. Workers are given a few files ahead, as many as take a tenth of a second; rows
come back one by one and are put in order here.
"""

from __future__ import annotations

import time
from collections import deque
from queue import Empty, SimpleQueue

from dicomedit.batch.order import Order
from dicomedit.batch.pool_worker import PoolWorker
from dicomedit.batch.rows import Row, lost_row
from dicomedit.batch.wire import Packer
from dicomedit.batch.work import counted_by
from dicomedit.errors import DicomEditError
from dicomedit.io.scan import Job, remove_parts

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from dicomedit.batch.pool_worker import Event
    from dicomedit.batch.serial import Item, Stop
    from dicomedit.batch.work import Shared, Work
    from dicomedit.io.places import Target

WINDOW = 4096
"""Most items that are taken before the first of them has its row."""

AHEAD = 0.1
"""Seconds of work that a worker is given in advance."""

MOST_AHEAD = 64
TICK = 0.2
"""Seconds after which a request to stop is seen while nothing else happens."""

GRACE = 10.0
"""Seconds that files in hand are given when the run is broken off."""

MOST_STILLBORN = 3
"""Workers in a row that may come to an end by themselves before they can begin."""

MOST_KILLED = 30
"""Workers in a row that may be killed before they can begin."""


class Processes:
    """The executor of several processes: `count` workers, started when it is called.

    `inherited` are descriptors that workers hold open for as long as they live.
    """

    def __init__(self, count: int, inherited: Sequence[int] = ()) -> None:
        self._count = count
        self._inherited = tuple(inherited)

    def __call__(
        self,
        work: Work,
        shared: Shared,
        items: Iterator[Item],
        finished: Callable[[Row], Row],
        stop: Stop,
    ) -> Iterator[Row]:
        """Yield a row for each item, in order; after a stop, for each that was finished."""
        pool = _Pool(work, shared, finished, stop)
        try:
            pool.start(self._count, self._inherited)
            yield from pool.rows(items)
        except BaseException:
            pool.break_off()
            raise
        finally:
            pool.close()


class _Pool:
    def __init__(
        self, work: Work, shared: Shared, finished: Callable[[Row], Row], stop: Stop
    ) -> None:
        self._work = work
        self._shared = shared
        self._finished = finished
        self._stop = stop
        self._packer = Packer(work.sources(), work.folder)
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._workers: list[PoolWorker] = []
        self._inherited: tuple[int, ...] = ()
        self._returned: deque[tuple[int, Job]] = deque()
        self._order = Order(WINDOW)
        self._pace = AHEAD
        self._stillborn = 0
        self._swept: set[Path | Target] = set()
        self._is_stopping = False

    def start(self, count: int, inherited: tuple[int, ...]) -> None:
        """Start the workers, all before the first is told anything."""
        self._inherited = inherited
        try:
            for _ in range(count):
                self._workers.append(PoolWorker(self._events, inherited))
        except OSError as error:
            if not self._workers:
                raise DicomEditError(f"no worker can be started: {error.strerror}") from None
        for worker in self._workers:
            worker.tell(self._work)

    def rows(self, items: Iterator[Item]) -> Iterator[Row]:
        """Yield rows in order until all items have theirs, or the run is to stop."""
        numbered = enumerate(items)
        more = True
        while True:
            if self._stop.requested:
                break
            more = self._hand_out(numbered) if more or self._returned else False
            yield from self._order.ready()
            if any(worker.in_hand for worker in self._workers):
                self._receive(TICK)
            elif not more and not self._returned and self._order.is_empty:
                return
        self._finish_in_hand()
        yield from self._order.rest()

    # --- jobs ---------------------------------------------------------------------------------

    def _hand_out(self, numbered: Iterator[tuple[int, Item]]) -> bool:
        """Give jobs to workers that have few; return whether there may be more."""
        depth = max(2, min(MOST_AHEAD, int(AHEAD / self._pace)))
        for worker in self._workers:
            if len(worker.in_hand) > depth // 2:
                continue
            while len(worker.in_hand) < depth:
                found = self._next_job(numbered)
                if found is None:
                    worker.flush()
                    return self._order.is_full
                worker.assign(*found)
            worker.flush()
        return True

    def _next_job(self, numbered: Iterator[tuple[int, Item]]) -> tuple[int, Job] | None:
        if self._returned:
            return self._returned.popleft()
        while not self._order.is_full:
            number, item = next(numbered, (-1, None))
            if item is None:
                return None
            self._order.expect(number)
            if isinstance(item, Job):
                return number, item
            self._order.put(number, item)
        return None

    # --- what workers say ---------------------------------------------------------------------

    def _receive(self, patience: float) -> None:
        try:
            event = self._events.get(timeout=patience)
        except Empty:
            return
        self._handle(event)
        while not self._events.empty():
            self._handle(self._events.get())

    def _handle(self, event: Event) -> None:
        worker, messages = event
        if messages is None:
            self._bury(worker)
            return
        for message in messages:
            self._heed(worker, message)

    def _heed(self, worker: PoolWorker, message: tuple[Any, ...]) -> None:
        match message:
            case ("row", number, packed):
                expected, job = worker.in_hand.popleft()
                while expected != number:  # an interrupt has swallowed the news of these
                    expected, job = worker.in_hand.popleft()
                self._keep_pace(worker)
                if self._is_stopping and not worker.in_hand:
                    worker.hang_up()
                self._finish(number, self._packer.unpack(job, packed))
            case ("counted", counts):
                for coverage, each in zip(counted_by(self._work), counts, strict=True):
                    coverage.add(each)
            case ("ask", what, given):
                worker.answer(*self._answer(what, given))
            case ("ready",):
                worker.is_ready = True
                worker.since = time.monotonic()
                self._stillborn = 0

    def _keep_pace(self, worker: PoolWorker) -> None:
        now = time.monotonic()
        self._pace += (max(now - worker.since, 1e-4) - self._pace) / 16
        worker.since = now

    def _finish(self, number: int, row: Row) -> None:
        self._order.put(number, self._finished(row))

    def _answer(self, what: str, given: tuple[str, ...]) -> tuple[str, object]:
        try:
            if what != "url":
                return "told", self._shared.answer(what, given)
            with self._stop.breakable():  # a server may be slow to answer
                return "told", self._shared.answer(what, given)
        except DicomEditError as error:
            return "refused", error

    # --- the end of a worker ------------------------------------------------------------------

    def _bury(self, worker: PoolWorker) -> None:
        """See to what a worker leaves behind; put another in its place when there is work left."""
        status = worker.wait()
        if worker in self._workers:
            self._workers.remove(worker)
        self._sweep(worker)
        if self._is_stopping:
            return
        if worker.is_ready and worker.in_hand:
            number, job = worker.in_hand.popleft()
            self._finish(number, lost_row(job, _end_of(status)))
        elif not worker.is_ready:
            self._stillborn += 1
            if self._stillborn >= (MOST_KILLED if status < 0 else MOST_STILLBORN):
                reason = _end_of(status)
                raise DicomEditError(f"workers cannot be started: {reason}; try --jobs 1")
        self._returned.extend(worker.in_hand)
        worker.in_hand.clear()
        self._workers.append(PoolWorker(self._events, self._inherited))
        self._workers[-1].tell(self._work)

    def _sweep(self, worker: PoolWorker) -> None:
        """Note where a worker may have left its file half written."""
        for _, job in list(worker.in_hand)[:1]:
            self._swept.add(self._shared.placed(job).destination.parent)

    def _finish_in_hand(self, grace: float | None = None) -> None:
        """Let every worker finish the file it has in hand, and take up what comes of it.

        Whoever asks for the end again does not want to wait for them.
        """
        self._is_stopping = True
        limit = None if grace is None else time.monotonic() + grace
        for worker in self._workers:
            worker.ask_to_stop()
        while self._workers and not self._stop.at_once:
            if limit is not None and time.monotonic() >= limit:
                return
            self._receive(TICK)

    def break_off(self) -> None:
        """End after an error or an interrupt: files in hand are finished soon or discarded.

        Whoever interrupts while they are being finished does not want to wait for them.
        """
        try:
            self._finish_in_hand(0 if self._is_stopping else GRACE)
        finally:
            for worker in self._workers:
                worker.kill()

    def close(self) -> None:
        """End all workers and remove what killed ones left half done.

        An interrupt may have come between hearing of a worker's end and seeing to it: no event is
        waited for here.
        """
        for worker in self._workers:
            worker.hang_up()
        for worker in self._workers:
            while not self._stop.at_once and not worker.has_ended(TICK):
                pass
            if self._stop.at_once:
                worker.kill()
            worker.wait()
            self._sweep(worker)
        self._workers.clear()
        for folder in self._swept:
            remove_parts(folder)


def _end_of(status: int) -> str:
    """Say how a worker came to its end."""
    if status >= 0:
        return f"the worker process ended unexpectedly (status {status})"
    import signal

    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    guess = {
        "SIGKILL": "; perhaps memory ran out",
        "SIGSEGV": "; perhaps in a decoder of pixel data",
        "SIGBUS": "; perhaps the file became shorter while it was read",
    }.get(name, "")
    return f"the worker process was killed by {name}{guess}"
