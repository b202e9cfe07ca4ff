"""Dates move as section 5.4 of the language says; the values come from the reference."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomedit.dicom.dates import (
    DateError,
    DateFormatError,
    UnitError,
    days_between,
    is_date,
    is_unit,
    parse_age,
    shift,
)

SHIFTED = [
    # Whole dates start at noon.
    ("20200228", 2, "days", "20200301"),
    ("20200301", -1, "days", "20200229"),
    ("20200229", 0, "days", "20200229"),
    ("20200229", 100000, "days", "22931214"),
    ("20200101", 11, "hours", "20200101"),
    ("20200101", 12, "hours", "20200102"),
    ("20200101", -12, "hours", "20200101"),
    ("20200101", -13, "hours", "20191231"),
    ("20200229", 90, "minutes", "20200229"),
    ("20200229", 43199, "seconds", "20200229"),
    ("20200229", 43200, "seconds", "20200301"),
    ("19700101", -1, "days", "19691231"),
    ("19000101", -7, "days", "18991225"),
    # A year is 365 days.
    ("20200101", 1, "years", "20201231"),
    ("20200229", 1, "years", "20210228"),
    ("20200229", -1, "YEARS", "20190301"),
    # Years and months start in their middle, and stay years and months.
    ("2020", 1, "days", "2020"),
    ("2020", 183, "days", "2020"),
    ("2020", 184, "days", "2021"),
    ("2020", -182, "days", "2020"),
    ("2020", -183, "days", "2019"),
    ("202001", 15, "days", "202001"),
    ("202001", 16, "days", "202002"),
    ("202001", 372, "hours", "202002"),
    ("202001", 371, "hours", "202001"),
    ("202002", 10, "days", "202002"),
    ("202002", 20, "days", "202003"),
    ("202006", 359, "hours", "202006"),
    ("202006", 360, "hours", "202007"),
    # So do hours and minutes.
    ("2020061512", 29, "minutes", "2020061512"),
    ("2020061512", 30, "minutes", "2020061513"),
    ("202006151230", 29, "seconds", "202006151230"),
    ("202006151230", 30, "seconds", "202006151231"),
    # Fraction and offset are kept, and do not count.
    ("20201231235959.999999+0100", 1, "seconds", "20210101000000.999999+0100"),
    ("20201231235959.999999+0100", 6, "hours", "20210101055959.999999+0100"),
    ("20200615120000-0500", 1, "years", "20210615120000-0500"),
    ("20220519134723.5+1400", 1, "days", "20220520134723.5+1400"),
    ("20220519134723+1800", 1, "days", "20220520134723+1800"),
    ("2022-0500", -3, "days", "2022-0500"),
    ("20200101120000.5", 1, "Days", "20200102120000.5"),
    ("202001.5+0100", 0, "days", "202001+0100"),  # a fraction of a month is lost
    # The ends of the calendar.
    ("00010102", -1, "days", "00010101"),
    ("99991230", 1, "days", "99991231"),
    ("0099", 1, "years", "0100"),
]

NOT_DATES = [
    *(
        "",
        " ",
        "abc",
        "notadate",
        "2020.01.01",
        "2020-01-01",
        "20200101 ",
        " 20200101",
        "20200101\n",
    ),
    *(
        "202",
        "20201",
        "2022051913472",
        "202205191347230",
        "20200101-20200102",
        "20200101\\20200102",
    ),
    *("20200101120000.", "20200101120000.1234567", "20200101120000+01", "20200101+0100.5"),
    *("\u0662\u0660\u0662\u0660", "-2020"),
]

IMPOSSIBLE = [
    *("20200230", "20210229", "20201301", "202000", "20200100", "00000101"),
    *("20220519250000", "2022051924", "202205191260", "20220519134760", "235959.999"),
    *("20220519134723+9999", "20220519134723-1900"),
]

OUTSIDE = [
    ("20200229", -800000, "days"),
    ("00010101", -1, "days"),
    ("99991231", 1, "days"),
    ("9999", 2**31 - 1, "years"),
    ("2020", -(2**31), "years"),
    ("2020", 10**1000, "seconds"),
]


@pytest.mark.parametrize(("text", "amount", "unit", "expected"), SHIFTED)
def test_shift(text: str, amount: int, unit: str, expected: str) -> None:
    assert shift(text, amount, unit) == expected


@pytest.mark.parametrize("text", NOT_DATES)
def test_not_a_date(text: str) -> None:
    assert not is_date(text)
    assert days_between(text, "20200101") is None
    assert days_between("20200101", text) is None
    with pytest.raises(DateFormatError):
        shift(text, 1, "days")


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_impossible_date(text: str) -> None:
    assert is_date(text)
    with pytest.raises(DateError) as refused:
        shift(text, 1, "days")
    assert not isinstance(refused.value, DateFormatError)
    with pytest.raises(DateError):
        days_between(text, "20200101")


@pytest.mark.parametrize(("text", "amount", "unit"), OUTSIDE)
def test_outside_the_calendar(text: str, amount: int, unit: str) -> None:
    with pytest.raises(DateError, match="outside the years 0001 to 9999"):
        shift(text, amount, unit)


@pytest.mark.parametrize("text", ["20201387", "20200187", "2020010187", "secret"])
def test_message_never_has_the_value(text: str) -> None:
    with pytest.raises(DateError) as refused:
        shift(text, 1, "days")
    assert text not in str(refused.value)
    assert "87" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize("unit", ["years", "days", "hours", "minutes", "seconds", "DAYS", "Hours"])
def test_unit(unit: str) -> None:
    assert is_unit(unit)


@pytest.mark.parametrize(
    "unit", ["", "months", "weeks", "month", "day", "year", "days ", "parsecs"]
)
def test_unknown_unit(unit: str) -> None:
    assert not is_unit(unit)
    with pytest.raises(UnitError):
        shift("20200101", 1, unit)


@pytest.mark.parametrize(
    ("birth", "study", "days"),
    [
        ("20200101", "20200101", 0),
        ("20200101", "20200102", 1),
        ("20200102", "20200101", -1),
        ("19310102", "20200101", 32506),
        ("19310101", "20200101", 32507),
        ("19200115", "20200620", 36682),
        ("1901", "20200229", 43342),  # from 1 July, 00:00
        ("1915", "202006", 38337),  # to 16 June, 00:00
        ("20200101", "20200102000000", 0),
        ("20200102000000", "20200101", 0),
        ("20200102000000", "20191231", -1),
        ("20200101120000+0100", "20200102120000-0500", 1),
    ],
)
def test_days_between(birth: str, study: str, days: int) -> None:
    assert days_between(birth, study) == days


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("095Y", (95, "Y")),
        ("018M", (18, "M")),
        ("000W", (0, "W")),
        ("999D", (999, "D")),
        ("090Y\\091Y", (90, "Y")),
        *(
            (text, None)
            for text in ("", "abc", "90Y", "1100M", "090y", "090", " 90Y", "\u0660\u0669\u0660Y")
        ),
    ],
)
def test_age(text: str, age: tuple[int, str] | None) -> None:
    assert parse_age(text) == age


DATES = st.dates(date(2000, 1, 1), date(8999, 12, 31))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(8999, 12, 31))
AMOUNTS = st.integers(-300_000, 300_000)


@given(DATES, AMOUNTS)
def test_shift_there_and_back(day: date, amount: int) -> None:
    text = f"{day:%Y%m%d}"
    moved = shift(text, amount, "days")
    assert moved == f"{day + timedelta(days=amount):%Y%m%d}"
    assert shift(moved, -amount, "days") == text
    assert days_between(text, moved) == amount


@given(MOMENTS, AMOUNTS, st.sampled_from(["days", "hours", "minutes", "seconds"]))
def test_shift_a_moment_there_and_back(moment: datetime, amount: int, unit: str) -> None:
    text = f"{moment:%Y%m%d%H%M%S.%f}-0330"
    moved = shift(text, amount, unit)
    assert moved == f"{moment + timedelta(**{unit: amount}):%Y%m%d%H%M%S.%f}-0330"
    assert shift(moved, -amount, unit) == text
