"""Changes of which each concerns one element and depends on nothing else, made all at once.

Most of what a script does to a file is of this kind: removing, blanking, replacing by a given text,
hashing. Such changes can be made in any order, and need not look at anything but the header of
their element. Whatever is out of the ordinary is left to those who make one change after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dicomedit.dicom import edit
from dicomedit.dicom.content import Content, Entry, NewElement
from dicomedit.dicom.dictionary import dictionary_vr, is_private
from dicomedit.dicom.encoded import DataSet, EncodedLevel
from dicomedit.dicom.encoding import UNDEFINED_LENGTH
from dicomedit.dicom.levels import Instance
from dicomedit.dicom.scan import Scanner
from dicomedit.dicom.text import TEXT_VRS, is_valid
from dicomedit.dicom.uids import hash_uid
from dicomedit.dicom.walk import private_elements

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.dicom.scan import Spot

_OF_UIDS = b"0123456789."
_PADDING = b" \0"
_HOLDING_ITEMS = frozenset(("SQ", "UN"))


class UnusualError(Exception):
    """An element that is not of the ordinary: nothing was changed."""


class Removal:
    """The element goes, with all its items when it is a sequence."""

    __slots__ = ()


class Replacement:
    """A text of ASCII characters comes in place of the value; sequences stay as they are.

    With `creates`, an element of the root that is absent is created, and a sequence is an error.
    """

    __slots__ = ("_by_vr", "creates", "text")

    def __init__(self, text: str, *, creates: bool = False) -> None:
        self.text = text
        self.creates = creates
        self._by_vr: dict[str, NewElement | None] = {}

    def element(self, vr: str, entry: Entry, scanner: Scanner) -> NewElement | None:
        """Return what takes the place of an element, or None when it stays; raise UnusualError."""
        return self._by_vr[vr] if vr in self._by_vr else self._prepared(vr)

    def created(self, tag: int) -> NewElement:
        """Return an element that was absent; raise UnusualError."""
        vr = dictionary_vr(tag, signed=False)
        element = self._by_vr[vr] if vr in self._by_vr else self._prepared(vr)
        if element is None:
            raise UnusualError
        return element

    def _prepared(self, vr: str) -> NewElement | None:
        if vr == "SQ" and not self.creates:
            self._by_vr[vr] = None
        elif vr not in TEXT_VRS or not is_valid(vr, self.text):
            raise UnusualError
        else:
            value = self.text.encode("ascii")
            if len(value) % 2:
                value += b"\0" if vr == "UI" else b" "
            self._by_vr[vr] = NewElement(vr, value)
        return self._by_vr[vr]


class Hashing:
    """The UID that stands for a UID comes in its place (`dicomedit.dicom.uids.hash_uid`)."""

    __slots__ = ("keeps_empty",)

    def __init__(self, *, keeps_empty: bool) -> None:
        self.keeps_empty = keeps_empty

    def element(self, vr: str, entry: Entry, scanner: Scanner) -> NewElement | None:
        """Return what takes the place of an element, or None when it stays; raise UnusualError."""
        if vr != "UI" or isinstance(entry, NewElement):
            raise UnusualError
        _, start, length = scanner.locate(entry)
        uid = scanner.data[start : start + length].strip(_PADDING)
        if not uid and self.keeps_empty:
            return None
        if not uid or uid.translate(None, _OF_UIDS):
            raise UnusualError
        hashed = hash_uid(uid.decode("ascii")).encode("ascii")
        return NewElement("UI", hashed + b"\0" if len(hashed) % 2 else hashed)


Change = Removal | Replacement | Hashing

REMOVAL = Removal()


class Plan:
    """What becomes of elements of the root, and of those in items at whatever depth, by tag.

    `forms` are removals at the root of whatever public tag has a value under a mask, unless it has
    a change of its own. `removes_private` concerns all levels.
    """

    __slots__ = ("_creations", "at_root", "below", "forms", "removes_private", "tags_below")

    def __init__(
        self,
        at_root: Mapping[int, Change],
        below: Mapping[int, Change],
        forms: tuple[tuple[int, int], ...],
        *,
        removes_private: bool,
    ) -> None:
        self.at_root = at_root
        self.below = below
        self.tags_below = frozenset(below)
        self.forms = forms
        self.removes_private = removes_private
        self._creations = tuple(
            (tag, change)
            for tag, change in at_root.items()
            if isinstance(change, Replacement) and change.creates
        )

    def created(self, elements: Mapping[int, object]) -> list[tuple[int, NewElement]]:
        """Return the elements to be created beside those that are there; raise UnusualError."""
        return [(tag, new.created(tag)) for tag, new in self._creations if tag not in elements]


def carry_out(instance: Instance, plan: Plan) -> bool:
    """Make all changes of a plan, or none: then they have to be made one by one.

    That is so for data sets that are not encoded, for those whose changes are listed, and when
    anything would fail or be told.
    """
    root, journal = instance.root, instance.journal
    if journal.complete or not isinstance(root, EncodedLevel) or root.data_set.is_rearranged:
        return False
    work = _Work(root, plan)
    try:
        work.prepare()
    except UnusualError:
        return False
    work.carry_out(instance)
    return True


_Hit = tuple["Spot", int, int, "NewElement | None"]
"""An item, the tag of one of its elements, where that begins, and what comes instead of it."""


class _Work:
    """The changes of a plan to one data set: found first, then made."""

    def __init__(self, root: EncodedLevel, plan: Plan) -> None:
        self.root = root
        self.plan = plan
        self.removed: list[int] = []
        self.replaced: list[tuple[int, NewElement]] = []
        self.created: list[tuple[int, NewElement]] = []
        self.below: list[_Hit] = []

    def prepare(self) -> None:
        """Find what is to be changed; raise UnusualError."""
        plan, content = self.plan, self.root.content
        elements, scanner, vr_of = content.elements, content.scanner, self.root.stored_vr
        for tag in elements.keys() & plan.at_root.keys():
            change = plan.at_root[tag]
            if isinstance(change, Removal):
                self.removed.append(tag)
                continue
            new = change.element(vr_of(tag), elements[tag], scanner)
            if new is not None:
                self.replaced.append((tag, new))
        self.created = plan.created(elements)
        self.removed += self._of_forms()
        if plan.removes_private:
            self.removed += filter(is_private, elements)
        if plan.below:
            self._prepare_below()

    def _of_forms(self) -> Iterator[int]:
        plan, elements = self.plan, self.root.content.elements
        for tag in elements if plan.forms else ():
            is_free = tag not in plan.at_root and not is_private(tag)
            if is_free and any(tag & mask == value for mask, value in plan.forms):
                yield tag

    def _prepare_below(self) -> None:
        plan, root, data_set = self.plan, self.root, self.root.data_set
        scanner = root.content.scanner
        for tag in data_set.added.keys() & plan.tags_below:
            if any(level is not root for level in data_set.added[tag]):
                raise UnusualError
        if not plan.tags_below <= scanner.findings.wanted:
            scanner.look_out_for(plan.tags_below, root.content.start)
        nested, add = scanner.findings.nested, self.below.append
        for tag in nested.keys() & plan.tags_below:
            change = plan.below[tag]
            for spot, position in nested[tag]:
                assert spot is not None
                if spot[5] is not scanner or not _is_original(data_set, spot[3], tag, position):
                    raise UnusualError
                if isinstance(change, Removal):
                    add((spot, tag, position, None))
                    continue
                new = change.element(_vr_at(scanner, tag, position), position, scanner)
                if new is not None:
                    add((spot, tag, position, new))

    def carry_out(self, instance: Instance) -> None:
        """Make the changes; nothing can go wrong any more."""
        journal, root = instance.journal, self.root
        journal.created += len(self.created)
        changed = journal.changed
        changed += [(root, tag) for tag, _ in self.replaced]
        changed += [(root, tag) for tag, _ in self.created]
        changed += [(root, tag) for tag in self.removed]
        if self.removed or self.replaced or self.created:
            self._change_root()
        if self.below:
            self._change_below()
            changed.append((_Below(root.data_set), 0))
        if self.plan.removes_private and _has_private_below(root):
            edit.remove(instance, list(private_elements(root)))

    def _change_root(self) -> None:
        root = self.root
        content, data_set = root.content, root.data_set
        sequences = [tag for tag in self.removed if root.stored_vr(tag) in _HOLDING_ITEMS]
        for tag in sequences:
            root.remove(tag)
        elements, touched = content.changeable(), content.touched
        if not touched:
            data_set.changed.append(content)
        for tag in self.removed:
            elements.pop(tag, None)
        elements.update(self.replaced)
        elements.update(self.created)
        for tag, _ in self.created:
            data_set.added.setdefault(tag, []).append(root)
        touched.update(self.removed)
        touched.update(dict(self.replaced), dict(self.created))

    def _change_below(self) -> None:
        data_set, scanner = self.root.data_set, self.root.content.scanner
        contents, changed = data_set.of_items, data_set.changed
        for spot, tag, position, new in self.below:
            assert spot is not None
            start = spot[3]
            content = contents.get(start)
            if content is None:
                content = contents[start] = Content(scanner, start, spot)
                changed.append(content)
            content.change_at(tag, position, new)
            if new is None and _vr_at(scanner, tag, position) in _HOLDING_ITEMS:
                data_set.gone.append((position, scanner.end(position)))


def _is_original(data_set: DataSet, start: int, tag: int, position: int) -> bool:
    """Whether nobody has looked at an item as a whole, nor changed this element of it."""
    if start in data_set.levels:
        return False
    content = data_set.of_items.get(start)
    return content is None or (content.late is not None and tag not in content.late)


def _vr_at(scanner: Scanner, tag: int, position: int) -> str:
    """Return the VR that an element in the file is written with; raise UnusualError."""
    vr = scanner.vr(position)
    if vr is not None:
        return vr
    vr = dictionary_vr(tag, signed=False)
    if vr != "SQ" and scanner.locate(position)[2] == UNDEFINED_LENGTH:
        raise UnusualError
    return vr


def _has_private_below(root: EncodedLevel) -> bool:
    added = root.data_set.added
    return bool(root.content.scanner.findings.private) or any(map(is_private, added))


class _Below:
    """Stands in a journal for all levels that were changed without being looked at as a whole."""

    def __init__(self, data_set: DataSet) -> None:
        self._data_set = data_set

    def differs_from_file(self, tag: int) -> bool:
        """Whether any of their elements is another than in the file."""
        data_set = self._data_set
        for content in data_set.of_items.values():
            level = data_set.level_at(content.spot)
            if any(map(level.differs_from_file, content.touched)):
                return True
        return False
