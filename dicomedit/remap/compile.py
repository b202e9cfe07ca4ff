"""Rules to a program: an index finds those of a file by its keys, however many there are."""

from __future__ import annotations

from dicomedit.dicom import edit
from dicomedit.dicom.paths import TagPath, TagStep
from dicomedit.dicom.resolve import find, obtain
from dicomedit.errors import EvaluationError, Source, Span, failed
from dicomedit.lang.dialect4.actions import Selection, put
from dicomedit.lang.dialect4.compiler import TwoPhases
from dicomedit.lang.program import CompiledScript, Run, Variable
from dicomedit.records import Record, field
from dicomedit.remap.config import LEVELS, RecordLevel
from dicomedit.remap.expression import Expression, compile_expression
from dicomedit.remap.mapping import Action, Kind, Mapping, Rule
from dicomedit.remap.reading import read_value

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Read = Callable[[TagPath], "str | None"]
    Act = Callable[[Run], None]


class Index(Record):
    """Rules by level, by the elements they look at, by the texts they want there."""

    rules: tuple[Rule, ...] = field(repr=False)
    paths: tuple[TagPath, ...]
    """All elements that some rule looks at."""

    _groups: dict[RecordLevel, dict[tuple[TagPath, ...], dict[tuple[str, ...], list[int]]]] = field(
        repr=False
    )

    @classmethod
    def of(cls, mapping: Mapping) -> Index:
        """Return the index of a mapping's rules."""
        paths: dict[TagPath, None] = {}
        groups: dict[RecordLevel, dict[tuple[TagPath, ...], dict[tuple[str, ...], list[int]]]] = {}
        for number, rule in enumerate(mapping.rules):
            wanted = tuple(condition.path for condition in rule.conditions)
            paths.update(dict.fromkeys(wanted))
            group = groups.setdefault(rule.level, {}).setdefault(wanted, {})
            group.setdefault(tuple(each.text for each in rule.conditions), []).append(number)
        return cls(mapping.rules, tuple(paths), groups)

    def matching(self, read: Read) -> dict[RecordLevel, list[int]]:
        """Return the numbers of the rules that match, by level, in the order of the document.

        An element that is absent has no text, so that no rule wants it.
        """
        found: dict[RecordLevel, list[int]] = {}
        for level, groups in self._groups.items():
            numbers: list[int] = []
            for paths, by_texts in groups.items():
                numbers += by_texts.get(tuple(map(read, paths)), ())  # type: ignore[arg-type]
            if numbers:
                found[level] = sorted(numbers)
        return found


def missing_levels(
    mapping: Mapping, matching: dict[RecordLevel, list[int]]
) -> tuple[RecordLevel, ...]:
    """Return the levels at which a file should match a rule, and does not."""
    if mapping.covers is not None:
        return tuple(level for level in mapping.covers if level not in matching)
    expected = {rule.level for rule in mapping.rules} - {RecordLevel.GLOBAL}
    if not expected or not expected.isdisjoint(matching):
        return ()
    return tuple(level for level in LEVELS if level in expected)


def missing_text(levels: Sequence[RecordLevel]) -> str:
    """Return a sentence about a file that matches no rule at some levels."""
    return f"nothing is given for its {' and '.join(level.noun for level in levels)}"


class RemapWork(Record):
    """Applies a mapping, and with it the scripts of version 4, to one instance.

    All of it reads the untouched input. Then the mapping acts, then the scripts do, the last one
    first, so that on one element scripts win over the mapping, and the first of them over others.
    """

    mapping: Mapping
    index: Index
    expressions: dict[int, Expression]
    scripts: tuple[tuple[Source, TwoPhases], ...]
    is_strict: bool

    def __call__(self, run: Run) -> None:
        """Apply all of it."""
        acts = self._evaluated(run)
        later = [self._evaluated_script(run, *script) for script in self.scripts]
        for act in acts:
            act(run)
        for each in reversed(later):
            each()

    def _evaluated(self, run: Run) -> list[Act]:
        """Return what is done to the elements, those of the most general level first."""
        texts: dict[TagPath, str | None] = {}

        def read(path: TagPath) -> str | None:
            if path not in texts:
                texts[path] = read_value(run.instance, path)
            return texts[path]

        run.source, run.span = self.mapping.source, Span(0, 0)
        matching = self.index.matching(read)
        self._tell_missing(run, matching)
        chosen: dict[TagPath, tuple[Rule, Action]] = {}
        for level in reversed(LEVELS):
            for number in matching.get(level, ()):
                rule = self.index.rules[number]
                for action in rule.actions:
                    chosen.setdefault(action.path, (rule, action))
        return [self._act(run, *each) for each in reversed(chosen.values())]

    def _tell_missing(self, run: Run, matching: dict[RecordLevel, list[int]]) -> None:
        missing = missing_levels(self.mapping, matching)
        if missing and self.is_strict:
            raise failed("not-covered", missing_text(missing))
        if missing:
            run.notice("not-covered", missing_text(missing))

    def _act(self, run: Run, rule: Rule, action: Action) -> Act:
        source, span = self.mapping.source, self.mapping.span(rule)
        expression = self.expressions.get(id(action))
        text = action.text
        if expression is not None:
            text = expression.evaluate(run)
            run.source = source

        def act(run: Run) -> None:
            # Notices are told once for each place: not as often as there are rows.
            run.source, run.span = source, Span(0, 0)
            run.instance.journal.line = rule.places[0]
            try:
                _change(run, action, text)
            except EvaluationError as error:
                raise error.at(source, span) from None
            if run.instance.notices:
                run.take_notices()

        return act

    def _evaluated_script(self, run: Run, source: Source, script: TwoPhases) -> Callable[[], None]:
        """Return what carries out a script, which has variables of its own."""
        own = Run(run.instance, source, run.resources, dict(run.variables), run.echo, run.notices)
        return script.evaluate(own)


def _change(run: Run, action: Action, text: str | None) -> None:
    instance, path = run.instance, action.path
    if action.kind is Kind.DELETE:
        target = find(instance, path)
        if target is not None:
            edit.remove(instance, [target])
    elif action.kind is Kind.VALUE and text is None:
        run.notice("nothing-assigned", f"{path} keeps its value: there was nothing to assign")
    elif _is_plain(path):
        put(instance, Selection.of(path), text)
    else:
        edit.put_text(instance, obtain(instance, path), text or "")


def _is_plain(path: TagPath) -> bool:
    """Whether DicomEdit 4 knows the element, whose rules of assignment are then used."""
    (first, *rest) = path.steps
    return not rest and isinstance(first, TagStep) and first.creator is None


def compile_mapping(
    mapping: Mapping, scripts: Iterable[CompiledScript] = (), *, is_strict: bool = False
) -> CompiledScript:
    """Return the program of a mapping and of the `scripts` of version 4 that go with it."""
    scripts = tuple(scripts)
    expressions = {
        id(action): compile_expression(action.value, action.source)
        for rule in mapping.rules
        for action in rule.actions
        if action.value is not None and action.source is not None
    }
    work = RemapWork(
        mapping,
        Index.of(mapping),
        expressions,
        tuple((script.source, two_phases_of(script)) for script in scripts),
        is_strict,
    )
    variables = [v for each in expressions.values() for v in each.variables]
    variables += [v for script in scripts for v in script.variables]
    return CompiledScript(
        mapping.source,
        _each_once(variables),
        tuple(notice for script in scripts for notice in script.notices),
        (work,),
        frozenset().union(*(each.wanted for each in expressions.values())),
    )


def _each_once(variables: Iterable[Variable]) -> tuple[Variable, ...]:
    found: dict[str, Variable] = {}
    for variable in variables:
        found.setdefault(variable.name, variable)
    return tuple(found.values())


def two_phases_of(script: CompiledScript) -> TwoPhases:
    """Return what applies a script of version 4."""
    (work,) = script.statements
    assert isinstance(work, TwoPhases)
    return work


def is_version_4(script: CompiledScript) -> bool:
    """Whether a script is of version 4, and so can share the input with a mapping."""
    return any(isinstance(each, TwoPhases) for each in script.statements)
