"""Text over HTTP for `getURL`: from allowed addresses only, within limits of time and size.

What follows the host in an address may identify a patient, and what precedes it is a password, so
messages show scheme, host and port and nothing else. `requests` is imported when first needed.
"""

from __future__ import annotations

import base64
import io
import ipaddress
import logging
import re
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urljoin

from dicomedit.errors import EvaluationError, failed

if TYPE_CHECKING:
    from requests import Response
    from requests.adapters import HTTPAdapter

_DEFAULT_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_MAX_PAUSE = 8.0
_MAX_URL = 8000
_CHUNK = 16384

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
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)
_ENCODE = "put values into the address with urlEncode[...]"
_ALLOW = "nothing is fetched unless the host is among the allowed addresses of this run"
_FORMS = "write host, *.host, host:port or https://host/path/*; names outside ASCII as xn--..."

_LOGGERS = ("connection", "connectionpool", "poolmanager", "response", "util.retry")
_HEADERS = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "dicomedit"}


class UrlFetcher:
    """The web as scripts see it: nothing but the `allowed` addresses, each answer fetched once.

    An entry of `allowed` is one of

    * ``lookup.example.org``: any path, over http or https, at the default port;
    * ``lookup.example.org:8080``: any path, over http or https, at this port;
    * ``https://lookup.example.org/names/*``: this scheme, host and port (the default one when
      left out) and this path. A final ``*`` stands for any rest, another ``*`` for anything within
      one segment; a path without a final ``*`` allows itself and what lies below it
      (``/names`` allows ``/names/a``, not ``/namesake``). The query is never limited.

    A host may begin with ``*.`` for all hosts below a domain, not the domain itself. Redirects are
    followed as long as every address on the way is allowed. `timeout` limits each wait for the
    server, `total_timeout` one call with its retries (a host with several IP addresses that never
    answer may exceed it), `max_bytes` the body after decompression. Connections that fail and
    answers of 500 and above are tried again `retries` times, after `backoff` seconds, then twice
    that, and so on. Answers are remembered for the life of the object, failures are not.
    """

    def __init__(
        self,
        allowed: Sequence[str] = (),
        *,
        timeout: float = 10.0,
        total_timeout: float = 30.0,
        max_bytes: int = 1_000_000,
        retries: int = 2,
        backoff: float = 0.5,
    ) -> None:
        self._rules = tuple(_rule(text, number) for number, text in enumerate(allowed, 1))
        self._timeout = timeout
        self._total_timeout = total_timeout
        self._max_bytes = max_bytes
        self._pauses = tuple(min(backoff * 2.0**n, _MAX_PAUSE) for n in range(retries))
        self._answers: dict[str, str] = {}

    def fetch(self, url: str) -> str:
        """Return the body of the answer with its line ends removed."""
        if url not in self._answers:
            self._answers[url] = self._fetch(_address(url))
        return self._answers[url]

    def _fetch(self, address: _Address) -> str:
        if not self._is_allowed(address):
            raise failed("url-not-allowed", f"fetching from {address} is not allowed", help=_ALLOW)
        clock = _Clock(time.monotonic() + self._total_timeout, self._timeout)
        with _silenced(), closing(_transport(clock, self._max_bytes)) as transport:
            answer = self._persist(address, transport, clock)
        if isinstance(answer, _Trouble):  # raised here, so that no other exception hangs on it
            raise failed(answer.code, str(answer), help=answer.help)
        return answer

    def _is_allowed(self, address: _Address) -> bool:
        return any(rule.allows(address) for rule in self._rules)

    def _persist(self, address: _Address, transport: HTTPAdapter, clock: _Clock) -> str | _Trouble:
        answer = self._try(address, transport, clock)
        for pause in self._pauses:
            if isinstance(answer, str) or not answer.again or pause >= clock.left():
                break
            time.sleep(pause)
            answer = self._try(address, transport, clock)
        return answer

    def _try(self, address: _Address, transport: HTTPAdapter, clock: _Clock) -> str | _Trouble:
        from http.client import HTTPException

        from urllib3.exceptions import HTTPError

        try:
            return self._follow(address, transport, clock)
        except _Trouble as trouble:
            return trouble
        except (OSError, HTTPException, HTTPError, ValueError) as error:  # OSError: all of requests
            return _trouble_of(error, address, clock)

    def _follow(self, address: _Address, transport: HTTPAdapter, clock: _Clock) -> str:
        here = address
        for _ in range(_MAX_REDIRECTS + 1):
            with _get(here, transport, clock) as response:
                location = response.headers.get("Location")
                if location is None or response.status_code not in _REDIRECTS:
                    return _body(response, here, self._max_bytes)
                here = self._next(here, location)
        raise _Trouble("url-failed", f"{address} redirects more than {_MAX_REDIRECTS} times")

    def _next(self, address: _Address, location: str) -> _Address:
        """Return where a redirect leads; the password goes along only to the same origin."""
        target = _redirected(address, location)
        if not self._is_allowed(target):
            message = f"{address} redirects to {target}, which is not allowed"
            raise _Trouble("url-not-allowed", message, help=_ALLOW)
        same = target.origin == address.origin
        return replace(target, credentials=address.credentials if same else None)


class _Trouble(Exception):
    """Why one attempt failed, and whether another is worth it. Never leaves this module."""

    def __init__(
        self, code: str, message: str, *, help: str | None = None, again: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.help = help
        self.again = again


def _trouble_of(error: Exception, address: _Address, clock: _Clock) -> _Trouble:
    """Return what an exception of the network means; its text holds the address and is dropped."""
    from requests.exceptions import SSLError, Timeout
    from urllib3.exceptions import TimeoutError as PoolTimeout

    if clock.left() <= 0:
        return _Trouble("url-timeout", f"{address} took longer than allowed")
    if isinstance(error, (Timeout, PoolTimeout, TimeoutError)):
        return _Trouble("url-timeout", f"{address} did not answer in time", again=True)
    if isinstance(error, SSLError):
        message = f"no secure connection to {address}; its certificate may not be trusted"
        return _Trouble("url-failed", message, again=True)
    return _Trouble("url-failed", f"{address} cannot be reached, or broke off", again=True)


# Addresses and what allows them


@dataclass(frozen=True, slots=True)
class _Address:
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


def _address(url: str) -> _Address:
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
    return _Address(scheme, host, port, path, match["query"] or "", _credentials(match["user"]))


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


def _redirected(address: _Address, location: str) -> _Address:
    try:
        return _address(urljoin(address.url, urldefrag(location).url))
    except (EvaluationError, ValueError):
        raise _Trouble("url-failed", f"{address} redirects to an unusable address") from None


@dataclass(frozen=True, slots=True)
class _Rule:
    """One entry of the allowed addresses; no port means the default one of the scheme."""

    schemes: tuple[str, ...]
    host: str
    below: bool
    port: int | None
    path: re.Pattern[str]

    def allows(self, address: _Address) -> bool:
        """Whether the address is allowed, in every way a server may read its path."""
        return (
            address.scheme in self.schemes
            and (
                address.host.endswith(f".{self.host}") if self.below else address.host == self.host
            )
            and address.port == (self.port or _DEFAULT_PORTS[address.scheme])
            and all(self.path.fullmatch(path) for path in address.path_readings())
        )


def _rule(text: str, number: int) -> _Rule:
    """Return an entry in parts; messages give its number, since it may hold a password."""
    parts = _parts(_PATTERN, text)
    if parts is None or _DOT_SEGMENT.search(parts[0]["path"] or ""):
        raise failed("url-invalid", f"allowed address {number} has no known form", help=_FORMS)
    match, host, port = parts
    schemes = (match["scheme"].lower(),) if match["scheme"] else ("http", "https")
    return _Rule(schemes, host, match["below"] is not None, port, _path_regex(match["path"] or "/"))


def _path_regex(path: str) -> re.Pattern[str]:
    """Return the meaning of a path in an allowed address."""
    rest = ".*" if path.endswith(("*", "/")) else "(?:/.*)?"
    segments = (re.escape(piece) for piece in path.removesuffix("*").split("*"))
    return re.compile("[^/]*".join(segments) + rest, re.DOTALL)


# One request


def _get(address: _Address, transport: HTTPAdapter, clock: _Clock) -> Response:
    """Send one request.

    The transport is used without a `requests.Session`: a session reads the environment and netrc
    files, keeps cookies, and reads the body of a redirect whatever its size.
    """
    import requests

    request = requests.Request("GET", address.url, headers=address.headers()).prepare()
    return transport.send(request, stream=True, timeout=clock.patience())


def _body(response: Response, address: _Address, limit: int) -> str:
    """Return the text of an answer, its lines joined."""
    status = response.status_code
    if status != 200:
        message = f"{address} answered with status {status}"
        raise _Trouble("url-failed", message, again=status >= 500)
    body = _uncompressed(_read(response, address, limit), response, address, limit)
    text = _text(body, response.headers.get("Content-Type", ""))
    if not text:
        fault = "an empty answer" if text == "" else "text that does not fit its character set"
        raise _Trouble("url-failed", f"{address} sent {fault}")
    return text.replace("\r", "").replace("\n", "")


def _read(response: Response, address: _Address, limit: int) -> bytes:
    """Return the body as it was sent; `requests` would decompress it without a limit."""
    response.raw.enforce_content_length = True  # or a body cut short passes in urllib3 1.26
    body = bytearray()
    while chunk := response.raw.read(_CHUNK, decode_content=False):
        body += chunk
        if len(body) > limit:
            raise _too_large(address, limit)
    return bytes(body)


def _uncompressed(body: bytes, response: Response, address: _Address, limit: int) -> bytes:
    """Return the body without the compression that some servers use unasked."""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise _Trouble("url-failed", f"{address} sent a content encoding that was not asked for")
    plain = _gunzipped(body, limit + 1)
    if plain is None:
        raise _Trouble("url-failed", f"{address} sent broken gzip data")
    if len(plain) > limit:
        raise _too_large(address, limit)
    return plain


def _gunzipped(body: bytes, most: int) -> bytes | None:
    """Return at most so many bytes of the content; None when broken or cut off, or not alone."""
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = inflate.decompress(body, most)
    except zlib.error:
        return None
    is_whole = inflate.eof and not inflate.unused_data
    return plain if is_whole or len(plain) == most else None


def _too_large(address: _Address, limit: int) -> _Trouble:
    return _Trouble("url-too-large", f"{address} sent more than {limit} bytes")


def _text(body: bytes, content_type: str) -> str | None:
    """Return the text, without a byte order mark; None when it cannot be decoded."""
    charset = _CHARSET.search(content_type)
    try:
        return body.decode(charset[1] if charset else "utf-8").removeprefix("\ufeff")
    except (LookupError, ValueError):
        return None


# The transport: `requests` under a clock


@dataclass(frozen=True, slots=True)
class _Clock:
    """When all must be over, in seconds of `time.monotonic`, and the longest single wait."""

    end: float
    timeout: float

    def left(self) -> float:
        return self.end - time.monotonic()

    def patience(self) -> float:
        """Return how long the next wait may take."""
        left = self.left()
        if left <= 0:
            raise TimeoutError
        return min(self.timeout, left)


class _TimedStream(io.RawIOBase):
    """What a server sends, with a limit of time and size over all of it.

    Time limits of sockets start anew with every byte, and `http.client` reads any number of bytes
    for a chunk of negative length, so both are limited below it.
    """

    def __init__(self, sock: Any, clock: _Clock, limit: int) -> None:
        self._sock = sock
        self._stream = sock.makefile("rb", buffering=0)
        self._clock = clock
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._clock.patience())
        count: int | None = self._stream.readinto(buffer)
        self._left -= count or 0
        if self._left < 0:
            raise _Trouble("url-too-large", "the server sent more than allowed")
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()


def _transport(clock: _Clock, max_bytes: int) -> HTTPAdapter:
    """Return a transport of `requests` whose connections obey the clock; it never retries."""
    from http.client import HTTPResponse

    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

    on_the_wire = 8 * max_bytes + 1_000_000  # one-byte chunks take six bytes each; and headers

    def respond(sock: Any, **options: Any) -> HTTPResponse:
        stream = io.BufferedReader(_TimedStream(sock, clock, on_the_wire))
        source: Any = SimpleNamespace(makefile=lambda mode: stream)  # all it asks of a socket
        return HTTPResponse(source, **options)

    transport = HTTPAdapter(max_retries=0)
    transport.poolmanager.pool_classes_by_scheme = {
        "http": _answering(HTTPConnectionPool, respond),
        "https": _answering(HTTPSConnectionPool, respond),
    }
    return transport


def _answering(pool: type[Any], respond: Callable[..., Any]) -> type[Any]:
    """Return a class of connection pools whose connections read answers with `respond`."""
    connection = type(
        "Connection", (pool.ConnectionCls,), {"response_class": staticmethod(respond)}
    )
    return type("Pool", (pool,), {"ConnectionCls": connection})


@contextmanager
def _silenced() -> Iterator[None]:
    """Keep what `urllib3` logs in this thread, addresses with their queries, out of all logs."""
    me = threading.get_ident()

    def is_foreign(record: logging.LogRecord) -> bool:
        return threading.get_ident() != me

    loggers = [logging.getLogger(f"urllib3.{name}") for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(is_foreign)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(is_foreign)
