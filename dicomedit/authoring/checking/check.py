"""Find what is wrong or doubtful about a script, without any data set."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from dicomedit.authoring.checking.dialect4 import Check4
from dicomedit.authoring.checking.findings import Findings
from dicomedit.authoring.checking.flow import Flow
from dicomedit.authoring.checking.script import check_script
from dicomedit.authoring.checking.suppressions import without_suppressed
from dicomedit.authoring.checking.trees import Trees, syntax_only, trees_of
from dicomedit.authoring.checking.variables import Names
from dicomedit.errors import Diagnostic, ScriptError, Source
from dicomedit.lang import nodes
from dicomedit.lang.checker import Checker
from dicomedit.lang.compile import compile_source
from dicomedit.lang.dialect4.checker import Checker as Checker4
from dicomedit.lang.dialect4.variables import Variables

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.lang.include import Loader


def check(
    text: str,
    *,
    dialect: int | None = None,
    name: str = "<script>",
    newer_versions: bool = False,
    loader: Loader | None = None,
    variables: Iterable[str] = (),
) -> list[Diagnostic]:
    """Return everything that is wrong or doubtful about a script, in the order of the text.

    Errors are what `compile_script` raises; warnings are very likely mistakes; infos are worth
    knowing. When the script cannot be parsed only that is told. `dialect`, `newer_versions` and
    `loader`, which reads included files, are as for running; `variables` names those that will be
    given. Raises nothing, whatever the text. The codes are explained in ``docs/diagnostics.md``.
    """
    source = Source(name, text)
    options = {"newer_versions": newer_versions, "loader": loader}
    try:
        found = list(compile_source(source, dialect=dialect, **options).notices)  # type: ignore[arg-type]
    except ScriptError as error:
        found = list(error.diagnostics)
    trees = None if syntax_only(found) else trees_of(source, dialect, loader, found)
    if trees is not None:
        # Whoever nests this deep is told so by the compiler, or the parser, or has been lucky.
        with contextlib.suppress(RecursionError):
            found += _more(trees, newer_versions, frozenset(variables))
    return _sorted(_without_doubles(found), source, trees)


def _more(trees: Trees, newer_versions: bool, declared: frozenset[str]) -> list[Diagnostic]:
    """Return what the checker of the language says, and what only authors are told."""
    findings = Findings(trees.source)
    if trees.script_4 is not None:
        script = trees.script_4
        found = Checker4(trees.source).check(script, Variables.of(script))
        Check4(findings, declared).script(script)
        return [*found, *findings.found]
    found = []
    names = Names(declared=set(declared))
    for part in trees.parts:
        found += Checker(part.source, newer_versions).check(nodes.Script(part.statements))
        names.take(part.source, part.statements)
    flow = Flow(findings, names)
    for part in trees.parts:
        findings.source = part.source
        flow.statements(part.statements)
    flow.finish()
    findings.source = trees.source
    check_script(findings, trees.parts)
    return [*found, *findings.found]


def _without_doubles(found: list[Diagnostic]) -> Iterator[Diagnostic]:
    seen: set[tuple[str, str, int, str]] = set()
    found = list(found)
    if any(each.code == "no-version" for each in found):
        found = [each for each in found if each.code != "missing-version"]
    for each in found:
        key = (each.code, each.source.name, each.span.start, each.message)
        if key not in seen:
            seen.add(key)
            yield each


def _sorted(found: Iterable[Diagnostic], source: Source, trees: Trees | None) -> list[Diagnostic]:
    left = list(found)
    sources = [source] if trees is None else trees.sources
    for each in sources:
        left = without_suppressed(left, each, 6 if trees is None else trees.dialect)
    order = {each.name: number for number, each in enumerate(sources)}
    return sorted(left, key=lambda each: (order.get(each.source.name, -1), each.span.start))
