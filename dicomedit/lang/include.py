"""Put included scripts in the place of the statements that name them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dicomedit.errors import Diagnostic, ScriptError, Source, Span
from dicomedit.lang import nodes
from dicomedit.lang.parser import Parsed, parse
from dicomedit.records import Record, field

Loader = Callable[[str, Source], Source]
"""Returns the text of an included file, given its location and the script that names it."""

MAX_FILES = 100
"""Most files that one script may bring in, itself included."""


class Part(Record):
    """Statements of one source that follow each other, in the order in which they run."""

    source: Source
    statements: tuple[nodes.Statement, ...]


class Includes(Record, frozen=False):
    """Reads a script and all it includes. `notices` grows by what each file's parsing tells."""

    loader: Loader | None
    notices: list[Diagnostic] = field(factory=list)
    _files: int = 0

    def parts(self, source: Source, chain: tuple[Source, ...] = ()) -> Iterator[Part]:
        """Yield the statements of a script, with those of included scripts in their places.

        Raises ScriptError when including is not allowed, a file includes itself, or there are
        too many files; the message names the chain of files.
        """
        parsed = self._parsed(source)
        self.notices += parsed.notices
        held: list[nodes.Statement] = []
        for statement in parsed.script.statements:
            if isinstance(statement, nodes.Include):
                yield Part(source, tuple(held))
                held.clear()
                included = self._load(statement, source, (*chain, source))
                yield from self.parts(included, (*chain, source))
            else:
                held.append(statement)
        yield Part(source, tuple(held))

    def _parsed(self, source: Source) -> Parsed:
        self._files += 1
        return parse(source)

    def _load(self, statement: nodes.Include, source: Source, chain: tuple[Source, ...]) -> Source:
        if self.loader is None:
            raise _error(
                "include-not-allowed",
                "including other files is switched off",
                source,
                statement.span,
                "allow a folder with --include-from, or include_from= in Python",
            )
        try:
            included = self.loader(statement.location, source)
        except ScriptError as error:
            raise _error(
                "include-failed",
                f"the included file cannot be used: {error.diagnostics[0].message}",
                source,
                statement.span,
                _chain_text(chain),
            ) from None
        if any(included.name == each.name for each in chain):
            raise _error(
                "include-cycle",
                "the file includes itself",
                source,
                statement.span,
                _chain_text((*chain, included)),
            )
        if self._files >= MAX_FILES:
            message = f"more than {MAX_FILES} files are included"
            raise _error("too-many-includes", message, source, statement.span, _chain_text(chain))
        return included


def _chain_text(chain: tuple[Source, ...]) -> str:
    return "included by way of " + " -> ".join(each.name for each in chain)


def _error(code: str, message: str, source: Source, span: Span, advice: str) -> ScriptError:
    return ScriptError([Diagnostic(code, message, source, span, advice)])


def nested_includes(
    statements: tuple[nodes.Statement, ...], source: Source
) -> Iterator[Diagnostic]:
    """Yield an error for every include inside a block: only whole scripts can be brought in."""
    for statement in statements:
        if isinstance(statement, nodes.IfChain):
            bodies = [branch.body for branch in statement.branches]
            for body in (*bodies, statement.otherwise or ()):
                for inner in body:
                    if isinstance(inner, nodes.Include):
                        message = "include cannot stand inside a block"
                        yield Diagnostic("nested-include", message, source, inner.span)
                yield from nested_includes(body, source)
