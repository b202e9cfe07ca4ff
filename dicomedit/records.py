"""Records: classes that are nothing but their fields, and cost next to nothing to define.

A command that is done in a moment pays for every class it defines, and `dataclasses` writes and
compiles several methods for each. Records share all methods but ``__init__``, and that one is
compiled only for a class of which several instances are made. They are typed like dataclasses::

    class Span(Record):
        start: int
        end: int = 0

    class Counter(Record, frozen=False):
        seen: set[str] = field(factory=set, repr=False)

Every annotated name is a field and has a slot. A module that defines records needs
``from __future__ import annotations``. Imports nothing local.
"""

from __future__ import annotations

from operator import attrgetter

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, TypeVar

    from typing_extensions import dataclass_transform

    R = TypeVar("R", bound="Record")
else:

    def dataclass_transform(**_options):
        """Return a decorator that does nothing: only type checkers heed the real one."""
        return lambda decorated: decorated


_MISSING: Any = object()


class _Field:
    """What is known of one field."""

    __slots__ = ("compare", "default", "factory", "repr")

    def __init__(
        self, default: Any, factory: Callable[[], Any] | None, repr: bool, compare: bool
    ) -> None:
        if type(default).__hash__ is None:
            raise TypeError("a value that can change is no default: give a factory")
        self.default = default
        self.factory = factory
        self.repr = repr
        self.compare = compare


_PLAIN = _Field(_MISSING, None, True, True)


def field(
    *,
    default: Any = _MISSING,
    factory: Callable[[], Any] | None = None,
    repr: bool = True,
    compare: bool = True,
) -> Any:
    """Describe a field: its default or what makes one, and where it does not count.

    Without `repr` the field is not shown; without `compare` equality and hash leave it out.
    """
    return _Field(default, factory, repr, compare)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class RecordType(type):
    """The class of record classes: it makes fields of the annotated names."""

    _fields: dict[str, _Field]
    _frozen: bool
    _key: Callable[[Record], object]
    """Returns what equality and hash look at."""

    def __new__(
        mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], *, frozen: bool = True
    ) -> RecordType:
        """Define a record class; the instances of one that is not `frozen` may be changed."""
        inherited = {
            name: field for base in reversed(bases) for name, field in _fields_of(base).items()
        }
        own = {name: _own_field(namespace, name) for name in namespace.get("__annotations__", ())}
        fields = namespace["_fields"] = inherited | own
        namespace["__slots__"] = tuple(name for name in own if name not in inherited)
        namespace["__match_args__"] = tuple(fields)
        compared = [name for name, each in fields.items() if each.compare]
        namespace["_key"] = attrgetter(*compared) if compared else attrgetter("__class__")
        namespace["_frozen"] = frozen
        if frozen:
            namespace.update(__setattr__=_refuse, __delattr__=_refuse)
        else:
            namespace.setdefault("__hash__", None)
        cls = super().__new__(mcls, name, bases, namespace)
        if "__init__" not in namespace:
            cls.__init__ = _first_init(cls)  # type: ignore[misc]
        return cls


def _fields_of(base: type) -> dict[str, _Field]:
    return base._fields if isinstance(base, RecordType) else {}


def _own_field(namespace: dict[str, Any], name: str) -> _Field:
    if name not in namespace:
        return _PLAIN
    given = namespace.pop(name)
    return given if isinstance(given, _Field) else _Field(given, None, True, True)


def _refuse(self: Record, name: str, _value: object = None) -> NoReturn:
    raise AttributeError(f"{name} of {type(self).__qualname__} cannot be changed")


_FEW = 12
"""Instances of a class for which compiling does not pay: it takes as long as making thirty."""


def _first_init(cls: Any) -> Callable[..., None]:
    calls = 0

    def __init__(self: Record, *args: Any, **named: Any) -> None:
        """Set the fields; or compile what does, put it in the place of this one, and call it."""
        nonlocal calls
        calls += 1
        if calls > _FEW or not _fill(cls, self, args, named):
            init = cls.__init__ = _compiled_init(cls)
            init(self, *args, **named)

    return __init__


def _fill(cls: Any, record: Record, args: tuple[Any, ...], named: dict[str, Any]) -> bool:
    """Set the fields that a class has; return False when the arguments are wrong."""
    fields = cls._fields
    given = dict(zip(fields, args, strict=False)) | named
    if len(given) < len(args) + len(named) or not given.keys() <= fields.keys():
        return False
    for name, each in fields.items():
        value = given.get(name, each.default)
        if value is _MISSING:
            if each.factory is None:
                return False
            value = each.factory()
        getattr(cls, name).__set__(record, value)
    return True


def _compiled_init(cls: Any) -> Callable[..., None]:
    known: dict[str, Any] = {"__name__": cls.__module__, "_missing": _MISSING}
    parameters, lines = ["self"], []
    for name, each in cls._fields.items():
        parameter = value = name
        if each.factory is not None:
            known[f"_make_{name}"] = each.factory
            parameter = f"{name}=_missing"
            value = f"_make_{name}() if {name} is _missing else {name}"
        elif each.default is not _MISSING:
            known[f"_default_{name}"] = each.default
            parameter = f"{name}=_default_{name}"
        parameters.append(parameter)
        if cls._frozen:
            # The slot sets itself faster than object.__setattr__ would.
            known[f"_set_{name}"] = getattr(cls, name).__set__
            lines.append(f"    _set_{name}(self, {value})")
        else:
            lines.append(f"    self.{name} = {value}")
    exec("\n".join([f"def __init__({', '.join(parameters)}):", *lines, "    return"]), known)
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


class Record(metaclass=RecordType, frozen=False):
    """Base of all records: equality, hash, text and pickling by class and fields."""

    def __eq__(self, other: object) -> bool:
        cls = self.__class__
        if cls is not other.__class__:
            return NotImplemented
        key = cls._key
        return key(self) == key(other)

    def __hash__(self) -> int:
        return hash(self.__class__._key(self))

    def __repr__(self) -> str:
        cls = type(self)
        shown = (f"{n}={getattr(self, n)!r}" for n, each in cls._fields.items() if each.repr)
        return f"{cls.__qualname__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[object, ...]:
        """Let records be copied, and travel between processes."""
        cls = type(self)
        return _restored, (cls, *(getattr(self, name) for name in cls._fields))


def _restored(cls: type[R], *values: object) -> R:
    record = cls.__new__(cls)
    for name, value in zip(cls._fields, values, strict=True):
        getattr(cls, name).__set__(record, value)
    return record


def replace(record: R, **changes: Any) -> R:
    """Return a record like `record` whose fields named in `changes` have other values."""
    values = {name: getattr(record, name) for name in type(record)._fields}
    return type(record)(**(values | changes))
