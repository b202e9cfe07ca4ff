"""Which statements change elements one by one, each without regard to anything else.

Rows of such statements become one plan (see `dicomedit.dicom.bulk`), as long as the order of their
statements makes no difference to any element.
"""

from __future__ import annotations

from collections.abc import Sequence

from dicomedit.dicom.bulk import REMOVAL, Change, Hashing, Plan, Removal, Replacement
from dicomedit.dicom.dictionary import (
    SPECIFIC_CHARACTER_SET,
    TRANSFER_SYNTAX_UID,
    is_private,
)
from dicomedit.dicom.edit import is_ordinary
from dicomedit.dicom.paths import Pattern
from dicomedit.lang import nodes

_DECISIVE = frozenset((SPECIFIC_CHARACTER_SET, TRANSFER_SYNTAX_UID))
"""Elements on which the meaning of others depends."""


class Effect:
    """What a statement does to elements with one tag, at the root, below it, or at both.

    Without a tag it concerns all tags of a `form`, or the private ones.
    """

    __slots__ = ("at_root", "below", "change", "creates", "form", "tag")

    def __init__(
        self,
        change: Change,
        tag: int | None = None,
        *,
        at_root: bool = True,
        below: bool = False,
        form: tuple[int, int] | None = None,
    ) -> None:
        self.change = change
        self.tag = tag
        self.at_root = at_root
        self.below = below
        self.form = form
        self.creates = isinstance(change, Replacement) and change.creates
        """Whether an absent element is created."""


Effects = tuple[Effect, ...]


def effects_of(statement: nodes.Statement) -> Effects | None:
    """Return what a statement does, or None when more goes into it than its elements."""
    match statement:
        case nodes.Delete(target=target):
            return _removal(target.path.pattern)
        case nodes.AssignIfExists(target=target, value=nodes.Text(value) | nodes.Number(value)):
            if value.isascii():
                return _on_matches(target.path.pattern, Replacement(value))
        case nodes.Assign(target=target, value=value):
            return _assignment(target, value)
        case nodes.CallStatement(call=nodes.Call(function="hashUIDList") as call):
            return _hashing(call.arguments)
        case nodes.RemoveAllPrivateTags():
            return (Effect(REMOVAL),)
    return None


def _removal(pattern: Pattern) -> Effects | None:
    form = pattern.root_form
    if form is None:
        return _on_matches(pattern, REMOVAL)
    mask, value = form
    is_decisive = any(tag & mask == value for tag in _DECISIVE)
    return None if is_decisive else (Effect(REMOVAL, form=form),)


def _assignment(target: nodes.Path, value: nodes.Expr) -> Effects | None:
    match value:
        case nodes.Text(value=text) | nodes.Number(value=text) if text.isascii():
            return _on_root(target.path.pattern, Replacement(text, creates=True))
        case nodes.Call(function="hashUID", arguments=(nodes.Path(path=path),)):
            if path == target.path:
                return _on_root(target.path.pattern, Hashing(keeps_empty=False))
    return None


def _hashing(arguments: Sequence[nodes.Expr]) -> Effects | None:
    found: list[Effect] = []
    for each in arguments:
        pattern = each.path.pattern if isinstance(each, nodes.Path) else None
        effects = None if pattern is None else _on_matches(pattern, Hashing(keeps_empty=True))
        if effects is None:
            return None
        found += effects
    return tuple(found)


def _on_root(pattern: Pattern, change: Change) -> Effects | None:
    tag = pattern.root_tag
    return None if tag is None or not _is_simple(tag) else (Effect(change, tag),)


def _on_matches(pattern: Pattern, change: Change) -> Effects | None:
    tag = pattern.final_tag
    if pattern.root_tag is not None or tag is None or not _is_simple(tag):
        return _on_root(pattern, change)
    if pattern.matches_anywhere:
        return (Effect(change, tag, below=True),)
    return (Effect(change, tag, at_root=False, below=True),) if pattern.matches_below else None


def _is_simple(tag: int) -> bool:
    return is_ordinary(tag) and tag not in _DECISIVE and not is_private(tag)


class Row:
    """Statements whose effects can be had in any order; see `plan`."""

    def __init__(self) -> None:
        self._at_root: dict[int, Change] = {}
        self._below: dict[int, Change] = {}
        self._forms: list[tuple[int, int]] = []
        self._removes_private = False

    def add(self, effects: Effects) -> bool:
        """Take a further statement, or refuse it since it depends on one that was taken."""
        if not all(map(self._fits, effects)) or not _are_apart(effects):
            return False
        for effect in effects:
            self._take(effect)
        return True

    def plan(self) -> Plan:
        """Return all of it as a plan."""
        return Plan(
            self._at_root, self._below, tuple(self._forms), removes_private=self._removes_private
        )

    def _fits(self, effect: Effect) -> bool:
        if effect.tag is None:
            return effect.form is None or not self._changes_any(effect.form)
        is_formed = effect.creates and self._is_of_forms(effect.tag)
        at_root = not effect.at_root or _follows(self._at_root.get(effect.tag), effect)
        return (
            not is_formed
            and at_root
            and (not effect.below or _follows(self._below.get(effect.tag), effect))
        )

    def _changes_any(self, form: tuple[int, int]) -> bool:
        mask, value = form
        return any(
            tag & mask == value and not isinstance(change, Removal)
            for tag, change in self._at_root.items()
        )

    def _is_of_forms(self, tag: int) -> bool:
        return bool(self._forms) and any(tag & mask == value for mask, value in self._forms)

    def _take(self, effect: Effect) -> None:
        tag = effect.tag
        if effect.form is not None:
            self._forms.append(effect.form)
        elif tag is None:
            self._removes_private = True
        else:
            if effect.at_root and not self._is_of_forms(tag):
                self._at_root.setdefault(tag, effect.change)
            if effect.below:
                self._below.setdefault(tag, effect.change)


def _follows(before: Change | None, effect: Effect) -> bool:
    """Whether a change may come after another one: nothing befalls an element that is gone."""
    return before is None or (isinstance(before, Removal) and not effect.creates)


def _are_apart(effects: Effects) -> bool:
    return len(effects) == 1 or len({effect.tag for effect in effects}) == len(effects)
