"""The configuration of a summary: which elements, at which level, which of them get new values.

<Columns>
  <Patient remap="New ID">(0010,0020)</Patient>
  <Series>(0008,1111)[0]/(0008,1150)</Series>
</Columns>
"""

from __future__ import annotations

import re
from enum import Enum

from dicomedit.dicom.dictionary import PIXEL_DATA_TAGS, dictionary_vr, is_group_length
from dicomedit.dicom.edit import RENEWED_META
from dicomedit.dicom.encoding import DELIMITER_GROUP
from dicomedit.dicom.paths import TagPath, TagStep
from dicomedit.lang.parser import parse_path
from dicomedit.records import Record
from dicomedit.remap.xml_tree import Document, Node

ROOT = "Columns"


class RecordLevel(Enum):
    """What a row or a rule is about, from the most general to the most specific."""

    GLOBAL = "Global"
    PATIENT = "Patient"
    STUDY = "Study"
    SERIES = "Series"
    INSTANCE = "Instance"

    @property
    def depth(self) -> int:
        """How specific the level is; more is more specific."""
        return _DEPTHS[self]

    @property
    def noun(self) -> str:
        """What messages call one record of the level."""
        return self.value.lower()


LEVELS = tuple(RecordLevel)
_DEPTHS = {level: depth for depth, level in enumerate(LEVELS)}
_BY_NAME = {level.value: level for level in LEVELS}

_SHORT_TAG = re.compile(r"\(([0-9A-Fa-f]{1,4}),([0-9A-Fa-f]{1,4})\)")


class Column(Record):
    """A child of the configuration: an element of a level, and the header of its new values."""

    level: RecordLevel
    path: TagPath
    remap: str | None
    is_appended: bool


class Config(Record):
    """A configuration: its columns in the order of the document."""

    columns: tuple[Column, ...]

    @property
    def deepest(self) -> RecordLevel:
        """The level that has a row for each of its records."""
        levels = (column.level for column in self.columns)
        return max(levels, key=lambda level: level.depth, default=RecordLevel.GLOBAL)

    @property
    def remapped_levels(self) -> tuple[RecordLevel, ...]:
        """The levels that have new values, from the most general to the most specific."""
        found = {column.level for column in self.columns if column.remap}
        return tuple(level for level in LEVELS if level in found)


def read_config(document: Document) -> Config:
    """Return a configuration; raise ScriptError at the first thing that is wrong with it."""
    root = document.root
    if root.name != ROOT:
        raise document.error(root, f"invalid root element ({root.name}), must be <{ROOT}>")
    return Config(tuple(_column(document, node) for node in root.children))


def _column(document: Document, node: Node) -> Column:
    level = _BY_NAME.get(node.name)
    if level is None:
        known = ", ".join(_BY_NAME)
        raise document.error(node, f"invalid record level {node.name}; must be one of [{known}]")
    if node.children:
        raise document.error(node.children[0], f"<{node.name}> holds a tag and no other elements")
    path = element_of(document, node, node.text.strip())
    remap = node.attributes.get("remap") or None
    if remap is not None:
        check_target(document, node, path)
    return Column(level, path, remap, node.attributes.get("append") in ("true", "1"))


def element_of(
    document: Document, node: Node, text: str, *, with_sequences: bool = False
) -> TagPath:
    """Return the one element that a text names; raise ScriptError when it names none, or more.

    Besides tag paths of the language this may be a tag with fewer than four digits, or that of a
    private element. Only `with_sequences` it may be a sequence, or pixel data.
    """
    short = _SHORT_TAG.fullmatch(text)
    path = _top_level(short[1], short[2]) if short else parse_path(text)
    if path is None:
        advice = (
            "such as (0010,0020), (0008,1111)[0]/(0008,1150), or (0029,{SIEMENS CSA HEADER}10)"
            " for a private element"
        )
        raise document.error(node, f"invalid DICOM tag {text}", advice)
    reason = path.plural_reason or (None if with_sequences else _not_readable(path))
    if reason is not None:
        raise document.error(node, f"invalid DICOM tag {text}: {reason}")
    return path


def _top_level(group: str, number: str) -> TagPath:
    return TagPath((TagStep(group.zfill(4).upper(), number.zfill(4).upper()),))


def check_target(document: Document, node: Node, path: TagPath, *, deletes: bool = False) -> None:
    """Raise ScriptError when an element cannot be given a value, or cannot be deleted."""
    tag = tag_of(path)
    if tag is None:
        return
    if path.names_file_meta and tag in RENEWED_META:
        raise document.error(node, f"{path} is made anew for every file, so it cannot be changed")
    if tag >> 16 in (0, DELIMITER_GROUP) or (tag & 0xFFFF == 0 and not deletes):
        raise document.error(node, f"a file does not keep {path}, so it cannot be changed")


def tag_of(path: TagPath) -> int | None:
    """Return the tag of the last step, or None when that depends on a private creator."""
    last = path.steps[-1]
    assert isinstance(last, TagStep)
    return last.number if last.creator is None else None


def _not_readable(path: TagPath) -> str | None:
    tag = tag_of(path)
    if tag is None:
        return None
    if tag in PIXEL_DATA_TAGS:
        return "pixel data has no text"
    if not is_group_length(tag) and dictionary_vr(tag, signed=False) == "SQ":
        return f"a sequence has no text; name an element of an item, such as {path}[0]/(0008,1155)"
    return None
