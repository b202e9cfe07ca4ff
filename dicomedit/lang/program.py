"""A compiled script, the state of one application of it, and what came of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dicomedit.dicom.bulk import Known
from dicomedit.dicom.dictionary import SOP_CLASS_UID, SOP_INSTANCE_UID
from dicomedit.dicom.levels import Change, Instance
from dicomedit.dicom.text import read_text
from dicomedit.dicom.uids import UidMap
from dicomedit.errors import Diagnostic, EvaluationError, Severity, Source, Span, failed
from dicomedit.lang.lookup import LookupTable
from dicomedit.lang.values import Value
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.lang.coverage import Coverage


def _no_network(url: str) -> str:
    raise failed(
        "url-not-allowed",
        "getURL is switched off",
        help="allow the host with --allow-url, or allow_urls= in Python",
    )


class Resources(Record):
    """What a script may use besides the data set; lives as long as a run over many files.

    `hashed` has the last UIDs that were hashed, and what stands for them.
    """

    lookup: LookupTable = field(factory=LookupTable)
    uid_map: UidMap = field(factory=UidMap)
    fetch: Callable[[str], str] = _no_network
    strict_lookup: bool = False
    honour_fill: bool = False
    allow_unset: bool = False
    uid_root: str | None = None
    hashed: Known = field(factory=dict, compare=False, repr=False)


class Variable(Record):
    """A variable that a script expects from outside, and what it says of it.

    `required`: the script reads it before it could have set it itself.
    """

    name: str
    description: str | None = None
    hidden: bool = False
    export: str | None = None
    required: bool = True


class Outcome(Record):
    """What one application of a script did. Holds no element's value, except in `echo`.

    `is_changed` tells whether any element is different now; `changes` which, unless the caller
    did not want to know.
    """

    rejected: bool = False
    reason: str | None = None
    is_changed: bool = False
    changes: tuple[Change, ...] = ()
    echo: tuple[str, ...] = field(default=(), repr=False)
    notices: tuple[Diagnostic, ...] = ()


class Rejected(Exception):
    """The script rejects the instance."""


class Run(Record, frozen=False):
    """The state of one application of a script to one instance."""

    instance: Instance
    source: Source
    resources: Resources
    variables: dict[str, Value]
    echo: list[str] = field(factory=list)
    notices: dict[tuple[str, str, str, int], Diagnostic] = field(factory=dict)
    span: Span = field(factory=lambda: Span(0, 0))

    def notice(self, code: str, message: str, advice: str | None = None) -> None:
        """Tell the caller something about the statement at work, once for each place."""
        key = (code, message, self.source.name, self.span.start)
        found = Diagnostic(code, message, self.source, self.span, advice, Severity.WARNING)
        self.notices.setdefault(key, found)

    def take_notices(self) -> None:
        """Give the statement's place to what was told while elements were stored."""
        for notice in self.instance.notices:
            self.notice(notice.code, notice.message)
        self.instance.notices.clear()


Statement = Callable[[Run], None]


class CompiledScript(Record):
    """A script ready to run any number of times.

    From one run to the next it keeps nothing but which tags the last root had.
    """

    source: Source
    variables: tuple[Variable, ...]
    notices: tuple[Diagnostic, ...]
    statements: tuple[Statement, ...] = field(repr=False)
    wanted: frozenset[int] = frozenset()
    """The tags that statements look for at every level."""

    dialect: int = 6
    """The version of the language, 4 or 6."""

    coverage: Coverage | None = field(default=None, compare=False, repr=False)
    """Counts what happens, when the script was compiled for it: the one thing that is kept."""

    def edit(
        self,
        instance: Instance,
        variables: Mapping[str, str],
        resources: Resources,
        *,
        tell_changes: bool = True,
    ) -> Outcome:
        """Apply the script; whatever goes wrong, and a rejection, leaves the instance as it was.

        With `tell_changes` the outcome lists every change. Raises EvaluationError, with the
        statement at fault, when the script fails.
        """
        run = Run(instance, self.source, resources, dict(variables))
        try:
            for statement in self.statements:
                statement(run)
            _check_identity(run)
        except Rejected:
            instance.journal.undo()
            return self._outcome(run, rejected=True, tell_changes=False)
        except RecursionError:
            instance.journal.undo()
            raise failed("nested-too-deeply", "the script or the data set is too deep") from None
        except BaseException:
            instance.journal.undo()
            raise
        return self._outcome(run, rejected=False, tell_changes=tell_changes)

    def _outcome(self, run: Run, *, rejected: bool, tell_changes: bool) -> Outcome:
        journal = run.instance.journal
        line = self.source.position(run.span.start)[0]
        return Outcome(
            rejected,
            f"rejected by {self.source.name}, line {line}" if rejected else None,
            not rejected and journal.has_changes,
            journal.changes() if tell_changes else (),
            tuple(run.echo),
            (*self.notices, *run.notices.values()),
        )


def _check_identity(run: Run) -> None:
    """Tell when the object can no longer be told from others (PS3.3 §C.12.1)."""
    for tag, name in ((SOP_CLASS_UID, "SOP Class UID"), (SOP_INSTANCE_UID, "SOP Instance UID")):
        try:
            if not read_text(run.instance.root, tag):
                run.notice("no-identity", f"the data set has no {name}")
        except EvaluationError:
            run.notice("no-identity", f"the data set has no readable {name}")
