"""Functions that change the data set."""

from __future__ import annotations

from dicomedit.dicom import edit
from dicomedit.dicom.dictionary import is_private_creator
from dicomedit.dicom.paths import TagPath, TagStep
from dicomedit.dicom.resolve import find, obtain
from dicomedit.dicom.text import BULK_VRS, read_text
from dicomedit.dicom.walk import Target, all_values, removals
from dicomedit.errors import failed
from dicomedit.lang.direct_paths import direct_path
from dicomedit.lang.functions.registry import function
from dicomedit.lang.functions.values import literal_texts
from dicomedit.lang.program import Rejected, Run
from dicomedit.lang.values import Value, flatten, is_true


@function("set")
def set_(path: Value, value: str | None, *, run: Run) -> None:
    """Store a value in the element that a text such as "(0008,1140)[0]/(0008,1155)" names.

    Digits only: no wildcards, and private elements by number. Sequences and items are created;
    nothing empties the element.
    """
    edit.put_text(run.instance, obtain(run.instance, direct_path("set", path)), value or "")


@function("delete", ignores_extra=True)
def delete(path: Value, *, run: Run) -> None:
    """Remove the element or sequence that a text such as "(0010,0020)" names.

    Digits only: no wildcards, and private elements, creators too, by number.
    """
    target = find(run.instance, direct_path("delete", path))
    if target is not None:
        edit.remove(run.instance, [target])


@function("removeTags", only_matches=True)
def remove_tags(*paths: TagPath, run: Run) -> None:
    """Remove everything the paths match, as a delete statement does."""
    for path in paths:
        edit.remove(run.instance, list(removals(run.instance, path.pattern)))


@function("retainPrivateTags")
def retain_private_tags(*paths: TagPath, run: Run) -> None:
    """Remove every private element that none of the paths matches.

    What a matched private sequence holds stays whole; creators stay where something of theirs
    does. Each path names a private element in some step.
    """
    for path in paths:
        if not any(isinstance(s, TagStep) and s.creator is not None for s in path.steps):
            raise failed("not-private", f"{path} names no private element")
    from dicomedit.dicom.retain import retain  # few scripts wait for it

    retain(run.instance, [path.pattern for path in paths])


@function("blankValues")
def blank_values(*values: Value, run: Run) -> None:
    """Empty every element at any level whose whole value is one of the texts.

    A tag path stands for the values of all elements it matches. Numbers are compared by their
    text, so that "512" empties Rows, too. Private creators, values of VR OB, OD, OF, OL, OV, OW,
    and file meta information are left alone.
    """
    unwanted = literal_texts(run, values)
    found = [target for target in all_values(run.instance.root) if _holds(target, unwanted)]
    for target in found:
        edit.put_text(run.instance, target, "")


def _holds(target: Target, unwanted: set[str]) -> bool:
    level, tag = target.level, target.tag
    is_text = level.vr(tag) not in BULK_VRS and not is_private_creator(tag)
    return is_text and read_text(level, tag) in unwanted


@function("reject", ignores_extra=True)
def reject(condition: Value = True, *, run: Run) -> None:
    """Reject the instance: no file is written for it. With a condition, only when it is true."""
    values = list(flatten([condition]))
    if len(values) == 1 and is_true(values[0]):
        raise Rejected
