"""A compiled script, the state of one application of it, and what came of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dicomedit.dicom.dictionary import SOP_CLASS_UID, SOP_INSTANCE_UID
from dicomedit.dicom.levels import Change, Instance
from dicomedit.dicom.text import read_text
from dicomedit.dicom.uids import UidMap
from dicomedit.errors import Diagnostic, EvaluationError, Severity, Source, Span, failed
from dicomedit.lang.lookup import LookupTable
from dicomedit.lang.values import Value


def _no_network(url: str) -> str:
    raise failed(
        "url-not-allowed",
        "getURL is switched off",
        help="allow the host with --allow-url, or allow_urls= in Python",
    )


@dataclass(frozen=True, slots=True)
class Resources:
    """What a script may use besides the data set; lives as long as a run over many files."""

    lookup: LookupTable = field(default_factory=LookupTable)
    uid_map: UidMap = field(default_factory=UidMap)
    fetch: Callable[[str], str] = _no_network
    strict_lookup: bool = False
    honour_fill: bool = False


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that a script expects from outside, and what it says of it.

    `required`: the script reads it before it could have set it itself.
    """

    name: str
    description: str | None = None
    hidden: bool = False
    export: str | None = None
    required: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one application of a script did. Holds no element's value, except in `echo`."""

    rejected: bool = False
    reason: str | None = None
    changes: tuple[Change, ...] = ()
    echo: tuple[str, ...] = field(default=(), repr=False)
    notices: tuple[Diagnostic, ...] = ()


class Rejected(Exception):
    """The script rejects the instance."""


@dataclass(slots=True)
class Run:
    """The state of one application of a script to one instance."""

    instance: Instance
    source: Source
    resources: Resources
    variables: dict[str, Value]
    echo: list[str] = field(default_factory=list)
    notices: dict[tuple[str, str, str, int], Diagnostic] = field(default_factory=dict)
    span: Span = field(default_factory=lambda: Span(0, 0))

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


@dataclass(frozen=True, slots=True)
class CompiledScript:
    """A script ready to run any number of times; it keeps nothing from one run to the next."""

    source: Source
    variables: tuple[Variable, ...]
    notices: tuple[Diagnostic, ...]
    statements: tuple[Statement, ...] = field(repr=False)

    def edit(
        self, instance: Instance, variables: Mapping[str, str], resources: Resources
    ) -> Outcome:
        """Apply the script; whatever goes wrong, and a rejection, leaves the instance as it was.

        Raises EvaluationError, with the statement at fault, when the script fails.
        """
        run = Run(instance, self.source, resources, dict(variables))
        try:
            for statement in self.statements:
                statement(run)
            _check_identity(run)
        except Rejected:
            instance.journal.undo()
            return self._outcome(run, rejected=True)
        except RecursionError:
            instance.journal.undo()
            raise failed("nested-too-deeply", "the script or the data set is too deep") from None
        except BaseException:
            instance.journal.undo()
            raise
        return self._outcome(run)

    def _outcome(self, run: Run, *, rejected: bool = False) -> Outcome:
        line = self.source.position(run.span.start)[0]
        return Outcome(
            rejected,
            f"rejected by {self.source.name}, line {line}" if rejected else None,
            run.instance.journal.changes(),
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
