"""Numbers as Java writes and reads them, which is how DicomEdit shows FL and FD values.

Texts have the fewest digits that read back as the same number (DicomEdit 6, section 3.1), as in
JDK 19 and later. Older releases may write one more, or not the nearest ones: 2⁻⁴⁴, which is
``5.684341886080802E-14``, was ``5.6843418860808015E-14``.
"""

from __future__ import annotations

import math
import re
import struct

TYPE_CHECKING = False  # fractions are slow to import, and seldom needed
if TYPE_CHECKING:
    from fractions import Fraction

_BLANKS = "".join(map(chr, range(0x21)))
_SPECIAL = r"[+-]?(?:NaN|Infinity)"
_DECIMAL = r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[dDfF]?"
_HEX = r"([+-]?0[xX](?:[0-9a-fA-F]+(?:\.[0-9a-fA-F]*)?|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+)[dDfF]?"
_INTEGER = r"[+-]?[0-9]{1,640}"  # Python may refuse to read more digits
_BEYOND_SINGLES = 2**128

_Digits = tuple[str, int]
"""Digits without zeros at the end, the first one before the point, and the power of ten."""


def double_text(value: float) -> str:
    """Return a double as ``Double.toString`` does."""
    return _special(value) or _layout(value, *_shortest_double(abs(value)))


def float_text(value: float) -> str:
    """Return the nearest single as ``Float.toString`` does."""
    single = _to_single(value)
    return _special(single) or _layout(single, *_shortest_single(abs(single)))


def parse_double(text: str) -> float:
    """Return the number that ``Double.parseDouble`` reads; beyond the range it is infinite."""
    trimmed = text.strip(_BLANKS)
    if re.fullmatch(_SPECIAL, trimmed):
        return float(trimmed)
    if found := re.fullmatch(_DECIMAL, trimmed):
        return float(found[1])
    if found := re.fullmatch(_HEX, trimmed):
        return _from_hex(found[1])
    raise ValueError("the value is not a number")


def parse_integer(text: str) -> int:
    """Return a whole number in ASCII digits; unlike in Java, blanks around it are no error."""
    trimmed = text.strip(_BLANKS)
    if not re.fullmatch(_INTEGER, trimmed):
        raise ValueError("the value is not a whole number")
    return int(trimmed)


def _special(value: float) -> str:
    """Return the text of a value that has no digits or only a zero, else nothing."""
    if math.isnan(value):
        return "NaN"
    sign = "-" if math.copysign(1, value) < 0 else ""
    return f"{sign}Infinity" if math.isinf(value) else f"{sign}0.0" if value == 0 else ""


def _layout(value: float, digits: str, power: int) -> str:
    """Return ``d.ddd`` times ten to a power, written out from 10⁻³ up to below 10⁷."""
    sign = "-" if value < 0 else ""
    if not -3 <= power < 7:
        return f"{sign}{digits[0]}.{digits[1:] or '0'}E{power}"
    digits = "0" * -power + digits.ljust(power + 1, "0")
    point = max(power, 0) + 1
    return f"{sign}{digits[:point]}.{digits[point:] or '0'}"


def _shortest_double(value: float) -> _Digits:
    """Return the nearest of the shortest decimals that read back as this positive double.

    Java always has two digits, and makes the best of them: ``4.9E-324`` where Python has 5e-324.
    """
    digits, power = _digits_of(repr(value))
    return _digits_of(f"{value:.1e}") if len(digits) == 1 else (digits, power)


def _digits_of(text: str) -> _Digits:
    from decimal import Decimal

    number = Decimal(text)
    return "".join(map(str, number.as_tuple().digits)).rstrip("0"), number.adjusted()


def _shortest_single(value: float) -> _Digits:
    """Return the nearest of the shortest decimals, of two digits or more, for this single."""
    from fractions import Fraction

    exact = Fraction(value)
    low, high, closed = _rounding_interval(value)
    places = 1 - int(f"{value:.16e}".partition("e")[2])
    while True:  # nine digits are enough for every single
        scale = Fraction(10) ** places
        below = math.floor(exact * scale)
        candidates = [
            (abs(number / scale - exact), number % 2, number)
            for number in (below, below + 1)
            if low < number / scale < high or (closed and number / scale in (low, high))
        ]
        if candidates:
            digits = str(min(candidates)[-1])
            return digits.rstrip("0"), len(digits) - 1 - places
        places += 1


def _rounding_interval(value: float) -> tuple[Fraction, Fraction, bool]:
    """Return the bounds of the numbers that round to a positive single, and whether they do."""
    from fractions import Fraction

    bits: int = struct.unpack("<I", struct.pack("<f", value))[0]
    exact = Fraction(value)
    return (exact + _single(bits - 1)) / 2, (exact + _single(bits + 1)) / 2, bits % 2 == 0


def _single(bits: int) -> Fraction:
    from fractions import Fraction

    value: float = struct.unpack("<f", struct.pack("<I", bits))[0]
    return Fraction(_BEYOND_SINGLES if math.isinf(value) else value)


def _to_single(value: float) -> float:
    try:
        single: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return single


def _from_hex(text: str) -> float:
    try:
        return float.fromhex(text)
    except OverflowError:
        return -math.inf if text.startswith("-") else math.inf
