"""Names of attributes as comments behind the statements that are about them."""

from __future__ import annotations

from collections.abc import Iterable

from dicomedit.authoring.explaining.names import path_name
from dicomedit.authoring.formatting.reading import ReadScript, Statement, all_statements
from dicomedit.authoring.formatting.rows import Row, comment_text
from dicomedit.dicom.attribute_names import is_attribute_name
from dicomedit.dicom.paths import TagPath
from dicomedit.lang import nodes
from dicomedit.lang.dialect4.nodes import Constrained, Generate
from dicomedit.lang.parser import parse_path
from dicomedit.records import replace

_MARK = "// "


class Annotations:
    """The names that belong behind the statements of one script."""

    def __init__(self, script: ReadScript) -> None:
        """Find the statements that are about one attribute."""
        targets = {each.span.start: _target(each) for each in all_statements(script.statements)}
        self._names = {start: _name(target) for start, target in targets.items()}

    def annotated(self, row: Row) -> Row:
        """Return a row with the name of its attribute in its comment.

        A name that is there already is replaced; what else the comment says is kept before it.
        """
        if not row.tokens or "\n" in row.comment:
            return row
        name = self._names.get(row.tokens[0].start)
        if name is None:
            name = _only_name(row)
        own = _own(row.comment)
        if not name or name.lower() in own.lower():
            return replace(row, comment=comment_text(own)) if name else row
        return replace(row, comment=f"{own.rstrip()} {_MARK}{name}".lstrip())

    @staticmethod
    def own_comments(comments: Iterable[str]) -> list[str]:
        """Return comments without the names in them, as far as anything is left."""
        return [own for each in comments if (own := _own(each).strip())]


def _own(comment: str) -> str:
    """Return what a comment says besides an attribute's name at its end."""
    before, mark, name = comment.rpartition(_MARK)
    return before.rstrip(" ") if mark and is_attribute_name(name) else comment


def _name(path: TagPath | None) -> str:
    return "" if path is None else path_name(path)


def _target(statement: Statement) -> TagPath | None:
    """Return the one path that a statement writes or deletes."""
    match statement:
        case Constrained(action=action):
            return _target(action)
        case nodes.Conditional(then=then, otherwise=otherwise):
            target = _target(then)
            return target if otherwise is None or _target(otherwise) == target else None
        case nodes.Assign() | nodes.AssignIfExists() | nodes.Delete() | Generate():
            return statement.target.path
        case nodes.CallStatement(call=nodes.Call(arguments=(nodes.Path(path=path), *_))):
            others = [each for each in statement.call.arguments if isinstance(each, nodes.Path)]
            return path if len(others) == 1 else None
    return None


def _only_name(row: Row) -> str:
    """Return the name for a row within a list that holds one path and nothing else."""
    text = "".join(token.text for token in row.tokens).removesuffix(",")
    path = parse_path(text)
    return "" if path is None else path_name(path)
