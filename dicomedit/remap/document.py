"""A remap as one document: the rules, and the inputs, scripts and output they are for.

docs/remap.md explains the format, docs/remap.xsd is its schema.
"""

from __future__ import annotations

from dicomedit.dicom.paths import TagPath
from dicomedit.errors import Diagnostic, Severity, Source, Span
from dicomedit.records import Record, field
from dicomedit.remap.config import LEVELS, RecordLevel, check_target, element_of
from dicomedit.remap.expression import parse_expression
from dicomedit.remap.mapping import (
    Action,
    Condition,
    Kind,
    Mapping,
    Rule,
    places_text,
    stand_in,
)
from dicomedit.remap.xml_tree import Document, Node

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Mapping as MappingOf

ROOT = "Remap"

_LEVELS = {level.value: level for level in LEVELS}
_KINDS = {kind.value: kind for kind in Kind}
_SETTINGS = ("Input", "Output", "Script", "Variable")


class RemapDocument(Record):
    """What a document says. Paths are as they are written there."""

    mapping: Mapping
    inputs: tuple[str, ...] = ()
    output: str | None = None
    scripts: tuple[str, ...] = ()
    variables: MappingOf[str, str] = field(factory=dict, repr=False)


def read_remap(document: Document, text: str) -> RemapDocument:
    """Return what a document says; raise ScriptError at the first thing that is wrong with it.

    `text` is the document itself, of which only a digest is kept.
    """
    root = document.root
    schema = [name for name in root.attributes if name.startswith(("xmlns", "xsi:"))]
    _check_attributes(document, root, optional=("covers", *schema))
    _check_no_text(document, root)
    settings = _Settings(document)
    rules = [_rule(document, node) for node in root.children if not settings.take(node)]
    source = stand_in(document.source.name, text, text.count("\n") + 1)
    rules.sort(key=lambda rule: rule.level.depth)
    _check_conflicts(document, rules)
    notices = tuple(_overlaps(document.source, rules))
    mapping = Mapping(source, tuple(rules), _covers(document), "line", notices)
    return RemapDocument(
        mapping,
        tuple(settings.texts["Input"]),
        next(iter(settings.texts["Output"]), None),
        tuple(settings.texts["Script"]),
        settings.variables,
    )


class _Settings:
    """What stands beside the rules."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._order = [*_SETTINGS, ""]
        self.texts: dict[str, list[str]] = {name: [] for name in _SETTINGS}
        self.variables: dict[str, str] = {}

    def take(self, node: Node) -> bool:
        """Take a node that is a setting; return whether it was one."""
        document = self._document
        kind = node.name if node.name in _SETTINGS else ""
        if kind not in self._order:
            last = f"<{self._order[0]}>" if self._order[0] else "the rules"
            raise document.error(node, f"<{kind}> comes before {last}")
        del self._order[: self._order.index(kind)]
        if not kind:
            return False
        is_variable = node.name == "Variable"
        _check_attributes(document, node, required=("name",) if is_variable else ())
        _check_no_children(document, node)
        if is_variable:
            self._take_variable(node)
            return True
        if not node.text.strip():
            raise document.error(node, f"<{node.name}> is empty")
        if node.name == "Output" and self.texts["Output"]:
            raise document.error(node, "there is a second <Output>")
        self.texts[node.name].append(node.text.strip())
        return True

    def _take_variable(self, node: Node) -> None:
        name = node.attributes["name"]
        if not name.isidentifier() or not name.isascii():
            raise self._document.error(node, "the name of the variable is none of the language")
        if name in self.variables:
            raise self._document.error(node, f'there is a second value for the variable "{name}"')
        self.variables[name] = node.text


def _covers(document: Document) -> tuple[RecordLevel, ...] | None:
    text = document.root.attributes.get("covers")
    if text is None:
        return None
    names = text.split()
    known = [each.value for each in LEVELS if each is not RecordLevel.GLOBAL]
    if any(name not in known for name in names):
        raise document.error(document.root, f"covers lists levels: any of {', '.join(known)}")
    return tuple(_LEVELS[name] for name in known if name in names)


def _rule(document: Document, node: Node) -> Rule:
    level = _LEVELS.get(node.name)
    if level is None:
        known = ", ".join((*_SETTINGS, *_LEVELS))
        raise document.error(node, f"<{node.name}> has no place here; there are {known}")
    _check_attributes(document, node)
    _check_no_text(document, node)
    conditions: list[Condition] = []
    actions: list[Action] = []
    for child in node.children:
        _check_no_children(document, child)
        if child.name == "Match":
            if actions:
                raise document.error(child, "<Match> comes before what is done to elements")
            _check_attributes(document, child, required=("tag",))
            conditions.append(Condition(_path(document, child), child.text))
        else:
            actions.append(_action(document, child))
    _check_rule(document, node, level, conditions, actions)
    return Rule(level, tuple(conditions), tuple(actions), (node.line,))


def _check_rule(
    document: Document,
    node: Node,
    level: RecordLevel,
    conditions: list[Condition],
    actions: list[Action],
) -> None:
    if level is RecordLevel.GLOBAL and conditions:
        raise document.error(node, "<Global> is for all files: it has no <Match>")
    if level is not RecordLevel.GLOBAL and not conditions:
        advice = "a rule for all files is a <Global>"
        raise document.error(node, f"<{node.name}> needs a <Match>", advice)
    for what, paths in (
        ("<Match> for", [each.path for each in conditions]),
        ("action on", [each.path for each in actions]),
    ):
        twice = next((path for path in paths if paths.count(path) > 1), None)
        if twice is not None:
            raise document.error(node, f"there is a second {what} {twice}")


def _action(document: Document, node: Node) -> Action:
    kind = _KINDS.get(node.name)
    if kind is None:
        known = ", ".join(("Match", *_KINDS))
        raise document.error(node, f"<{node.name}> has no place here; there are {known}")
    _check_attributes(document, node, required=("tag",))
    path = _target(document, node, kind)
    if kind is Kind.SET:
        if not node.text:
            raise document.error(node, "<Set> is empty", "<Clear> empties an element")
        return Action(kind, path, str(path), node.text)
    if kind is Kind.VALUE:
        where = f"{document.source.name}, value of line {node.line}"
        source = Source(where, node.text.strip())
        if not source.text:
            raise document.error(node, "<Value> is empty", "<Clear> empties an element")
        return Action(kind, path, str(path), None, parse_expression(source), source)
    _check_no_text(document, node)
    return Action(kind, path, str(path))


def _target(document: Document, node: Node, kind: Kind) -> TagPath:
    deletes = kind is Kind.DELETE
    path = _path(document, node, is_deleted=deletes)
    check_target(document, node, path, deletes=deletes)
    return path


def _path(document: Document, node: Node, *, is_deleted: bool = False) -> TagPath:
    text = node.attributes["tag"].strip()
    return element_of(document, node, text, with_sequences=is_deleted)


# --- what a document must not say ---------------------------------------------------------------


def _check_attributes(
    document: Document,
    node: Node,
    *,
    required: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
) -> None:
    for name in required:
        if name not in node.attributes:
            raise document.error(node, f'<{node.name}> needs the attribute "{name}"')
    for name in node.attributes:
        if name not in (*required, *optional):
            raise document.error(node, f'<{node.name}> has no attribute "{name}"')


def _check_no_text(document: Document, node: Node) -> None:
    if node.text.strip():
        raise document.error(node, f"<{node.name}> holds text, which has no meaning there")


def _check_no_children(document: Document, node: Node) -> None:
    if node.children:
        child = node.children[0]
        raise document.error(child, f"<{child.name}> has no place in <{node.name}>")


def _check_conflicts(document: Document, rules: Iterable[Rule]) -> None:
    """Refuse rules for one and the same record that want different things of an element."""
    seen: dict[object, tuple[Action, Rule]] = {}
    for rule in rules:
        conditions = frozenset(rule.conditions)
        for action in rule.actions:
            before = seen.setdefault((rule.level, conditions, action.path), (action, rule))
            if before[0] != action:
                node = Node("", {}, rule.places[0], 0, "", [])
                where = places_text("line", (*before[1].places, *rule.places))
                message = f"{action.path} is given different values for one record, in {where}"
                raise document.error(node, message)


def _overlaps(source: Source, rules: Iterable[Rule]) -> Iterator[Diagnostic]:
    """Yield a warning for each element on which rules of several levels act."""
    found: dict[TagPath, dict[RecordLevel, int]] = {}
    for rule in rules:
        for action in rule.actions:
            found.setdefault(action.path, {}).setdefault(rule.level, rule.places[0])
    for path, levels in found.items():
        if len(levels) > 1:
            names = " and ".join(level.value for level in levels)
            winner = max(levels, key=lambda level: level.depth)
            message = (
                f"{path} is changed at the levels {names}: where several apply, {winner.value} wins"
            )
            start = source.offset(levels[winner])
            span = Span(start, start)
            yield Diagnostic("several-levels", message, source, span, None, Severity.WARNING)


# --- writing ------------------------------------------------------------------------------------

_PREAMBLE = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- Made by "dicomedit remap" from a table. Before the first record there may stand where the files
     are and where they go:
  <Input>FOLDER</Input>
  <Output>FOLDER</Output>
  <Script>anon.das</Script>
-->
"""


def write_remap(mapping: Mapping) -> Iterator[str]:
    """Yield the lines of the document of a mapping; raise ValueError for what XML cannot hold."""
    covers = " ".join(level.value for level in mapping.covers or ())
    yield _PREAMBLE
    yield f'<Remap covers="{covers}">\n' if mapping.covers is not None else "<Remap>\n"
    for rule in mapping.rules:
        if rule.level is RecordLevel.GLOBAL and not rule.actions:
            continue
        yield f"  <{rule.level.value}>\n"
        for condition in rule.conditions:
            yield f"    {_element('Match', condition.path, condition.text)}\n"
        for action in rule.actions:
            yield f"    {_element(action.kind.value, action.path, action.text or '')}\n"
        yield f"  </{rule.level.value}>\n"
    yield "</Remap>\n"


def _element(name: str, path: TagPath, text: str) -> str:
    tag = _escaped(str(path)).replace('"', "&quot;")
    return f'<{name} tag="{tag}">{_escaped(text)}</{name}>'


def _escaped(text: str) -> str:
    if any(ord(c) < 0x20 and c not in "\t\n\r" for c in text) or any(
        0xD800 <= ord(c) < 0xE000 or ord(c) in (0xFFFE, 0xFFFF) for c in text
    ):
        raise ValueError("XML has no form for a control character in it")
    for character, spelt in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
        text = text.replace(character, spelt)
    return text
