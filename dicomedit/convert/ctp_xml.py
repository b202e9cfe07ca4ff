"""Read the XML form of an anonymizer script of CTP; every rule keeps its place in the text.

Imported when such a script is read: XML is slow to import.
"""

from __future__ import annotations

import re
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException, sax

from dicomedit.convert.rules import Rule, refusal
from dicomedit.errors import ScriptError, Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xml.sax.xmlreader import AttributesImpl, Locator

_KINDS = {"p": "parameter", "e": "element", "k": "keep", "r": "remove"}
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")


def rules_of_xml(source: Source) -> list[Rule]:
    """Return the rules that are enabled; raise ScriptError with the place of what is wrong."""
    # The text is known already, whatever encoding it declares.
    text = _DECLARATION.sub(lambda found: " " * len(found[0]), source.text.replace("\ufeff", " "))
    reader = _Reader(source)
    try:
        sax.parseString(text.encode("utf-8"), reader, forbid_dtd=True)
    except SAXParseException as error:
        place = reader.place(error.getLineNumber() or 1, error.getColumnNumber() or 0)
        raise refusal(source, place, f"no XML: {error.getMessage()}") from None
    except DefusedXmlException:
        message = "a document type and entities are not allowed"
        raise refusal(source, Span(0, 1), message) from None
    return reader.rules


class _Reader(ContentHandler):
    """Collects the rules."""

    locator: Locator

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.rules: list[Rule] = []
        self._source = source
        self._starts = [0, *(found.end() for found in re.finditer("\n", source.text))]
        self._depth = 0
        self._waiting: tuple[str, str, Span] | None = None
        self._content = ""

    def place(self, line: int, column: int) -> Span:
        """Return a place in the source."""
        start = self._starts[min(line, len(self._starts)) - 1] + column
        return Span(start, start + 1)

    def setDocumentLocator(self, locator: Locator) -> None:
        """Remember what knows where the reader is."""
        self.locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        """Begin a rule."""
        self._depth += 1
        if self._depth == 1 and name == "script":
            return
        if self._depth != 2 or name not in _KINDS or "t" not in attrs:
            raise self._refusal(name)
        if attrs.get("en", "T").upper() != "F":
            self._waiting = (_KINDS[name], attrs["t"].strip(), self._here())
        self._content = ""

    def characters(self, content: str) -> None:
        """Take text."""
        self._content += content

    def endElement(self, name: str) -> None:
        """End a rule."""
        self._depth -= 1
        if self._waiting is not None:
            kind, target, span = self._waiting
            self.rules.append(Rule(kind, target, self._content.strip(), span))
        self._waiting = None

    def _here(self) -> Span:
        return self.place(self.locator.getLineNumber() or 1, self.locator.getColumnNumber() or 0)

    def _refusal(self, name: str) -> ScriptError:
        return refusal(self._source, self._here(), f"<{name}> is no rule of a CTP script")
