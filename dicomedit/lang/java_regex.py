"""Match text against java.util.regex patterns, with the answers Java would give.

The `regex` package does the work. It is imported with the first pattern: most scripts have none.
"""

from __future__ import annotations

from dicomedit.lang.java_regex_errors import PatternError
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from regex import Pattern

    _Answer = TypeVar("_Answer")

__all__ = ["JavaPattern", "MatchTimeout", "PatternError", "compile_pattern"]


class MatchTimeout(Exception):
    """A match that took longer than the pattern's time limit."""


class JavaPattern(Record):
    """A translated pattern; `groups` is the number of capturing groups it has.

    All ways to match raise MatchTimeout when one match takes longer than the limit given to
    `compile_pattern`.
    """

    groups: int
    _translated: Pattern[str] = field(repr=False)
    _timeout: float = field(repr=False)

    def full_match(self, text: str) -> bool:
        """Tell whether the pattern matches all of `text`, as Java's Matcher.matches() does."""
        return self._timed(self._translated.fullmatch, text) is not None

    def full_match_group(self, text: str, group: int) -> str | None:
        """Return what `group` took where the pattern matches all of `text`.

        None means that it does not match or that the group had no part in it; when it matches, a
        number that is not a group of the pattern raises IndexError.
        """
        found = self._timed(self._translated.fullmatch, text)
        if found is not None and not 0 <= group <= self.groups:
            raise IndexError(f"the pattern has no group {group}")
        return found and found[group]

    def find_group(self, text: str, group: int) -> str | None:
        """Return what `group` took in the first match anywhere in `text`.

        None means that there is no match or that the group had no part in it; a number that is
        not a group of the pattern raises IndexError, match or no match.
        """
        if not 0 <= group <= self.groups:
            raise IndexError(f"the pattern has no group {group}")
        found = self._timed(self._translated.search, text)
        return found and found[group]

    def _timed(self, match: Callable[..., _Answer], text: str) -> _Answer:
        try:
            return match(text, timeout=self._timeout)
        except TimeoutError:
            raise MatchTimeout(f"a match took longer than {self._timeout:g} s") from None


def compile_pattern(pattern: str, *, timeout: float = 3.0) -> JavaPattern:
    """Translate a Java pattern; each match with it may take `timeout` seconds.

    Raises PatternError where Java would refuse the pattern and for the few things that cannot
    be had from the `regex` package.
    """
    from dicomedit.lang.java_regex_reader import translate

    translated, groups = translate(pattern)
    return JavaPattern(groups, translated, timeout)
