"""Variables of a script: where they get their values, and where they are used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dicomedit.errors import Span
from dicomedit.lsp.tokens import Token, TokenKind, index_at, is_call, is_described, is_set


def definitions(found: Sequence[Token]) -> Iterator[Token]:
    """Yield the names of variables where they are described or get a value, in order."""
    for number, token in enumerate(found):
        if is_set(found, number) or is_described(found, number):
            yield token


def names(found: Sequence[Token]) -> list[str]:
    """Return the names of all variables that the script defines or describes."""
    return list(dict.fromkeys(token.text for token in definitions(found)))


def occurrences(found: Sequence[Token], offset: int, dialect: int) -> list[Span]:
    """Return every place of the variable that stands at an offset; none when there is none."""
    name = variable_at(found, offset)
    if name is None:
        return []
    return [
        token.span
        for number, token in enumerate(found)
        if _is_variable(found, number) and _same(token.text, name, dialect)
    ]


def definition(found: Sequence[Token], offset: int, dialect: int) -> Span | None:
    """Return where the variable at an offset first gets its value, or is described."""
    name = variable_at(found, offset)
    if name is None:
        return None
    places = [token for token in definitions(found) if _same(token.text, name, dialect)]
    return places[0].span if places else None


def variable_at(found: Sequence[Token], offset: int) -> str | None:
    """Return the name of the variable at an offset."""
    number = index_at(found, offset)
    if number is None or not _is_variable(found, number):
        return None
    return found[number].text


def _is_variable(found: Sequence[Token], number: int) -> bool:
    return found[number].kind is TokenKind.NAME and not is_call(found, number)


def _same(one: str, other: str, dialect: int) -> bool:
    """Whether two names are those of one variable; in version 4 letters may be of either case."""
    return one == other or (dialect == 4 and one.lower() == other.lower())
