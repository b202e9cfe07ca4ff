"""AST to script text: parsing what is printed gives the same tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dicomedit.lang import nodes

_INDENT = "    "


def print_script(script: nodes.Script) -> str:
    """Return a script's text, one statement a line."""
    return "".join(f"{line}\n" for line in _body(script.statements))


def _body(statements: Iterable[nodes.Statement]) -> Iterator[str]:
    for statement in statements:
        if isinstance(statement, nodes.IfChain):
            yield from _if_chain(statement)
        else:
            yield _simple(statement)


def _if_chain(chain: nodes.IfChain) -> Iterator[str]:
    word = "if"
    for branch in chain.branches:
        yield f"{word} ({_condition(branch.condition)}) {{"
        yield from _indented(branch.body)
        word = "} elseif"
    if chain.otherwise is not None:
        yield "} else {"
        yield from _indented(chain.otherwise)
    yield "}"


def _indented(statements: Iterable[nodes.Statement]) -> Iterator[str]:
    return (f"{_INDENT}{line}" for line in _body(statements))


def _simple(statement: nodes.Statement) -> str:
    match statement:
        case nodes.Conditional(condition=condition, then=then, otherwise=otherwise):
            tail = "" if otherwise is None else f" : {_action(otherwise)}"
            return f"{_condition(condition)} ? {_action(then)}{tail}"
        case nodes.Describe(name=name, description=description):
            return f'describe {name} "{description}"'
        case nodes.Mark(name=name, mark=mark):
            return f"describe {name} {mark.value}"
        case nodes.Export(name=name, destination=destination):
            return f'export {name} "{destination}"'
        case nodes.Version(version=version):
            return f'version "{version}"'
        case nodes.RemoveAllPrivateTags():
            return "removeAllPrivateTags"
        case nodes.Include(location=location):
            return f'include "{location}"'
        case nodes.IfChain():
            return "\n".join(_if_chain(statement))
    return _action(statement)


def _action(action: nodes.Action) -> str:
    match action:
        case nodes.Assign(target=target, value=value):
            return f"{target.path} := {print_value(value)}"
        case nodes.AssignIfExists(target=target, value=value):
            return f"{target.path} ?= {print_value(value)}"
        case nodes.Define(name=name, value=value):
            return f"{name} := {print_value(value)}"
        case nodes.Delete(target=target):
            return f"-{target.path}"
        case nodes.CallStatement(call=call):
            return print_value(call)
        case nodes.Echo(value=shown):
            return "echo" if shown is None else f"echo {print_value(shown)}"


def _condition(condition: nodes.Condition) -> str:
    if isinstance(condition, nodes.Call):
        return print_value(condition)
    left, right = print_value(condition.left), print_value(condition.right)
    return f"{left} {condition.operator.value} {right}"


def print_value(value: nodes.Expr) -> str:
    """Return the text of an expression."""
    match value:
        case nodes.Text(value=text):
            return '"' + text.replace("\\", "\\\\") + '"'
        case nodes.Number(value=number):
            return number
        case nodes.Name(name=name):
            return name
        case nodes.Path(path=path):
            return str(path)
        case nodes.Call(function=function, arguments=arguments):
            return f"{function}[{', '.join(map(print_value, arguments))}]"
        case nodes.ListOf(elements=elements):
            return f"{{{', '.join(map(print_value, elements))}}}"
