"""What a program was compiled from, so that another process can compile the very same."""

from __future__ import annotations

from dicomedit.errors import Diagnostic, ScriptError, Source, Span
from dicomedit.lang.compile import compile_source
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dicomedit.lang.program import CompiledScript

    Loader = Callable[[str, Source], Source]


class Recipe(Record):
    """The text of a script, the texts it includes by their locations, and how it is read.

    `included` is None when the script may not include anything.
    """

    source: Source
    dialect: int | None
    newer_versions: bool
    included: Mapping[str, Source] | None = field(default=None, repr=False, compare=False)
    counting: bool = field(default=False, compare=False)
    """Whether the program counts what is reached."""

    def compile(self, loader: Loader | None = None) -> CompiledScript:
        """Return the program; without a `loader`, included texts are those of the recipe."""
        if loader is None and self.included is not None:
            loader = self._load
        return compile_source(
            self.source,
            dialect=self.dialect,
            newer_versions=self.newer_versions,
            loader=loader,
            counting=self.counting,
        )

    def _load(self, location: str, including: Source) -> Source:
        found = None if self.included is None else self.included.get(location)
        if found is None:  # as it was where the script was compiled first
            problem = Diagnostic("include-failed", "the file is not there", including, Span(0, 0))
            raise ScriptError([problem])
        return found

    def sources(self) -> Iterator[Source]:
        """Yield all texts, always in the same order."""
        yield self.source
        yield from (self.included or {}).values()


def remembering(loader: Loader, found: dict[str, Source]) -> Loader:
    """Return a loader that puts what it loads into `found`; nothing is loaded twice."""

    def load(location: str, including: Source) -> Source:
        if location not in found:
            found[location] = loader(location, including)
        return found[location]

    return load
