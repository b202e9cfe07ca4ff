"""What a worker of a Dask cluster does for a run: edit the files of a task, ask the run.

Questions and answers travel through queues of the scheduler, so that workers need no way to the
machine of the run, and encryption is that of the cluster.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Sequence
from pathlib import Path

from dicomedit.batch.shared import AskedUidMap, AskedWeb, asked_names
from dicomedit.batch.version import VERSION
from dicomedit.batch.wire import Packer, job_of
from dicomedit.batch.work import Shared, Work

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from dicomedit.batch.wire import Packed

PATIENCE = 120.0
"""Seconds after which a run that does not answer is taken to be gone."""

MOST_RUNS = 4
"""Runs whose compiled scripts a worker keeps: those of a run that was killed go in their turn."""

HOME = "_dicomedit_runs"
"""The attribute of Dask's worker object with the runs it knows."""


class Unanswered(BaseException):
    """The run is gone or wants no more: the file in hand is dropped, and is no failure."""


class Runs:
    """The runs that a worker process knows, and the lock that has them edit one file at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.by_name: dict[str, Run] = {}

    def get(self, name: str, data: bytes) -> Run:
        """Return a run; the first time its scripts are compiled."""
        if name not in self.by_name:
            while len(self.by_name) >= MOST_RUNS:
                del self.by_name[next(iter(self.by_name))]
            self.by_name[name] = Run(name, pickle.loads(data))
        return self.by_name[name]


class Run:
    """One run on one worker: its compiled scripts, and the line to the process that began it."""

    def __init__(self, name: str, work: Work) -> None:
        self.is_stopped = False
        self._name = name
        self._asked = 0
        self._answers_to = ""
        self._queues: tuple[Any, Any] | None = None
        names = asked_names(work, self.ask)
        self.editor = work.editor(
            Shared(AskedUidMap(ask=self.ask), AskedWeb(self.ask).fetch, names)
        )
        self.packer = Packer(work.sources(), work.folder)

    def ask(self, what: str, given: tuple[str, ...]) -> str:
        """Return what the run knows; raise what it raised, or Unanswered."""
        self._asked += 1
        try:
            questions, answers = self._line()
            questions.put(pickle.dumps((self._answers_to, self._asked, what, given)))
            while True:
                number, kind, answer = pickle.loads(answers.get(timeout=PATIENCE))
                if number == self._asked:
                    break
        except Exception:
            raise Unanswered from None
        if kind == "refused":
            raise answer
        return str(answer)

    def _line(self) -> tuple[Any, Any]:
        if self._queues is None:
            from uuid import uuid4

            from distributed import get_client

            self._answers_to = f"{self._name}-{uuid4().hex}"
            client = get_client()
            self._queues = queue_of(client, self._name), queue_of(client, self._answers_to)
        return self._queues


def edit(
    name: str, data: bytes, task: str, jobs: Sequence[tuple[str, str]]
) -> tuple[str, list[Packed]]:
    """Edit the files of a task; return how it ended and the packed rows of those that were done.

    The run is asked first whether the task may begin: it knows of an earlier attempt, whose worker
    came to an end. No exception leaves this: Dask would log it, with values perhaps.
    """
    try:
        return _edit(name, data, task, jobs)
    except Exception as error:
        return f"failed: {type(error).__name__}", []


def _edit(
    name: str, data: bytes, task: str, jobs: Sequence[tuple[str, str]]
) -> tuple[str, list[Packed]]:
    runs = _runs()
    with runs.lock:
        run = runs.get(name, data)
        rows: list[Packed] = []
        try:
            if run.is_stopped or run.ask("begin", (task,)) != "yes":
                return "not begun", rows
            for names in jobs:
                if run.is_stopped:
                    break
                rows.append(run.packer.pack(run.editor.edit(job_of(names))))
        except Unanswered:
            return "unanswered", rows
        return "done", rows


def hold(data: bytes) -> bytes:
    """Return what all tasks need: as a task it is made again when its worker is lost."""
    return data


def stop(name: str, dask_worker: Any) -> None:
    """Begin no other file of a run."""
    runs = getattr(dask_worker, HOME, None)
    if runs is not None and name in runs.by_name:
        runs.by_name[name].is_stopped = True


def forget(name: str, dask_worker: Any) -> None:
    """Drop what a worker keeps of a run."""
    runs = getattr(dask_worker, HOME, None)
    if runs is not None:
        runs.by_name.pop(name, None)


def look(version: str, source: str, probe: str, token: bytes, dask_worker: Any) -> str | None:
    """Say why a worker cannot do a run's files, if so: another version, or other folders."""
    setattr(dask_worker, HOME, getattr(dask_worker, HOME, None) or Runs())
    if version != VERSION:
        return f"it has dicomedit {VERSION}, the run has {version}"
    if not Path(source).exists():
        return f"it does not see the input {source}: workers need the same file system"
    if not probe:
        return None
    try:
        if Path(probe).read_bytes() == token:
            return None
    except OSError:
        pass
    return f"it does not see the output {Path(probe).parent}: workers need the same file system"


def queue_of(client: Any, name: str) -> Any:
    """Return a queue of the scheduler."""
    import distributed

    untyped: Any = distributed.Queue
    return untyped(name, client)


def _runs() -> Runs:
    from distributed import get_worker

    worker = get_worker()
    # One assignment that no other thread can come between: a worker that joined late has none yet.
    found: Runs = worker.__dict__.setdefault(HOME, Runs())
    return found
