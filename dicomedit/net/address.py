"""Addresses of DICOM peers: ``dicom://[CALLING@]HOST[:PORT]/CALLED``."""

from __future__ import annotations

import re

from dicomedit.errors import DicomEditError
from dicomedit.records import Record

PORTS = {"dicom": 104, "dicoms": 2762}
"""The port of each scheme unless an address says otherwise (PS3.8 §9.1.1, PS3.15 §B.1)."""

CALLING = "DICOMEDIT"
"""The application entity title of this side unless an address says otherwise."""

FORM = "dicom://[CALLING@]HOST[:PORT]/CALLED"

_URL = re.compile(r"(dicoms?)://(.*)", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::(\d+))?|([^\s:/?#\[\]@]+)(?::(\d+))?")


class AddressError(DicomEditError):
    """An address, or an application entity title, that cannot be used."""


class Address(Record):
    """A DICOM peer: where it is, what it is called, how it is told who calls."""

    host: str
    port: int
    called: str
    calling: str = CALLING
    tls: bool = False

    def __str__(self) -> str:
        """Return the address in full."""
        scheme = "dicoms" if self.tls else "dicom"
        host = f"[{self.host}]" if ":" in self.host else self.host
        calling, called = _quoted(self.calling), _quoted(self.called)
        return f"{scheme}://{calling}@{host}:{self.port}/{called}"


def is_dicom_url(text: str) -> bool:
    """Whether a text is meant as the address of a DICOM peer."""
    return _URL.match(text) is not None


def read_address(text: str, *, tls: bool = False) -> Address:
    """Return the address that a text says; `tls` asks for TLS whatever the scheme.

    Raises AddressError, which says what is wrong with it.
    """
    found = _URL.fullmatch(text)
    if found is None:
        raise AddressError(f"{text!r} is no address of a DICOM peer: {FORM}")
    scheme = found[1].lower()
    place, slash, path = found[2].partition("/")
    calling, at, place = place.rpartition("@")
    where = _HOST.fullmatch(place)
    if where is None:
        raise AddressError(f"{text!r} has no host, or a port that is no number: {FORM}")
    called = _unquoted(path.rstrip("/") if slash else "", text)
    if not called.strip(" "):
        raise AddressError(f"{text!r} does not say the title of the peer, the CALLED in {FORM}")
    is_secure = tls or scheme == "dicoms"
    port = int(where[2] or where[4] or PORTS["dicoms" if is_secure else "dicom"])
    if not 0 < port < 1 << 16:
        raise AddressError(f"{text!r}: there is no port {port}")
    return Address(
        where[1] or where[3],
        port,
        checked_title(called),
        checked_title(_unquoted(calling, text)) if at else CALLING,
        is_secure,
    )


def checked_title(text: str) -> str:
    """Return an application entity title without the spaces around it, which mean nothing.

    It has 1 to 16 characters of ASCII but no backslash and no control characters (PS3.5
    Table 6.2-1). Raises AddressError.
    """
    title = text.strip(" ")
    if not title:
        raise AddressError("an application entity title must not be empty")
    if len(title) > 16:
        raise AddressError(f"the application entity title {title!r} has more than 16 characters")
    if not (title.isascii() and title.isprintable()) or "\\" in title:
        raise AddressError(
            f"the application entity title {title!r} has characters that there are none of in one:"
            " letters, digits, spaces and punctuation of ASCII but no backslash"
        )
    return title


def _quoted(title: str) -> str:
    from urllib.parse import quote

    return quote(title, safe="")


def _unquoted(text: str, url: str) -> str:
    from urllib.parse import unquote_to_bytes

    if "/" in text or "?" in text or "#" in text:
        raise AddressError(f"{url!r} has more than one title in its path: {FORM}")
    return unquote_to_bytes(text).decode("utf-8", "replace")
