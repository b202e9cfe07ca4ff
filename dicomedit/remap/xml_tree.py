"""XML to a tree whose nodes know their places. No DTD, no entities, nothing from elsewhere."""

from __future__ import annotations

import re

from dicomedit.errors import Diagnostic, ScriptError, Source, Span
from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import NoReturn

MAX_BYTES = 64 << 20
"""Largest XML document that is read."""

MAX_DEPTH = 16
"""Deepest nesting of elements; no document that is understood needs more than three."""

_ENCODING = re.compile(rb"<\?xml[^>]*\bencoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_ENCODINGS = frozenset(("utf-8", "us-ascii", "ascii", "iso-8859-1", "windows-1252", "utf-16"))
_MARKUP = re.compile(r"</?[A-Za-z]+(?:\s+(?:tag|name|covers)=(?:\"[^\"<>]*\"|'[^'<>]*'))*\s*/?>")


class Node(Record, frozen=False):
    """An element: its name, attributes, own text and children, and where it begins."""

    name: str
    attributes: dict[str, str]
    line: int
    column: int
    text: str
    children: list[Node]


class Document(Record):
    """A document that was read. `source` is what messages show of it."""

    source: Source
    root: Node

    def error(self, node: Node, message: str, advice: str | None = None) -> ScriptError:
        """Return the error for something wrong with a node."""
        return ScriptError([_diagnostic(self.source, node.line, node.column, message, advice)])


def decode(name: str, data: bytes) -> str:
    """Return the text of a document; raise ScriptError when its encoding is none that is read."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    else:
        found = _ENCODING.match(data.removeprefix(b"\xef\xbb\xbf"))
        encoding = "utf-8" if found is None else found[1].decode("ascii").lower()
    if encoding not in _ENCODINGS:
        raise _unreadable(name, f"the encoding {encoding} is not read; save the file as UTF-8")
    try:
        return data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeError:
        raise _unreadable(name, f"the file is not text in {encoding.upper()}") from None


def parse(name: str, text: str, *, hides_values: bool) -> Document:
    """Return a document as a tree; raise ScriptError, with line and column, when it is broken.

    A DTD is refused, and with it every entity but the five that XML itself has (XML 1.0, §4.6);
    namespaces are not looked at. With `hides_values` messages show the markup only: what stands
    between it may come from patients.
    """
    builder = _Builder(Source(name, masked(text) if hides_values else text))
    return Document(builder.source, builder.parse(text))


def masked(text: str) -> str:
    """Return a document with everything but its plain markup made unreadable, place by place."""
    parts, end = [], 0
    for found in _MARKUP.finditer(text):
        parts += [re.sub(r"\S", ".", text[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*parts, re.sub(r"\S", ".", text[end:])])


class _Builder:
    """Makes the tree as the parser reports what it finds."""

    def __init__(self, source: Source) -> None:
        from xml.parsers import expat

        self.source = source
        self._open: list[Node] = []
        self._root: Node | None = None
        self._error = expat.ExpatError
        self._parser = parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse_dtd
        parser.EntityDeclHandler = self._refuse_dtd
        parser.ExternalEntityRefHandler = self._refuse_dtd

    def parse(self, text: str) -> Node:
        try:
            self._parser.Parse(text.encode("utf-8", "replace"), True)
        except self._error as error:
            from xml.parsers.expat import ErrorString

            self._fail(f"this is no XML: {ErrorString(error.code)}", error.lineno, error.offset)
        assert self._root is not None
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        parser = self._parser
        node = Node(name, attributes, parser.CurrentLineNumber, parser.CurrentColumnNumber, "", [])
        if len(self._open) >= MAX_DEPTH:
            self._fail(f"elements are nested more than {MAX_DEPTH} deep", node.line, node.column)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self._root = node
        self._open.append(node)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        self._open[-1].text += text

    def _refuse_dtd(self, *_: object) -> NoReturn:
        parser = self._parser
        self._fail(
            "a document type declaration (DTD) is not allowed",
            parser.CurrentLineNumber,
            parser.CurrentColumnNumber,
            "take it out, and write what its entities stand for",
        )

    def _fail(self, message: str, line: int, column: int, advice: str | None = None) -> NoReturn:
        raise ScriptError([_diagnostic(self.source, line, column, message, advice)])


def _diagnostic(
    source: Source, line: int, column: int, message: str, advice: str | None
) -> Diagnostic:
    start = _offset(source, line, column)
    return Diagnostic("bad-xml", message, source, Span(start, start + 1), advice)


def _offset(source: Source, line: int, column: int) -> int:
    """Return the offset of a place; lines are counted from 1, columns from 0."""
    return min(source.offset(line) + column, len(source.text))


def _unreadable(name: str, reason: str) -> ScriptError:
    return ScriptError([Diagnostic("unreadable-file", reason, Source(name, ""), Span(0, 0))])
