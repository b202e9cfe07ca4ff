"""Say "all elements but these" in tag patterns, which can only say which elements are meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_LENGTH = 8
_EVEN, _ODD = "02468ACE", "13579BDF"
_LAST_OF_GROUP = 3


def all_but(kept: Sequence[str]) -> Iterator[str]:
    """Yield patterns of eight positions that match every public tag that none of `kept` does.

    Patterns are hexadecimal digits, and X for any digit; `@` and `#` in the results stand for an
    even and an odd one. Public groups are even.
    """
    yield from _missing("", tuple(kept))


def _missing(prefix: str, kept: tuple[str, ...]) -> Iterator[str]:
    place = len(prefix)
    if not kept:
        rest = ["@" if each == _LAST_OF_GROUP else "X" for each in range(place, _LENGTH)]
        yield prefix + "".join(rest)
        return
    if any(not pattern[place:].strip("X") for pattern in kept):
        return
    digits = _EVEN if place == _LAST_OF_GROUP else _EVEN + _ODD
    below = {
        digit: tuple(pattern for pattern in kept if pattern[place] in (digit, "X"))
        for digit in digits
    }
    free = [digit for digit in digits if not below[digit]]
    for sign, half in (("@", _EVEN), ("#", _ODD)):
        if set(half) <= set(free):
            free = [sign, *(digit for digit in free if digit not in half)]
    for digit in sorted(free):
        yield from _missing(prefix + digit, ())
    for digit in sorted(digits):
        if below[digit]:
            yield from _missing(prefix + digit, below[digit])
