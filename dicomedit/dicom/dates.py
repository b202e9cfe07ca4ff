"""Arithmetic with DICOM dates and date-times of any precision (DicomEdit 6, section 5.4)."""

from __future__ import annotations

import re

from dicomedit.records import Record

TYPE_CHECKING = False  # dates are imported when there are some to be shifted
if TYPE_CHECKING:
    from datetime import datetime

_FORM = r"(?P<digits>[0-9]{4}(?:[0-9]{2}){0,5})(?P<fraction>\.[0-9]{1,6})?(?P<offset>[+-][0-9]{4})?"
_AGE = r"([0-9]{3})([YMWD])"
_SECONDS = {"years": 365 * 86400, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
_TO_SECONDS = 14
_MAX_OFFSET_HOURS = 18


class DateError(ValueError):
    """A date that cannot be shifted; the message never contains it."""


class DateFormatError(DateError):
    """A text that does not look like a date or date-time at all."""


class UnitError(DateError):
    """A unit of time that the language does not know."""


class _DateText(Record):
    """``YYYY[MM[DD[HH[MM[SS]]]]]``, the fraction with its point, the offset with its sign."""

    digits: str
    fraction: str
    offset: str


def is_unit(text: str) -> bool:
    """Whether this is a unit of time, in upper or lower case; all of them are plural."""
    return text.lower() in _SECONDS


def is_date(text: str) -> bool:
    """Whether this looks like a date or date-time; month 13 and 30 February do."""
    return re.fullmatch(_FORM, text) is not None


def shift(text: str, amount: int, unit: str) -> str:
    """Return a date or date-time moved by an amount of a unit, as precise as it was.

    What is missing is taken as the middle of its period, so a date starts at noon and a year on
    1 July; a year moves by 365 days. Fraction and offset stay as they are, except that a fraction
    without seconds is lost, as in the reference.
    """
    if not is_unit(unit):
        raise UnitError("the unit must be years, days, hours, minutes or seconds")
    date = _read(text)
    moved = _digits(_add(_middle(date.digits), amount * _SECONDS[unit.lower()]))
    fraction = date.fraction if len(date.digits) == _TO_SECONDS else ""
    return moved[: len(date.digits)] + fraction + date.offset


def days_between(birth: str, study: str) -> int | None:
    """Return the whole days from one date to another, None when one does not look like a date.

    Both are taken as the middle of their period. A date the calendar does not have is an error.
    """
    if not (is_date(birth) and is_date(study)):
        return None
    passed = _middle(_read(study).digits) - _middle(_read(birth).digits)
    return passed.days if passed.days >= 0 else -(-passed).days


def parse_age(text: str) -> tuple[int, str] | None:
    """Return number and unit of an age string (AS), None for anything else.

    As in the reference, only the first four characters count.
    """
    found = re.match(_AGE, text)
    return (int(found[1]), found[2]) if found else None


def _read(text: str) -> _DateText:
    found = re.fullmatch(_FORM, text)
    if found is None:
        raise DateFormatError("the value is not a date or date-time")
    date = _DateText(found["digits"], found["fraction"] or "", found["offset"] or "")
    if int(date.offset[1:3] or 0) > _MAX_OFFSET_HOURS:
        raise DateError(f"the offset from UTC is more than {_MAX_OFFSET_HOURS} hours")
    return date


def _middle(digits: str) -> datetime:
    """Return the middle of the period that the digits name."""
    from datetime import datetime

    fields = [int(digits[:4]), *(int(digits[at : at + 2]) for at in range(4, len(digits), 2))]
    try:
        return datetime(*_filled(fields))  # type: ignore[arg-type]  # six fields
    except ValueError:
        # Newer Pythons name the offending number in their message.
        raise DateError("the value is a date or time that does not exist") from None


def _filled(fields: list[int]) -> list[int]:
    """Return all six fields, the missing ones from the middle of the shortest one given."""
    match fields:
        case [year]:
            return [year, 7, 1, 0, 0, 0]
        case [year, month]:
            return [year, month, *_middle_of_month(year, month), 0, 0]
        case [_, _, _]:
            return [*fields, 12, 0, 0]
        case [_, _, _, _]:
            return [*fields, 30, 0]
        case [_, _, _, _, _]:
            return [*fields, 30]
    return fields


def _middle_of_month(year: int, month: int) -> tuple[int, int]:
    """Return day and hour: noon of the middle day, or 00:00 when the number of days is even."""
    from calendar import monthrange

    days = monthrange(year, month)[1]
    return days // 2 + 1, 12 * (days % 2)


def _add(moment: datetime, seconds: int) -> datetime:
    from datetime import timedelta

    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        raise DateError("the shifted date is outside the years 0001 to 9999") from None


def _digits(moment: datetime) -> str:
    """Return ``YYYYMMDDHHMMSS``; strftime would not pad the year everywhere."""
    return f"{moment.year:04}{moment:%m%d%H%M%S}"
