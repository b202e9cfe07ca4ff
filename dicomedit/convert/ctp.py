"""An anonymizer script of RSNA CTP as a script of version 6.

CTP first creates what has a rule with @always(), then goes through the elements of the original
data set, and takes all values it needs from there. Here originals are kept in variables first, so
that the order of what follows does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dicomedit.convert import building as build
from dicomedit.convert.building import lines_of
from dicomedit.convert.ctp_actions import (
    Action,
    Statements,
    functions_in,
    in_items,
    is_approximate,
    without_always,
)
from dicomedit.convert.ctp_calls import Parts, parse_action
from dicomedit.convert.ctp_elements import digits_of, is_sequence, step_of
from dicomedit.convert.ctp_source import read_rules
from dicomedit.convert.ctp_values import Script
from dicomedit.convert.rules import Converted, NotConvertible, Rule
from dicomedit.convert.unspecified import all_but
from dicomedit.dicom.paths import TagStep
from dicomedit.errors import Diagnostic, Severity, Source, Span
from dicomedit.lang import nodes
from dicomedit.lang.printer import print_script
from dicomedit.records import Record

_IDENTITY = frozenset({"00080016", "00080018", "0020000D", "0020000E"})
"""Elements without which a file is none: it is rejected when their rule cannot be converted."""

_METHODS = "00120064"
_METHOD_MEANINGS = {
    "113100": "Basic Application Confidentiality Profile",
    "113101": "Clean Pixel Data Option",
    "113102": "Clean Recognizable Visual Features Option",
    "113103": "Clean Graphics Option",
    "113104": "Clean Structured Content Option",
    "113105": "Clean Descriptors Option",
    "113106": "Retain Longitudinal Temporal Information Full Dates Option",
    "113107": "Retain Longitudinal Temporal Information Modified Dates Option",
    "113108": "Retain Patient Characteristics Option",
    "113109": "Retain Device Identity Option",
    "113110": "Retain UIDs Option",
    "113111": "Retain Safe Private Option",
    "113112": "Retain Institution Identity Option",
}
"""CID 7050 (PS3.16)."""

_ALWAYS_KEPT = ("0002XXXX", "0028XXXX", "7FE0XXXX", "00080016", "00080018", "0020000D")
_PATTERNS_A_LINE = 6


class _Piece(Record):
    """The comment lines and statements that a rule became."""

    comments: tuple[str, ...]
    statements: Statements


def convert_ctp(
    source: Source, *, parameters: Mapping[str, str] | None = None, approximate: bool = False
) -> Converted:
    """Return the script of version 6 that does what an anonymizer script of CTP does.

    `parameters` replace those of the script. Where no equivalent exists the element is removed,
    and a diagnostic says so. With `approximate` hashes of another kind are taken for those of CTP.
    Raises ScriptError for what is no such script.
    """
    rules = read_rules(source)
    return _Conversion(source, rules, dict(parameters or {}), approximate).result()


class _Conversion:
    """The work on one script."""

    def __init__(
        self, source: Source, rules: list[Rule], given: dict[str, str], approximate: bool
    ) -> None:
        own = {rule.target: rule.action for rule in rules if rule.kind == "parameter"}
        self._source = source
        self._script = Script({**own, **given}, is_approximate=approximate)
        # Of several rules for one element CTP knows the last one.
        elements = {_key(rule): rule for rule in rules if rule.kind == "element"}
        self._elements = list(elements.values())
        self._kept = {r.target.lower(): r for r in rules if r.kind == "keep"}
        self._removed = {r.target.lower(): r for r in rules if r.kind == "remove"}
        self._notices: list[Diagnostic] = []

    def result(self) -> Converted:
        pieces = [*self._globally(), *self._one_by_one(), *self._in_sequences()]
        top = print_script(nodes.Script(tuple(self._script.top)))
        lines = ['version "6.6"', "// Converted from an anonymizer script of RSNA CTP.", ""]
        lines += [top] if top else []
        for piece in pieces:
            lines += [f"// {_one_line(comment)}" for comment in piece.comments]
            lines += lines_of(piece.statements)
        text = "\n".join(lines)
        return Converted(f"{text}\n", tuple(self._notices))

    def _tell(self, code: str, message: str, span: Span, advice: str | None = None) -> None:
        told = Diagnostic(code, message, self._source, span, advice, Severity.WARNING)
        self._notices.append(told)

    # all elements of a kind

    def _globally(self) -> Iterator[_Piece]:
        for kind, pattern in (("overlays", "60X@XXXX"), ("curves", "50X@XXXX")):
            if kind in self._removed:
                yield _Piece(
                    (f"remove {kind}",), (build.delete(build.path(build.public(pattern))),)
                )
        for target, rule in self._removed.items():
            if target not in ("overlays", "curves", "privategroups", "unspecifiedelements"):
                message = f"nothing is known of removing {rule.target}"
                self._tell("not-converted", message, rule.span)
        unspecified = self._removed.get("unspecifiedelements")
        private = self._removed.get("privategroups", unspecified)
        if private is not None:
            yield self._private(private)
        if unspecified is not None:
            yield self._unspecified()

    def _private(self, rule: Rule) -> _Piece:
        message = "private elements go from the items of sequences, too"
        self._tell("private-items", message, rule.span)
        for target, kept in self._kept.items():
            if not target.isalnum() or not _is_even(target):
                message = "which private elements are safe is not known here: they are removed"
                self._tell("not-converted", message, kept.span)
        steps: list[nodes.Expr] = []
        for element in self._elements:
            try:
                step = step_of(element.target)
            except NotConvertible:
                continue
            if step.creator is not None:
                steps.append(build.path(step))
        if steps:
            return _Piece(
                ("remove private elements",), (build.statement("retainPrivateTags", *steps),)
            )
        return _Piece(("remove private elements",), (nodes.RemoveAllPrivateTags(build.NOWHERE),))

    def _unspecified(self) -> _Piece:
        kept = [*_ALWAYS_KEPT]
        kept += [f"{each.zfill(4)}XXXX".upper() for each in self._kept if _is_even(each)]
        kept += ["60XXXXXX"] if "overlays" not in self._removed else []
        kept += ["50XXXXXX"] if "curves" not in self._removed else []
        for rule in self._elements:
            try:
                step = step_of(rule.target)
            except NotConvertible:
                continue
            if step.creator is None:
                kept.append(step.group + step.element)
        paths = [build.path(build.public(each)) for each in all_but(kept)]
        lines = [paths[i : i + _PATTERNS_A_LINE] for i in range(0, len(paths), _PATTERNS_A_LINE)]
        comment = "remove elements that have no rule: these patterns match all others"
        return _Piece((comment,), tuple(build.statement("removeTags", *each) for each in lines))

    # element by element

    def _one_by_one(self) -> Iterator[_Piece]:
        for rule in self._elements:
            comment = f"{rule.target} {rule.action}"
            try:
                statements = self._statements(rule)
            except NotConvertible as reason:
                fallback, told = self._fallback(rule)
                message = f"the rule of {rule.target} is not converted: {reason}"
                self._tell("not-converted", message, rule.span, told)
                yield _Piece((comment, f"NOT CONVERTED: {reason}; {told}"), fallback)
            else:
                yield _Piece((comment,), statements)

    def _statements(self, rule: Rule) -> Statements:
        parts, is_always = without_always(parse_action(rule.action))
        digits = digits_of(rule.target)
        if digits == _METHODS and not functions_in(parts):
            return self._methods(rule)
        if digits is not None and int(digits[:4], 16) % 2:
            return self._private_by_number(digits, parts, is_always)
        step = step_of(rule.target)
        if is_always and is_sequence(step):
            raise NotConvertible("a sequence cannot be created")
        statements = Action(self._script, step, is_there=not is_always).statements(parts)
        self._tell_of(rule, parts, step)
        if is_always or _is_harmless(statements):
            return statements
        return build.either(build.call("isPresent", build.path(step)), statements)

    def _tell_of(self, rule: Rule, parts: Parts, step: TagStep) -> None:
        if is_approximate(parts):
            message = "the hash is another one than that of CTP"
            self._tell("approximate", message, rule.span)
        if "skip" in functions_in(parts):
            message = "CTP lets such a file pass as it is; here it is rejected"
            self._tell("skip-rejects", message, rule.span)
        if step.creator is not None:
            message = "the private creator is compared exactly; CTP ignores upper and lower case"
            self._tell("creator-case", message, rule.span)

    def _private_by_number(self, digits: str, parts: Parts, is_always: bool) -> Statements:
        """Return what is done to a private element that is named by its number."""
        number = build.text(f"({digits[:4]},{digits[4:]})")
        script = self._script
        if all(isinstance(p, str) or p.name == "param" for p in parts) and parts and is_always:
            from dicomedit.convert.ctp_values import Values

            value = Values(script, build.public(digits)).text(parts)
            return (build.statement("set", number, value),)
        if functions_in(parts) == {"remove"} and len(parts) == 1:
            return (build.statement("delete", number),)
        if functions_in(parts) == {"keep"} and len(parts) == 1:
            if {"privategroups", "unspecifiedelements"} & self._removed.keys():
                raise NotConvertible("a private element is kept by its creator only")
            return ()
        raise NotConvertible("a private element needs its creator, as in 0009[CREATOR]01")

    def _methods(self, rule: Rule) -> Statements:
        """Return what lists the codes of the methods; the items that were there go."""
        parts, _ = without_always(parse_action(rule.action))
        codes = [code.strip() for part in parts for code in str(part).split("/")]
        if "reset" not in (code.lower() for code in codes):
            message = "codes that are in the file already are replaced, not added to"
            self._tell("methods-replaced", message, rule.span)
        sequence = build.public(_METHODS)
        found: list[nodes.Statement] = [build.delete(build.path(sequence))]
        wanted = [code for code in codes if code and code.lower() != "reset"]
        for number, code in enumerate(wanted):
            meaning = _METHOD_MEANINGS.get(code, "UNKNOWN")
            scheme = "DCM" if code in _METHOD_MEANINGS else "UNKNOWN"
            item = TagStep("0012", "0064", None, number)
            for digits, value in (("00080100", code), ("00080102", scheme), ("00080104", meaning)):
                found.append(
                    build.assign(build.path(item, build.public(digits)), build.text(value))
                )
        return tuple(found)

    def _fallback(self, rule: Rule) -> tuple[Statements, str]:
        """Return what is done when a rule has no equivalent: nothing of the element gets out."""
        digits = digits_of(rule.target)
        if digits in _IDENTITY:
            return (build.statement("reject"),), "files are rejected, since none is one without it"
        if digits is not None and int(digits[:4], 16) % 2:
            number = build.text(f"({digits[:4]},{digits[4:]})")
            return (build.statement("delete", number),), "the element is removed"
        try:
            return (build.delete(build.path(step_of(rule.target))),), "the element is removed"
        except NotConvertible:
            return (build.statement("reject"),), "files are rejected, since the element is unknown"

    # in items of sequences

    def _in_sequences(self) -> Iterator[_Piece]:
        processed = [rule for rule in self._elements if "process" in _names(rule.action)]
        for sequence in processed:
            try:
                step = step_of(sequence.target)
            except NotConvertible:
                continue
            self._tell(
                "process-anywhere",
                "the rules are applied to this sequence inside others, too",
                sequence.span,
            )
            yield _Piece((f"{sequence.target}: in its items",), tuple(self._items(step)))

    def _items(self, sequence: TagStep) -> Iterator[nodes.Statement]:
        if "unspecifiedelements" in self._removed:
            for statement in self._unspecified().statements:
                assert isinstance(statement, nodes.CallStatement)
                paths = [
                    build.anywhere(sequence, *each.path.steps)
                    for each in statement.call.arguments
                    if isinstance(each, nodes.Path)
                ]
                yield build.statement("removeTags", *paths)
        for kind, pattern in (("overlays", "60X@XXXX"), ("curves", "50X@XXXX")):
            if kind in self._removed:
                yield build.delete(build.anywhere(sequence, build.public(pattern)))
        for rule in self._elements:
            try:
                step = step_of(rule.target)
            except NotConvertible:
                yield from self._unreachable(rule, sequence)
                continue
            target = build.anywhere(sequence, step)
            try:
                parts, _ = without_always(parse_action(rule.action))
                yield from in_items(self._script, parts, step, target)
            except NotConvertible as reason:
                message = f"in items the element {rule.target} is removed: {reason}"
                self._tell("not-converted", message, rule.span)
                yield build.delete(target)

    def _unreachable(self, rule: Rule, sequence: TagStep) -> Iterator[nodes.Statement]:
        """Yield what is done when a rule may be about an item, and no path leads there."""
        is_private_gone = bool({"privategroups", "unspecifiedelements"} & self._removed.keys())
        if is_private_gone or _names(rule.action) in ({"keep"}, {"process"}):
            return
        message = f"the element {rule.target} cannot be found in items"
        told = "files with the sequence are rejected"
        self._tell("not-converted", message, rule.span, told)
        condition = build.call("isPresent", build.path(sequence))
        yield from build.either(condition, (build.statement("reject"),))


def _key(rule: Rule) -> str:
    return digits_of(rule.target) or rule.target.lower()


def _names(action: str) -> set[str]:
    try:
        return functions_in(parse_action(action))
    except NotConvertible:
        return set()


def _is_even(group: str) -> bool:
    try:
        return int(group, 16) % 2 == 0
    except ValueError:
        return False


def _is_harmless(statements: Statements) -> bool:
    """Whether statements do nothing when their element is absent."""
    return all(isinstance(each, nodes.Delete) for each in statements)


def _one_line(comment: str) -> str:
    """Return a text that can be a comment: on one line, and not continued on the next."""
    found = " ".join(comment.split())
    return f"{found} ." if found.endswith("\\") else found
