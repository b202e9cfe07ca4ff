"""Messages between a run and its workers: pickled, each with its length before it.

Both ends are processes of one user that run this package; nothing else is ever read this way.
"""

from __future__ import annotations

import os
import pickle
from io import BytesIO
from pathlib import Path

from dicomedit.batch.identity import NOTICE
from dicomedit.batch.rows import Row, Stamp, Status
from dicomedit.errors import DicomEditError, Source
from dicomedit.io.scan import Job
from dicomedit.lang.program import Outcome

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from dicomedit.batch.facts import Facts
    from dicomedit.io.places import Place

    Packed = tuple[str, object, str | None, object, str | None, bytes | None, str | None, object]

CHUNK = 1 << 16
_STATUSES = {status.value: status for status in Status}


def send(descriptor: int, *message: object) -> None:
    """Write a message; raise BrokenPipeError when nobody reads any more."""
    data = pickle.dumps(message, 5)
    rest = memoryview(len(data).to_bytes(4, "little") + data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


class Messages:
    """Cuts what comes in into messages."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, chunk: bytes) -> Iterator[tuple[Any, ...]]:
        """Yield the messages that are complete with this chunk."""
        held, start = self._held, 0
        held += chunk
        while len(held) - start >= 4:
            end = start + 4 + int.from_bytes(held[start : start + 4], "little")
            if end > len(held):
                break
            yield pickle.loads(bytes(held[start + 4 : end]))
            start = end
        del held[:start]


class Packer:
    """Packs rows small: without the job, which the run knows, and the texts of the scripts.

    `folder` is that of the results when their places are not those of the jobs.
    """

    def __init__(self, sources: Iterable[Source], folder: Path | None = None) -> None:
        self._sources = [*sources, NOTICE.source]
        self._folder = folder
        self._numbers = {source: number for number, source in enumerate(self._sources)}

    def pack(self, row: Row) -> Packed:
        """Return a row as what is sent."""
        outcome, rest = row.outcome, None
        if row.error is not None or not _is_plain(outcome):
            rest = self._dump((outcome, row.error))
        changed = None if outcome is None else outcome.is_changed
        stamp = row.stamp
        values = None
        if stamp is not None:
            values = tuple(getattr(stamp, name) for name in type(stamp)._fields)
        place = None
        if self._folder is not None:
            place = os.path.relpath(str(row.destination), self._folder)
        facts = None if row.facts is None else row.facts.values()
        return row.status.value, changed, row.reason, values, row.answer, rest, place, facts

    def unpack(self, job: Job, packed: Packed) -> Row:
        """Return the row of a job."""
        name, changed, reason, values, answer, rest, place, facts = packed
        destination = job.destination
        if self._folder is not None and place is not None:
            destination = self._folder / str(place)
        status = _STATUSES[name]
        outcome: Outcome | None = None
        error: DicomEditError | None = None
        if rest is not None:
            outcome, error = self._load(rest)
        elif changed is not None:
            is_rejected = status is Status.REJECTED
            outcome = Outcome(is_rejected, reason if is_rejected else None, bool(changed))
        return Row(
            job.source,
            destination,
            status,
            outcome,
            reason,
            error,
            stamp=_stamp(values),
            answer=answer,
            facts=None if facts is None else _facts(facts),
        )

    def _dump(self, message: object) -> bytes:
        file = BytesIO()
        numbers = self._numbers

        class Pickler(pickle.Pickler):
            def persistent_id(self, it: object) -> int | None:
                return numbers.get(it) if isinstance(it, Source) else None

        Pickler(file, 5).dump(message)
        return file.getvalue()

    def _load(self, data: bytes) -> Any:
        sources = self._sources

        class Unpickler(pickle.Unpickler):
            def persistent_load(self, number: int) -> Source:
                return sources[number]

        return Unpickler(BytesIO(data)).load()


def _is_plain(outcome: Outcome | None) -> bool:
    return outcome is not None and not (outcome.changes or outcome.echo or outcome.notices)


def _stamp(values: Any) -> Stamp | None:
    return None if values is None else Stamp(*values)


def _facts(values: object) -> Facts | None:
    from dicomedit.batch.facts import facts_of

    return facts_of(values)


def sent(place: Path | Place) -> str | Place:
    """Return what is sent for a place: of a path its text, which is quickly read."""
    return str(place) if isinstance(place, Path) else place


def job_of(names: tuple[Any, Any]) -> Job:
    """Return a job from what was sent."""
    source, destination = (Path(each) if type(each) is str else each for each in names)
    return Job(source, destination)
