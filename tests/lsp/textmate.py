"""How an editor colours a line with a TextMate grammar, as far as ours makes use of it.

Patterns are tried where the last one ended: the match that begins first wins, among those the
pattern that is listed first. A pattern with ``begin`` and ``end`` holds further ones.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import regex

FILE = Path(__file__).parents[2] / "editors/vscode/syntaxes/dicomedit.tmLanguage.json"
GRAMMAR = json.loads(FILE.read_text("utf-8"))


def scopes(line: str) -> list[tuple[str, str]]:
    """Return the pieces of a line that have a scope, each with its own innermost one."""
    return [(scope, line[start:end]) for start, end, scope in pieces(line)]


def pieces(line: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and scope of each piece that a pattern matches."""
    patterns = [GRAMMAR["repository"][each["include"][1:]] for each in GRAMMAR["patterns"]]
    return _pieces(line, 0, patterns)


def _pieces(line, position, patterns, enclosing=None):
    while True:
        found = [
            (match.start(), number, match)
            for number, each in enumerate(patterns)
            if (match := regex.compile(each.get("match", each.get("begin"))).search(line, position))
        ]
        first = min(found, default=None)
        closing = enclosing and regex.compile(enclosing["end"]).search(line, position)
        if closing and (first is None or closing.start() <= first[0]):
            yield *closing.span(), enclosing["name"]
            return
        if first is None:
            return
        _, number, match = first
        pattern = patterns[number]
        position = match.end()
        if "captures" in pattern:
            yield from (
                (*match.span(int(group)), each["name"])
                for group, each in pattern["captures"].items()
            )
            continue
        yield *match.span(), pattern["name"]
        if "begin" in pattern:
            for start, end, scope in _pieces(line, position, pattern["patterns"], pattern):
                yield start, end, scope
                position = end
