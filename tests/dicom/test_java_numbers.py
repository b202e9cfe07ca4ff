"""Numbers look, and are read, as in Java.

The texts were taken from OpenJDK 17. Where it writes more digits than needed, or not the nearest
ones, the row has those of JDK 19 and a comment.
"""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomedit.dicom.java_numbers import double_text, float_text, parse_double, parse_integer

DOUBLES = [
    (0.0, "0.0"),
    (-0.0, "-0.0"),
    (5.0, "5.0"),
    (-5.5, "-5.5"),
    (0.1, "0.1"),
    (1000.5, "1000.5"),
    (100.0, "100.0"),
    (0.001, "0.001"),
    (0.0012, "0.0012"),
    (0.00099, "9.9E-4"),
    (1e-7, "1.0E-7"),
    (9999999.0, "9999999.0"),
    (9999999.5, "9999999.5"),
    (1e7, "1.0E7"),
    (12345678.9, "1.23456789E7"),
    (1e8, "1.0E8"),
    (-2.5e100, "-2.5E100"),
    (1 / 3, "0.3333333333333333"),
    (1.7976931348623157e308, "1.7976931348623157E308"),
    (2.2250738585072014e-308, "2.2250738585072014E-308"),
    (5e-324, "4.9E-324"),
    (1e-323, "9.9E-324"),  # 1.0E-323
    (2.0**-44, "5.684341886080802E-14"),  # 5.6843418860808015E-14
    (math.nan, "NaN"),
    (math.inf, "Infinity"),
    (-math.inf, "-Infinity"),
]

SINGLES = [
    (0.0, "0.0"),
    (-0.0, "-0.0"),
    (0.1, "0.1"),
    (-1000.5, "-1000.5"),
    (0.001, "0.001"),
    (0.00099, "9.9E-4"),
    (1 / 3, "0.33333334"),
    (9999999.0, "9999999.0"),
    (1e7, "1.0E7"),
    (16777216.0, "1.6777216E7"),
    (3302277.75, "3302277.8"),
    (2.0**-149, "1.4E-45"),
    (2.0**-126, "1.1754944E-38"),
    (2.0**127 * (2 - 2.0**-23), "3.4028235E38"),
    (2.0**-44, "5.684342E-14"),
    (1e39, "Infinity"),
    (-1e39, "-Infinity"),
    (math.nan, "NaN"),
]

READABLE = [
    ("1", 1.0),
    (" \t\r\n1.5\x00 ", 1.5),
    ("+1.5", 1.5),
    ("-1.5", -1.5),
    ("5.", 5.0),
    (".5", 0.5),
    ("007", 7.0),
    ("1e3", 1000.0),
    ("1E+3", 1000.0),
    ("1.5e-3", 0.0015),
    ("1.5d", 1.5),
    ("1.5F", 1.5),
    ("1e3f", 1000.0),
    ("1e309", math.inf),
    ("-1e99999999999999999999", -math.inf),
    ("1e-99999999999999999999", 0.0),
    ("Infinity", math.inf),
    ("-Infinity", -math.inf),
    ("0x1p3", 8.0),
    ("-0X.8P1d", -1.0),
    ("0x1.p-1", 0.5),
    ("0x1p9999", math.inf),
    ("-0x1p9999", -math.inf),
    ("0x1.00000000000008p0", 1.0),
]

UNREADABLE = [
    *("", " ", ".", "-", "e5", "1e", "1e+", "1 2", "1,5", "1_0", "1.5.2", "1.5df", "--1"),
    *("nan", "NAN", "NaNd", "inf", "INFINITY", "Infinityf"),
    *("0x1", "0x1.8", "0x.p1", "1p3", "\u0661", "\u00a01", "1\\2"),
]


@pytest.mark.parametrize(("value", "text"), DOUBLES)
def test_double(value: float, text: str) -> None:
    assert double_text(value) == text


@pytest.mark.parametrize(("value", "text"), SINGLES)
def test_single(value: float, text: str) -> None:
    assert float_text(value) == text


@pytest.mark.parametrize(("text", "value"), READABLE)
def test_readable(text: str, value: float) -> None:
    assert parse_double(text) == value


@pytest.mark.parametrize("text", ["NaN", "+NaN", " -NaN "])
def test_not_a_number(text: str) -> None:
    assert math.isnan(parse_double(text))


@pytest.mark.parametrize("text", UNREADABLE)
def test_unreadable(text: str) -> None:
    with pytest.raises(ValueError, match=r"^the value is not a number$"):
        parse_double(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("007", 7),
        ("+12", 12),
        ("-12", -12),
        (" 12\t", 12),
        ("9" * 30, 10**30 - 1),
    ],
)
def test_integer(text: str, value: int) -> None:
    assert parse_integer(text) == value


@pytest.mark.parametrize(
    "text", ["", " ", "+", "1.0", "1e3", "1 2", "1_0", "+-1", "0x1", "\u0661", "\u00a01", "12L"]
)
def test_not_an_integer(text: str) -> None:
    with pytest.raises(ValueError, match=r"^the value is not a whole number$"):
        parse_integer(text)


def test_endless_integer_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^the value is not a whole number$"):
        parse_integer("9" * 10_000)


@given(st.floats(allow_nan=False))
def test_double_reads_back(value: float) -> None:
    assert parse_double(double_text(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_double_has_no_digit_too_many(value: float) -> None:
    assert len(digits(double_text(value))) <= max(2, len(digits(repr(value))))


@given(st.floats(width=32, allow_nan=False))
def test_single_reads_back(value: float) -> None:
    assert to_single(parse_double(float_text(value))) == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_single_has_no_digit_too_many(value: float) -> None:
    count = len(digits(float_text(value)))
    assert count <= 9
    if count > 2:
        assert to_single(float(f"{value:.{count - 2}e}")) != value


def digits(text: str) -> str:
    """Return the digits of a number that count."""
    mantissa = text.lower().partition("e")[0]
    return mantissa.replace(".", "").lstrip("-0").rstrip("0")


def to_single(value: float) -> float:
    """Return the nearest single."""
    try:
        single: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return single
