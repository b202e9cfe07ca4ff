"""Date and date-time functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dicomedit.dicom import edit
from dicomedit.dicom.dates import DateError, days_between, is_date, is_unit, parse_age, shift
from dicomedit.dicom.dictionary import dictionary_vr
from dicomedit.dicom.levels import element_name
from dicomedit.dicom.paths import Levels, TagPath, TagStep
from dicomedit.dicom.resolve import find
from dicomedit.dicom.text import read_text
from dicomedit.dicom.walk import Target, matching_values
from dicomedit.errors import EvaluationError, failed
from dicomedit.lang.arguments import as_paths
from dicomedit.lang.functions.registry import function
from dicomedit.lang.program import Run
from dicomedit.lang.reading import argument_text, matched_once
from dicomedit.lang.values import Value

_DATE_VRS = frozenset(("DA",))
_DATE_TIME_VRS = frozenset(("DA", "DT"))
_UNITS = "years, days, hours, minutes or seconds"


@function("shiftDateByIncrement")
def shift_date_by_increment(date: Value, amount: int, unit: str = "days", *, run: Run) -> str:
    """Move a date by an amount of years (of 365 days), days, hours, minutes or seconds.

    A path must name an element of VR DA. Missing parts count as the middle of what is missing,
    and the result has the parts that the date had. Absent and empty are errors.
    """
    return _shifted_argument(run, "shiftDateByIncrement", date, amount, unit, _DATE_VRS)


@function("shiftDateTimeByIncrement")
def shift_date_time_by_increment(
    date_time: Value, amount: int, unit: str = "seconds", *, run: Run
) -> str:
    """Move a date or date-time by an amount of years (of 365 days), days, hours, minutes, seconds.

    A path must name an element of VR DA or DT. Missing parts count as the middle of what is
    missing, and the result has the parts that the value had. Absent and empty are errors.
    """
    name = "shiftDateTimeByIncrement"
    return _shifted_argument(run, name, date_time, amount, unit, _DATE_TIME_VRS)


def _shifted_argument(
    run: Run, name: str, value: Value, amount: int, unit: str, allowed: frozenset[str]
) -> str:
    _check_unit(unit)
    if isinstance(value, TagPath):
        _check_vr(run, name, value, allowed)
    text = argument_text(run, value)
    if text is None:
        raise failed(
            "absent-value",
            f"the date given to {name} is absent",
            help="test it first: isPresent[...] ? ...",
        )
    return _shifted(text, amount, unit)


def _check_vr(run: Run, name: str, path: TagPath, allowed: frozenset[str]) -> None:
    reason = path.plural_reason
    if reason is not None:
        raise failed("plural-path", f"{path} does not name one element: {reason}")
    target = find(run.instance, path)
    if target is None:
        last = path.steps[-1]
        is_public = isinstance(last, TagStep) and last.creator is None
        vr = dictionary_vr(last.number, signed=False) if is_public else "UN"  # type: ignore[union-attr]
    else:
        vr = target.level.vr(target.tag)
    if vr not in allowed:
        raise failed("wrong-vr", f"{name} takes VR {' or '.join(sorted(allowed))}, not {vr}")


def _check_unit(unit: str) -> None:
    if not is_unit(unit):
        raise failed("bad-unit", "there is no such unit of time", help=f"write {_UNITS}")


def _shifted(text: str, amount: int, unit: str) -> str:
    try:
        return shift(text, amount, unit)
    except DateError as error:
        raise failed("bad-date", str(error), value=text) from None


@function("shiftDateTimeListByIncrement")
def shift_date_time_list_by_increment(paths: Value, amount: int, unit: str, *, run: Run) -> None:
    """Move the dates and date-times in every element that a list of paths matches.

    Empty elements stay empty; what is no date is an error. An element that two paths of the list
    match is moved twice.
    """
    _check_unit(unit)
    if not isinstance(paths, tuple):
        raise failed("bad-argument", "shiftDateTimeListByIncrement takes a list: {path, ...}")
    for target in list(_list_targets(run, paths)):
        text = _date_text(target)
        if text:
            edit.put_text(run.instance, target, _placed(target, text, amount, unit))


def _list_targets(run: Run, paths: Sequence[Value]) -> Iterator[Target]:
    for path in as_paths(paths, "the list of shiftDateTimeListByIncrement"):
        yield from matching_values(run.instance, path.pattern)


@function("shiftDateTimeSequenceByIncrement")
def shift_date_time_sequence_by_increment(
    seconds: int, path: TagPath, *paths: TagPath, run: Run
) -> None:
    """Move the dates and date-times in every element that some path matches by seconds.

    Each element is moved once; what has not the form of a date stays as it is.
    """
    for target in matched_once(run, (path, *paths)):
        text = _date_text(target)
        if text and is_date(text):
            edit.put_text(run.instance, target, _placed(target, text, seconds, "seconds"))


def _date_text(target: Target) -> str | None:
    if target.level.vr(target.tag) == "TM":
        raise failed(
            "wrong-vr",
            "a time without a date cannot be shifted",
            element=element_name(target.level, target.tag),
        )
    return read_text(target.level, target.tag)


def _placed(target: Target, text: str, amount: int, unit: str) -> str:
    try:
        return _shifted(text, amount, unit)
    except EvaluationError as error:
        raise failed(
            error.code,
            error.failure.message,
            element=element_name(target.level, target.tag),
            value=text,
        ) from None


# --- ages ---------------------------------------------------------------------------------------

_MOST_DAYS = 32_506
"""89 years, the oldest age that may be told (language reference, scalePatientAge...)."""

_MOST_YEARS = 89

_STUDY_DATE = TagPath((TagStep("0008", "0020"),))
_BIRTH_DATE = TagPath((TagStep("0010", "0030"),))
_AGE = TagPath((TagStep("0010", "1010"),))


@function("scalePatientAgeAndDobFromStudyDate", ignores_extra=True)
def scale_patient_age(*, run: Run) -> None:
    """Make nobody older than 89 years: move the birth dates and cap the ages at every level.

    The birth date moves so that 32,506 days lie between it and the study date, and ages above 89
    years become 089Y. With a birth date but no study date nothing is done, not even to the age.
    """
    birth, study = _text_at(run, _BIRTH_DATE), _text_at(run, _STUDY_DATE)
    if is_date(birth) and not is_date(study):
        advice = "delete or cap Patient's Age (0010,1010) in the script for such data sets"
        run.notice("age-not-scaled", "there is no study date, so no age was scaled", advice)
        return
    excess = _excess_days(birth, study)
    if excess > 0:
        for target in matched_once(run, (_everywhere(_BIRTH_DATE),)):
            text = read_text(target.level, target.tag)
            if text and is_date(text):
                edit.put_text(run.instance, target, _placed(target, text, excess, "days"))
    _cap_ages(run)


def _excess_days(birth: str, study: str) -> int:
    try:
        days = days_between(birth, study)
    except DateError as error:
        raise failed("bad-date", str(error)) from None
    return 0 if days is None else days - _MOST_DAYS


def _cap_ages(run: Run) -> None:
    age = _text_at(run, _AGE)
    if age and parse_age(age) is None:
        raise failed("bad-age", "Patient's Age (0010,1010) is no age", value=age)
    for target in matched_once(run, (_everywhere(_AGE),)):
        parsed = parse_age(read_text(target.level, target.tag) or "")
        if parsed is not None and parsed[1] == "Y" and parsed[0] > _MOST_YEARS:
            edit.put_text(run.instance, target, f"{_MOST_YEARS:03d}Y")


def _text_at(run: Run, path: TagPath) -> str:
    return argument_text(run, path) or ""


def _everywhere(path: TagPath) -> TagPath:
    return TagPath((Levels.ANY, *path.steps))
