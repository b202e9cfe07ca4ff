"""Arguments of functions of version 6 that a script spells out, and paths that are not read."""

from __future__ import annotations

from collections.abc import Iterator

from dicomedit.authoring.checking.findings import Findings, text_of
from dicomedit.authoring.checking.formats import check_format
from dicomedit.authoring.checking.paths import name_of, names_private, vr_of
from dicomedit.dicom.dates import is_unit
from dicomedit.dicom.java_numbers import parse_integer
from dicomedit.dicom.uids import is_prefix
from dicomedit.errors import EvaluationError
from dicomedit.lang import nodes
from dicomedit.lang.direct_paths import direct_path
from dicomedit.lang.functions.pixels import parameters
from dicomedit.lang.functions.registry import Function, Kind
from dicomedit.lang.java_regex import PatternError, compile_pattern
from dicomedit.lang.parser import parse_path

_UNITS = "years, days, hours, minutes or seconds"
_FAILS = "the script fails where this is reached"
_UNIT_AT = {
    "shiftDateByIncrement": 2,
    "shiftDateTimeByIncrement": 2,
    "shiftDateTimeListByIncrement": 2,
}
_DATE_VRS = {
    "shiftDateByIncrement": frozenset(("DA",)),
    "shiftDateTimeByIncrement": frozenset(("DA", "DT")),
}
_SHIFTS_LISTS = frozenset(("shiftDateTimeListByIncrement", "shiftDateTimeSequenceByIncrement"))
_PREFIX_AT = {"mapUID": 1, "mapReferencedUIDs": 0}
_HASHES_LISTS = frozenset(("hashUIDList", "mapReferencedUIDs"))
_TAKES_PATH_TEXT = frozenset(("set", "delete"))
_TEXTS = frozenset((Kind.TEXT, Kind.OPTIONAL_TEXT))


def check_call(findings: Findings, call: nodes.Call, function: Function) -> None:
    """Tell what is wrong with a call that could be known; the checker has counted its arguments."""
    for position, argument in enumerate(call.arguments):
        parameter = function.parameter(position)
        if parameter is not None:
            _check_kind(findings, function, position, parameter.kind, argument)
    for check in (_check_units, _check_dates, _check_uids, _check_texts, _check_paths):
        check(findings, call)


def _check_kind(
    findings: Findings, function: Function, position: int, kind: Kind, argument: nodes.Expr
) -> None:
    text, place = text_of(argument), f"argument {position + 1} of {function.name}"
    if kind is Kind.INTEGER and text is not None and integer(text) is None:
        message = f"{place} is no whole number"
        findings.warn("not-an-integer", message, argument.span, _FAILS)
    elif kind is Kind.PATH and text is not None and parse_path(text) is None:
        message = f"{place} is a text that spells no tag path"
        findings.warn("bad-path", message, argument.span, "write a path, such as (0010,0010)")
    elif kind in _TEXTS and isinstance(argument, nodes.ListOf):
        check_list(findings, argument)


def check_list(findings: Findings, value: nodes.ListOf) -> None:
    """Tell that a list stands where a text is needed."""
    advice = "name one value, or join them with concatenate[...]"
    findings.warn("list-as-text", "a list cannot be used as one text", value.span, advice)


def integer(text: str) -> int | None:
    """Return the number that a text spells for a function."""
    try:
        return parse_integer(text)
    except ValueError:
        return None


def _check_units(findings: Findings, call: nodes.Call) -> None:
    position = _UNIT_AT.get(call.function)
    if position is None or len(call.arguments) <= position:
        return
    unit = call.arguments[position]
    text = text_of(unit)
    if text is not None and not is_unit(text):
        message = f'there is no unit of time "{text[:20]}"'
        findings.warn("bad-unit", message, unit.span, f"write {_UNITS}")


def _check_dates(findings: Findings, call: nodes.Call) -> None:
    allowed = _DATE_VRS.get(call.function)
    first = call.arguments[0] if call.arguments else None
    if allowed is not None and isinstance(first, nodes.Path):
        vr = vr_of(first.path)
        if vr is not None and vr not in allowed:
            message = f"{name_of(first.path)} has VR {vr}: {call.function} takes VR "
            message += " or ".join(sorted(allowed))
            findings.warn("wrong-vr", message, first.span, _FAILS)
    if call.function in _SHIFTS_LISTS:
        for path in paths_in(call.arguments):
            if vr_of(path.path) == "TM":
                message = f"{name_of(path.path)} is a time without a date, which cannot be shifted"
                findings.warn("wrong-vr", message, path.span, _FAILS)


def _check_uids(findings: Findings, call: nodes.Call) -> None:
    position = _PREFIX_AT.get(call.function)
    if position is not None and len(call.arguments) > position:
        prefix = call.arguments[position]
        text = text_of(prefix)
        if text is not None and not is_prefix(text):
            message = "the prefix is no UID of at most 24 characters"
            findings.warn("bad-prefix", message, prefix.span, _FAILS)
    if call.function in _HASHES_LISTS:
        for path in paths_in(call.arguments):
            vr = vr_of(path.path)
            if vr is not None and vr != "UI":
                message = f"{name_of(path.path)} has VR {vr}, and would be given a UID"
                findings.warn("not-a-uid", message, path.span, "name elements of VR UI only")


def _check_texts(findings: Findings, call: nodes.Call) -> None:
    if call.function == "format" and call.arguments:
        check_format(findings, call)
    elif call.function == "substring":
        check_substring(findings, call)
    elif call.function == "match":
        check_group(findings, call)
    elif call.function == "alterPixels":
        _check_pixels(findings, call)


def _check_pixels(findings: Findings, call: nodes.Call) -> None:
    texts = [text for each in call.arguments if (text := text_of(each)) is not None]
    if len(texts) == len(call.arguments) == 4:
        try:
            parameters(*texts)
        except EvaluationError as error:
            findings.warn("bad-pixels", error.failure.message, call.span, _FAILS)


def check_substring(findings: Findings, call: nodes.Call, *, keeps_blank: bool = False) -> None:
    """Tell of characters that no text has; DicomEdit 4 keeps a blank text whatever is asked."""
    text, *ends = (text_of(each) for each in call.arguments[:3])
    numbers = [integer(each) for each in ends if each is not None]
    start, end = (*numbers, None, None)[:2] if len(ends) == len(numbers) else (None, None)
    if start is None or end is None or (keeps_blank and text is not None and not text.strip()):
        return
    if not 0 <= start <= end or (text is not None and end > len(text)):
        message = f"no text has characters {start} to {end}"
        if text is not None:
            message = f"characters {start} to {end} are asked of a text that has {len(text)}"
        findings.warn("out-of-range", message, call.span, _FAILS)


def check_group(findings: Findings, call: nodes.Call) -> None:
    """Tell of a group that the regular expression of ``match`` has not."""
    texts = [text_of(each) for each in call.arguments]
    if len(texts) < 3 or texts[1] is None or texts[2] is None:
        return
    number = integer(texts[2])
    try:
        groups = compile_pattern(texts[1]).groups
    except PatternError:
        return
    if number is not None and not 0 <= number <= groups:
        message = f"the regular expression has {groups} groups, not {number}"
        span = call.arguments[2].span
        findings.warn("no-such-group", message, span, "groups stand in round brackets: (\\\\d+)")


def _check_paths(findings: Findings, call: nodes.Call) -> None:
    if call.function in _TAKES_PATH_TEXT and call.arguments:
        _check_direct_path(findings, call)
    elif call.function == "equals":
        _check_equals(findings, call)
    elif call.function in ("isPresent", "valueAt"):
        _check_singular(findings, call)
    elif call.function == "retainPrivateTags":
        _check_private(findings, call)


def _check_direct_path(findings: Findings, call: nodes.Call) -> None:
    first = call.arguments[0]
    if isinstance(first, nodes.Path):
        message = f"{call.function} takes a path as text, in quotes"
        findings.warn("bad-argument", message, first.span, f'write "{first.path}"')
    text = text_of(first)
    if text is not None:
        try:
            direct_path(call.function, text)
        except EvaluationError as error:
            findings.warn("bad-path", error.failure.message, first.span, _FAILS)


def _check_equals(findings: Findings, call: nodes.Call) -> None:
    for argument in call.arguments:
        if isinstance(argument, nodes.Path):
            message = "equals compares tag paths as paths, not by what the elements hold"
            advice = f"write valueAt[{argument.path}], or compare with ="
            findings.warn("path-not-read", message, argument.span, advice)


def _check_singular(findings: Findings, call: nodes.Call) -> None:
    for argument in call.arguments:
        if isinstance(argument, nodes.Path):
            reason = argument.path.plural_reason
            if reason is not None:
                message = f"the path does not name one element: {reason}"
                findings.warn("plural-argument", message, argument.span, _FAILS)
        elif call.function == "isPresent" and isinstance(argument, nodes.Text | nodes.Number):
            message = "isPresent takes tag paths, not texts"
            findings.warn("bad-argument", message, argument.span, "take the quotes away")


def _check_private(findings: Findings, call: nodes.Call) -> None:
    for path in paths_in(call.arguments):
        if not names_private(path.path):
            message = f"{path.path} names no private element"
            findings.warn("not-private", message, path.span, _FAILS)


def paths_in(values: tuple[nodes.Expr, ...]) -> Iterator[nodes.Path]:
    """Yield the paths among values, those in lists and texts that spell one included."""
    for value in values:
        if isinstance(value, nodes.Path):
            yield value
        elif isinstance(value, nodes.ListOf):
            yield from paths_in(value.elements)
        elif isinstance(value, nodes.Text) and value.value.lstrip("*+./").startswith("("):
            path = parse_path(value.value)
            if path is not None:
                yield nodes.Path(path, value.span)
