"""Addresses as scripts give them to `getURL`, and the patterns that allow some of them.

An address is taken apart and put together again, so that nobody reads it differently. It is shown
without the parts that may tell something.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import unquote, urldefrag, urljoin

from dicomedit.errors import EvaluationError, failed
from dicomedit.records import Record, field

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_URL = 8000

_HOST = r"(?P<host>[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*|\[[0-9a-f:.]+\])"
_PORT = r"(?::(?P<port>\d{1,5}))?"
_URL = re.compile(
    rf"(?P<scheme>https?)://(?:(?P<user>[^/?@]+)@)?{_HOST}{_PORT}(?P<path>/[^?]*)?(?P<query>\?.*)?",
    re.IGNORECASE | re.ASCII,
)
_PATTERN = re.compile(
    rf"(?:(?P<scheme>https?)://)?(?P<below>\*\.)?{_HOST}{_PORT}"
    r"(?(scheme)(?P<path>/(?:(?![?#%\\])[!-~])*)?)",
    re.IGNORECASE | re.ASCII,
)
_UNSAFE = re.compile(r"[^!-~]|[\\#]|%(?![0-9A-Fa-f]{2})")
_DOT_SEGMENT = re.compile(r"(?:^|[/\\])\.\.?(?:$|[/\\;?#\x00-\x20])")
ALLOW = "nothing is fetched unless the host is among the allowed addresses of this run"
_ENCODE = "put values into the address with urlEncode[...]"
_FORMS = "write host, *.host, host:port or https://host/path/*; names outside ASCII as xn--..."

_HEADERS = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "dicomedit"}


class Address(Record):
    """A checked address in parts; printed without the parts that may tell something."""

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)
    query: str = field(repr=False)
    credentials: str | None = field(default=None, repr=False)

    @property
    def origin(self) -> str:
        """``scheme://host``, and the port unless it is the default one."""
        default = self.port == _DEFAULT_PORTS[self.scheme]
        return f"{self.scheme}://{self.host}" + ("" if default else f":{self.port}")

    @property
    def url(self) -> str:
        """The address as it is sent: put together again, so that nobody reads it differently."""
        return self.origin + self.path + self.query

    def path_readings(self) -> tuple[str, str, str]:
        """Return the path as written and as more eager servers may read it."""
        plain = _decoded(self.path)
        return self.path, plain, re.sub("/+", "/", plain)

    def headers(self) -> dict[str, str]:
        """Return the headers of a request for this address."""
        if self.credentials is None:
            return _HEADERS
        token = base64.b64encode(self.credentials.encode()).decode()
        return {**_HEADERS, "Authorization": f"Basic {token}"}

    def __str__(self) -> str:
        return f"{self.origin}/..."


def address_of(url: str) -> Address:
    """Return the parts of an address, refusing all that two programs might read differently."""
    if len(url) > _MAX_URL:
        raise failed("url-invalid", f"the address is longer than {_MAX_URL} characters")
    if _UNSAFE.search(url):
        message = "the address has a blank, control or non-ASCII character, '#', '\\' or a bare '%'"
        raise failed("url-invalid", message, help=_ENCODE)
    parts = _parts(_URL, url)
    if parts is None:
        raise failed("url-invalid", "the address is not of the form http[s]://host[:port]/path")
    match, host, port = parts
    scheme, path = match["scheme"].lower(), match["path"] or "/"
    if _DOT_SEGMENT.search(_decoded(path)):
        raise failed("url-invalid", "the path of the address holds a segment '.' or '..'")
    port = port or _DEFAULT_PORTS[scheme]
    return Address(scheme, host, port, path, match["query"] or "", _credentials(match["user"]))


def _parts(form: re.Pattern[str], text: str) -> tuple[re.Match[str], str, int | None] | None:
    """Return the match, the host as hosts are compared, and the port; None for a bad address."""
    match = form.fullmatch(text)
    if match is None:
        return None
    host, port = match["host"].lower(), match["port"]
    try:
        host = f"[{ipaddress.IPv6Address(host[1:-1])}]" if host.startswith("[") else host
    except ValueError:
        return None
    if port is not None and not 0 < int(port) < 65536:
        return None
    return match, host, None if port is None else int(port)


def _credentials(user: str | None) -> str | None:
    """Return ``user:password`` without percent-encoding."""
    name, _, password = (user or "").partition(":")
    return f"{unquote(name)}:{unquote(password)}" if user else None


def _decoded(path: str) -> str:
    """Return a path without any percent-encoding, however often it was encoded."""
    while (plain := unquote(path, "latin-1")) != path:
        path = plain
    return path


def redirected(address: Address, location: str) -> Address | None:
    """Return where a redirect of an address leads; None when that is no usable address."""
    try:
        return address_of(urljoin(address.url, urldefrag(location).url))
    except (EvaluationError, ValueError):
        return None


class Rule(Record):
    """One entry of the allowed addresses; no port means the default one of the scheme."""

    schemes: tuple[str, ...]
    host: str
    below: bool
    port: int | None
    path: re.Pattern[str]

    def allows(self, address: Address) -> bool:
        """Whether the address is allowed, in every way a server may read its path."""
        return (
            address.scheme in self.schemes
            and (
                address.host.endswith(f".{self.host}") if self.below else address.host == self.host
            )
            and address.port == (self.port or _DEFAULT_PORTS[address.scheme])
            and all(self.path.fullmatch(path) for path in address.path_readings())
        )


def is_allowed(address: Address, rules: Iterable[Rule]) -> bool:
    """Whether some rule allows an address."""
    return any(rule.allows(address) for rule in rules)


def rule_of(text: str, number: int) -> Rule:
    """Return an entry in parts; messages give its number, since it may hold a password."""
    parts = _parts(_PATTERN, text)
    if parts is None or _DOT_SEGMENT.search(parts[0]["path"] or ""):
        raise failed("url-invalid", f"allowed address {number} has no known form", help=_FORMS)
    match, host, port = parts
    schemes = (match["scheme"].lower(),) if match["scheme"] else ("http", "https")
    return Rule(schemes, host, match["below"] is not None, port, _path_regex(match["path"] or "/"))


def _path_regex(path: str) -> re.Pattern[str]:
    """Return the meaning of a path in an allowed address."""
    rest = ".*" if path.endswith(("*", "/")) else "(?:/.*)?"
    segments = (re.escape(piece) for piece in path.removesuffix("*").split("*"))
    return re.compile("[^/]*".join(segments) + rest, re.DOTALL)
