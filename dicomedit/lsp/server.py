"""The language server: requests of an editor to answers of this package, and back."""

from __future__ import annotations

import asyncio
from pathlib import Path

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from dicomedit.errors import Diagnostic, Severity, Span
from dicomedit.lsp import analysis, variables
from dicomedit.lsp.completion import Offer, OfferKind, completions
from dicomedit.lsp.hover import hover
from dicomedit.lsp.positions import offset_of, position_of
from dicomedit.lsp.tokens import Token, tokens

PAUSE = 0.2
"""Seconds without a key pressed before a script is checked anew."""

LONGEST = 300_000
"""Longest script, in characters, that is checked while it is written."""

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}

_KINDS = {
    OfferKind.FUNCTION: types.CompletionItemKind.Function,
    OfferKind.ATTRIBUTE: types.CompletionItemKind.Field,
    OfferKind.VARIABLE: types.CompletionItemKind.Variable,
    OfferKind.KEYWORD: types.CompletionItemKind.Keyword,
}


class Server(LanguageServer):
    """Answers an editor; `dialect` is that of all scripts, or None when each one tells."""

    def __init__(self, version: str, dialect: int | None = None) -> None:
        super().__init__("dicomedit", version)
        self.dialect = dialect
        offered = types.CompletionOptions(trigger_characters=["(", ","])
        self.feature(types.TEXT_DOCUMENT_DID_OPEN)(_opened)
        self.feature(types.TEXT_DOCUMENT_DID_CHANGE)(_changed)
        self.feature(types.TEXT_DOCUMENT_DID_CLOSE)(_closed)
        self.feature(types.TEXT_DOCUMENT_HOVER)(_hover)
        self.feature(types.TEXT_DOCUMENT_COMPLETION, offered)(_completion)
        self.feature(types.TEXT_DOCUMENT_DEFINITION)(_definition)
        self.feature(types.TEXT_DOCUMENT_REFERENCES)(_references)
        self.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)(_symbols)
        self.feature(types.TEXT_DOCUMENT_FORMATTING)(_formatting)

    def text(self, document: types.TextDocumentIdentifier) -> str:
        """Return the text of a script as it stands in the editor."""
        return self.workspace.get_text_document(document.uri).source

    def at(
        self, document: types.TextDocumentIdentifier, position: types.Position
    ) -> tuple[str, list[Token], int, int]:
        """Return text and tokens of a script, the offset of a position, and the dialect."""
        text = self.text(document)
        offset = offset_of(text, position.line, position.character)
        return text, tokens(text), offset, self.dialect or analysis.dialect_of(text)

    def publish(self, uri: str) -> None:
        """Tell the editor what is to be said of a script."""
        document = self.workspace.get_text_document(uri)
        found = _checked(uri, document.source, self.dialect)
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri, found, document.version)
        )


# --- diagnostics (pygls hands the server to what has a parameter `ls`) ---------------------------


def _opened(ls: Server, given: types.DidOpenTextDocumentParams) -> None:
    ls.publish(given.text_document.uri)


async def _changed(ls: Server, given: types.DidChangeTextDocumentParams) -> None:
    version = given.text_document.version
    await asyncio.sleep(PAUSE)
    # The document has no version once it is closed.
    if ls.workspace.get_text_document(given.text_document.uri).version == version:
        ls.publish(given.text_document.uri)


def _closed(ls: Server, given: types.DidCloseTextDocumentParams) -> None:
    cleared = types.PublishDiagnosticsParams(given.text_document.uri, [])
    ls.text_document_publish_diagnostics(cleared)


def _checked(uri: str, text: str, dialect: int | None) -> list[types.Diagnostic]:
    if len(text) > LONGEST:
        message = f"a script of more than {LONGEST} characters is not checked while it is open"
        start = types.Range(types.Position(0, 0), types.Position(0, 0))
        return [types.Diagnostic(start, message, types.DiagnosticSeverity.Information)]
    path = to_fs_path(uri)
    folder = Path(path).parent if path and uri.startswith("file:") else None
    found = analysis.diagnostics(text, Path(path or uri).name, dialect, folder)
    # What is wrong with an included file is shown when that file is open.
    return [_diagnostic(text, each) for each in found if each.source.text == text]


# --- what stands at a position -------------------------------------------------------------------


def _hover(ls: Server, given: types.HoverParams) -> types.Hover | None:
    text, found, offset, dialect = ls.at(given.text_document, given.position)
    known = hover(text, found, offset, dialect)
    if known is None:
        return None
    shown = types.MarkupContent(types.MarkupKind.Markdown, known.text)
    return types.Hover(shown, _range(text, known.span))


def _completion(ls: Server, given: types.CompletionParams) -> types.CompletionList:
    text, _, offset, dialect = ls.at(given.text_document, given.position)
    offers = completions(text, offset, dialect)
    items = [_item(text, number, offer) for number, offer in enumerate(offers)]
    return types.CompletionList(is_incomplete=True, items=items)


def _definition(ls: Server, given: types.DefinitionParams) -> types.Location | None:
    text, found, offset, dialect = ls.at(given.text_document, given.position)
    span = variables.definition(found, offset, dialect)
    return None if span is None else types.Location(given.text_document.uri, _range(text, span))


def _references(ls: Server, given: types.ReferenceParams) -> list[types.Location]:
    text, found, offset, dialect = ls.at(given.text_document, given.position)
    spans = variables.occurrences(found, offset, dialect)
    return [types.Location(given.text_document.uri, _range(text, span)) for span in spans]


# --- whole scripts -------------------------------------------------------------------------------


def _symbols(ls: Server, given: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
    text = ls.text(given.text_document)
    places = [(each.text, _range(text, each.span)) for each in variables.definitions(tokens(text))]
    return [
        types.DocumentSymbol(name, types.SymbolKind.Variable, place, place)
        for name, place in places
    ]


def _formatting(ls: Server, given: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
    text = ls.text(given.text_document)
    new = analysis.formatted(text, ls.dialect)
    if new is None or new == text:
        return None
    return [types.TextEdit(_range(text, Span(0, len(text))), new)]


# --- into the terms of the protocol --------------------------------------------------------------


def _range(text: str, span: Span) -> types.Range:
    start, end = position_of(text, span.start), position_of(text, span.end)
    return types.Range(types.Position(*start), types.Position(*end))


def _diagnostic(text: str, found: Diagnostic) -> types.Diagnostic:
    message = found.message if found.help is None else f"{found.message}\n{found.help}"
    span = found.span if found.span.end > found.span.start else _first_line(text, found.span)
    return types.Diagnostic(
        _range(text, span), message, _SEVERITIES[found.severity], found.code, source="dicomedit"
    )


def _first_line(text: str, span: Span) -> Span:
    """Return the rest of a line, for a finding that has no extent and could not be seen."""
    rest = text[span.start :].splitlines()
    return Span(span.start, span.start + (len(rest[0]) if rest else 0))


def _item(text: str, number: int, offer: Offer) -> types.CompletionItem:
    snippet = types.InsertTextFormat.Snippet
    plain = types.InsertTextFormat.PlainText
    return types.CompletionItem(
        offer.label,
        kind=_KINDS[offer.kind],
        detail=offer.detail or None,
        documentation=types.MarkupContent(types.MarkupKind.Markdown, offer.documentation)
        if offer.documentation
        else None,
        sort_text=f"{number:04}",
        # The choice is made here: editors would not find a keyword behind a parenthesis.
        filter_text=text[offer.span.start : offer.span.end],
        insert_text_format=snippet if offer.is_snippet else plain,
        text_edit=types.TextEdit(_range(text, offer.span), offer.text),
    )
