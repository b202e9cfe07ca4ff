"""Run the tests of scripts: what came of a case, compared with what its author expects.

Values of the elements that the author made up may be shown; those of a file are not unless asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from dicomedit.authoring.testing.cases import Case, Target
from dicomedit.authoring.testing.element_tables import Expectation
from dicomedit.authoring.testing.elements import Elements, Stored, instance_of, paths_of, taken_down
from dicomedit.batch.program import Options, Program, compile_script, resources_of
from dicomedit.dicom.dictionary import is_private_creator
from dicomedit.dicom.levels import Instance
from dicomedit.dicom.uids import UidMap
from dicomedit.errors import DicomFileError, EvaluationError, ScriptError
from dicomedit.io.read import read_file
from dicomedit.lang.functions.text import full_match
from dicomedit.lang.java_regex import PatternError, compile_pattern
from dicomedit.lang.lookup import LookupTable
from dicomedit.lang.program import Outcome
from dicomedit.lang.words import nearest
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.lang.coverage import Coverage

_HIDDEN = "a value that is not shown"
_UNCOUNTED_NOTICE = "no-identity"
"""Most inputs of tests have no SOP Instance UID, and nobody cares."""


class Result(Record):
    """What came of one case; one that passed has no failures."""

    case: Case
    failures: tuple[str, ...] = ()


class Runner(Record, frozen=False):
    """Runs cases; each script is compiled once, and counts what is reached when asked to."""

    counting: bool = False
    show_values: bool = False
    _programs: dict[Target, Program] = field(factory=dict, repr=False)

    def run(self, case: Case) -> Result:
        """Run one case; whatever goes wrong is a failure of the case."""
        try:
            return Result(case, tuple(self._failures(case)))
        except DicomFileError as error:
            return Result(case, (str(error),))

    @property
    def coverages(self) -> tuple[Coverage, ...]:
        """What was reached of each script so far."""
        found = (program.coverage for program in self._programs.values())
        return tuple(coverage for coverage in found if coverage is not None)

    def _failures(self, case: Case) -> Iterator[str]:
        is_hidden = case.source is not None and not self.show_values
        try:
            program = self._program(case.script)
        except ScriptError as error:
            codes = {found.code for found in error.diagnostics}
            if case.error not in codes:
                yield f"the script cannot be used:\n{error}"
            return
        yield from _unknown_variables(case, program)
        yield from _Trial(case, program, is_hidden).failures()

    def _program(self, script: Target) -> Program:
        if script not in self._programs:
            self._programs[script] = compile_script(
                script.path,
                dialect=script.dialect,
                newer_versions=script.newer_versions,
                include_from=script.include_from,
                coverage=self.counting,
            )
        return self._programs[script]


def _unknown_variables(case: Case, program: Program) -> Iterator[str]:
    known = {variable.name for variable in program.variables}
    for name in case.variables:
        if name not in known:
            near = nearest(name, known)
            guess = f'; did you mean "{near}"?' if near else ""
            yield f'the script asks for no variable "{name}"{guess}'


class _Trial(Record):
    """One application of a program, and its comparison with what is expected."""

    case: Case
    program: Program
    is_hidden: bool

    def failures(self) -> Iterator[str]:
        case = self.case
        try:
            instance = self._input()
        except EvaluationError as error:
            help = f" ({error.failure.help})" if error.failure.help else ""
            yield f"the input cannot be made: {error.summary()}{help}"
            return
        before = taken_down(instance)
        named = {path for each in case.expected for path in paths_of(instance, each.path)}
        try:
            outcome = self._applied(instance)
        except EvaluationError as error:
            if error.code != case.error:
                wanted = f" instead of with {case.error}" if case.error else ""
                text = error.describe(show_values=not self.is_hidden)
                yield f"the script failed{wanted}:\n{text}"
            return
        if case.error is not None:
            yield f"expected the error {case.error}, but the script did not fail"
        yield from self._unlike_told(outcome)
        if not outcome.rejected and case.rejected is None and case.error is None:
            yield from self._unlike_elements(instance, before, named)

    def _input(self) -> Instance:
        case = self.case
        if case.source is None:
            return instance_of(case.elements)
        return read_file(case.source, self.program.wanted).open()

    def _applied(self, instance: Instance) -> Outcome:
        case = self.case
        options = Options(strict_lookup=case.strict_lookup, honour_fill=case.honour_fill)
        table, uids = LookupTable(dict(case.lookup)), UidMap.from_rows(case.uids)
        resources = resources_of(table, uids, (), options)
        return self.program.edit(instance, case.variables, resources)

    # --- what the script tells ----------------------------------------------------------------

    def _unlike_told(self, outcome: Outcome) -> Iterator[str]:
        case = self.case
        if outcome.rejected and case.rejected is None:
            yield f"the script rejected the data set: {outcome.reason}"
        if case.rejected is not None:
            yield from self._unlike_rejection(outcome, case.rejected)
        if case.echo is not None and outcome.echo != case.echo:
            got = _HIDDEN if self.is_hidden else _lines(outcome.echo)
            yield f"echo: expected {_lines(case.echo)}, got {got}"
        codes = (notice.code for notice in outcome.notices)
        got_codes = tuple(code for code in codes if code != _UNCOUNTED_NOTICE)
        if case.notices is not None and got_codes != case.notices:
            yield f"notices: expected {_lines(case.notices)}, got {_lines(got_codes)}"

    def _unlike_rejection(self, outcome: Outcome, pattern: str) -> Iterator[str]:
        reason = outcome.reason or ""
        if not outcome.rejected:
            yield "expected a rejection, but the script did not reject the data set"
        elif pattern not in reason and not _matches(f".*(?:{pattern}).*", reason):
            yield f'expected a rejection with the reason "{pattern}", got "{reason}"'

    # --- elements -----------------------------------------------------------------------------

    def _unlike_elements(
        self, instance: Instance, before: Elements, named: set[str]
    ) -> Iterator[str]:
        after = taken_down(instance)
        named = set(named)
        for each in self.case.expected:
            paths = paths_of(instance, each.path)
            named.update(paths)
            yield from self._unlike_expected(each, [after[path] for path in paths])
        if self.case.others_unchanged:
            told: set[str] = set()
            for path in dict.fromkeys([*before, *after]):
                is_named = _is_named(path, named, before, after)
                if before.get(path) != after.get(path) and not is_named:
                    if not any(path.startswith(f"{outer}[") for outer in told):
                        yield self._changed(before.get(path), after.get(path))
                    told.add(path)

    def _unlike_expected(self, wanted: Expectation, found: list[Stored]) -> Iterator[str]:
        if not found and wanted.kind != "absent":
            yield f"{wanted.title}: expected {_wish(wanted)}, but it is absent"
        for each in found:
            if not _is_as_wanted(each, wanted):
                yield f"{each.name}: expected {_wish(wanted)}, got {self._shown(each)}"

    def _changed(self, before: Stored | None, after: Stored | None) -> str:
        """Tell of an element that nobody expected to change."""
        if before is None:
            assert after is not None
            what = f"was created with {self._shown(after)}"
            name = after.name
        elif after is None:
            what, name = "was removed", before.name
        else:
            name, shown = before.name, (self._shown(before), self._shown(after))
            what = f"changed from {shown[0]} to {shown[1]}"
            if before.vr != after.vr:
                what += f", and its VR from {before.vr} to {after.vr}"
        return f"{name}: {what}, which is not expected"

    def _shown(self, element: Stored) -> str:
        if isinstance(element.raw, bytes) and not element.raw:
            return "no value"
        is_sequence = isinstance(element.raw, int)
        return _HIDDEN if self.is_hidden and not is_sequence else element.shown


def _lines(texts: tuple[str, ...]) -> str:
    return ", ".join(f'"{text}"' for text in texts) or "none"


def _wish(wanted: Expectation) -> str:
    match wanted.kind:
        case "value":
            return f'"{wanted.wanted}"' if wanted.wanted else "no value"
        case "matches":
            return f'a match of "{wanted.wanted}"'
        case "items":
            return f"{wanted.wanted} items"
        case "empty":
            return "no value"
    return f"it to be {wanted.kind}"


def _is_as_wanted(element: Stored, wanted: Expectation) -> bool:
    match wanted.kind:
        case "value":
            return element.text == wanted.wanted
        case "empty":
            return not element.raw
        case "matches":
            return element.text is not None and _matches(str(wanted.wanted), element.text)
        case "items":
            return element.raw == wanted.wanted
    return wanted.kind == "present"


def _matches(pattern: str, text: str) -> bool:
    try:
        return full_match(compile_pattern(pattern), text)
    except (PatternError, EvaluationError):
        return False


def _is_named(path: str, named: set[str], before: Elements, after: Elements) -> bool:
    """Whether an expectation speaks of an element, or of what it belongs to.

    That is so below a sequence that is expected to be gone, for a new sequence around an element
    that is named, and for the creator of a private block whose elements are.
    """
    if path in named:
        return True
    if path not in before and any(each.startswith(f"{path}[") for each in named):
        return True
    parts = path.split("/")
    outer = ("/".join(parts[:count]).rpartition("[")[0] for count in range(1, len(parts)))
    if any(each in named and each not in after for each in outer):
        return True
    tag = int(path[-10:-6] + path[-5:-1], 16)
    return is_private_creator(tag) and any(_block_path(each) == path for each in named)


def _block_path(path: str) -> str:
    """Return where the creator of an element's block would stand."""
    return f"{path[:-5]}00{path[-5:-3]})"
