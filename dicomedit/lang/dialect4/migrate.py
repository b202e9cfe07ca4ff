"""A script of DicomEdit 4 as one of version 6 with the same meaning (section 15)."""

from __future__ import annotations

from collections.abc import Iterator

from dicomedit.errors import Diagnostic, ScriptError, Severity, Source, Span
from dicomedit.lang import nodes
from dicomedit.lang.dialect4.actions import Selection, tag_of
from dicomedit.lang.dialect4.compile import compile_source
from dicomedit.lang.dialect4.doubts import Touched, doubt, elements_of
from dicomedit.lang.dialect4.lowering import Lowering
from dicomedit.lang.dialect4.nodes import Script, Statement, inside, target_of, values_of
from dicomedit.lang.dialect4.variables import Variables
from dicomedit.lang.words import RESERVED
from dicomedit.records import Record, replace

_UNUSABLE = RESERVED | {"x", "X", "include"}
"""Names that version 6, or the reference's reading of it, cannot give to a variable."""


class Migrated(Record):
    """A script of version 6, and a notice for each place where it is not as it was."""

    text: str
    notices: tuple[Diagnostic, ...]


class Chunk(Record):
    """A statement with the comments above it and behind it."""

    above: tuple[str, ...]
    statement: Statement
    behind: str


def migrate(source: Source) -> Migrated:
    """Return the script of version 6 that does what a script of DicomEdit 4 does.

    Raises ScriptError with all that is wrong with the script, or has no equivalent.
    """
    compiled, script = compile_source(source)
    return _Migration(source, script, compiled.notices).result()


class _Migration:
    """The work on one script."""

    def __init__(self, source: Source, script: Script, notices: tuple[Diagnostic, ...]) -> None:
        self._source = source
        self._script = script
        self._first = notices
        self._variables = Variables.of(script)
        self._lowering = Lowering(source, _new_names(self._variables))

    def result(self) -> Migrated:
        self._refuse_bad_patterns()
        self._tell_new_names()
        header, chunks, footer = _chunks(self._source, self._script)
        parts = [['version "6.6"'], header]
        if doubt(self._script) is None and self._is_in_order():
            self._tell_overrides()
            parts += [self._written(chunk) for chunk in chunks]
        else:
            parts += self._rebuilt(chunks)
        parts.append(footer)
        if self._lowering.errors:
            raise ScriptError(self._lowering.errors)
        text = "".join(f"{line}\n" for part in parts for line in part)
        return Migrated(text, (*self._first, *self._lowering.notices))

    def _refuse_bad_patterns(self) -> None:
        """Refuse a script that fails where a pattern is used: version 6 refuses it at once."""
        wrong = [each for each in self._first if each.code in ("bad-pattern", "bad-format")]
        self._lowering.errors += [
            replace(each, severity=Severity.ERROR, help=None) for each in wrong
        ]

    def _tell_new_names(self) -> None:
        for variable in self._variables.external():
            name = self._lowering.names[variable.name.lower()]
            if name != variable.name:
                message = f'the variable "{variable.name}" is called "{name}" now'
                self._notice("renamed-variable", message, Span(0, 0))

    def _notice(self, code: str, message: str, span: Span, advice: str | None = None) -> None:
        told = Diagnostic(code, message, self._source, span, advice, Severity.WARNING)
        self._lowering.notices.append(told)

    def _is_in_order(self) -> bool:
        """Whether each variable is defined before it is used."""
        defined: set[str] = set()
        for statement in self._script.statements:
            for value in values_of(statement):
                for each in inside(value):
                    key = each.name.lower() if isinstance(each, nodes.Name) else None
                    if key in self._variables.definitions and key not in defined:
                        return False
            if isinstance(statement, nodes.Define):
                defined.add(statement.name.lower())
        return True

    def _rebuilt(self, chunks: list[Chunk]) -> Iterator[list[str]]:
        """Yield declarations, originals, definitions and echoes, then actions in reverse."""
        yield [
            "// The statements of DicomEdit 4 read the original values, and earlier ones win: here",
            "// originals are kept first, and what changes elements follows in reverse order.",
        ]
        self._tell_overrides()
        yield from (self._written(c) for c in chunks if _is_declaration(c.statement))
        yield from self._originals()
        order = [variable.name.lower() for variable in self._variables.external()]
        defined = {
            c.statement.name.lower(): c for c in chunks if isinstance(c.statement, nodes.Define)
        }
        yield from (self._written(defined[key]) for key in order if key in defined)
        yield from (self._written(c) for c in chunks if _is_echo(c.statement))
        acting = [c for c in chunks if target_of(c.statement) is not None]
        yield from (self._written(chunk) for chunk in reversed(acting))

    def _originals(self) -> Iterator[list[str]]:
        """Yield what keeps the elements that one action reads and another one changes."""
        touched = Touched()
        for statement in self._script.statements:
            target = target_of(statement)
            if target is not None:
                touched.add(Selection.of(target.path), statement)
        for statement in self._script.statements:
            if isinstance(statement, nodes.Define):
                continue  # read before anything changes
            for element in elements_of(statement):
                tag = tag_of(element.path)
                changing = touched.meeting(Selection.of(element.path))
                if tag in self._lowering.captured or all(each is statement for each in changing):
                    continue
                name = self._free_name(f"original_{tag:08X}")
                yield [f"{name} := {self._lowering.read(element).text}"]
                self._lowering.captured[tag] = name

    def _free_name(self, name: str) -> str:
        while name in self._lowering.names.values():
            name += "_"
        return name

    def _tell_overrides(self) -> None:
        for definition in self._variables.definitions.values():
            message = "a value given from outside no longer replaces this definition"
            advice = "take the definition away if a value is always given"
            self._notice("fixed-variable", message, definition.span, advice)

    # one statement

    def _written(self, chunk: Chunk) -> list[str]:
        known = len(self._lowering.notices)
        lines = self._lines(chunk.statement)
        told = self._lowering.notices[known:]
        remarks = [f"// migrated: {notice.message}" for notice in told]
        if chunk.behind:
            lines = [*lines[:-1], f"{lines[-1]} {chunk.behind}"]
        return [*chunk.above, *remarks, *lines]

    def _lines(self, statement: Statement) -> list[str]:
        names, quoted = self._lowering.names, self._lowering.quoted
        match statement:
            case nodes.Define():
                return self._lowering.definition(statement)
            case nodes.Describe(name=name, description=text):
                return [f"describe {names[name.lower()]} {quoted(text, statement.span)}"]
            case nodes.Mark(name=name):
                return [f"describe {names[name.lower()]} hidden"]
            case nodes.Export(name=name, destination=text):
                return [f"export {names[name.lower()]} {quoted(text, statement.span)}"]
        return self._lowering.statement(statement)


def _is_declaration(statement: Statement) -> bool:
    return isinstance(statement, nodes.Describe | nodes.Mark | nodes.Export)


def _is_echo(statement: Statement) -> bool:
    is_value = isinstance(statement, nodes.Define) or _is_declaration(statement)
    return target_of(statement) is None and not is_value


def _new_names(variables: Variables) -> dict[str, str]:
    names: dict[str, str] = {}
    for key, spelt in variables.spelling.items():
        name = f"v_{spelt}" if spelt in _UNUSABLE else spelt
        while name.lower() in variables.spelling and name != spelt:
            name = f"v_{name}"
        names[key] = name
    return names


# --- comments -----------------------------------------------------------------------------------


def _chunks(source: Source, script: Script) -> tuple[list[str], list[Chunk], list[str]]:
    """Return the comments at the top, the statements with theirs, and the comments at the end.

    Comments above the first statement belong to the script when a blank line follows them.
    """
    text = source.text.removeprefix("\ufeff")
    shift = len(source.text) - len(text)
    spans = [(s.span.start - shift, s.span.end - shift) for s in script.statements]
    starts = [start for start, _ in spans] + [len(text)]
    gaps = [_comments(text[end:start]) for (_, end), start in zip(spans, starts[1:], strict=True)]
    top = _comments("\n" + text[: starts[0]])[1]
    above = [top, *(lines for _, lines in gaps)]
    header: list[str] = []
    if spans and "" in above[0]:
        last = len(above[0]) - above[0][::-1].index("")
        header, above[0] = above[0][:last], above[0][last:]
    chunks = [
        Chunk(tuple(lines), statement, behind)
        for lines, statement, (behind, _) in zip(above, script.statements, gaps, strict=False)
    ]
    return header, chunks, above[-1]


def _comments(gap: str) -> tuple[str, list[str]]:
    """Return the comment at the end of a statement, and the comments and blank lines after it."""
    first, *lines = (_comment(line) for line in gap.split("\n"))
    return first, lines[:-1] if lines and not lines[-1] else lines


def _comment(line: str) -> str:
    found = line.strip(" \t\r")
    if not found.startswith("//"):
        return ""  # blanks, and the backslash of a continued line
    return f"{found} " if found.endswith("\\") else found
