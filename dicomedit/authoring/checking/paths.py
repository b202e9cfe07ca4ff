"""Tag paths against the dictionary (PS3.6), and which of them lie inside which."""

from __future__ import annotations

from dicomedit.authoring.checking.findings import Findings
from dicomedit.dicom.dictionary import (
    PIXEL_DATA_TAGS,
    TRANSFER_SYNTAX_UID,
    dictionary_vr,
    is_group_length,
    is_listed,
    is_private,
    tag_name,
    tag_text,
)
from dicomedit.dicom.edit import RENEWED_META
from dicomedit.dicom.paths import Levels, TagPath, TagStep
from dicomedit.lang import nodes

_MAY_BE_SQ = frozenset(("SQ", "UN"))
_USUAL_AT_TOP = frozenset(
    (
        *(0x00080012, 0x00080018, 0x00080020, 0x00080021, 0x00080022, 0x00080023, 0x00080050),
        *(0x00080080, 0x00080081, 0x00080090, 0x00081010, 0x00081030, 0x0008103E, 0x00081040),
        *(0x00081048, 0x00081050, 0x00081060, 0x00081070, 0x0020000D, 0x0020000E, 0x00200010),
        0x00200052,
    )
)
_ANY_ITEM = 1 << 40
"""Stands for an item that no path names by its number."""


def exact_tag(step: object) -> int | None:
    """Return the public tag that a step names, when it names only one."""
    if not isinstance(step, TagStep) or step.has_wildcard or step.creator is not None:
        return None
    return step.number


def final_tag(path: TagPath) -> int | None:
    """Return the public tag that all elements have which a path means."""
    return exact_tag(path.steps[-1])


def vr_of(path: TagPath) -> str | None:
    """Return the VR that the dictionary gives the elements of a path, when it knows one."""
    tag = final_tag(path)
    if tag is None or is_private(tag):
        return None
    vr = dictionary_vr(tag, signed=False)
    return None if vr == "UN" else vr


def may_be_signed(path: TagPath) -> bool:
    """Whether the dictionary leaves open if numbers have a sign."""
    tag = final_tag(path)
    return tag is not None and dictionary_vr(tag, signed=True) == "SS"


def name_of(path: TagPath) -> str:
    """Return a path with the keyword of its element, as messages show it."""
    tag = final_tag(path)
    keyword = "" if tag is None else tag_name(tag).partition(" ")[2]
    return f"{path} {keyword}".rstrip()


def check_path(findings: Findings, node: nodes.Path) -> None:
    """Tell what the dictionary has to say against a path."""
    *above, last = node.path.steps
    for step in above:
        tag = exact_tag(step)
        if (
            tag is not None
            and is_listed(tag)
            and dictionary_vr(tag, signed=False) not in _MAY_BE_SQ
        ):
            message = f"{tag_name(tag)} is no sequence: nothing stands inside it"
            advice = "only the elements of a sequence can be named behind a slash"
            findings.warn("not-a-sequence", message, node.span, advice)
    for step in (*above, last):
        tag = exact_tag(step)
        if tag is not None:
            _check_tag(findings, node, tag)


def _check_tag(findings: Findings, node: nodes.Path, tag: int) -> None:
    if not is_listed(tag):
        message = f"no element {tag_text(tag)} is in the DICOM dictionary"
        findings.warn("unknown-element", message, node.span, "compare its number with the standard")
    elif is_group_length(tag) and tag >> 16 != 2:
        message = f"{tag_text(tag)} is a group length, which no file that is written has"
        findings.info("group-length", message, node.span, "take the statement away")


def check_target(findings: Findings, node: nodes.Path, *, deletes: bool) -> None:
    """Tell what becomes of a change to the file meta information."""
    tag = final_tag(node.path)
    if len(node.path.steps) != 1 or tag is None:
        return
    if deletes and tag == TRANSFER_SYNTAX_UID:
        message = "the transfer syntax is never deleted: the file could not be read without it"
        findings.warn("transfer-syntax-kept", message, node.span, "take the statement away")
    elif tag in RENEWED_META:
        message = f"{tag_name(tag)} is made anew for every file, whatever the script does"
        findings.warn("not-stored", message, node.span, "take the statement away")


def is_pixel_data(path: TagPath) -> bool:
    """Whether a path names the image itself."""
    return final_tag(path) in PIXEL_DATA_TAGS


def covers(outer: TagPath, inner: TagPath) -> bool:
    """Whether everything that `inner` means is meant by `outer`, or stands inside of it.

    False also where that cannot be told.
    """
    if outer == inner:
        return True
    pattern = outer.pattern
    tag = final_tag(inner)
    if pattern.matches_anywhere and tag is not None and tag == pattern.final_tag:
        return not inner.names_file_meta
    segments: list[tuple[int, str | None, int]] = []
    for step in inner.steps:
        number = _number(step)
        if number is None or not isinstance(step, TagStep):
            return False
        if pattern.matches(segments, number, step.creator):
            return _takes_whole(step, inner)
        item = step.item if isinstance(step.item, int) else _ANY_ITEM
        segments.append((number, step.creator, item))
    return False


def _takes_whole(step: TagStep, inner: TagPath) -> bool:
    """Whether an element that is gone leaves nothing of `inner`; file meta goes only by name."""
    return not inner.names_file_meta or step is inner.steps[-1]


def _number(step: object) -> int | None:
    """Return the tag a step has, private elements as if they stood in block 10."""
    if not isinstance(step, TagStep) or step.has_wildcard:
        return None
    if step.creator is None:
        return step.number
    return int(f"{step.group}10{step.element}", 16)


def is_plain(path: TagPath) -> bool:
    """Whether a path is the tag of one public element of the top level."""
    return len(path.steps) == 1 and final_tag(path) is not None


def names_private(path: TagPath) -> bool:
    """Whether a path goes through a private element, or names one."""
    return any(isinstance(step, TagStep) and step.creator is not None for step in path.steps)


def is_usual_at_top(path: TagPath) -> bool:
    """Whether what a path names usually stands at the top level: of patient, study and series."""
    tag = final_tag(path)
    return tag is not None and (tag >> 16 == 0x0010 or tag in _USUAL_AT_TOP)


def begins_below(path: TagPath) -> bool:
    """Whether a path is ``+/(gggg,eeee)``: at every level but the top one."""
    return len(path.steps) == 2 and path.steps[0] is Levels.SOME and final_tag(path) is not None


def reaches_top(path: TagPath) -> bool:
    """Whether a path means elements of the top level."""
    return len(path.steps) == 1 or path.steps[0] is Levels.ANY
