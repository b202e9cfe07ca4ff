"""The language server as an editor talks to it: a real client, a real process."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

URI = "file:///scripts/study%201.das"
DOCUMENT = types.TextDocumentIdentifier(URI)
SCRIPT = """\
version "6.6"
name := "\U0001f600"
(0010,0010) := lowercse[name]
(0010,0020)   :=   name
"""


class Editor(LanguageClient):
    """An editor with one script open."""

    def __init__(self) -> None:
        super().__init__("editor", "1")
        self.shown: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(self._show)

    async def diagnostics(self) -> list[types.Diagnostic]:
        """Return the next diagnostics that the server tells."""
        given = await asyncio.wait_for(self.shown.get(), 30)
        assert given.uri == URI
        return list(given.diagnostics)

    @property
    def _show(self) -> Callable[[types.PublishDiagnosticsParams], None]:
        return lambda given: self.shown.put_nowait(given)  # noqa: PLW0108 - it gets a name

    def write(self, text: str, version: int) -> None:
        """Replace the text of the script."""
        change = types.TextDocumentContentChangeWholeDocument(text)
        document = types.VersionedTextDocumentIdentifier(version, URI)
        given = types.DidChangeTextDocumentParams(document, [change])
        self.text_document_did_change(given)


def talk(script: str, conversation: Callable[[Editor], Awaitable[None]], *options: str) -> None:
    """Start the server, open a script, say what is to be said, and shut it down."""

    async def session() -> None:
        editor = Editor()
        await editor.start_io(sys.executable, "-m", "dicomedit", "lsp", *options)
        nothing = types.ClientCapabilities()
        await editor.initialize_async(types.InitializeParams(capabilities=nothing))
        opened = types.TextDocumentItem(URI, "dicomedit", 1, script)
        editor.text_document_did_open(types.DidOpenTextDocumentParams(opened))
        await conversation(editor)
        await editor.shutdown_async(None)
        editor.exit(None)
        await editor.stop()

    asyncio.run(asyncio.wait_for(session(), 60))


pytestmark = pytest.mark.slow


def test_diagnostics_while_typing():
    async def conversation(editor: Editor) -> None:
        (found,) = await editor.diagnostics()
        assert found.code == "unknown-function"
        assert found.severity is types.DiagnosticSeverity.Error
        assert found.range == types.Range(types.Position(2, 15), types.Position(2, 23))
        assert 'did you mean "lowercase"' in found.message
        editor.write(SCRIPT.replace("lowercse", "lowerc"), 2)  # too quick to be looked at
        editor.write(SCRIPT.replace("lowercse", "lowercase"), 3)
        assert await editor.diagnostics() == []
        editor.text_document_did_close(types.DidCloseTextDocumentParams(DOCUMENT))
        assert await editor.diagnostics() == []

    talk(SCRIPT, conversation)


def test_hover_completion_and_definition():
    async def conversation(editor: Editor) -> None:
        at = types.Position
        shown = await editor.text_document_hover_async(types.HoverParams(DOCUMENT, at(2, 3)))
        assert "Patient's Name" in shown.contents.value
        assert shown.range == types.Range(at(2, 0), at(2, 11))
        offered = await editor.text_document_completion_async(
            types.CompletionParams(DOCUMENT, at(2, 19))
        )
        assert offered.items[0].text_edit.new_text == "lowercase[${1:text}]"
        place = await editor.text_document_definition_async(
            types.DefinitionParams(DOCUMENT, at(3, 20))
        )
        assert place.range == types.Range(at(1, 0), at(1, 4))
        context = types.ReferenceContext(include_declaration=True)
        places = await editor.text_document_references_async(
            types.ReferenceParams(context, DOCUMENT, at(3, 20))
        )
        assert [each.range.start.line for each in places] == [1, 2, 3]
        symbols = await editor.text_document_document_symbol_async(
            types.DocumentSymbolParams(DOCUMENT)
        )
        assert [symbol.name for symbol in symbols] == ["name"]

    talk(SCRIPT, conversation)


def test_formatting():
    async def conversation(editor: Editor) -> None:
        options = types.FormattingOptions(tab_size=4, insert_spaces=True)
        params = types.DocumentFormattingParams(DOCUMENT, options)
        (edit,) = await editor.text_document_formatting_async(params)
        assert "(0010,0020) := name\n" in edit.new_text
        assert edit.range == types.Range(types.Position(0, 0), types.Position(4, 0))

    talk(SCRIPT.replace("lowercse", "lowercase"), conversation)


def test_a_dialect_can_be_forced():
    async def conversation(editor: Editor) -> None:
        (found,) = await editor.diagnostics()
        assert found.severity is types.DiagnosticSeverity.Error

    talk("(0010,0010) := new UID\n", conversation, "--dialect", "6")


def test_a_very_long_script_is_not_checked():
    async def conversation(editor: Editor) -> None:
        (found,) = await editor.diagnostics()
        assert found.severity is types.DiagnosticSeverity.Information

    talk('version "6.6"\n' + "(" * 300_000, conversation)
