"""Encapsulated pixel data: a chain of items, grouped into frames (PS3.5 §A.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import unpack_from

from dicomedit.errors import EvaluationError, failed

BeginsFrame = Callable[[memoryview], bool]
"""Whether a fragment, by its content, is the first of a frame."""

Rule = Callable[[memoryview], Iterator[bool]]
"""Tells for each fragment of a chain whether a frame begins with it."""

_ITEM = (0xFFFE, 0xE000)
_UNDEFINED = 0xFFFFFFFF


def encoded_frames(data: memoryview, frames: int, begins: BeginsFrame) -> Iterator[bytes]:
    """Return the encoded frames one by one; an error at once when there are not as many.

    One fragment for each frame needs no further thought. Otherwise a basic offset table that
    lists as many frames is believed, and without one the content: `begins`. The headers of all
    items are read first, so that a broken chain is found before anything is decoded.
    """
    fragments = sum(1 for _ in _items(data)) - 1
    rule = _rule(data, fragments, frames, begins)
    if fragments < frames or sum(rule(data)) != frames:
        raise _broken("the number of frames does not fit the compressed pixel data")
    return _joined(data, rule(data))


def _rule(data: memoryview, fragments: int, frames: int, begins: BeginsFrame) -> Rule:
    if fragments == frames:
        return _each
    if 1 < frames < fragments and len(_offset_table(data)) == 4 * frames:
        return _by_table
    return _by_content(begins)


def _items(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield offset and content of each item, the basic offset table first."""
    position = 0
    while position < len(data):
        if len(data) - position < 8:
            raise _broken("the compressed pixel data ends within an item")
        group, element, length = unpack_from("<HHL", data, position)
        if (group, element) != _ITEM or length == _UNDEFINED:
            raise _broken("the compressed pixel data holds something that is not a fragment")
        if length > len(data) - position - 8:
            raise _broken("the compressed pixel data ends within a fragment")
        yield position, data[position + 8 : position + 8 + length]
        position += 8 + length


def _fragments(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield offset and content of each fragment; offsets count as the offset table's do."""
    items = _items(data)
    _, table = next(items)
    for position, content in items:
        yield position - 8 - len(table), content


def _offset_table(data: memoryview) -> memoryview:
    return next(_items(data))[1]


def _each(data: memoryview) -> Iterator[bool]:
    return (True for _ in _fragments(data))


def _by_table(data: memoryview) -> Iterator[bool]:
    """Yield for each fragment whether the basic offset table has a frame begin with it."""
    table = _offset_table(data)
    entry = 0
    for offset, _ in _fragments(data):
        here = entry < len(table) and unpack_from("<L", table, entry)[0] == offset
        entry += 4 if here else 0
        yield here


def _by_content(begins: BeginsFrame) -> Rule:
    def beginnings(data: memoryview) -> Iterator[bool]:
        for offset, content in _fragments(data):
            yield offset == 0 or begins(content)

    return beginnings


def _joined(data: memoryview, beginnings: Iterator[bool]) -> Iterator[bytes]:
    """Yield the content of each frame, its fragments put together."""
    parts: list[memoryview] = []
    for (_, content), begins in zip(_fragments(data), beginnings, strict=True):
        if begins and parts:
            yield b"".join(parts)
            parts.clear()
        parts.append(content)
    yield b"".join(parts)


def _broken(message: str) -> EvaluationError:
    return failed("pixel-data", message, element="(7FE0,0010)")
