"""UID functions."""

from __future__ import annotations

from dicomedit.dicom import edit
from dicomedit.dicom.levels import element_name
from dicomedit.dicom.paths import TagPath
from dicomedit.dicom.text import read_text
from dicomedit.dicom.uids import hash_uid as uid_of
from dicomedit.dicom.uids import is_prefix, new_uid, under_root
from dicomedit.errors import failed
from dicomedit.lang.functions.registry import function
from dicomedit.lang.program import Run
from dicomedit.lang.reading import matched_once
from dicomedit.lang.values import Value


@function("hashUID", ignores_extra=True)
def hash_uid(text: str | None) -> str | None:
    """Make the UID that always stands for a text, by hashing it; nothing stays nothing."""
    return None if text is None else uid_of(text)


@function("hashUIDList", only_matches=True)
def hash_uid_list(*paths: TagPath, run: Run) -> None:
    """Put in place of every value of every matching element the UID that stands for it.

    An element is hashed once, even when several paths match it; empty ones stay empty.
    """
    for target in matched_once(run, paths):
        text = read_text(target.level, target.tag)
        if target.level.vr(target.tag) != "UI":
            name = element_name(target.level, target.tag)
            run.notice("not-a-uid", f"{name} has no VR UI, but was given a UID")
        if text:
            hashed = "\\".join(uid_of(each) if each else "" for each in text.split("\\"))
            edit.put_text(run.instance, target, hashed)


@function("newUID")
def make_uid(*ignored: Value, run: Run) -> str:
    """Make a random UID."""
    return under_root(new_uid(), run.resources.uid_root)


@function("mapUID")
def map_uid(text: str | None, prefix: str, *, run: Run) -> str:
    """Make a random UID under a prefix, the same one for the same text during a run.

    The prefix is a UID of at most 24 characters. Absent and empty count as one text.
    """
    return run.resources.uid_map.uid_for(text or "", _checked(prefix))


@function("mapReferencedUIDs")
def map_referenced_uids(prefix: str, path: TagPath, *paths: TagPath, run: Run) -> None:
    """Put mapped UIDs, as mapUID makes them, into every matching element.

    Each value of an element is mapped by itself; empty ones stay empty.
    """
    checked = _checked(prefix)
    uid_map = run.resources.uid_map
    for target in matched_once(run, (path, *paths)):
        text = read_text(target.level, target.tag)
        if text:
            uids = (uid_map.uid_for(each, checked) if each else "" for each in text.split("\\"))
            edit.put_text(run.instance, target, "\\".join(uids))


def _checked(prefix: str) -> str:
    if not is_prefix(prefix):
        raise failed("bad-prefix", "the prefix is no UID of at most 24 characters")
    return prefix
