"""What is known at a place in a script of version 6, whatever the file holds."""

from __future__ import annotations

from dicomedit.authoring.findings import Place
from dicomedit.authoring.paths import covers
from dicomedit.dicom.paths import TagPath
from dicomedit.records import Record, field


class Known(Record):
    """A variable that is set: its value if that is known, and where it may come from.

    `is_certain` says that it is set whichever way was taken; `source` names the function that
    may have given nothing.
    """

    is_certain: bool
    text: str | None = None
    never_nothing: bool = False
    source: str | None = None


class State(Record, frozen=False):
    """Variables that are set, elements that are deleted, and assignments that nobody has read.

    `has_ended` when nothing behind this place is reached.
    """

    variables: dict[str, Known] = field(factory=dict)
    deleted: list[tuple[TagPath, Place]] = field(factory=list)
    unread: dict[TagPath, Place] = field(factory=dict)
    has_ended: bool = False

    def copy(self) -> State:
        """Return a state that changes on its own."""
        return State(dict(self.variables), list(self.deleted), dict(self.unread), self.has_ended)

    def deletion_of(self, path: TagPath) -> Place | None:
        """Return where everything that a path means has been deleted."""
        return next((place for outer, place in self.deleted if covers(outer, path)), None)

    def bring_back(self, path: TagPath) -> None:
        """Take note that an element may be there again, with the sequences it stands in."""
        parts = [TagPath(path.steps[: end + 1]) for end in range(len(path.steps))]
        self.deleted = [
            (outer, place)
            for outer, place in self.deleted
            if not any(covers(outer, part) or outer == part for part in parts)
        ]

    def read(self, path: TagPath) -> None:
        """Take note that an element is read."""
        self.unread.pop(path, None)


def merged(ways: list[State]) -> State:
    """Return what is known where several ways meet; those that end do not get there."""
    alive = [way for way in ways if not way.has_ended]
    if not alive:
        return State(has_ended=True)
    names = {name: None for way in alive for name in way.variables}
    first, *others = alive
    return State(
        {name: _joined([way.variables.get(name) for way in alive]) for name in names},
        [each for each in first.deleted if all(each in other.deleted for other in others)],
        {
            path: place
            for path, place in first.unread.items()
            if all(other.unread.get(path) == place for other in others)
        },
    )


def _joined(known: list[Known | None]) -> Known:
    there = [each for each in known if each is not None]
    texts = {each.text for each in there}
    source = next((each.source for each in there if each.source is not None), None)
    return Known(
        len(there) == len(known) and all(each.is_certain for each in there),
        texts.pop() if len(texts) == 1 else None,
        all(each.never_nothing for each in there),
        source,
    )
