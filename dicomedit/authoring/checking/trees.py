"""Read a script as the dialect it is in, also when it is not right in all other ways."""

from __future__ import annotations

from dicomedit.errors import Diagnostic, ScriptError, Source
from dicomedit.lang import nodes
from dicomedit.lang.dialect4.compile import has_version_4
from dicomedit.lang.dialect4.nodes import Script
from dicomedit.lang.dialect4.parser import parse as parse_4
from dicomedit.lang.include import Includes, Part
from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.lang.include import Loader

_NOT_READ = frozenset(
    (
        "bad-escape",
        "bad-number",
        "bad-tag",
        "include-cycle",
        "include-failed",
        "include-not-allowed",
        "nested-too-deeply",
        "syntax",
        "too-many-includes",
        "unclosed-brace",
        "unclosed-text",
        "unknown-character",
        "unknown-dialect",
        "unknown-statement",
    )
)
"""What the parser tells; some of it the checker does, too, and then the script parses."""


class Trees(Record):
    """A script that was read: its parts in version 6, or the script of DicomEdit 4."""

    source: Source
    dialect: int
    parts: tuple[Part, ...] = ()
    script_4: Script | None = None

    @property
    def sources(self) -> list[Source]:
        """The script and what it includes, each once."""
        return list(dict.fromkeys([self.source, *(part.source for part in self.parts)]))


def syntax_only(found: list[Diagnostic]) -> bool:
    """Whether the first of the findings say that a script could not be read."""
    return any(each.code in ("unknown-dialect", "nested-too-deeply") for each in found)


def trees_of(
    source: Source, dialect: int | None, loader: Loader | None, found: list[Diagnostic]
) -> Trees | None:
    """Return the tree of a script, None when there is none; `found` is what compiling it told."""
    if dialect is None:
        dialect = _dialect_of(source, loader, found)
    if dialect == 4:
        script = _read_4(source)
        return None if script is None else Trees(source, 4, script_4=script)
    parts = _read_6(source, loader)
    return None if parts is None else Trees(source, 6, parts=parts)


def _dialect_of(source: Source, loader: Loader | None, found: list[Diagnostic]) -> int | None:
    codes = {each.code for each in found}
    if "version-statement" in codes or has_version_4(source):
        return 4
    parts = _read_6(source, loader)
    if parts is not None and any(map(_has_version, parts)):
        return 6
    if _read_4(source) is not None:
        return 4
    return 6 if "no-version" in codes and not codes & _NOT_READ else 4


def _has_version(part: Part) -> bool:
    return any(isinstance(each, nodes.Version) for each in part.statements)


def _read_4(source: Source) -> Script | None:
    from dicomedit.lang.dialect4.compile import version_4_span

    try:
        return parse_4(source, version_4_span(source))
    except (ScriptError, RecursionError):
        return None


def _read_6(source: Source, loader: Loader | None) -> tuple[Part, ...] | None:
    try:
        return tuple(Includes(loader).parts(source))
    except (ScriptError, RecursionError):
        return None
