"""Explanations as text for people and as data for programs."""

from __future__ import annotations

from collections.abc import Iterator

from dicomedit.authoring.explaining.explain import ORDER, Explanation
from dicomedit.authoring.explaining.phrases import visible
from dicomedit.authoring.explaining.trace import Step, Trace
from dicomedit.authoring.explaining.watching import ElementChange

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

_INDENT = "    "
_MOST_LISTED = 20
"""Most changes of one statement that the text lists."""


def explanation_text(found: Explanation) -> str:
    """Return an explanation as lines that begin with the lines of the script."""
    return "".join(f"{line}\n" for line in _explanation_lines(found))


def _explanation_lines(found: Explanation) -> Iterator[str]:
    yield f"{found.name}: DicomEdit {found.dialect}"
    yield found.order
    yield "What is set is created where it is absent, unless the sentence says otherwise."
    for variable in found.variables:
        described = f": {variable.description}" if variable.description else ""
        yield f"Needs a value from outside for the variable {variable.name}{described}."
    yield ""
    width = max((len(str(sentence.line)) for sentence in found.sentences), default=0)
    for sentence in found.sentences:
        yield f"{sentence.line:>{width}}  {_INDENT * sentence.depth}{sentence.text}"


def explanation_data(found: Explanation) -> dict[str, Any]:
    """Return an explanation as what JSON can hold."""
    return {
        "script": found.name,
        "dialect": found.dialect,
        "order": found.order,
        "variables": [
            {"name": each.name, "description": each.description} for each in found.variables
        ],
        "statements": [
            {"line": each.line, "depth": each.depth, "text": each.text} for each in found.sentences
        ],
    }


# --- traces -------------------------------------------------------------------------------------


def trace_text(trace: Trace, *, show_values: bool = False) -> str:
    """Return a trace as lines: each statement, below it what it asked and what it did."""
    return "".join(f"{line}\n" for line in _trace_lines(trace, show_values))


def _trace_lines(trace: Trace, show_values: bool) -> Iterator[str]:
    yield f"{trace.name}: DicomEdit {trace.dialect}"
    yield ORDER[trace.dialect]
    yield ""
    width = max((len(str(step.line)) for step in trace.steps), default=0)
    script = trace.name
    for step in trace.steps:
        if step.script != script:
            yield f"in {step.script}:"
            script = step.script
        indent = " " * (width + 2) + _INDENT * step.depth
        yield f"{step.line:>{width}}  {_INDENT * step.depth}{step.text}"
        yield from (f"{indent}- {line}" for line in _step_lines(step))
    yield ""
    yield _ending(trace)
    if trace.failure is not None:
        yield trace.failure.describe(show_values=show_values)


def _step_lines(step: Step) -> Iterator[str]:
    for condition in step.conditions:
        told = "true" if condition.result else "false"
        is_only = len(step.conditions) == 1
        shown = f"the condition is {told}" if is_only else f"{told}: {condition.text}"
        yield visible(f"{shown}; {condition.reason}")
    for read in step.reads:
        yield f"read {read.path} {read.name}".rstrip() + f": {read.value}"
    yield from map(_change_line, step.changes[:_MOST_LISTED])
    if len(step.changes) > _MOST_LISTED:
        yield f"and {len(step.changes) - _MOST_LISTED} more, which --format json lists"
    if step.keeps is not None:
        yield f"the value is {step.keeps}"
    yield from (f"printed: {_shown(line)}" for line in step.printed)
    if step.ended:
        yield f"{step.ended} here"
    elif not step.is_done:
        yield "did nothing"
    elif not (step.changes or step.keeps or step.printed or step.conditions):
        yield "changed nothing"


def _change_line(change: ElementChange) -> str:
    line = f"{change.kind} {change.path} {change.name}".rstrip()
    if change.before is not None or change.after is not None:
        line = f"{line}: {_shown(change.before)} -> {_shown(change.after)}"
    return f"{line} (line {change.lost_to} wins)" if change.lost_to is not None else line


def _shown(value: str | None) -> str:
    if not value:
        return "(absent)" if value is None else "(empty)"
    return visible(value)


def _ending(trace: Trace) -> str:
    if trace.rejected:
        return "The script rejects the file: nothing would be written."
    if trace.failure is not None:
        return "The script fails: nothing would be written."
    count = len(trace.changes)
    return f"{count} element{'' if count == 1 else 's'} would be different."


def trace_data(trace: Trace, *, show_values: bool = False) -> dict[str, Any]:
    """Return a trace as what JSON can hold."""
    failure = trace.failure
    return {
        "script": trace.name,
        "dialect": trace.dialect,
        "steps": [_step_data(step) for step in trace.steps],
        "changes": [
            {"path": each.path, "kind": each.kind, "line": each.line} for each in trace.changes
        ],
        "rejected": trace.rejected,
        "failure": None if failure is None else failure.summary(show_values=show_values),
    }


def _step_data(step: Step) -> dict[str, Any]:
    return {
        "script": step.script,
        "line": step.line,
        "depth": step.depth,
        "text": step.text,
        "done": step.is_done,
        "conditions": [
            {"text": each.text, "result": each.result, "reason": each.reason}
            for each in step.conditions
        ],
        "reads": [
            {"path": each.path, "name": each.name, "value": each.value} for each in step.reads
        ],
        "changes": [_change_data(each) for each in step.changes],
        "value": step.keeps,
        "printed": list(step.printed),
        "ended": step.ended or None,
    }


def _change_data(change: ElementChange) -> dict[str, Any]:
    """Return a change; values are there only where they may be shown."""
    values = {"before": change.before, "after": change.after, "lost_to": change.lost_to}
    known = {name: value for name, value in values.items() if value is not None}
    return {"path": change.path, "name": change.name, "kind": change.kind, **known}
