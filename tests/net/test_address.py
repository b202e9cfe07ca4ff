"""Addresses of peers: what can be written, and what is refused with which words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomedit.net.address import Address, AddressError, is_dicom_url, read_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("dicom://host/CALLED", Address("host", 104, "CALLED")),
        ("dicom://host/CALLED/", Address("host", 104, "CALLED")),
        ("DICOM://host:11112/CALLED", Address("host", 11112, "CALLED")),
        ("dicom://ME@host:11112/CALLED", Address("host", 11112, "CALLED", "ME")),
        ("dicom://10.0.0.1:4242/A", Address("10.0.0.1", 4242, "A")),
        ("dicom://[::1]:4242/A", Address("::1", 4242, "A")),
        ("dicom://[fe80::1]/A", Address("fe80::1", 104, "A")),
        ("dicoms://host/A", Address("host", 2762, "A", tls=True)),
        ("dicoms://host:1/A", Address("host", 1, "A", tls=True)),
        ("dicom://MY%20PACS@host/THE%20PACS", Address("host", 104, "THE PACS", "MY PACS")),
        ("dicom://A%40B@host/C", Address("host", 104, "C", "A@B")),
        ("dicom://A@B@host/C", Address("host", 104, "C", "A@B")),
        ("dicom://host/ABCDEFGHIJKLMNOP", Address("host", 104, "ABCDEFGHIJKLMNOP")),
    ],
)
def test_an_address_is_read(text: str, address: Address):
    assert read_address(text) == address
    assert read_address(str(address)) == address


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://host/A", "no address of a DICOM peer"),
        ("dicom:host/A", "no address of a DICOM peer"),
        ("dicom://host", "does not say the title of the peer"),
        ("dicom://host/", "does not say the title of the peer"),
        ("dicom://host//", "does not say the title of the peer"),
        ("dicom://host/%20%20", "does not say the title of the peer"),
        ("dicom://host/A/B", "more than one title"),
        ("dicom://host/A?b=c", "more than one title"),
        ("dicom://@host/A", "must not be empty"),
        ("dicom:///A", "no host"),
        ("dicom://host:port/A", "a port that is no number"),
        ("dicom://host:/A", "a port that is no number"),
        ("dicom://host:0/A", "no port 0"),
        ("dicom://host:65536/A", "no port 65536"),
        ("dicom://host/ABCDEFGHIJKLMNOPQ", "more than 16 characters"),
        ("dicom://host/A%5CB", "characters that there are none of"),
        ("dicom://host/A%0AB", "characters that there are none of"),
        ("dicom://host/%C3%84", "characters that there are none of"),
        ("dicom://host/A\nB", "characters that there are none of"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(text: str, words: str):
    with pytest.raises(AddressError, match=words):
        read_address(text)


def test_tls_can_be_asked_for_apart():
    assert read_address("dicom://host/A", tls=True) == Address("host", 2762, "A", tls=True)
    assert read_address("dicom://host:104/A", tls=True).port == 104


def test_what_is_no_address_is_a_path():
    assert is_dicom_url("dicom://host/A")
    assert is_dicom_url("dicoms://")
    assert not is_dicom_url("./dicom")
    assert not is_dicom_url("dicom")


TITLES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=16)


@given(TITLES.filter(lambda t: "\\" not in t), TITLES.filter(lambda t: "\\" not in t))
def test_every_title_survives_being_written(called: str, calling: str):
    address = Address("host.example.org", 104, called, calling)
    assert read_address(str(address)) == address
