"""Private blocks: who owns them and where a new one goes (PS3.5 §7.8.1)."""

from __future__ import annotations

from dicomedit.dicom.dictionary import is_private, is_private_creator, tag_text
from dicomedit.dicom.levels import Level
from dicomedit.dicom.paths import PRIVATE_DATA, TagStep
from dicomedit.dicom.text import charset_of
from dicomedit.errors import failed

FIRST_BLOCK, LAST_BLOCK = 0x10, 0xFF


def block_of(tag: int) -> int:
    """Return the tag of the creator of a private element's block."""
    return tag & 0xFFFF0000 | tag >> 8 & 0xFF


def creator_of(level: Level, tag: int) -> str | None:
    """Return the creator of a private element's block, or None when the block has none."""
    if not is_private(tag) or tag & 0xFFFF < PRIVATE_DATA:
        return None
    return creator_at(level, block_of(tag))


def creator_at(level: Level, tag: int) -> str | None:
    """Return what a creator element says, without padding; None when absent or empty."""
    if tag not in level or level.is_sequence(tag):
        return None
    value = level.value(tag)
    text = value.decode("ascii") if value.isascii() else charset_of(level).decode(value)
    return (text or value.decode("latin-1")).strip(" \0") or None


def find_block(level: Level, group: int, creator: str) -> int | None:
    """Return the first block of the group that belongs to the creator."""
    for tag in level.tags():
        if tag >> 16 == group and is_private_creator(tag) and creator_at(level, tag) == creator:
            return tag & 0xFF
    return None


def free_block(level: Level, group: int) -> int:
    """Return the lowest block of the group with neither creator nor elements."""
    numbers = [tag & 0xFFFF for tag in level.tags() if tag >> 16 == group]
    used = {number if number <= LAST_BLOCK else number >> 8 for number in numbers}
    for block in range(FIRST_BLOCK, LAST_BLOCK + 1):
        if block not in used:
            return block
    raise failed(
        "no-free-block",
        f"every private block of group {group:04X} is taken",
        element=tag_text(group << 16),
    )


def private_tag(step: TagStep, block: int) -> int:
    """Return the tag of a private step in a block."""
    return int(step.group, 16) << 16 | block << 8 | int(step.element, 16)
