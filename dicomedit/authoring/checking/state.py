"""What is known at a place in a script of version 6, whatever the file holds."""

from __future__ import annotations

from dicomedit.authoring.checking.findings import Place
from dicomedit.authoring.checking.paths import covers, exact_tag, final_tag, is_plain, names_private
from dicomedit.dicom.paths import TagPath
from dicomedit.lang import nodes
from dicomedit.records import Record, field, replace


class Known(Record):
    """A variable that is set: its value if that is known, and where it may come from.

    `is_certain` says that it is set whichever way was taken, `when` has conditions that say it
    is; `source` names the function that may have given nothing.
    """

    is_certain: bool
    text: str | None = None
    never_nothing: bool = False
    source: str | None = None
    when: frozenset[nodes.Condition] = frozenset()


Deletion = tuple[TagPath, Place]


class State(Record, frozen=False):
    """Variables that are set, elements that are deleted, and those that are assigned a value.

    `unread` has the assignments since the last branching whose value nobody has read. `has_ended`
    when nothing behind this place is reached. Deletions are found by the tag of what they delete;
    `private` is where all private elements are.
    """

    variables: dict[str, Known] = field(factory=dict)
    deleted: dict[int | None, tuple[Deletion, ...]] = field(factory=dict)
    assigned: set[TagPath] = field(factory=set)
    private: Place | None = None
    unread: dict[int | None, dict[TagPath, Place]] = field(factory=dict)
    has_ended: bool = False

    def branch(self) -> State:
        """Return a state that changes on its own; nothing is replaced for certain from here."""
        return State(dict(self.variables), dict(self.deleted), set(self.assigned), self.private)

    def deletion_of(self, path: TagPath) -> Place | None:
        """Return where everything that a path means has been deleted."""
        if self.private is not None and names_private(path):
            return self.private
        for key in _keys(path):
            for outer, place in self.deleted.get(key, ()):
                if covers(outer, path):
                    return place
        return None

    def delete(self, path: TagPath, place: Place) -> None:
        """Take note that everything a path means is deleted."""
        key = final_tag(path)
        self.deleted[key] = (*self.deleted.get(key, ()), (path, place))

    def unread_in(self, path: TagPath) -> list[TagPath]:
        """Return the elements among what a path means that are assigned a value nobody has read.

        Only public ones of the top level: others may have brought sequences or creators with them.
        """
        tag = final_tag(path)
        groups = self.unread.values() if tag is None else [self.unread.get(tag, {})]
        return [each for group in groups for each in group if is_plain(each) and covers(path, each)]

    def assign(self, path: TagPath, place: Place) -> None:
        """Take note that an element has a new value, and is there with all it stands in."""
        self.bring_back(path)
        self.assigned.add(path)
        if names_private(path):
            self.private = None
        self.unread.setdefault(final_tag(path), {})[path] = place

    def unread_at(self, path: TagPath) -> Place | None:
        """Return where an element was assigned a value that nobody has read."""
        return self.unread.get(final_tag(path), {}).get(path)

    def bring_back(self, path: TagPath) -> None:
        """Take note that an element may be there again, with the sequences it stands in."""
        parts = [TagPath(path.steps[: end + 1]) for end in range(len(path.steps))]
        for key in _keys(path):
            self.deleted[key] = tuple(
                (outer, place)
                for outer, place in self.deleted.get(key, ())
                if not outer.pattern.covers_content
                and not any(covers(outer, part) for part in parts)
            )

    def read(self, path: TagPath) -> None:
        """Take note that an element is read."""
        self.unread.get(final_tag(path), {}).pop(path, None)


def _keys(path: TagPath) -> dict[int | None, None]:
    """Return the keys of the deletions that may reach a path; None is that of wildcards."""
    return dict.fromkeys([*map(exact_tag, path.steps), None])


def merged(ways: list[tuple[nodes.Condition | None, State]]) -> State:
    """Return what is known where several ways meet; those that end do not get there.

    Each way comes with the condition under which it was taken.
    """
    alive = [way for _, way in ways if not way.has_ended]
    if not alive:
        return State(has_ended=True)
    names = {name: None for way in alive for name in way.variables}
    first, *others = alive
    state = State(
        {name: _joined([way.variables.get(name) for way in alive]) for name in names},
        {
            key: tuple(
                each for each in deletions if all(each in o.deleted.get(key, ()) for o in others)
            )
            for key, deletions in first.deleted.items()
        },
        first.assigned.intersection(*(other.assigned for other in others)),
        first.private if all(other.private == first.private for other in others) else None,
    )
    for condition, way in ways:
        for name, known in way.variables.items():
            joined = state.variables.get(name)
            if condition is not None and known.is_certain and joined is not None:
                state.variables[name] = replace(joined, when=joined.when | {condition})
    return state


def _joined(known: list[Known | None]) -> Known:
    there = [each for each in known if each is not None]
    texts = {each.text for each in there}
    source = next((each.source for each in there if each.source is not None), None)
    return Known(
        len(there) == len(known) and all(each.is_certain for each in there),
        texts.pop() if len(texts) == 1 else None,
        all(each.never_nothing for each in there),
        source,
        frozenset().union(*(each.when for each in there)),
    )
