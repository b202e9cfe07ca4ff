"""The patterns of the `format` function: java.text.MessageFormat where all arguments are text.

DicomEdit 6, section 5.1.1. The answers are those of OpenJDK 17, oddities included.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# Outside braces '' is an apostrophe, and a single one starts or ends a stretch of plain text.
_LITERAL = re.compile(r"(?:''|'(?:''|[^'])*'?|[^{'])*")
_APOSTROPHES = re.compile(r"''?")

# Inside braces a quoted stretch is kept with its apostrophes.
_TOKEN = re.compile(r"'[^']*'?|[{},]|[^'{},]+")
_NESTING = {"{": 1, "}": -1}
_PARTS = 3

_NUMBER = re.compile(r"\+?0*(\d{1,4})|-0+")
_KINDS = frozenset(("number", "date", "time", "choice"))
_BLANKS = "".join(map(chr, range(0x21)))


class PatternFormatError(ValueError):
    """A pattern that MessageFormat refuses, or that wants an argument to be a number or date."""


def format_message(pattern: str, arguments: Sequence[str], *, strict: bool = False) -> str:
    """Return the pattern with ``{0}``, ``{1}``, … replaced by the arguments.

    The number of a missing argument stays in the text, in its braces. In a `strict` pattern
    a number has no sign, and each of them is closed (DicomEdit 4, section 7.1).
    """
    pieces: list[str] = []
    position = 0
    while True:
        literal, position = _read_literal(pattern, position)
        pieces.append(literal)
        if position == len(pattern):
            return "".join(pieces)
        parts, position = _read_braces(pattern, position + 1)
        if strict:
            _check_plain(parts)
        pieces.append(_argument(parts, arguments) if parts else "")


def _read_literal(pattern: str, start: int) -> tuple[str, int]:
    """Return the text up to the next brace that opens an argument, and where that brace is."""
    found = _LITERAL.match(pattern, start)
    assert found is not None  # it also matches nothing
    return _APOSTROPHES.sub(lambda quote: quote[0][1:], found[0]), found.end()


def _read_braces(pattern: str, start: int) -> tuple[list[str], int]:
    """Return number, type and modifier, as far as given, and the offset behind the brace.

    Java forgets to complain about an argument that ends inside inner braces (``{0{``), and drops
    the rest of the pattern; the list is empty then.
    """
    parts = [""]
    depth = 0
    for found in _TOKEN.finditer(pattern, start):
        token = found[0]
        if token == "}" and depth == 0:
            return parts, found.end()
        if token == "," and len(parts) < _PARTS:
            parts.append("")
            continue
        depth += _NESTING.get(token, 0)
        parts[-1] += token
    if depth == 0:
        raise PatternFormatError("a brace of the format pattern is not closed")
    return [], len(pattern)


def _check_plain(parts: list[str]) -> None:
    if not (parts and parts[0].isascii() and parts[0].isdigit()):
        raise PatternFormatError(
            "only the number of a value, without sign, may stand in the braces of a format pattern"
        )


def _argument(parts: list[str], arguments: Sequence[str]) -> str:
    """Return the argument that the parts ask for.

    A missing argument is left in the text whatever its type is; Java looks at the modifier
    first, and refuses some of them.
    """
    number = _argument_number(parts[0])
    kind = parts[1].strip(_BLANKS).lower() if len(parts) > 1 else ""
    if kind and kind not in _KINDS:
        raise PatternFormatError("the format pattern has an unknown type of argument")
    if number >= len(arguments):
        return f"{{{number}}}"
    if kind:
        raise PatternFormatError(f"the format pattern wants a {kind}, but all arguments are text")
    return arguments[number]


def _argument_number(text: str) -> int:
    """Return the number between the braces; current releases of Java allow 0 to 9999."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise PatternFormatError(
            "only the number of an argument, 0 to 9999, may stand in the braces of a format pattern"
        )
    return int(found[1] or 0)
