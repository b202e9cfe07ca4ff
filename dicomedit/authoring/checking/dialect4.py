"""What a script of DicomEdit 4 gets wrong: all of it reads the data set as it was at the start."""

from __future__ import annotations

from dicomedit.authoring.checking import paths
from dicomedit.authoring.checking.calls import check_group, check_substring
from dicomedit.authoring.checking.conditions import check_comparison, check_constant, known_truth
from dicomedit.authoring.checking.findings import Findings, Place, text_of
from dicomedit.authoring.checking.formats import check_format, check_plain_text
from dicomedit.authoring.checking.values import check_stored
from dicomedit.authoring.checking.variables import Names
from dicomedit.dicom.dictionary import tag_of_keyword
from dicomedit.errors import Span
from dicomedit.lang import nodes
from dicomedit.lang.dialect4.actions import Selection
from dicomedit.lang.dialect4.nodes import (
    MESSAGE,
    Constrained,
    Generate,
    Script,
    Statement,
    inside,
    target_of,
    values_of,
)
from dicomedit.lang.dialect4.variables import Variables
from dicomedit.records import Record, field

_FORMAT_ADVICE = 'write the values behind the text: "{0}" (0010,0020)'


class Check4(Record, frozen=False):
    """Checks one script of DicomEdit 4."""

    findings: Findings
    declared: frozenset[str]
    winners: list[tuple[Selection, bool, Place]] = field(factory=list)

    def script(self, script: Script) -> None:
        """Check a whole script."""
        for statement in script.statements:
            self._statement(statement)
        self._variables(script)

    def _statement(self, statement: Statement) -> None:
        action = statement.action if isinstance(statement, Constrained) else statement
        for value in values_of(statement):
            for each in inside(value):
                self._value(each, is_shown=isinstance(action, nodes.Echo))
        if isinstance(statement, Constrained):
            for condition in statement.conditions:
                right = text_of(condition.right)
                truth = known_truth(condition, text_of(condition.left), right)
                check_constant(self.findings, condition, truth)
                check_comparison(self.findings, condition, right)
        if isinstance(action, nodes.Assign | nodes.Define):
            check_plain_text(self.findings, action.value, _FORMAT_ADVICE)
        if isinstance(action, nodes.Assign):
            check_stored(self.findings, action.target, action.value, text_of(action.value))
        target = target_of(statement)
        if target is not None:
            paths.check_path(self.findings, target)
            paths.check_target(self.findings, target, deletes=False)
            self._earlier_wins(statement, target)

    def _earlier_wins(self, statement: Statement, target: nodes.Path) -> None:
        """Tell of a statement whose effect an earlier one undoes: the first ones come last."""
        own = Selection.of(target.path)
        action = statement.action if isinstance(statement, Constrained) else statement
        for earlier, deletes, place in self.winners:
            if _covers(earlier, own) and (deletes or earlier.tag is not None):
                line = place.seen_from(self.findings.source)
                message = f"this has no effect: in DicomEdit 4 the statement in {line} wins"
                advice = "of two statements about an element the earlier one counts; put this first"
                self.findings.warn("earlier-wins", message, statement.span, advice)
                return
        if not isinstance(statement, Constrained) and not isinstance(action, Generate):
            place = Place(self.findings.source, statement.span)
            self.winners.append((own, isinstance(action, nodes.Delete), place))

    def _value(self, value: nodes.Expr, *, is_shown: bool) -> None:
        match value:
            case nodes.Path(path=path):
                paths.check_path(self.findings, value)
                if paths.vr_of(path) == "SQ" and not is_shown:
                    message = f"{paths.name_of(path)} is a sequence, which has no text"
                    advice = "DicomEdit 4 cannot look into sequences"
                    self.findings.warn("sequence-as-value", message, value.span, advice)
            case nodes.Call(function=function) if function == MESSAGE and value.arguments:
                check_format(self.findings, value, strict=True)
            case nodes.Call(function="substring"):
                check_substring(self.findings, value, keeps_blank=True)
            case nodes.Call(function="match"):
                check_group(self.findings, value)

    def _variables(self, script: Script) -> None:
        variables = Variables.of(script)
        source = self.findings.source
        needed = variables.needed()
        names = Names(
            ignores_case=True,
            declared={each.lower() for each in self.declared},
            described={key: Place(source, _span_of(script, key)) for key in variables.described},
            exported={key for key, each in variables.described.items() if each.export},
            defined={key: Place(source, each.span) for key, each in variables.definitions.items()},
            read=set(needed) | {k for k in variables.definitions if _is_keyword(variables, k)},
        )
        for statement in script.statements:
            for value in values_of(statement):
                for each in inside(value):
                    if isinstance(each, nodes.Name) and each.name.lower() not in names.defined:
                        names.check_missing(self.findings, each.name, each.span)
        names.check_unused(self.findings)


def _is_keyword(variables: Variables, key: str) -> bool:
    return tag_of_keyword(variables.spelling[key]) is not None


def _span_of(script: Script, key: str) -> Span:
    kinds = nodes.Describe | nodes.Mark | nodes.Export
    return next(
        each.span
        for each in script.statements
        if isinstance(each, kinds) and each.name.lower() == key
    )


def _covers(outer: Selection, inner: Selection) -> bool:
    """Whether everything that `inner` selects is selected by `outer`."""
    if inner.mask & outer.mask != outer.mask:
        return False
    if outer.tag is None and inner.tag is not None and inner.tag >> 16 <= 2:
        return False
    return not (inner.value ^ outer.value) & outer.mask
