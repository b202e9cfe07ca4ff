"""Every change to a data set goes through here: recorded first, then made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dicomedit.dicom.charsets import CharacterSet, character_set
from dicomedit.dicom.dictionary import (
    SPECIFIC_CHARACTER_SET,
    TRANSFER_SYNTAX_UID,
    dictionary_vr,
    is_group_length,
)
from dicomedit.dicom.encoding import DELIMITER_GROUP, native_encoding
from dicomedit.dicom.levels import Instance, Level, Notice, element_name
from dicomedit.dicom.text import (
    CHARSET_VRS,
    TEXT_VRS,
    charset_of,
    encode_text,
    is_plain,
    is_valid,
    read_text,
)
from dicomedit.dicom.walk import Target
from dicomedit.errors import failed

UTF8 = "ISO_IR 192"

_FIRST_ORDINARY, _DELIMITERS = 0x00030000, DELIMITER_GROUP << 16
"""Between these tags every element but a group length is stored."""

RENEWED_META = frozenset((0x00020001, 0x00020002, 0x00020003, 0x00020012, 0x00020013))
"""File meta information that is made anew for every file that is written."""


def is_ordinary(tag: int) -> bool:
    """Whether a tag is that of an element which any data set may hold, and files keep."""
    return _FIRST_ORDINARY <= tag < _DELIMITERS and tag & 0xFFFF != 0


def new_vr(level: Level, tag: int) -> str:
    """Return the VR an element has, or would get when it is created."""
    return level.vr(tag) if tag in level else dictionary_vr(tag, signed=level.is_signed)


def put_text(instance: Instance, target: Target, text: str) -> None:
    """Store a text in an element of any VR but SQ, creating it when it is absent."""
    _put_text(instance, target.level, target.tag, Forms(text))


class Forms:
    """A text, and the forms it is stored in, as far as they depend on nothing but the VR."""

    __slots__ = ("by_vr", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.by_vr: dict[str, tuple[bytes, bool]] = {}

    def form(self, level: Level, tag: int, vr: str) -> tuple[bytes, bool]:
        """Return the bytes to store in an element, and whether they are valid there."""
        known = self.by_vr.get(vr)
        if known is None:
            text = self.text
            known = encode_text(level, tag, vr, text), is_valid(vr, text)
            if vr in TEXT_VRS and text.isascii():
                self.by_vr[vr] = known
        return known


def put_text_in_all(instance: Instance, targets: Iterable[Target], forms: Forms) -> None:
    """Store the same text in several elements."""
    for target in targets:
        _put_text(instance, target.level, target.tag, forms)


def put_text_at_root(instance: Instance, tag: int, forms: Forms) -> None:
    """Store a text in an element of the root, unless that is absent or a sequence."""
    root = instance.root
    if tag in root and not root.is_sequence(tag):
        _put_text(instance, root, tag, forms)


def _put_text(instance: Instance, level: Level, tag: int, forms: Forms) -> None:
    if not is_ordinary(tag) and not _is_kept(instance, level, tag):
        return
    vr = _text_vr(level, tag)
    if tag == SPECIFIC_CHARACTER_SET:
        _change_character_set(instance, level, forms.text)
    elif tag == TRANSFER_SYNTAX_UID:
        _check_transfer_syntax(instance, forms.text)
    elif vr in CHARSET_VRS and not forms.text.isascii() and charset_of(level).is_default:
        _declare_utf8(instance, level)
    encoded, has_valid_form = forms.form(level, tag, vr)
    if not has_valid_form:
        message = f"{element_name(level, tag)} was given a value that is no valid {vr}"
        instance.notices.append(Notice("doubtful-value", message))
    _store(instance, level, tag, vr, encoded)


def _text_vr(level: Level, tag: int) -> str:
    """Return the VR in which a text is stored; raise EvaluationError when it is a sequence's."""
    if tag not in level:
        vr = dictionary_vr(tag, signed=level.is_signed)
    else:
        vr = level.stored_vr(tag)
        if vr == "UN":
            vr = "SQ" if level.is_wrapped(tag) else level.vr(tag)
    if vr == "SQ":
        raise _is_sequence(level, tag)
    return vr


def _is_kept(instance: Instance, level: Level, tag: int) -> bool:
    """Whether a file keeps the element as it is stored.

    Group lengths and command elements are dropped, as is file meta information in the wrong
    place; some of it is made anew for every file.
    """
    if tag >> 16 == DELIMITER_GROUP:
        raise failed(
            "not-an-element", "delimiters are no elements", element=element_name(level, tag)
        )
    is_meta = level is instance.meta
    is_strange = tag >> 16 < 2 or (tag >> 16 == 2 and not is_meta) or is_group_length(tag)
    if not is_strange and not (is_meta and tag in RENEWED_META):
        return True
    message = f"{element_name(level, tag)} is not stored: a file does not keep it"
    instance.notices.append(Notice("not-stored", message))
    return False


def put_bytes(instance: Instance, target: Target, vr: str, value: bytes | memoryview) -> None:
    """Store bytes as they are."""
    _store(instance, target.level, target.tag, vr, value)


def _store(instance: Instance, level: Level, tag: int, vr: str, value: bytes | memoryview) -> None:
    journal = instance.journal
    if tag not in level:
        journal.created += 1
    journal.record(level, tag)
    level.put(tag, vr, value)


def remove_at_root(instance: Instance, tag: int) -> None:
    """Remove an element of the root, if it is present, that nothing else depends on."""
    root = instance.root
    if tag in root:
        instance.journal.record(root, tag)
        root.remove(tag)


def remove(instance: Instance, targets: Iterable[Target]) -> None:
    """Remove elements; a character set goes last, when the text it declared is gone."""
    record, meta = instance.journal.record, instance.meta
    charsets = []
    for target in targets:
        level, tag = target.level, target.tag
        if tag == SPECIFIC_CHARACTER_SET:
            charsets.append(target)
        elif level is meta:
            _remove_meta(instance, target)
        elif tag in level:
            record(level, tag)
            level.remove(tag)
    for target in charsets:
        _check_plain(target.level)
        if target.tag in target.level:
            record(target.level, target.tag)
            target.level.remove(target.tag)


def _remove_meta(instance: Instance, target: Target) -> None:
    level, tag = target.level, target.tag
    if tag == TRANSFER_SYNTAX_UID:
        message = "the transfer syntax (0002,0010) was not deleted: a file needs it"
        instance.notices.append(Notice("transfer-syntax-kept", message))
    elif tag in level and tag not in RENEWED_META:
        instance.journal.record(level, tag)
        level.remove(tag)


def add_items(instance: Instance, target: Target, count: int) -> None:
    """Append empty items until the sequence has at least `count`."""
    instance.journal.created += 1
    instance.journal.record(target.level, target.tag)
    if target.tag in target.level and target.level.is_wrapped(target.tag):
        target.level.unwrap(target.tag)
    present = len(target.level.items(target.tag)) if target.tag in target.level else 0
    for _ in range(count - present):
        target.level.add_item(target.tag)


def remove_item(instance: Instance, target: Target, number: int) -> None:
    """Remove one item of a sequence; those after it move up."""
    instance.journal.record(target.level, target.tag)
    if target.level.is_wrapped(target.tag):
        target.level.unwrap(target.tag)
    target.level.remove_item(target.tag, number)


def _is_sequence(level: Level, tag: int) -> Exception:
    return failed(
        "sequence-as-target",
        "a sequence cannot be assigned a value",
        help="name an element of one of its items, such as (0008,1140)[0]/(0008,1155)",
        element=element_name(level, tag),
    )


# --- transfer syntax ----------------------------------------------------------------------------


def _check_transfer_syntax(instance: Instance, text: str) -> None:
    """Allow only what re-encoding can do: from one uncompressed syntax to another."""
    now = read_text(instance.meta, TRANSFER_SYNTAX_UID)
    if text == now:
        return
    if native_encoding(text) is None or (now is not None and native_encoding(now) is None):
        raise failed(
            "transfer-syntax",
            "pixel data would not be what the new transfer syntax says",
            help="only uncompressed transfer syntaxes can be assigned, to uncompressed data",
            element=element_name(instance.meta, TRANSFER_SYNTAX_UID),
        )


# --- character sets -----------------------------------------------------------------------------


def _texts(level: Level) -> Iterator[Target]:
    """Yield what is stored in the character set of this level, in items without their own too."""
    for tag in level.tags():
        if level.is_sequence(tag):
            for item in level.items(tag):
                if SPECIFIC_CHARACTER_SET not in item:
                    yield from _texts(item)
        elif level.vr(tag) in CHARSET_VRS and not is_plain(level.value(tag)):
            yield Target(level, tag)


def _check_plain(level: Level) -> None:
    for target in _texts(level):
        raise failed(
            "character-set-needed",
            "the text could not be read any more without Specific Character Set (0008,0005)",
            help="delete or replace the text first, or assign another character set",
            element=element_name(target.level, target.tag),
        )


def _change_character_set(instance: Instance, level: Level, text: str) -> None:
    """Store all text anew in the set that is about to be declared."""
    new = character_set(text)
    if not new.is_known:
        raise failed(
            "unknown-character-set",
            "no character set has this name",
            help='see PS3.3 C.12.1.1.2 for the defined terms, such as "ISO_IR 192"',
            element=element_name(level, SPECIFIC_CHARACTER_SET),
            value=text,
        )
    old = charset_of(level)
    for target in list(_texts(level)):
        value = _transcoded(target, old, new)
        put_bytes(instance, target, target.level.vr(target.tag), value)


def _transcoded(target: Target, old: CharacterSet, new: CharacterSet) -> bytes:
    is_name = target.level.vr(target.tag) == "PN"
    decoded = old.decode(target.level.value(target.tag), is_name=is_name)
    encoded = None if decoded is None else new.encode(decoded, is_name=is_name)
    if encoded is None:
        raise failed(
            "character-set-change",
            f"the text cannot be carried over from character set {old} to {new}",
            element=element_name(target.level, target.tag),
        )
    return encoded + b" " if len(encoded) % 2 else encoded


def _declare_utf8(instance: Instance, level: Level) -> None:
    """Declare UTF-8 where nothing but ASCII was declared, before other text is stored."""
    root = level
    while root.place is not None and SPECIFIC_CHARACTER_SET not in root:
        root = root.place.level
    _check_plain(root)
    put_bytes(instance, Target(root, SPECIFIC_CHARACTER_SET), "CS", UTF8.encode())
    instance.notices.append(
        Notice(
            "utf8-declared",
            "the text is not ASCII: Specific Character Set (0008,0005) is ISO_IR 192 now",
        )
    )
