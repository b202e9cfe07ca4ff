"""The registry reads the signatures of Python functions; calls are checked against them."""

from __future__ import annotations

import inspect

import pytest

from dicomedit.lang.functions import REGISTRY
from dicomedit.lang.functions.registry import _KINDS, Function, Kind, Parameter, Registry
from dicomedit.lang.values import Value

FUNCTIONS = list(REGISTRY)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.name)
def test_signatures_are_read_as_python_reads_them(function: Function):
    signature = inspect.signature(function.call)
    kinds = inspect.Parameter
    plain, rest, named = [], None, []
    for each in signature.parameters.values():
        if each.kind is kinds.KEYWORD_ONLY:
            named.append(each.name)
            continue
        kind = _KINDS[each.annotation]
        read = Parameter(each.name.strip("_"), kind, each.default is not kinds.empty)
        if each.kind is kinds.VAR_POSITIONAL:
            rest = read
        else:
            plain.append(read)
    assert function.parameters == tuple(plain)
    assert function.rest == rest
    assert named == (["run"] if function.needs_run else [])
    assert function.has_value is (signature.return_annotation != "None")
    assert function.doc


def test_every_kind_of_parameter():
    registry = Registry()

    @registry.function("every", ignores_extra=True)
    def every(text_: str, maybe: str | None, number: int = 0, *rest: Value, run: object) -> None:
        """Do nothing."""

    found = registry.get("every")
    assert found is not None
    assert found.parameters == (
        Parameter("text", Kind.TEXT),
        Parameter("maybe", Kind.OPTIONAL_TEXT),
        Parameter("number", Kind.INTEGER, True),
    )
    assert found.rest == Parameter("rest", Kind.ANY)
    assert (found.fewest, found.most, found.has_value, found.needs_run) == (2, None, False, True)
    assert found.signature == "every[text, maybe, (number), rest, ...]"
    assert found.call is every
    assert found.doc == "Do nothing."


def test_two_functions_of_one_name():
    registry = Registry()
    registry.function("one")(truth)
    with pytest.raises(ValueError, match="two functions are called one"):
        registry.function("one")(truth)


def truth() -> bool:
    return True


def test_an_annotation_that_means_nothing_to_scripts():
    def wrong(size: float) -> str:
        return str(size)

    with pytest.raises(KeyError):
        Registry().function("wrong")(wrong)
