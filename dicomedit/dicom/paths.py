"""Tag paths: what a script calls one element or many, and matching them against real ones."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from dicomedit.records import Record, field

PRIVATE_DATA = 0x1000
"""Lowest element number of private data; creators live below (PS3.5 §7.8.1)."""

FILE_META_GROUP = "0002"

_WILDCARDS = frozenset("X@#")
"""Positions that stand for several digits: any, even ones, odd ones."""


class Levels(Enum):
    """A step that stands for levels of sequences rather than for a tag."""

    ANY = "*"
    SOME = "+"
    ONE = "."


class AnyItem(Enum):
    """``[%]``, any item of a sequence."""

    ANY = "%"


class TagStep(Record):
    """``(gggg,eeee)[n]`` or ``(gggg,{creator}ee)[n]``.

    `group` and `element` are upper-case pattern positions: hex digits, ``X`` any digit, ``@`` an
    even one, ``#`` an odd one. A private step has two element positions and a creator.
    """

    group: str
    element: str
    creator: str | None = None
    item: int | AnyItem | None = None

    @property
    def has_wildcard(self) -> bool:
        """Whether any position stands for several digits."""
        return not _WILDCARDS.isdisjoint(self.group + self.element)

    @property
    def number(self) -> int:
        """The tag of a public step without wildcards."""
        return int(self.group + self.element, 16)

    def __str__(self) -> str:
        """Return the step as a script spells it."""
        creator = "" if self.creator is None else f"{{{self.creator}}}"
        return f"({self.group},{creator}{self.element}){self._item_text()}"

    @property
    def text(self) -> str:
        """The step as text inside a value: ``GGGGEEEE`` or ``gggg"creator"10ee``."""
        if self.creator is None:
            return f"{self.group}{self.element}{self._item_text()}"
        return f'{self.group}"{self.creator}"10{self.element}{self._item_text()}'

    def _item_text(self) -> str:
        if self.item is None:
            return ""
        return "[%]" if isinstance(self.item, AnyItem) else f"[{self.item}]"


Step = TagStep | Levels


class TagPath(Record):
    """``step/step/...``"""

    steps: tuple[Step, ...]
    _pattern: Pattern | None = field(default=None, compare=False, repr=False)

    @property
    def pattern(self) -> Pattern:
        """The path ready for matching; prepared once."""
        known = self._pattern
        if known is None:
            known = Pattern(self)
            object.__setattr__(self, "_pattern", known)
        return known

    @property
    def names_file_meta(self) -> bool:
        """Whether the path starts in the file meta information (group 0002)."""
        first = self.steps[0]
        return isinstance(first, TagStep) and first.group == FILE_META_GROUP

    @property
    def plural_reason(self) -> str | None:
        """Why the path cannot stand for one element, or None when it can."""
        return _plural_reason(self.steps)

    @property
    def text(self) -> str:
        """The path as text inside a value, such as ``00081140[1]/00081155``."""
        return "/".join(_step_text(step) for step in self.steps)

    def __str__(self) -> str:
        """Return the path as a script spells it."""
        return "/".join(
            step.value if isinstance(step, Levels) else str(step) for step in self.steps
        )


def _plural_reason(steps: tuple[Step, ...]) -> str | None:
    *above, last = steps
    for step in above:
        if isinstance(step, Levels):
            return f"'{step.value}' stands for several levels"
        if not isinstance(step.item, int):
            return f"{step} needs an item number, such as {_with_item(step)}"
    return _plural_last(last) or _wildcards(above)


def _with_item(step: TagStep) -> str:
    return str(TagStep(step.group, step.element, step.creator, 0))


def _plural_last(step: Step) -> str | None:
    if isinstance(step, Levels):
        return f"'{step.value}' stands for several levels"
    if step.item is not None:
        return f"{step} is an item, not an element"
    return f"{step} has a wildcard" if step.has_wildcard else None


def _wildcards(steps: list[Step]) -> str | None:
    wild = next((s for s in steps if isinstance(s, TagStep) and s.has_wildcard), None)
    return None if wild is None else f"{wild} has a wildcard"


def _step_text(step: Step) -> str:
    return step.value if isinstance(step, Levels) else step.text


# --- matching -----------------------------------------------------------------------------------

MAX_STEPS = 200
"""Most steps of a path; no data set is nested as deep."""

NO_CREATOR = "NULL"
"""The creator text of a script that stands for private elements without a creator."""


class StepTest:
    """A tag step as two numbers: a tag matches when its bits under `mask` are `value`."""

    __slots__ = ("creator", "item", "mask", "names_item", "tag", "value")

    def __init__(self, step: TagStep) -> None:
        digits = step.group + step.element.rjust(4, "X")
        if _WILDCARDS.isdisjoint(digits):
            self.value = int(digits, 16)
            self.mask = 0xFFFFFFFF
        else:
            self.value = int(digits.translate(_VALUES), 16)
            self.mask = int(digits.translate(_MASKS), 16)
        self.creator = step.creator
        self.item = step.item if isinstance(step.item, int) else None
        self.names_item = step.item is not None
        is_one = self.mask == 0xFFFFFFFF and step.creator is None
        self.tag = self.value if is_one else None
        """The only public tag that can match, when there is only one."""

    def accepts(self, tag: int, creator: str | None) -> bool:
        """Whether an element's tag, with the creator of its block, is meant."""
        if tag & self.mask != self.value:
            return False
        is_private = bool(tag & 0x10000)
        if self.creator is None:
            return not is_private
        is_data = is_private and tag & 0xFFFF >= PRIVATE_DATA
        return is_data and (creator or NO_CREATOR) == self.creator

    def enters(self, tag: int, creator: str | None, item: int) -> bool:
        """Whether an item of the sequence `tag` is meant."""
        return self.item in (None, item) and self.accepts(tag, creator)


_MASKS = str.maketrans("0123456789ABCDEFabcdefX@#", "F" * 22 + "011")
"""The bits of each position that count, as a hex digit."""

_VALUES = str.maketrans("X@#", "001")
"""What these bits are."""


class Candidates(Record):
    """What can match at a level: some public tags, tags of some form, perhaps any sequence.

    A tag has a form when its bits under a mask have a value.
    """

    tags: frozenset[int]
    forms: tuple[tuple[int, int], ...]
    any_sequence: bool


Segment = tuple[int, "str | None", int]
"""The tag of a sequence, the creator of its block, and the number of one of its items."""

States = frozenset[int]
"""How far into a pattern the segments read so far may have come."""


class Needs:
    """Tags of which one must be present, at the root or at any level, for a pattern to match."""

    __slots__ = ("anywhere", "tags")

    def __init__(self, tags: frozenset[int], *, anywhere: bool) -> None:
        self.tags = tags
        self.anywhere = anywhere


class Pattern:
    """A tag path ready for matching, as a machine that reads a path segment by segment.

    A state is the number of steps used up. ``*`` may take no segment or any number, ``+`` is
    ``.`` followed by ``*``; both take only segments with an item.
    """

    __slots__ = (
        "_candidates",
        "_end",
        "_plural_reason",
        "_steps",
        "_written",
        "covers_content",
        "final_tag",
        "is_indexed",
        "matches_anywhere",
        "matches_below",
        "names_creator",
        "names_file_meta",
        "needs",
        "root_form",
        "root_tag",
        "start",
    )

    def __init__(self, path: TagPath) -> None:
        """Prepare `path`; states are only meaningful for this pattern."""
        steps = _tests_of(path.steps)
        first, last = steps[0], steps[-1]
        self._written = path.steps
        self._plural_reason: str | None = _NOT_ASKED
        self._steps = steps
        self._end = len(steps)
        self._candidates: dict[States, Candidates] = {}
        self.root_tag, self.root_form = _at_root(steps)
        self.is_indexed = _is_indexed(first, last)
        self.final_tag = last.tag if self.is_indexed and isinstance(last, StepTest) else None
        above = None if self.final_tag is None else steps[:-1]
        self.matches_anywhere = above == _ANYWHERE
        self.matches_below = above == _BELOW
        self.names_creator = any(
            [isinstance(step, StepTest) and step.creator is not None for step in steps]
        )
        self.covers_content = isinstance(last, Levels) or last.names_item
        self.names_file_meta = path.names_file_meta
        self.needs = None if self.names_file_meta else _needs(steps)
        self.start = _AFTER_ANY if first is Levels.ANY else _AT_FIRST

    @property
    def plural_reason(self) -> str | None:
        """Why the path cannot stand for one element, or None when it can; found out once."""
        if self._plural_reason == _NOT_ASKED:
            self._plural_reason = _plural_reason(self._written)
        return self._plural_reason

    def _skip(self, states: States) -> States:
        """Add the states reached by letting ``*`` take nothing."""
        reached = set(states)
        for state in states:
            following = state
            while following < self._end and self._steps[following] is Levels.ANY:
                following += 1
                reached.add(following)
        return frozenset(reached)

    def enter(self, states: States, tag: int, creator: str | None, item: int) -> States:
        """Return the states inside item number `item` of the sequence `tag`."""
        reached: set[int] = set()
        for state in states:
            if state == self._end:
                continue
            step = self._steps[state]
            if step is Levels.ANY:
                reached.add(state)
            elif isinstance(step, Levels) or step.enters(tag, creator, item):
                reached.add(state + 1)
        return self._skip(frozenset(reached))

    def accepts(self, states: States, tag: int, creator: str | None) -> bool:
        """Whether the whole pattern matches the element `tag` at a level with these states."""
        for state in states:
            if state == self._end:
                continue
            step = self._steps[state]
            if isinstance(step, Levels) or step.item is not None:
                continue
            if step.accepts(tag, creator) and self._end in self._skip(frozenset((state + 1,))):
                return True
        return False

    def matches(self, path: Sequence[Segment], tag: int, creator: str | None) -> bool:
        """Whether the whole pattern matches the element `tag` of the last item of a path."""
        states = self.start
        for sequence, owner, item in path:
            states = self.enter(states, sequence, owner, item)
            if not states:
                return False
        return self.accepts(states, tag, creator)

    def covers(self, states: States) -> bool:
        """Whether everything at a level with these states is below what the pattern names."""
        return self.covers_content and self._end in states

    def candidates(self, states: States) -> Candidates:
        """Return which elements are worth a look at a level with these states."""
        known = self._candidates.get(states)
        if known is None:
            known = self._candidates[states] = self._find_candidates(states)
        return known

    def _find_candidates(self, states: States) -> Candidates:
        tags: set[int] = set()
        forms: set[tuple[int, int]] = set()
        any_sequence = False
        for state in states:
            step = self._steps[state] if state < self._end else None
            if isinstance(step, Levels):
                any_sequence = True
            elif step is not None:
                tag = step.tag
                if tag is None:
                    forms.add((step.mask, step.value))
                else:
                    tags.add(tag)
        return Candidates(frozenset(tags), tuple(forms), any_sequence)


_NOT_ASKED = ""

_ANYWHERE = (Levels.ANY,)
_BELOW = (Levels.ONE, Levels.ANY)

_AT_FIRST = frozenset((0,))
_AFTER_ANY = frozenset((0, 1))
"""The states to begin in; no pattern begins with two ``*``."""


def _tests_of(written: Sequence[Step]) -> tuple[StepTest | Levels, ...]:
    """Return the steps as a pattern reads them."""
    steps: list[StepTest | Levels] = []
    for step in written:
        if isinstance(step, TagStep):
            steps.append(StepTest(step))
        elif step is not Levels.ANY or steps[-1:] != [Levels.ANY]:
            steps += _BELOW if step is Levels.SOME else (step,)
    return tuple(steps)


def _at_root(steps: Sequence[StepTest | Levels]) -> tuple[int | None, tuple[int, int] | None]:
    """Return the tag of a pattern that means one public element of the root and nothing else.

    Of one that means those of some form it is the second: mask and value.
    """
    only = steps[0]
    if len(steps) > 1 or not isinstance(only, StepTest) or only.names_item:
        return None, None
    is_formed = only.tag is None and only.creator is None
    return only.tag, (only.mask, only.value) if is_formed else None


def _needs(steps: Sequence[StepTest | Levels]) -> Needs | None:
    """Return what must be present for a pattern to match; None when tags do not tell."""
    first = steps[0]
    if isinstance(first, StepTest) and first.tag is not None:
        return Needs(frozenset((first.tag,)), anywhere=False)
    for step in reversed(steps):
        if isinstance(step, StepTest) and step.tag is not None:
            return Needs(frozenset((step.tag,)), anywhere=True)
    return None


def _is_indexed(first: StepTest | Levels, last: StepTest | Levels) -> bool:
    """Whether matches may stand at any level, yet can be found without looking at all of them."""
    if not isinstance(first, Levels) or not isinstance(last, StepTest) or last.names_item:
        return False
    return last.tag is not None or last.creator is not None
