"""Our table of character sets against pydicom's, and when pydicom is needed at all."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.charset import decode_bytes, encode_string, python_encoding

from dicomedit.dicom import charsets
from dicomedit.dicom.charsets import character_set

TEXTS = {
    "ISO_IR 100": "Buc^Jérôme",
    "ISO_IR 101": "Wałęsa",
    "ISO_IR 109": "Ĉapelo",
    "ISO_IR 110": "Bērziņš",
    "ISO_IR 126": "Διονυσιος",
    "ISO_IR 127": "قباني^لنزار",
    "ISO_IR 138": "שרון^דבורה",
    "ISO_IR 144": "Иванов",
    "ISO_IR 148": "Çavuşoğlu",
    "ISO_IR 166": "สวัสดี",
    "ISO_IR 13": "ﾔﾏﾀﾞ^ﾀﾛｳ",
    "ISO_IR 192": "Wang^XiaoDong=王^小东=",
    "GB18030": "Wang^XiaoDong=王^小东=",
    "GBK": "Wang^XiaoDong=王^小东=",
    "ISO 2022 IR 6\\ISO 2022 IR 87": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "ISO 2022 IR 13\\ISO 2022 IR 87": "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    "\\ISO 2022 IR 149": "Hong^Gildong=洪^吉洞=홍^길동",
    "ISO 2022 IR 100\\ISO 2022 IR 126": "é^Δ",
}


def test_every_term_has_the_codec_it_has_in_pydicom():
    assert charsets._CODECS.items() <= python_encoding.items()
    assert len(charsets._CODECS) >= 34  # as of pydicom 3.0.1


@pytest.mark.parametrize("terms", TEXTS)
def test_texts_come_back(terms: str):
    charset, text = character_set(terms), TEXTS[terms]
    assert charset.is_known
    stored = charset.encode(text, is_name=True)
    assert stored is not None
    assert charset.decode(stored, is_name=True) == text


@pytest.mark.parametrize("terms", [terms for terms in TEXTS if "\\" not in terms])
def test_one_set_gives_the_bytes_that_pydicom_gives(terms: str):
    stored = character_set(terms).encode(TEXTS[terms])
    assert stored is not None
    assert decode_bytes(stored, [python_encoding[terms]], set()) == TEXTS[terms]
    if terms != "ISO_IR 13":  # where pydicom refuses to mix the two halves of the set
        assert encode_string(TEXTS[terms], [python_encoding[terms]]) == stored


@pytest.mark.parametrize("terms", ["", "ISO_IR 6", "ISO_IR 100", "ISO_IR 192", "ISO_IR 999"])
@given(value=st.binary(max_size=12))
def test_any_bytes_are_text_or_refused(terms: str, value: bytes):
    text = character_set(terms).decode(value)
    assert text is None or charsets.REPLACEMENT not in text or b"\xef\xbf\xbd" in value


ALONE = """
import sys
from dicomedit.dicom.charsets import character_set
for terms, text in {texts!r}.items():
    charset = character_set(terms)
    stored = charset.encode(text, is_name=True)
    assert charset.decode(stored, is_name=True) == text
assert not character_set("ISO_IR 999").is_known
assert "pydicom" not in sys.modules
"""


def test_one_set_needs_no_pydicom():
    texts = {terms: text for terms, text in TEXTS.items() if "\\" not in terms}
    code = ALONE.format(texts={**texts, "": "plain", "ISO_IR 999": "plain"})
    subprocess.run([sys.executable, "-X", "utf8", "-c", code], check=True, timeout=60)
