"""What a script leaves of the attributes that the confidentiality profile names (PS3.15 Annex E).

The script is run, by the engine that edits files, on made-up data sets with every attribute, and
what became of them is looked at: as the conditions turn out, with all of them true, and with all
of them false.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from dicomedit.authoring.profile.assumed_conditions import Assumption, Statements
from dicomedit.authoring.profile.probe import DEPTHS, Probed, levels_of, probe, probed
from dicomedit.dicom.uids import UidMap
from dicomedit.errors import EvaluationError, Source
from dicomedit.lang.compile import compile_source
from dicomedit.lang.lookup import LookupTable
from dicomedit.lang.program import CompiledScript, Resources
from dicomedit.profiles.confidentiality import Rule, read_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pydicom import Dataset

    Loader = Callable[[str, Source], Source]


class Fate(Enum):
    """What became of a value."""

    KEPT = "kept"
    REMOVED = "removed"
    EMPTIED = "emptied"
    CONSTANT = "replaced by a constant"
    DERIVED = "replaced by a value made from it"
    ITEMS_CHANGED = "kept, with changed items"


class Verdict(Enum):
    """How a script treats an attribute, beside what is asked."""

    DONE = "done as asked"
    UNTOUCHED = "left untouched"
    TOP_ONLY = "treated only at the top level"
    ITEMS_ONLY = "treated only in sequences"
    MILDER = "treated more mildly than asked"
    SOMETIMES = "treated under a condition that did not hold"
    CONDITIONAL = "done as asked under a condition that held"
    UNJUDGED = "changed; whether it is clean cannot be told"


FINDINGS = (
    Verdict.UNTOUCHED,
    Verdict.TOP_ONLY,
    Verdict.ITEMS_ONLY,
    Verdict.MILDER,
    Verdict.SOMETIMES,
)
"""What is not as the profile asks for."""

_ENOUGH = {
    "X": {Fate.REMOVED},
    "Z": {Fate.REMOVED, Fate.EMPTIED, Fate.CONSTANT},
    "D": {Fate.REMOVED, Fate.EMPTIED, Fate.CONSTANT},
    "U": {Fate.REMOVED, Fate.EMPTIED, Fate.CONSTANT, Fate.DERIVED, Fate.ITEMS_CHANGED},
    "C": {Fate.REMOVED, Fate.EMPTIED, Fate.CONSTANT},
    "K": set(Fate),
}

MODIFIED_DATES = "retain-long-modified-dates"
"""With this option dates are moved: they are made from what they were (PS3.15 §E.3.6)."""

MADE_UP = "1"
"""What variables without a value get: a text, a number and the beginning of a UID."""


class _AnyKey(LookupTable):
    """A table that has every key: what scripts do then is what counts."""

    def get(self, type: str, key: str) -> str | None:
        """Return the value of a key; one that is made up when there is none."""
        return super().get(type, key) or MADE_UP


Fates = tuple[Fate, ...]
"""What became of an attribute at each depth of sequences."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One attribute: what is asked, and what became of it at each depth, as conditions were."""

    rule: Rule
    asked: str
    verdict: Verdict
    fates: Fates

    @property
    def done(self) -> str:
        """What was done, in words; by depth where that makes a difference."""
        if len(set(self.fates)) == 1:
            return self.fates[0].value
        return ", ".join(
            f"{fate.value} {depth}" for fate, depth in zip(self.fates, DEPTHS, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """How a script treats the attributes of the profile, in the order of the table.

    `left_out` are the statements that fail on the made-up data, as their lines and reasons: they
    did not count. With `can_reject` some files have no result at all.
    """

    script: str
    edition: str
    options: tuple[str, ...]
    findings: tuple[Finding, ...]
    left_out: tuple[tuple[int, str], ...]
    can_reject: bool

    def of(self, verdict: Verdict) -> list[Finding]:
        """Return the attributes with a verdict."""
        return [finding for finding in self.findings if finding.verdict is verdict]

    @property
    def is_complete(self) -> bool:
        """Whether all is done that can be judged, and asked."""
        return not any(finding.verdict in FINDINGS for finding in self.findings)


def coverage(
    source: Source,
    *,
    dialect: int | None = None,
    options: Collection[str] = (),
    variables: Mapping[str, str] | None = None,
    lookup: LookupTable | None = None,
    loader: Loader | None = None,
    newer_versions: bool = False,
) -> Coverage:
    """Compare what a script does with what the basic profile, with options, asks for.

    Variables without a value, and keys that `lookup` does not have, get one that is made up. Raises
    ScriptError.
    """
    compiled = compile_source(source, dialect=dialect, newer_versions=newer_versions, loader=loader)
    given = {variable.name: MADE_UP for variable in compiled.variables}
    given.update(variables or {})
    statements = Statements(source, compiled.dialect, loader)
    table = read_table()
    known = _AnyKey({} if lookup is None else lookup.entries)
    trial = _Trial(statements, given, known, tuple(probed(table.rules)))
    fates = {assumption: trial.fates(assumption) for assumption in Assumption}
    findings = [
        _finding(attribute, number, fates, options)
        for number, attribute in enumerate(trial.attributes)
    ]
    return Coverage(
        source.name,
        table.edition,
        tuple(sorted(options)),
        tuple(findings),
        tuple(sorted(trial.left_out.items())),
        statements.can_reject,
    )


class _Trial:
    """Runs a script on the probes; a statement that fails on them is left out and told of."""

    def __init__(
        self,
        statements: Statements,
        variables: Mapping[str, str],
        lookup: LookupTable,
        attributes: tuple[Probed, ...],
    ) -> None:
        self.attributes = attributes
        self.left_out: dict[int, str] = {}
        self._statements = statements
        self._variables = variables
        self._lookup = lookup

    def fates(self, assumption: Assumption) -> list[Fates]:
        """Return what becomes of each attribute under an assumption."""
        before = [probe(self.attributes, variant) for variant in (1, 2)]
        after = [self._result(variant, assumption) for variant in (1, 2)]
        return [
            tuple(
                max((_fate(tag, old, new) for tag in each.tags), key=_mildness)
                for old, new in zip(
                    zip(*map(levels_of, before), strict=True),
                    zip(*map(levels_of, after), strict=True),
                    strict=True,
                )
            )
            for each in self.attributes
        ]

    def _result(self, variant: int, assumption: Assumption) -> Dataset:
        while True:
            ds = probe(self.attributes, variant)
            try:
                self._apply(self._statements.compile(assumption), ds)
                return ds
            except EvaluationError as error:
                source, span = error.source, error.span
                if source is None or span is None or not self._statements.leave_out(source, span):
                    raise
                self.left_out[source.position(span.start)[0]] = error.failure.code

    def _apply(self, compiled: CompiledScript, ds: Dataset) -> None:
        from dicomedit.dicom.dataset_instance import open_instance

        resources = Resources(
            lookup=self._lookup, uid_map=UidMap(), fetch=lambda url: "answer", allow_unset=True
        )
        compiled.edit(open_instance(ds), dict(self._variables), resources, tell_changes=False)


def _fate(tag: int, old: tuple[Dataset | None, ...], new: tuple[Dataset | None, ...]) -> Fate:
    """Return what became of an element in the two probes."""
    if any(level is None or tag not in level for level in new):
        return Fate.REMOVED
    befores = [level[tag] for level in old if level is not None]
    afters = [level[tag] for level in new if level is not None]
    if all(a.is_empty for a in afters):
        return Fate.EMPTIED
    if any(a.VR == b.VR and a.value == b.value for a, b in zip(afters, befores, strict=True)):
        return Fate.KEPT
    if afters[0].VR == "SQ":
        return Fate.ITEMS_CHANGED
    return Fate.CONSTANT if afters[0].value == afters[1].value else Fate.DERIVED


_MILDEST_LAST = (
    Fate.REMOVED,
    Fate.EMPTIED,
    Fate.CONSTANT,
    Fate.DERIVED,
    Fate.ITEMS_CHANGED,
    Fate.KEPT,
)


def _mildness(fate: Fate) -> int:
    return _MILDEST_LAST.index(fate)


def _finding(
    attribute: Probed,
    number: int,
    fates: Mapping[Assumption, list[Fates]],
    options: Collection[str],
) -> Finding:
    asked = attribute.rule.asked(options)
    real, true, false = (fates[assumption][number] for assumption in Assumption)
    is_shift = (
        asked == "C" and MODIFIED_DATES in options and MODIFIED_DATES in attribute.rule.options
    )
    allowed = "C/U" if is_shift else asked
    return Finding(attribute.rule, asked, _verdict(allowed, real, true, false), real)


def _verdict(asked: str, real: Fates, true: Fates, false: Fates) -> Verdict:
    if all(_is_enough(asked, fate) for fate in real):
        is_sure = all(_is_enough(asked, fate) for fate in (*true, *false))
        return Verdict.DONE if is_sure else Verdict.CONDITIONAL
    if all(_is_enough(asked, fate) for fate in true):
        return Verdict.SOMETIMES
    return _failing(asked, real)


def _failing(asked: str, real: Fates) -> Verdict:
    top, *items = real
    if all(fate is Fate.KEPT for fate in real):
        return Verdict.UNTOUCHED
    if asked == "C" and Fate.KEPT not in real:
        return Verdict.UNJUDGED
    if top is not Fate.KEPT and Fate.KEPT in items:
        return Verdict.TOP_ONLY
    if top is Fate.KEPT:
        return Verdict.ITEMS_ONLY
    return Verdict.MILDER


def _is_enough(asked: str, fate: Fate) -> bool:
    """Whether a fate does what is asked, by one of the actions that stand for choice."""
    return any(fate in _ENOUGH[letter] for letter in asked.rstrip("*").split("/"))
