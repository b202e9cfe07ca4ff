"""The registry of built-in functions: one decorated Python function each.

The decorator reads the signature; arity and argument kinds come from there and nowhere else.
Annotations are read as they are spelt (``from __future__ import annotations``):

``str``          text; a tag path is read; nothing is an error
``str | None``   text; a tag path is read; nothing is passed on as None
``int``          an integer, from its text
``JavaPattern``  a regular expression, compiled once when it is a literal
``TagPath``      a tag path, or a text that spells one; lists count as their elements
``Value``        anything, as it is: tag paths unread, lists as tuples

A result of ``None`` in the signature means a function without a value.
"""

from __future__ import annotations

from enum import Enum

from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeVar

    _Call = TypeVar("_Call", bound=Callable[..., Any])


class Kind(Enum):
    """What an argument must be."""

    TEXT = "text"
    OPTIONAL_TEXT = "text or nothing"
    INTEGER = "integer"
    PATTERN = "regular expression"
    PATH = "tag path"
    ANY = "value"


class Parameter(Record):
    """One parameter as a script sees it."""

    name: str
    kind: Kind
    has_default: bool = False


class Function(Record):
    """A built-in function: how a script may call it and what does the work."""

    name: str
    parameters: tuple[Parameter, ...]
    rest: Parameter | None
    has_value: bool
    needs_run: bool
    ignores_extra: bool
    is_newer: bool
    only_matches: bool
    call: Callable[..., Any]

    @property
    def doc(self) -> str:
        """What the function does, for the language reference."""
        from inspect import getdoc

        return getdoc(self.call) or ""

    @property
    def fewest(self) -> int:
        """The fewest arguments a call may have."""
        return sum(not parameter.has_default for parameter in self.parameters)

    @property
    def most(self) -> int | None:
        """The most arguments a call may have, or None without limit."""
        return None if self.rest or self.ignores_extra else len(self.parameters)

    @property
    def signature(self) -> str:
        """The call as the reference prints it, such as ``substring[text, start, end]``."""
        parts = [f"({p.name})" if p.has_default else p.name for p in self.parameters]
        if self.rest is not None:
            parts.append(f"{self.rest.name}, ...")
        return f"{self.name}[{', '.join(parts)}]"

    def parameter(self, position: int) -> Parameter | None:
        """Return the parameter an argument belongs to; None for one that is ignored."""
        if position < len(self.parameters):
            return self.parameters[position]
        return self.rest


class Registry:
    """All built-in functions by name; filled while the package is imported, then at rest."""

    def __init__(self) -> None:
        self._functions: dict[str, Function] = {}

    def function(
        self,
        name: str,
        *,
        ignores_extra: bool = False,
        is_newer: bool = False,
        only_matches: bool = False,
    ) -> Callable[[_Call], _Call]:
        """Register the decorated function.

        `is_newer` keeps it from scripts up to version 6.6; `only_matches` says that its arguments
        are paths and that it does nothing at all, not even fail, where none of them matches.
        """

        def register(call: _Call) -> _Call:
            if name in self._functions:
                raise ValueError(f"two functions are called {name}")
            self._functions[name] = _read_signature(
                name,
                call,
                ignores_extra=ignores_extra,
                is_newer=is_newer,
                only_matches=only_matches,
            )
            return call

        return register

    def get(self, name: str) -> Function | None:
        """Return the function of this name."""
        return self._functions.get(name)

    def __iter__(self) -> Iterator[Function]:
        return iter(sorted(self._functions.values(), key=lambda each: each.name.lower()))


_HAS_REST = 0x04
"""`inspect.CO_VARARGS`: a parameter with a star."""


def _read_signature(name: str, call: Any, **properties: bool) -> Function:
    """Return the function of a Python function, read as `inspect.signature` does, but sooner."""
    code, annotations = call.__code__, call.__annotations__
    count, named = code.co_argcount, code.co_kwonlyargcount
    required = count - len(call.__defaults__ or ())

    def parameter(position: int, has_default: bool) -> Parameter:
        spelt = code.co_varnames[position]
        return Parameter(spelt.strip("_"), _KINDS[annotations[spelt]], has_default)

    return Function(
        name,
        parameters=tuple(parameter(number, number >= required) for number in range(count)),
        rest=parameter(count + named, False) if code.co_flags & _HAS_REST else None,
        has_value=annotations["return"] != "None",
        needs_run=named > 0,
        call=call,
        **properties,
    )


_KINDS = {
    "str": Kind.TEXT,
    "str | None": Kind.OPTIONAL_TEXT,
    "int": Kind.INTEGER,
    "JavaPattern": Kind.PATTERN,
    "TagPath": Kind.PATH,
    "Value": Kind.ANY,
}


REGISTRY = Registry()
"""The built-in functions."""

function = REGISTRY.function
