"""The AST: all statements and expressions, nothing else.

Spans are left out of comparisons: two trees are equal when they mean the same.
"""

from __future__ import annotations

from enum import Enum

from dicomedit.dicom.paths import TagPath
from dicomedit.errors import Span
from dicomedit.records import Record, field

# --- expressions --------------------------------------------------------------------------------


class Text(Record):
    r"""``"text"``; only ``\\`` is translated, to one backslash."""

    value: str
    span: Span = field(compare=False)


class Number(Record):
    """``1.50``, kept as it is spelt."""

    value: str
    span: Span = field(compare=False)


class Name(Record):
    """``variable``"""

    name: str
    span: Span = field(compare=False)


class Path(Record):
    """``(0008,1140)[0]/(0008,1155)``"""

    path: TagPath
    span: Span = field(compare=False)


class Call(Record):
    """``function[argument, ...]``"""

    function: str
    arguments: tuple[Expr, ...]
    span: Span = field(compare=False)
    name_span: Span = field(compare=False)


class ListOf(Record):
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


class Comparison(Record):
    """``left = right``, and the same with ``!=``, ``~`` and ``!~``"""

    left: Expr
    operator: Operator
    right: Expr
    span: Span = field(compare=False)


Condition = Comparison | Call

# --- statements ---------------------------------------------------------------------------------


class Version(Record):
    """``version "6.6"``"""

    version: str
    span: Span = field(compare=False)


class Assign(Record):
    """``(0010,0010) := "ANON"``"""

    target: Path
    value: Expr
    span: Span = field(compare=False)


class AssignIfExists(Record):
    """``*/(0010,0010) ?= "ANON"``"""

    target: Path
    value: Expr
    span: Span = field(compare=False)


class Define(Record):
    """``variable := "value"``"""

    name: str
    value: Expr
    span: Span = field(compare=False)


class Delete(Record):
    """``-(0010,0010)``"""

    target: Path
    span: Span = field(compare=False)


class CallStatement(Record):
    """``function[argument, ...]`` on its own"""

    call: Call
    span: Span = field(compare=False)


class Echo(Record):
    """``echo "text"``"""

    value: Expr | None
    span: Span = field(compare=False)


class Conditional(Record):
    """``condition ? action : action``"""

    condition: Condition
    then: Action
    otherwise: Action | None
    span: Span = field(compare=False)


class Branch(Record):
    """``(condition) { statements }`` after ``if`` or ``elseif``"""

    condition: Condition
    body: tuple[Statement, ...]


class IfChain(Record):
    """``if (condition) { ... } elseif (condition) { ... } else { ... }``"""

    branches: tuple[Branch, ...]
    otherwise: tuple[Statement, ...] | None
    span: Span = field(compare=False)


class Describe(Record):
    """``describe variable "text"``; the text is kept as it is spelt."""

    name: str
    description: str
    span: Span = field(compare=False)


class VariableMark(Enum):
    """What ``describe`` says of a variable other than its description."""

    HIDDEN = "hidden"
    CONST = "const"
    IMMUTABLE = "immutable"


class Mark(Record):
    """``describe variable hidden``"""

    name: str
    mark: VariableMark
    span: Span = field(compare=False)


class Export(Record):
    """``export variable "field/name"``; the text is kept as it is spelt."""

    name: str
    destination: str
    span: Span = field(compare=False)


class RemoveAllPrivateTags(Record):
    """``removeAllPrivateTags``"""

    span: Span = field(compare=False)


class Include(Record):
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


class Script(Record):
    """A whole script."""

    statements: tuple[Statement, ...]
