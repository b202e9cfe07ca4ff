"""A script in plain language, statement by statement, for those who answer for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dicomedit.authoring.explaining.phrases import visible
from dicomedit.authoring.explaining.wording import Wording
from dicomedit.authoring.formatting.reading import ReadScript, Statement, read_script
from dicomedit.authoring.formatting.rows import tokens_of
from dicomedit.errors import ScriptError, Source
from dicomedit.lang import nodes
from dicomedit.lang.compile import compile_source
from dicomedit.lang.parser import too_deep
from dicomedit.lang.program import Variable
from dicomedit.records import Record

ORDER = {
    6: "Statements work in their order, each on what the ones before it left.",
    4: "All values are read before anything is changed; of statements about the same element the"
    " earlier one wins.",
}


class Sentence(Record):
    """What one statement does. `depth` is the number of blocks around it."""

    line: int
    depth: int
    text: str


class Explanation(Record):
    """What a script does, and what it expects from outside."""

    name: str
    dialect: int
    variables: tuple[Variable, ...]
    sentences: tuple[Sentence, ...]

    @property
    def order(self) -> str:
        """How the statements work together."""
        return ORDER[self.dialect]


def explain_script(text: str, *, dialect: int | None = None, name: str = "<script>") -> Explanation:
    """Return a script in plain language; raise ScriptError for one that could not be run.

    `dialect`, 4 or 6, forces one. Included scripts are named, not explained.
    """
    source = Source(name, text)
    try:
        script = read_script(source, dialect)
        compiled = compile_source(
            source, dialect=script.dialect, newer_versions=True, loader=_empty
        )
        sentences = tuple(_Sentences(script).of(script.statements))
    except RecursionError:
        raise ScriptError([too_deep(source)]) from None
    needed = tuple(each for each in compiled.variables if each.required)
    return Explanation(name, script.dialect, needed, sentences)


def _empty(location: str, _including: Source) -> Source:
    return Source(location, "")


class _Sentences:
    """Makes the sentences of one script."""

    def __init__(self, script: ReadScript) -> None:
        self._wording, self._source = Wording.of(script), script.source
        self._else_words = [each.start for each in tokens_of(script) if each.text == "else"]

    def of(self, statements: Iterable[Statement], depth: int = 0) -> Iterator[Sentence]:
        for statement in statements:
            text = as_sentence(self._wording.statement(statement))
            yield Sentence(self._line(statement.span.start), depth, text)
            if isinstance(statement, nodes.IfChain):
                yield from self._chain(statement, depth)

    def _chain(self, chain: nodes.IfChain, depth: int) -> Iterator[Sentence]:
        for number, branch in enumerate(chain.branches):
            line = self._line(branch.condition.span.start)
            if number:
                clause = self._wording.condition(branch.condition)
                yield Sentence(line, depth, f"Otherwise, if {visible(clause)}:")
            if not branch.body:
                yield Sentence(line, depth + 1, "Does nothing.")
            yield from self.of(branch.body, depth + 1)
        if chain.otherwise:
            first = chain.otherwise[0].span.start
            word = max(start for start in self._else_words if start < first)
            yield Sentence(self._line(word), depth, "Otherwise:")
            yield from self.of(chain.otherwise, depth + 1)

    def _line(self, offset: int) -> int:
        return self._source.position(offset)[0]


def as_sentence(text: str) -> str:
    """Return what a statement does as a sentence."""
    end = "" if text.endswith(":") else "."
    text = visible(text)
    return f"{text[0].upper()}{text[1:]}{end}"
