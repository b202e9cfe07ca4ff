"""The validity of values against pydicom's opinion of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.config import RAISE
from pydicom.valuerep import validate_value

from dicomedit.dicom.text import CHARSET_VRS, SINGLE_VALUED_VRS, TEXT_VRS, is_valid
from dicomedit.dicom.validity import is_valid_value

GOOD = {
    "AE": ["", " ", "SCANNER 1", "a~!", "x" * 16],
    "AS": ["018M", "000D", "999Y", "001W"],
    "CS": ["A_B 9", " ", "X" * 16],
    "DA": ["20200229", "20200231", "00000131", "20200101-", "-20200101", "20200101-20211231 "],
    "DS": ["1", " -1.5e-3 ", "+.5", "1.", "1E10", "1234567890123456"],
    "DT": ["2020", "202002", "20200229", "2020022923", "20200229235960.123456", "2020+0100"],
    "IS": ["0", " -1 ", "+12", "123456789012"],
    "LO": ["x" * 64, "a\nb", "ä"],
    "LT": ["x" * 10240, "a\\b"],
    "PN": ["A^B=C=D", "x" * 64, "=".join(["x" * 64] * 3), "==", "ä" * 64],
    "SH": ["x" * 16],
    "ST": ["x" * 1024],
    "TM": ["23", "2359", "235960", "235959.1", "235959.123456 ", "10-11", "-10 ", "10- "],
    "UC": ["x" * 100000],
    "UI": ["0", "1.2.840", "0.0", "1." + "2" * 62],
    "UR": ["https://a.example/b?c=d#e  ", "  "],
    "UT": ["x" * 100000, "\n"],
}
BAD = {
    "AE": ["x" * 17, "a\tb", "a\n", "\x7f"],
    "AS": ["18M", "018m", "018M ", "0180", "018M\n"],
    "CS": ["a", "A-B", "X" * 17, "A\n"],
    "DA": ["20201301", "20200001", "20200140", "2020.01.01", "20200101-2021", "--", "2020010"],
    "DS": ["1,5", "1e", "e1", ".", "12345678901234567", "1 2", "0x1"],
    "DT": ["202", "20201", "20201301", "2020010124", "20200101236", "2020+2000", "2020+100"],
    "IS": ["1.0", "1234567890123", "+", "1-", "1 2"],
    "LO": ["x" * 65],
    "LT": ["x" * 10241],
    "PN": ["x" * 65, "a=b=c=d", "===", "a=" + "x" * 65],
    "SH": ["x" * 17],
    "ST": ["x" * 1025],
    "TM": ["24", "235", "2360", "235961", "235959.", "235959.1234567", "10:11", " 10", "10 "],
    "UI": ["1.", ".1", "01.2", "1..2", "1.2 ", "1.02", "1." + "2" * 63, "1.2\n"],
    "UR": [" https://a.example", "a b", "ä", '"'],
}
CASES = [(vr, text, True) for vr, texts in GOOD.items() for text in texts]
CASES += [(vr, text, False) for vr, texts in BAD.items() for text in texts]


def pydicom_accepts(vr: str, value: str) -> bool:
    try:
        validate_value(vr, value, RAISE)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(("vr", "value", "good"), CASES)
def test_single_values(vr: str, value: str, good: bool):
    assert is_valid_value(vr, value) is good
    if value.isascii() or vr in CHARSET_VRS:
        assert pydicom_accepts(vr, value) is good


def spoilt(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Texts with one character more, less or otherwise."""
    characters = st.sampled_from("0159.+-eE DMWYA=^_:/a\n\t\x7f\x80\\")
    places = st.integers(0, 70)
    widths = st.integers(0, 1)
    return st.builds(
        lambda text, c, at, width: text[:at] + c + text[at + width :],
        texts, characters, places, widths,
    )  # fmt: skip


FORMS = {
    "AS": r"[0-9]{3}[DWMY]",
    "DA": r"-?[0-9]{8}-?([0-9]{8})? ?",
    "DS": r" ?[+-]?[0-9]{0,3}\.?[0-9]{0,3}([eE][+-]?[0-9]{1,2})? ?",
    "DT": r"-?[0-2]{4}([01][0-9]([0-3][0-9]([0-2][0-9]([0-6][0-9](\.[0-9]{1,6})?)?)?)?)?"
    r"([+-][01][0-9]{3})?-?",
    "IS": r" ?[+-]?[0-9]{1,11} ?",
    "TM": r"-?[0-2][0-9]([0-6][0-9]([0-6][0-9](\.[0-9]{1,6} ?)?)?)?-?([0-2][0-9])? ?",
    "UI": r"[0-9]{1,4}(\.[0-9]{1,9}){0,6}",
}


@pytest.mark.parametrize("vr", sorted(TEXT_VRS))
def test_any_text_is_judged_as_by_pydicom(vr: str):
    plain = st.characters() if vr in CHARSET_VRS else st.characters(max_codepoint=0x7F)
    texts = st.text(plain, max_size=70)
    if vr in FORMS:
        texts = st.from_regex(FORMS[vr], fullmatch=True)

    @given(texts | spoilt(texts))
    def check(text: str) -> None:
        if vr not in CHARSET_VRS and not text.isascii():
            return  # such a text is refused before it is judged
        values = [text] if vr in SINGLE_VALUED_VRS else text.split("\\")
        assert is_valid_value(vr, text) is pydicom_accepts(vr, text)
        assert is_valid(vr, text) is all(pydicom_accepts(vr, value) for value in values)

    check()


@pytest.mark.parametrize(
    ("vr", "text"), [("DA", "2020010\u0661"), ("AS", "01\uff11M"), ("IS", "\u0661")]
)
def test_digits_are_those_of_ascii(vr: str, text: str):
    """Unlike in pydicom, which takes them for digits; they cannot be stored anyway."""
    assert not is_valid(vr, text)


@pytest.mark.parametrize("vr", ["US", "FD", "OB", "UN", "SQ", "AT"])
def test_other_vrs_are_not_judged(vr: str):
    assert is_valid(vr, "anything \\ at all")


@pytest.mark.parametrize(
    ("vr", "text", "good"),
    [
        ("DA", "20200101\\20210101", True),
        ("DA", "20200101\\2021", False),
        ("UR", "a\\b", False),
        ("LT", "\\" * 10240, True),
        ("CS", "A\\\\B", True),
        ("PN", "a=b\\c=d=e\\f=g", True),
    ],
)
def test_several_values(vr: str, text: str, good: bool):
    assert is_valid(vr, text) is good
