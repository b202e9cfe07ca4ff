"""What the reference of the language says of a function, besides its text."""

from __future__ import annotations

from collections.abc import Iterator

from dicomedit.lang.functions import REGISTRY
from dicomedit.lang.functions.registry import Function, Parameter, Registry


def registry_of(dialect: int) -> Registry:
    """Return the functions of DicomEdit 4 or 6."""
    if dialect == 4:
        from dicomedit.lang.dialect4.functions import REGISTRY as OF_4

        return OF_4
    return REGISTRY


def remarks(function: Function) -> Iterator[str]:
    """Yield what the signature does not show: kinds of arguments, and what a call may do."""
    for parameter in function.parameters:
        yield f"`{parameter.name}`: {kind_text(parameter)}"
    if function.rest is not None:
        yield f"`{function.rest.name}, ...`: any number of {function.rest.kind.value}s"
    if function.ignores_extra:
        yield "Further arguments are ignored."
    if not function.has_value:
        yield "It has no value, and stands on a line of its own."
    if function.is_newer:
        yield "Newer than version 6.6: it needs `--newer-versions`."


def kind_text(parameter: Parameter) -> str:
    """Return the kind of an argument, as the table at the head of the reference names it."""
    return f"{parameter.kind.value}{', may be left out' if parameter.has_default else ''}"


def summary(function: Function) -> str:
    """Return the first sentence of a function's text, without its full stop."""
    first = " ".join(function.doc.partition("\n\n")[0].split())
    sentence, stop, _ = first.partition(". ")
    return sentence if stop else first.rstrip(".")
