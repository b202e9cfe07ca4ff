"""Arguments of functions: each turned into what its parameter asks for."""

from __future__ import annotations

from dicomedit.dicom.paths import TagPath
from dicomedit.errors import failed
from dicomedit.lang.functions.registry import Function, Kind, Parameter
from dicomedit.lang.parser import parse_path
from dicomedit.lang.program import Run
from dicomedit.lang.reading import argument_text
from dicomedit.lang.values import Value, flatten, kind_of

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from dicomedit.lang.java_regex import JavaPattern

    Evaluate = Callable[[Run], Value]
    Argument = Callable[[Run], tuple[Any, ...]]
    """What gives the values of one argument: none, one, or, for a list of paths, many."""

_MOST = 2**31


def convert(
    function: Function,
    position: int,
    parameter: Parameter | None,
    value: Evaluate,
    literal: str | None,
) -> Argument:
    """Return what gives an argument in the form its parameter asks for.

    `literal` is the argument's text when the script spells it out.
    """
    if parameter is None:
        return _ignored(value)
    place = f"argument {position + 1} of {function.name}"
    match parameter.kind:
        case Kind.ANY:
            return lambda run: (value(run),)
        case Kind.TEXT:
            return lambda run: (_text(run, value, place),)
        case Kind.OPTIONAL_TEXT:
            return lambda run: (argument_text(run, value(run)),)
        case Kind.INTEGER:
            return lambda run: (_integer(_text(run, value, place), place),)
        case Kind.PATTERN:
            return _pattern(value, place, literal)
        case Kind.PATH:
            return _paths(value, place, is_rest=parameter is function.rest)


def _ignored(value: Evaluate) -> Argument:
    """An argument too many is still evaluated: what fails in it fails."""

    def ignored(run: Run) -> tuple[Any, ...]:
        value(run)
        return ()

    return ignored


def _text(run: Run, value: Evaluate, place: str) -> str:
    text = argument_text(run, value(run))
    if text is None:
        raise failed(
            "absent-value",
            f"{place} is absent",
            help="test it first, as with isPresent[...] ? ...",
        )
    return text


def _integer(text: str, place: str) -> int:
    from dicomedit.dicom.java_numbers import parse_integer  # seldom needed

    try:
        number = parse_integer(text)
    except ValueError:
        raise failed("not-an-integer", f"{place} is no integer", value=text) from None
    if not -_MOST <= number < _MOST:
        raise failed("not-an-integer", f"{place} is out of range", value=text)
    return number


def _pattern(value: Evaluate, place: str, literal: str | None) -> Argument:
    from dicomedit.lang.java_regex import PatternError, compile_pattern  # seldom needed

    if literal is not None:
        known = (compile_pattern(literal),)
        return lambda run: known

    def pattern(run: Run) -> tuple[JavaPattern]:
        text = _text(run, value, place)
        try:
            return (compile_pattern(text),)
        except PatternError:
            raise failed("bad-pattern", f"{place} is no regular expression", value=text) from None

    return pattern


def _paths(value: Evaluate, place: str, *, is_rest: bool) -> Argument:
    def paths(run: Run) -> tuple[TagPath, ...]:
        given = value(run)
        if not is_rest and isinstance(given, tuple):
            raise failed("bad-argument", f"{place} is a list, not a tag path")
        return as_paths([given], place)

    return paths


def as_paths(values: Iterable[Value], place: str) -> tuple[TagPath, ...]:
    """Return tag paths, and texts that spell some, lists taken apart; `place` is for messages."""
    return tuple(_path(each, place) for each in flatten(values))


def _path(value: Value, place: str) -> TagPath:
    if isinstance(value, TagPath):
        return value
    if not isinstance(value, str):
        raise failed("bad-argument", f"{place} is {kind_of(value)}, not a tag path")
    path = parse_path(value)
    if path is None:
        raise failed("bad-path", f"{place} is a text that spells no tag path", value=value)
    return path
