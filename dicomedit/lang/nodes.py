"""The AST: all statements and expressions, nothing else.

Spans are left out of comparisons: two trees are equal when they mean the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from dicomedit.dicom.paths import TagPath
from dicomedit.errors import Span

# --- expressions --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    r"""``"text"``; only ``\\`` is translated, to one backslash."""

    value: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Number:
    """``1.50``, kept as it is spelt."""

    value: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """``variable``"""

    name: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Path:
    """``(0008,1140)[0]/(0008,1155)``"""

    path: TagPath
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """``function[argument, ...]``"""

    function: str
    arguments: tuple[Expr, ...]
    span: Span = field(compare=False)
    name_span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class ListOf:
    """``{element, ...}``"""

    elements: tuple[Expr, ...]
    span: Span = field(compare=False)


Expr = Text | Number | Name | Path | Call | ListOf


class Operator(Enum):
    """How two values are compared."""

    EQUALS = "="
    NOT_EQUALS = "!="
    MATCHES = "~"
    NOT_MATCHES = "!~"


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left = right``, and the same with ``!=``, ``~`` and ``!~``"""

    left: Expr
    operator: Operator
    right: Expr
    span: Span = field(compare=False)


Condition = Comparison | Call

# --- statements ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Version:
    """``version "6.6"``"""

    version: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Assign:
    """``(0010,0010) := "ANON"``"""

    target: Path
    value: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class AssignIfExists:
    """``*/(0010,0010) ?= "ANON"``"""

    target: Path
    value: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Define:
    """``variable := "value"``"""

    name: str
    value: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Delete:
    """``-(0010,0010)``"""

    target: Path
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class CallStatement:
    """``function[argument, ...]`` on its own"""

    call: Call
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Echo:
    """``echo "text"``"""

    value: Expr | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Conditional:
    """``condition ? action : action``"""

    condition: Condition
    then: Action
    otherwise: Action | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Branch:
    """``(condition) { statements }`` after ``if`` or ``elseif``"""

    condition: Condition
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class IfChain:
    """``if (condition) { ... } elseif (condition) { ... } else { ... }``"""

    branches: tuple[Branch, ...]
    otherwise: tuple[Statement, ...] | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Describe:
    """``describe variable "text"``; the text is kept as it is spelt."""

    name: str
    description: str
    span: Span = field(compare=False)


class VariableMark(Enum):
    """What ``describe`` says of a variable other than its description."""

    HIDDEN = "hidden"
    CONST = "const"
    IMMUTABLE = "immutable"


@dataclass(frozen=True, slots=True)
class Mark:
    """``describe variable hidden``"""

    name: str
    mark: VariableMark
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Export:
    """``export variable "field/name"``; the text is kept as it is spelt."""

    name: str
    destination: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class RemoveAllPrivateTags:
    """``removeAllPrivateTags``"""

    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Include:
    """``include "common.das"``"""

    location: str
    span: Span = field(compare=False)


Action = Assign | AssignIfExists | Define | Delete | CallStatement | Echo
Statement = (
    Action
    | Conditional
    | IfChain
    | Describe
    | Mark
    | Export
    | Version
    | RemoveAllPrivateTags
    | Include
)


@dataclass(frozen=True, slots=True)
class Script:
    """A whole script."""

    statements: tuple[Statement, ...]
