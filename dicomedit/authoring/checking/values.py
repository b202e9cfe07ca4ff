"""Values that a script spells out against the VR of the element they are for (PS3.5 §6.2)."""

from __future__ import annotations

import re
import struct

from dicomedit.authoring.checking.findings import Findings
from dicomedit.authoring.checking.paths import is_pixel_data, may_be_signed, name_of, vr_of
from dicomedit.dicom.java_numbers import double_text, float_text, parse_double, parse_integer
from dicomedit.dicom.text import BULK_VRS, CHARSET_VRS, SINGLE_VALUED_VRS, TEXT_VRS
from dicomedit.dicom.validity import is_valid_value
from dicomedit.errors import Span
from dicomedit.lang import nodes

_BITS = {"US": 16, "SS": 16, "UL": 32, "SL": 32, "UV": 64, "SV": 64}
_SIGNED = frozenset(("SS", "SL", "SV"))
_FLOATS = frozenset(("FL", "FD"))
_FORMS = {
    "AS": "three digits and one of D, W, M, Y, such as 045Y",
    "CS": "at most 16 capital letters, digits, blanks and underscores",
    "DA": "a date, YYYYMMDD",
    "DS": "a decimal number of at most 16 characters",
    "DT": "a date and time, such as 20200229101112",
    "IS": "a whole number of at most 12 characters",
    "TM": "a time, HHMMSS",
    "UI": "a UID: numbers without leading zeros, with points between them, 64 characters at most",
}
_LENGTHS = {"AE": 16, "LO": 64, "LT": 10240, "SH": 16, "ST": 1024}
_MAKES_UIDS = frozenset(("hashUID", "newUID", "mapUID"))
_LONG_UID = "2.25." + "1" * 39


def check_stored(
    findings: Findings, target: nodes.Path, value: nodes.Expr, text: str | None
) -> None:
    """Tell when a value does not fit its target; `text` is the value where it is known."""
    vr = vr_of(target.path)
    if vr is None:
        return
    element = name_of(target.path)
    if vr == "SQ":
        message = f"{element} is a sequence, which cannot be assigned a value"
        advice = "assign to elements of its items, or delete it"
        findings.warn("sequence-as-target", message, target.span, advice)
    elif text is not None:
        _check_text(findings, target, vr, text, value.span)
    elif isinstance(value, nodes.Call) and value.function in _MAKES_UIDS:
        _check_uid(findings, element, vr, value.span)


def _check_uid(findings: Findings, element: str, vr: str, span: Span) -> None:
    if vr in TEXT_VRS and is_valid_value(vr, _LONG_UID):
        return
    message = f"a UID of up to {len(_LONG_UID)} characters does not fit VR {vr} of {element}"
    advice = 'take a part of it, as with substring[replace[hashUID[...], "2.25.", ""], 0, 12]'
    findings.warn("uid-does-not-fit", message, span, advice)


def _check_text(findings: Findings, target: nodes.Path, vr: str, text: str, span: Span) -> None:
    if not text:
        return
    element = name_of(target.path)
    reason = _refusal(vr, text)
    if reason is not None and may_be_signed(target.path):
        reason = _refusal("SS", text) and reason
    if vr == "OB" and not is_pixel_data(target.path):
        reason = None
    if reason is not None:
        message = f"the value cannot be stored in {element}, VR {vr}: {reason}"
        findings.warn("unfit-value", message, span, "the script fails where this is reached")
        return
    values = [text] if vr in SINGLE_VALUED_VRS else text.split("\\")
    wrong = next((value for value in values if not _is_sound(vr, value)), None)
    if wrong is not None:
        message = f"this is no valid value of {element}, VR {vr}{_excess(vr, wrong)}"
        advice = f"write {_FORMS[vr]}" if vr in _FORMS else "shorten it"
        findings.warn("doubtful-value", message, span, advice)


def _excess(vr: str, value: str) -> str:
    most = _LENGTHS.get(vr)
    if most is None or len(value) <= most:
        return ""
    return f": it has {len(value)} characters, and {most} are allowed"


def _is_sound(vr: str, value: str) -> bool:
    return is_valid_value(vr, value) and (vr != "DA" or _is_day(value))


def _is_day(value: str) -> bool:
    """Whether there is such a day; the form of the text allows for 30 February."""
    from calendar import monthrange

    if not re.fullmatch("[0-9]{8}", value):
        return True
    year, month, day = int(value[:4]), int(value[4:6]), int(value[6:])
    return year > 0 and 1 <= day <= monthrange(year, month)[1]


def _refusal(vr: str, text: str) -> str | None:
    """Return why a text cannot be stored in a VR at all."""
    if vr in TEXT_VRS:
        is_ascii = vr in CHARSET_VRS or text.isascii()
        return None if is_ascii else "it allows only ASCII characters"
    if vr in BULK_VRS and vr != "OB":
        return "binary data cannot be assigned as text"
    if vr == "OB":
        return "it holds the image"
    if vr == "AT":
        is_tag = all(re.fullmatch("[0-9a-fA-F]{8}", each) for each in text.split("\\"))
        return None if is_tag else "a tag is eight hexadecimal digits"
    return _number_refusal(vr, text)


def _number_refusal(vr: str, text: str) -> str | None:
    for each in text.split("\\"):
        try:
            if vr in _FLOATS:
                _pack(vr, parse_double(each))
            elif vr in _BITS and not _in_range(vr, parse_integer(each)):
                return "the number is out of range"
        except OverflowError:
            return "the number is out of range"
        except ValueError:
            return "it is no number" if vr in _FLOATS else "it is no whole number"
    return None


def _pack(vr: str, number: float) -> None:
    struct.pack("<f" if vr == "FL" else "<d", number)


def _in_range(vr: str, number: int) -> bool:
    bits = _BITS[vr]
    low = -(1 << (bits - 1)) if vr in _SIGNED else 0
    return low <= number < low + (1 << bits)


def spelt_as_read(vr: str | None, text: str) -> str | None:
    """Return how an element of a VR with this value reads, None where the VR does not say."""
    if vr is None:
        return None
    if vr in SINGLE_VALUED_VRS:
        return text.rstrip(" ")
    if vr == "PN":
        return "\\".join(each.strip(" ").rstrip("^") for each in text.split("\\"))
    if vr in TEXT_VRS:
        return "\\".join(each.strip(" ") for each in text.split("\\"))
    if vr == "AT":
        return text.upper()
    try:
        if vr in _BITS:
            return "\\".join(str(parse_integer(each)) for each in text.split("\\"))
        if vr in _FLOATS:
            spell = float_text if vr == "FL" else double_text
            return "\\".join(spell(parse_double(each)) for each in text.split("\\"))
    except (ValueError, OverflowError):
        return None
    return None
