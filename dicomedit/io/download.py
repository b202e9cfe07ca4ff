"""One answer of a web server for `getURL`: `requests` under a clock, and within limits of size.

Imported with the first address that is fetched, so that the time this takes is on no clock.
"""

from __future__ import annotations

import io
import logging
import re
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPException, HTTPResponse
from types import SimpleNamespace
from typing import Any

from requests import Request, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import SSLError, Timeout
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as PoolTimeout

from dicomedit.errors import failed
from dicomedit.io.addresses import ALLOW, Address, Rule, is_allowed, redirected
from dicomedit.records import Record, replace

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_CHUNK = 16384
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)
_LOGGERS = ("connection", "connectionpool", "poolmanager", "response", "util.retry")


class Limits(Record):
    """How long one call may take, how much it may bring, and the pauses between attempts."""

    timeout: float
    total_timeout: float
    max_bytes: int
    pauses: tuple[float, ...]


def download(address: Address, rules: Sequence[Rule], limits: Limits) -> str:
    """Return what an allowed address answers, its lines joined; raise EvaluationError."""
    clock = _Clock(time.monotonic() + limits.total_timeout, limits.timeout)
    with _silenced(), closing(_transport(clock, limits.max_bytes)) as transport:
        answer = _Attempts(rules, limits, transport, clock).persist(address)
    if isinstance(answer, _Trouble):  # raised here, so that no other exception hangs on it
        raise failed(answer.code, str(answer), help=answer.help)
    return answer


class _Attempts(Record):
    """What the attempts to fetch one address share."""

    rules: Sequence[Rule]
    limits: Limits
    transport: HTTPAdapter
    clock: _Clock

    def persist(self, address: Address) -> str | _Trouble:
        """Return the answer to the first attempt that succeeds, or why the last one failed."""
        answer = self._try(address)
        for pause in self.limits.pauses:
            if isinstance(answer, str) or not answer.again or pause >= self.clock.left():
                break
            time.sleep(pause)
            answer = self._try(address)
        return answer

    def _try(self, address: Address) -> str | _Trouble:
        try:
            return self._follow(address)
        except _Trouble as trouble:
            return trouble
        except (OSError, HTTPException, HTTPError, ValueError) as error:  # OSError: all of requests
            return _trouble_of(error, address, self.clock)

    def _follow(self, address: Address) -> str:
        here = address
        for _ in range(_MAX_REDIRECTS + 1):
            with _get(here, self.transport, self.clock) as response:
                location = response.headers.get("Location")
                if location is None or response.status_code not in _REDIRECTS:
                    return _body(response, here, self.limits.max_bytes)
                here = self._next(here, location)
        raise _Trouble("url-failed", f"{address} redirects more than {_MAX_REDIRECTS} times")

    def _next(self, address: Address, location: str) -> Address:
        """Return where a redirect leads; the password goes along only to the same origin."""
        target = redirected(address, location)
        if target is None:
            raise _Trouble("url-failed", f"{address} redirects to an unusable address")
        if not is_allowed(target, self.rules):
            message = f"{address} redirects to {target}, which is not allowed"
            raise _Trouble("url-not-allowed", message, help=ALLOW)
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


def _trouble_of(error: Exception, address: Address, clock: _Clock) -> _Trouble:
    """Return what an exception of the network means; its text holds the address and is dropped."""
    if clock.left() <= 0:
        return _Trouble("url-timeout", f"{address} took longer than allowed")
    if isinstance(error, (Timeout, PoolTimeout, TimeoutError)):
        return _Trouble("url-timeout", f"{address} did not answer in time", again=True)
    if isinstance(error, SSLError):
        message = f"no secure connection to {address}; its certificate may not be trusted"
        return _Trouble("url-failed", message, again=True)
    return _Trouble("url-failed", f"{address} cannot be reached, or broke off", again=True)


# One request


def _get(address: Address, transport: HTTPAdapter, clock: _Clock) -> Response:
    """Send one request.

    The transport is used without a `requests.Session`: a session reads the environment and netrc
    files, keeps cookies, and reads the body of a redirect whatever its size.
    """
    request = Request("GET", address.url, headers=address.headers()).prepare()
    return transport.send(request, stream=True, timeout=clock.patience())


def _body(response: Response, address: Address, limit: int) -> str:
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


def _read(response: Response, address: Address, limit: int) -> bytes:
    """Return the body as it was sent; `requests` would decompress it without a limit."""
    response.raw.enforce_content_length = True  # or a body cut short passes in urllib3 1.26
    body = bytearray()
    while chunk := response.raw.read(_CHUNK, decode_content=False):
        body += chunk
        if len(body) > limit:
            raise _too_large(address, limit)
    return bytes(body)


def _uncompressed(body: bytes, response: Response, address: Address, limit: int) -> bytes:
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


def _too_large(address: Address, limit: int) -> _Trouble:
    return _Trouble("url-too-large", f"{address} sent more than {limit} bytes")


def _text(body: bytes, content_type: str) -> str | None:
    """Return the text, without a byte order mark; None when it cannot be decoded."""
    charset = _CHARSET.search(content_type)
    try:
        return body.decode(charset[1] if charset else "utf-8").removeprefix("\ufeff")
    except (LookupError, ValueError):
        return None


# The transport: `requests` under a clock


class _Clock(Record):
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
