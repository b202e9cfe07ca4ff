"""Edit the files of a run on a Dask cluster.

A task is a few files, as many as take half a second. It asks the run before it begins. One that has
begun before lost its worker: its files are tried once more, each as a task of its own, and one
whose worker is lost again has failed. So a file that kills workers costs two of them at most.
"""

from __future__ import annotations

import os
import pickle
import threading
import time
from collections import deque
from pathlib import Path
from queue import Empty, SimpleQueue

from dicomedit.batch import cluster_worker
from dicomedit.batch.cluster_link import JOINING, check_folders, check_versions, connected
from dicomedit.batch.cluster_worker import queue_of
from dicomedit.batch.order import Order
from dicomedit.batch.rows import Row, lost_row
from dicomedit.batch.wire import Packer
from dicomedit.errors import DicomEditError, DicomFileError
from dicomedit.io.scan import Job, remove_parts
from dicomedit.records import Record, replace

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from dicomedit.batch.serial import Item, Stop
    from dicomedit.batch.work import Shared, Work
    from dicomedit.io.places import Place, Target

WINDOW = 8192
"""Most items that are taken before the first of them has its row."""

LENGTH = 0.5
"""Seconds of work in a task: its own cost of some milliseconds is little beside it."""

MOST_FILES = 128
TICK = 0.2
"""Seconds after which a request to stop is seen while nothing else happens."""

LOOKING = 2.0
"""Seconds between looks at the workers that are there."""

GRACE = 10.0
"""Seconds that files in hand are given when the run is broken off."""

GONE = "the scheduler is gone; files already written are complete"
LOST = "the worker process ended twice while it had this file; perhaps memory ran out"


class Task(Record, frozen=False):
    """Some files for one worker. `begun` is how often a worker has begun with them."""

    name: str
    jobs: list[tuple[int, Job]]
    is_second: bool = False
    begun: int = 0
    future: Any = None
    since: float = 0.0


class Cluster:
    """The executor of a Dask cluster: the address of a scheduler, or ``"local"`` with `count`.

    `output` is the folder in which workers must see a file; None when nothing is to be written.
    """

    def __init__(self, scheduler: str, count: int, output: Path | None) -> None:
        self._scheduler = scheduler
        self._count = count
        self._output = output

    def __call__(
        self,
        work: Work,
        shared: Shared,
        items: Iterator[Item],
        finished: Callable[[Row], Row],
        stop: Stop,
    ) -> Iterator[Row]:
        """Yield a row for each item, in order; after a stop, for each that was finished."""
        source = Path(_absolute(work.source))
        work = replace(work, source=source)
        with connected(self._scheduler, self._count) as client:
            output = self._output
            with stop.breakable():  # it may take a minute
                check_versions(client)
                check_folders(client, source, output and Path(os.path.abspath(output)))
            run = _Run(client, work, shared, finished, stop)
            try:
                yield from run.rows(items)
            except BaseException:
                run.break_off()
                raise
            finally:
                run.close()


class _Answers:
    """Answers workers, from a thread of its own: nobody else uses the UID map during the run."""

    def __init__(self, client: Any, name: str, shared: Shared, tasks: dict[str, Task]) -> None:
        self._client, self._shared, self._tasks = client, shared, tasks
        self._questions = queue_of(client, name)
        self._queues: dict[str, Any] = {}
        self.is_stopping = self._is_over = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self._is_over:
            try:
                question = self._questions.get(timeout=TICK)
            except TimeoutError:
                continue
            except Exception:
                return  # the scheduler is gone, which the run sees by itself
            self._answer(*pickle.loads(question))

    def _answer(self, where: str, number: int, what: str, given: tuple[str, ...]) -> None:
        kind, answer = self._find(what, given)
        try:
            if where not in self._queues:
                self._queues[where] = queue_of(self._client, where)
            self._queues[where].put(pickle.dumps((number, kind, answer)))
        except Exception:
            return  # the scheduler is gone

    def _find(self, what: str, given: tuple[str, ...]) -> tuple[str, object]:
        try:
            if what == "begin":
                return "told", self._begin(*given)
            return "told", self._shared.answer(what, given)
        except DicomEditError as error:
            return "refused", error

    def _begin(self, name: str) -> str:
        task = self._tasks.get(name)
        if task is None:
            return "no"
        task.begun += 1
        return "no" if self.is_stopping or task.begun > 1 else "yes"

    def close(self) -> None:
        """Answer no more."""
        self._is_over = True
        self._thread.join()
        for queue in (self._questions, *self._queues.values()):
            queue.close()


class _Run:
    def __init__(
        self,
        client: Any,
        work: Work,
        shared: Shared,
        finished: Callable[[Row], Row],
        stop: Stop,
    ) -> None:
        self._client = client
        self._finished = finished
        self._stop = stop
        self._name = f"dicomedit-{os.urandom(8).hex()}"
        self._shared = shared
        self._packer = Packer(work.sources(), work.folder)
        self._ended: SimpleQueue[str] = SimpleQueue()
        self._tasks: dict[str, Task] = {}
        self._returned: deque[Task] = deque()
        self._order = Order(WINDOW)
        self._pace = LENGTH
        self._count = 0
        self._workers, self._looked, self._seen = 1, 0.0, time.monotonic()
        self._swept: set[Path | Target] = set()
        self._answers = _Answers(client, self._name, shared, self._tasks)
        self._work = client.submit(
            cluster_worker.hold, pickle.dumps(_travelling(work), 5), key=f"{self._name}-work"
        )

    def rows(self, items: Iterator[Item]) -> Iterator[Row]:
        """Yield rows in order until all items have theirs, or the run is to stop."""
        numbered = enumerate(items)
        more = True
        while not self._stop.requested:
            self._look()
            more = self._hand_out(numbered) if more or self._returned else False
            yield from self._order.ready()
            if self._tasks:
                self._receive()
            elif not more and not self._returned and self._order.is_empty:
                return
        self._finish_in_hand()
        yield from self._order.rest()

    def _look(self) -> None:
        """Count the workers now and then; raise DicomEditError when there is nobody any more."""
        now = time.monotonic()
        if self._client.status != "running":
            raise DicomEditError(GONE)
        if now - self._looked < LOOKING:
            return
        self._looked = now
        try:
            count = len(self._client.nthreads())
        except Exception:
            raise DicomEditError(GONE) from None
        if count:
            self._workers, self._seen = count, now
        elif now - self._seen > JOINING:
            raise DicomEditError(
                f"the cluster has had no worker for {JOINING:.0f} s; files already written are"
                " complete"
            )

    # --- tasks --------------------------------------------------------------------------------

    def _hand_out(self, numbered: Iterator[tuple[int, Item]]) -> bool:
        """Keep two tasks for each worker with the scheduler; return whether there may be more."""
        while len(self._tasks) < 2 * self._workers:
            if self._returned and not self._is_in_doubt():
                self._submit(self._returned.popleft())
                continue
            jobs = self._next_jobs(numbered)
            if not jobs:
                return self._order.is_full
            self._submit(self._task(jobs))
        return True

    def _is_in_doubt(self) -> bool:
        """Whether the next task must wait: of files that may kill workers one is tried at a time.

        Otherwise what one of them has done to a worker would be laid at the door of another.
        """
        return self._returned[0].is_second and any(t.is_second for t in self._tasks.values())

    def _next_jobs(self, numbered: Iterator[tuple[int, Item]]) -> list[tuple[int, Job]]:
        fair = max(1, WINDOW // (4 * self._workers))
        size = max(1, min(MOST_FILES, fair, int(LENGTH / self._pace)))
        jobs: list[tuple[int, Job]] = []
        while len(jobs) < size and not self._order.is_full:
            number, item = next(numbered, (-1, None))
            if item is None:
                break
            self._order.expect(number)
            if isinstance(item, Job):
                jobs.append((number, item))
            else:
                self._order.put(number, item)
        return jobs

    def _task(self, jobs: list[tuple[int, Job]], *, is_second: bool = False) -> Task:
        self._count += 1
        return Task(f"{self._name}-{self._count}", jobs, is_second)

    def _submit(self, task: Task) -> None:
        self._tasks[task.name] = task
        task.since = time.monotonic()
        names = [(_absolute(job.source), _absolute(job.destination)) for _, job in task.jobs]
        task.future = self._client.submit(
            cluster_worker.edit,
            self._name,
            self._work,
            task.name,
            names,
            key=task.name,
            pure=False,
        )
        task.future.add_done_callback(lambda _future, name=task.name: self._ended.put(name))

    def _receive(self) -> None:
        try:
            self._end(self._ended.get(timeout=TICK))
            while True:
                self._end(self._ended.get_nowait())
        except Empty:
            return

    def _end(self, name: str) -> None:
        """Take up what a task came to."""
        task = self._tasks.pop(name)
        how, packed = self._result(task)
        for (number, job), each in zip(task.jobs, packed, strict=False):
            row = _renamed(self._packer.unpack(job, each))
            self._order.put(number, self._finished(row))
        if packed:
            self._pace += ((time.monotonic() - task.since) / 2 / len(packed) - self._pace) / 4
        left = task.jobs[len(packed) :]
        if not left or self._answers.is_stopping:
            return
        if how == "unanswered":
            raise DicomEditError(GONE)
        if how.startswith("failed"):
            raise DicomEditError(f"a worker of the cluster cannot do the work: {how}")
        self._again(task, left)

    def _again(self, task: Task, left: list[tuple[int, Job]]) -> None:
        """Do what a lost worker has not done, file by file; one that is lost again has failed."""
        self._swept.update(self._shared.placed(job).destination.parent for _, job in left)
        for number, job in left:
            if task.is_second and task.begun:
                self._order.put(number, self._finished(lost_row(job, LOST)))
            else:
                self._returned.append(self._task([(number, job)], is_second=task.begun > 0))

    def _result(self, task: Task) -> tuple[str, list[Any]]:
        from distributed import KilledWorker

        status = task.future.status
        if status == "finished":
            try:
                how, packed = task.future.result(timeout=GRACE)
            except Exception:
                return "lost", []  # the worker has come to its end before it could tell
            return how, packed
        if self._answers.is_stopping:
            return "lost", []
        if status != "error":
            raise DicomEditError(GONE)
        error = task.future.exception(timeout=GRACE)
        if isinstance(error, KilledWorker):
            return "lost", []
        raise DicomEditError(f"a worker of the cluster cannot do the work: {type(error).__name__}")

    # --- the end ------------------------------------------------------------------------------

    def _finish_in_hand(self, grace: float | None = None) -> None:
        """Let every worker finish the file it has in hand, and take up what comes of it.

        Whoever asks for the end again does not want to wait for them.
        """
        self._answers.is_stopping = True
        self._tell(cluster_worker.stop)
        limit = None if grace is None else time.monotonic() + grace
        while self._tasks and not self._stop.at_once:
            is_over = limit is not None and time.monotonic() >= limit
            if is_over or self._client.status != "running":
                return
            self._receive()

    def break_off(self) -> None:
        """End after an error or an interrupt: files in hand are finished soon or discarded."""
        self._finish_in_hand(0 if self._answers.is_stopping else GRACE)

    def _tell(self, what: Callable[..., None]) -> None:
        try:
            self._client.run(what, self._name, on_error="ignore")
        except Exception:
            return  # the scheduler is gone, and its workers end or ask in vain

    def close(self) -> None:
        """Drop what the cluster keeps of the run, and what lost workers have left half done."""
        is_idle = not self._tasks
        if self._client.status == "running":
            self._tell(cluster_worker.forget)
        self._answers.close()
        self._tasks.clear()
        self._work.release()
        for folder in self._swept if is_idle else ():
            remove_parts(folder)


def _travelling(work: Work) -> Work:
    """Return work as workers can do it, whatever their working folder is."""
    if work.layout is None:
        return work
    folder = Path(_absolute(work.layout.folder))
    return replace(work, layout=replace(work.layout, folder=folder))


def _absolute(path: Path | Place) -> str:
    assert isinstance(path, Path)  # the run has seen to it
    return os.path.abspath(path)


def _renamed(row: Row) -> Row:
    """Return a row whose error names the file as the run does."""
    error = row.error
    if isinstance(error, DicomFileError):
        for path in (row.source, row.destination):
            if error.path == _absolute(path):
                named = type(error)(str(path), error.reason, offset=error.offset, code=error.code)
                return replace(row, error=named)
    return row
