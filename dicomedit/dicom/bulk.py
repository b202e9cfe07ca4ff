"""Changes of which each concerns one element and depends on nothing else, made all at once.

Most of what a script does to a file is of this kind: removing, blanking, replacing by a given text,
hashing. Such changes can be made in any order, and need not look at anything but the header of
their element. Whatever is out of the ordinary is left to those who make one change after the other.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Mapping, Set

from dicomedit.dicom import edit
from dicomedit.dicom.content import Content, Entry, NewElement
from dicomedit.dicom.dictionary import dictionary_vr, is_group_length, is_private
from dicomedit.dicom.encoded import DataSet, EncodedLevel
from dicomedit.dicom.encoding import UNDEFINED_LENGTH
from dicomedit.dicom.levels import Instance
from dicomedit.dicom.scan import Scanner
from dicomedit.dicom.text import TEXT_VRS, is_valid
from dicomedit.dicom.uids import hash_bytes
from dicomedit.dicom.walk import private_elements

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.dicom.content import Span
    from dicomedit.dicom.findings import Spot

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
    `by_name` has what was made so far, by the VR as it stands in explicit headers.
    """

    __slots__ = ("_by_vr", "by_name", "creates", "text")

    def __init__(self, text: str, *, creates: bool = False) -> None:
        self.text = text
        self.creates = creates
        self._by_vr: dict[str, NewElement | None] = {}
        self.by_name: dict[bytes, NewElement | None] = {}

    def element(self, vr: str, entry: Entry, scanner: Scanner, known: Known) -> NewElement | None:
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
        made = self.by_name[vr.encode()] = self._by_vr[vr]
        return made


class Hashing:
    """The UID that stands for a UID comes in its place (`dicomedit.dicom.uids`)."""

    __slots__ = ("by_name", "keeps_empty")

    def __init__(self, *, keeps_empty: bool) -> None:
        self.keeps_empty = keeps_empty
        self.by_name: dict[bytes, NewElement | None] = {}  # nothing: it depends on the value

    def element(self, vr: str, entry: Entry, scanner: Scanner, known: Known) -> NewElement | None:
        """Return what takes the place of an element, or None when it stays; raise UnusualError."""
        if vr != "UI" or isinstance(entry, NewElement):
            raise UnusualError
        _, start, length = scanner.locate(entry)
        stored = scanner.data[start : start + length]
        found = known.get(stored)
        if found is None:
            uid = stored.strip(_PADDING)
            if not uid and self.keeps_empty:
                return None
            if not uid or uid.translate(None, _OF_UIDS):
                raise UnusualError
            hashed = hash_bytes(uid).encode("ascii")
            found = NewElement("UI", hashed + b"\0" if len(hashed) % 2 else hashed)
            if len(known) == _MOST_KNOWN:
                known.clear()
            known[stored] = found
        return found


Change = Removal | Replacement | Hashing

REMOVAL = Removal()

Known = dict[bytes, NewElement]
"""What stands for UIDs that were hashed a moment ago: files of a series share most of theirs."""

_MOST_KNOWN = 4096


class Plan:
    """What becomes of elements of the root, and of those in items at whatever depth, by tag.

    `forms` are removals at the root of whatever public tag has a value under a mask, unless it has
    a change of its own. `removes_private` concerns all levels.
    """

    __slots__ = ("_last", "at_root", "below", "forms", "removes_private", "tags_below")

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
        self._last: tuple[tuple[int, ...], RootPlan] | None = None

    def for_root(self, elements: Mapping[int, object]) -> RootPlan:
        """Return what the plan means for a root with these elements; raise UnusualError.

        Most files have the elements that the one before them had.
        """
        tags, last = tuple(elements), self._last
        if last is None or last[0] != tags:
            last = self._last = tags, RootPlan(self, elements)
        return last[1]

    def removes(self, tag: int) -> bool:
        """Whether an element of the root goes whose tag has no change of its own."""
        if is_private(tag):
            return self.removes_private
        return any(tag & mask == value for mask, value in self.forms)


class RootPlan:
    """What becomes of the elements of a root whose tags are known.

    `spans` are where it changes if nothing else does, and None where that is not easy to tell.
    """

    __slots__ = ("created", "removed", "replaced", "spans", "staying", "touched")

    def __init__(self, plan: Plan, elements: Mapping[int, object]) -> None:
        changes = plan.at_root
        self.replaced: list[tuple[int, Replacement | Hashing]] = []
        self.removed: set[int] = set()
        self.created: dict[int, NewElement] = {}
        for tag in elements:
            change = changes.get(tag)
            if isinstance(change, Replacement | Hashing):
                self.replaced.append((tag, change))
            elif change is not None or plan.removes(tag):
                self.removed.add(tag)
        for tag, change in changes.items():
            if tag not in elements and isinstance(change, Replacement) and change.creates:
                self.created[tag] = change.created(tag)
        self.touched = (*self.removed, *self.created)
        self.staying = [tag for tag in elements if tag not in self.removed]
        self.spans = self._spans(list(elements))

    def _spans(self, tags: list[int]) -> list[Span] | None:
        if any(is_group_length(tag) for tag in (*tags, *self.created)) or tags != sorted(tags):
            return None  # group lengths go whatever is asked; out of order nothing has a place
        spans = [(at, at, tag) for tag in self.created for at in (bisect(tags, tag),)]
        borders = {at for at, _, _ in spans}
        replaced = {tag for tag, _ in self.replaced}
        first = -1
        for number, tag in enumerate(tags):
            if tag in self.removed:
                if first < 0 or number in borders:
                    first = number
                else:
                    spans.pop()
                spans.append((first, number + 1, tag))
                continue
            first = -1
            if tag in replaced:
                spans.append((number, number + 1, tag))
        return sorted(spans)


def carry_out(instance: Instance, plan: Plan, known: Known) -> bool:
    """Make all changes of a plan, or none: then they have to be made one by one.

    That is so for data sets that are not encoded, for those whose changes are listed, and when
    anything would fail or be told. `known` grows; it is the caller's, to be given again.
    """
    root, journal = instance.root, instance.journal
    if journal.complete or not isinstance(root, EncodedLevel) or root.data_set.is_rearranged:
        return False
    try:
        at_root = plan.for_root(root.content.elements)
        replaced = _replaced(root, at_root, known)
        below = _found_below(root, plan, known) if plan.below else []
    except UnusualError:
        return False
    touched = (*at_root.touched, *replaced)
    if touched:
        _change_root(root, at_root, replaced, touched)
        journal.created += len(at_root.created)
    if below:
        _change_below(root, below)
    journal.changed.append((_Changed(root, touched, bool(below)), 0))
    if plan.removes_private and _has_private_below(root):
        edit.remove(instance, list(private_elements(root)))
    return True


def _replaced(root: EncodedLevel, plan: RootPlan, known: Known) -> dict[int, NewElement]:
    """Return what comes in place of elements of the root; raise UnusualError."""
    elements, scanner, vr_of = root.content.elements, root.content.scanner, root.stored_vr
    data, is_explicit = scanner.data, not scanner.encoding.implicit
    found: dict[int, NewElement] = {}
    for tag, change in plan.replaced:
        entry = elements[tag]
        name = data[entry + 4 : entry + 6] if is_explicit and isinstance(entry, int) else b""
        if name in change.by_name:
            new = change.by_name[name]
        else:
            new = change.element(vr_of(tag), entry, scanner, known)
        if new is not None:
            found[tag] = new
    return found


def _change_root(
    root: EncodedLevel,
    plan: RootPlan,
    replaced: Mapping[int, NewElement],
    touched: tuple[int, ...],
) -> None:
    content, data_set, holding = root.content, root.data_set, root.content.scanner.findings.holding
    if content.touched:
        for tag in plan.removed:
            root.remove(tag)
        elements, content.spans = content.changeable(), None
    else:
        data_set.changed.append(content)
        for tag in holding:
            if tag in plan.removed and root.is_sequence(tag):
                root.lose_items(tag)
        stored = content.stored
        content.elements = elements = {tag: stored[tag] for tag in plan.staying}
        content.spans = plan.spans
        if content.sequences is not None:
            content.sequences -= plan.removed
    content.touched.update(touched)
    elements.update(replaced)
    elements.update(plan.created)
    for tag in plan.created:
        data_set.added.setdefault(tag, []).append(root)


_Hit = tuple["Spot", int, int, "NewElement | None"]
"""An item, the tag of one of its elements, where that begins, and what comes instead of it."""


def _found_below(root: EncodedLevel, plan: Plan, known: Known) -> list[_Hit]:
    """Return what is to be changed in items; raise UnusualError."""
    data_set, scanner, tags = root.data_set, root.content.scanner, plan.tags_below
    for tag in data_set.added.keys() & tags:
        if any(level is not root for level in data_set.added[tag]):
            raise UnusualError
    if not tags <= scanner.findings.wanted:
        scanner.look_out_for(tags, root.content.start)
    nested = scanner.findings.nested
    present = nested.keys() & tags
    if scanner.findings.has_wrapped or data_set.levels or data_set.of_items:
        _check_original(data_set, scanner, present)
    found: list[_Hit] = []
    for tag in present:
        change = plan.below[tag]
        if isinstance(change, Removal):
            found += [(spot, tag, position, None) for spot, position in nested[tag]]
            continue
        vr_at, made = _vrs_at(scanner, tag), change.element
        for spot, position in nested[tag]:
            new = made(vr_at(position), position, scanner, known)
            if new is not None:
                found.append((spot, tag, position, new))
    return found


def _change_below(root: EncodedLevel, found: list[_Hit]) -> None:
    data_set, scanner = root.data_set, root.content.scanner
    contents, changed = data_set.of_items, data_set.changed
    for spot, tag, position, new in found:
        assert spot is not None
        start = spot[3]
        content = contents.get(start)
        if content is None:
            content = contents[start] = Content(scanner, start, spot)
            changed.append(content)
        content.change_at(tag, position, new)
        if new is None and (scanner.vr(position) or "SQ") in _HOLDING_ITEMS:
            data_set.gone.append((position, scanner.end(position)))


def _check_original(data_set: DataSet, scanner: Scanner, tags: Set[int]) -> None:
    """Raise UnusualError if items were looked at as a whole, or their elements changed before."""
    levels, contents = data_set.levels, data_set.of_items
    for tag in tags:
        for spot, _ in scanner.findings.nested[tag]:
            assert spot is not None
            start = spot[3]
            if start in levels or _is_in_unknown(spot, scanner):
                raise UnusualError
            content = contents.get(start)
            if content is not None and (content.late is None or tag in content.late):
                raise UnusualError


def _is_in_unknown(spot: Spot, scanner: Scanner) -> bool:
    """Whether an item stands, at whatever distance, in a sequence stored as UN."""
    assert spot is not None
    if not scanner.encoding.implicit:
        return spot[5] is not scanner
    while spot is not None:
        if dictionary_vr(spot[1], signed=False) != "SQ":
            return True
        spot = spot[0]
    return False


def _vrs_at(scanner: Scanner, tag: int) -> Callable[[int], str]:
    """Return what gives the VR that an element in the file is written with, by its position."""
    if not scanner.encoding.implicit:
        return scanner.vr  # type: ignore[return-value]
    listed = dictionary_vr(tag, signed=False)

    def vr_at(position: int) -> str:
        if listed != "SQ" and scanner.locate(position)[2] == UNDEFINED_LENGTH:
            raise UnusualError
        return listed

    return vr_at


def _has_private_below(root: EncodedLevel) -> bool:
    added = root.data_set.added
    return bool(root.content.scanner.findings.private) or any(map(is_private, added))


class _Changed:
    """Stands in a journal for all that a plan has changed."""

    __slots__ = ("_below", "_root", "_tags")

    def __init__(self, root: EncodedLevel, tags: tuple[int, ...], below: bool) -> None:
        self._root = root
        self._tags = tags
        self._below = below

    def differs_from_file(self, tag: int) -> bool:
        """Whether any of the elements is another than in the file."""
        if any(map(self._root.differs_from_file, self._tags)):
            return True
        data_set = self._root.data_set
        levels = (data_set.level_at(each.spot) for each in data_set.of_items.values())
        return self._below and any(
            any(map(level.differs_from_file, level.content.touched)) for level in levels
        )
