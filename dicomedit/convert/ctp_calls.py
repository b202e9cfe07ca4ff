"""Take the action of a CTP rule apart: literal text and function calls."""

from __future__ import annotations

import re

from dicomedit.convert.rules import NotConvertible
from dicomedit.records import Record

_NAME = re.compile(r"(\w+)\s*\(")
MAX_DEPTH = 50


class FunctionCall(Record):
    """``@name(argument, ...){then}{otherwise}``"""

    name: str
    arguments: tuple[str, ...]
    then: tuple[str | FunctionCall, ...] = ()
    otherwise: tuple[str | FunctionCall, ...] = ()


Parts = tuple["str | FunctionCall", ...]

_BLOCKS = {"if": 2, "select": 2, "append": 1}


def parse_action(action: str, depth: int = 0) -> Parts:
    """Return the parts of an action; raise NotConvertible when it is not well formed."""
    if depth > MAX_DEPTH:
        raise NotConvertible("the action is nested too deeply")
    parts: list[str | FunctionCall] = []
    position = 0
    while position < len(action):
        letter = action[position]
        if letter == "@":
            found, position = _call(action, position + 1, depth)
            parts.append(found)
            continue
        if letter == "\\":
            position += 1
            letter = action[position : position + 1]
        if parts and isinstance(parts[-1], str):
            parts[-1] += letter
        else:
            parts.append(letter)
        position += 1
    return tuple(parts)


def _call(action: str, position: int, depth: int) -> tuple[FunctionCall, int]:
    found = _NAME.match(action, position)
    if found is None:
        raise NotConvertible("@ is not followed by a function")
    end = _closing(action, found.end(), "(", ")")
    arguments = _arguments(action[found.end() : end])
    blocks: list[Parts] = []
    end += 1
    for _ in range(_BLOCKS.get(found[1], 0)):
        begin = end + len(action[end:]) - len(action[end:].lstrip())
        if action[begin : begin + 1] != "{":
            break
        closing = _closing(action, begin + 1, "{", "}")
        blocks.append(parse_action(action[begin + 1 : closing], depth + 1))
        end = closing + 1
    then, otherwise = (*blocks, (), ())[:2]
    return FunctionCall(found[1], arguments, then, otherwise), end


def _closing(action: str, position: int, opening: str, closing: str) -> int:
    """Return where what was opened is closed; quoted and escaped characters do not count."""
    depth, is_quoted = 1, False
    while position < len(action):
        letter = action[position]
        if letter == "\\":
            position += 1
        elif letter == '"':
            is_quoted = not is_quoted
        elif not is_quoted:
            depth += (letter == opening) - (letter == closing)
            if depth == 0:
                return position
        position += 1
    raise NotConvertible(f"there is no {closing} for {opening}")


def _arguments(text: str) -> tuple[str, ...]:
    """Return arguments without their quotes; commas inside quotes and brackets separate none."""
    if not text.strip():
        return ()
    found, begin, depth, is_quoted = [], 0, 0, False
    for position, letter in enumerate(text):
        if letter == '"' and text[position - 1 : position] != "\\":
            is_quoted = not is_quoted
        elif not is_quoted and letter in "()[]":
            depth += 1 if letter in "([" else -1
        elif letter == "," and not is_quoted and depth == 0:
            found.append(text[begin:position])
            begin = position + 1
    return tuple(_unquoted(each.strip()) for each in (*found, text[begin:]))


def _unquoted(argument: str) -> str:
    is_quoted = len(argument) > 1 and argument[0] == argument[-1] == '"'
    return argument[1:-1] if is_quoted else argument
