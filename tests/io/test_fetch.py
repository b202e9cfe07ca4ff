"""`UrlFetcher` against a real server on the loopback; "127.0.0.1" and "localhost" are two hosts."""

from __future__ import annotations

import base64
import gzip
import logging
import pickle
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from dicomedit.errors import EvaluationError
from dicomedit.io.fetch import UrlFetcher
from dicomedit.lang.functions.text import encode_for_url

LIMIT = 2000
SECRET = "DOE"


class Server(ThreadingHTTPServer):
    """Counts requests by path, keeps the Authorization headers, lets go of clients at the end."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.port = self.server_address[1]
        self.hits: Counter[str] = Counter()
        self.authorizations: list[tuple[str, str | None]] = []
        self.over = threading.Event()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that give up are the point of some tests."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.hits[path] += 1
        self.server.authorizations.append((path, self.headers["Authorization"]))
        if path.startswith("/to/"):
            self.redirect(f"http://localhost:{self.server.port}/{path[4:]}")
        else:
            ROUTES.get(path, answer(b"?", status=404))(self)

    def reply(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def redirect(self, location: str, status: int = 302) -> None:
        self.reply(b"x" * 10 * LIMIT, status, Location=location)

    def log_message(self, format: str, *args: Any) -> None:
        pass


Route = Callable[[Handler], None]


def answer(body: bytes, status: int = 200, **headers: str) -> Route:
    return lambda handler: handler.reply(body, status, **headers)


def raw(*pieces: bytes, pause: float = 0.0) -> Route:
    """Send bytes as they are, with a pause before all but the first."""

    def send(handler: Handler) -> None:
        for number, piece in enumerate(pieces):
            if number and handler.server.over.wait(pause):
                return
            handler.wfile.write(piece)

    return send


def flaky(handler: Handler) -> None:
    first = handler.server.hits["/flaky"] == 1
    handler.reply(b"at last", 500 if first else 200)


def flaky_connection(handler: Handler) -> None:
    if handler.server.hits["/flaky-connection"] > 1:
        handler.reply(b"at last")


def chunks(*pieces: bytes) -> Route:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return raw(head + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces))


def bomb() -> bytes:
    return gzip.compress(b"0" * 10_000_000)


OK = b"HTTP/1.0 200 OK\r\n"

ROUTES: dict[str, Route] = {
    "/ok": answer(b"one"),
    "/lines": answer(b"line1\nline2\r\nline3\rline4\n"),
    "/newline": answer(b"\n"),
    "/empty": answer(b""),
    "/utf8": answer("Zoë".encode()),
    "/bom": answer("\ufeffZoë".encode()),
    "/latin": answer("Zoë".encode("latin-1"), Content_Type='text/plain; charset="ISO-8859-1"'),
    "/not-utf8": answer(b"Zo\xeb", Content_Type="text/plain"),
    "/no-charset": answer(b"one", Content_Type="text/plain; charset=klingon"),
    "/byte-charset": answer(b"one", Content_Type="text/plain; charset=zip"),
    "/created": answer(b"one", 201),
    "/nothing": answer(b"", 204),
    "/not-modified": answer(b"", 304),
    "/broken": answer(b"one", 500),
    "/flaky": flaky,
    "/flaky-connection": flaky_connection,
    "/chunks": chunks(b"one ", b"two", b""),
    "/negative-chunk": raw(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n" + b"0" * 3_000_000
    ),
    "/drip": raw(OK + b"\r\n", *[b"x"] * 200, pause=0.05),
    "/header-drip": raw(OK, *[b"X: y\r\n"] * 90, pause=0.05),
    "/status-drip": raw(b"HTTP", *[b"x"] * 200, pause=0.05),
    "/hang": raw(b"", b"", pause=5),
    "/limit": answer(b"x" * LIMIT),
    "/huge": answer(b"x" * (LIMIT + 1)),
    "/endless": raw(OK + b"\r\n", *[b"x" * 1000] * 100),
    "/endless-header": raw(OK + b"X: " + b"x" * 100_000),
    "/lying-long": answer(b"one", Content_Length="4000000000"),
    "/lying-short": answer(b"one two", Content_Length="3"),
    "/bad-length": answer(b"one", Content_Length="many"),
    "/cut": raw(OK + b"Content-Length: 10\r\n\r\n12345"),
    "/silent": raw(),
    "/garbage": raw(b"\x16\x03\x01 no HTTP at all\r\n\r\n"),
    "/bad-header": raw(OK + b"what is this\r\nX: y\r\n\r\none"),
    "/gzip": answer(gzip.compress(b"one"), Content_Encoding="gzip"),
    "/gzip-limit": answer(gzip.compress(b"0" * LIMIT), Content_Encoding="gzip"),
    "/bomb": answer(bomb(), Content_Encoding="gzip"),
    "/small-bomb": answer(gzip.compress(b"0" * (LIMIT + 1)), Content_Encoding="gzip"),
    "/double-bomb": answer(gzip.compress(bomb()), Content_Encoding="gzip, gzip"),
    "/cut-gzip": answer(gzip.compress(b"one")[:-4], Content_Encoding="gzip"),
    "/more-gzip": answer(gzip.compress(b"one") * 2, Content_Encoding="gzip"),
    "/not-gzip": answer(b"one", Content_Encoding="gzip"),
    "/deflate": answer(zlib.compress(b"one"), Content_Encoding="deflate"),
    "/here": lambda handler: handler.redirect("/ok?a=b#top"),
    "/there": lambda handler: handler.redirect("there/../ok", 308),
    "/loop": lambda handler: handler.redirect("/loop"),
    "/to-file": lambda handler: handler.redirect("file:///etc/passwd"),
    "/to-blank": lambda handler: handler.redirect(f"/ok?name={SECRET} {SECRET}"),
    "/to-bad-host": lambda handler: handler.redirect("http://[::1/ok"),
    "/to-user": lambda handler: handler.redirect(
        f"http://u:{SECRET}@127.0.0.1:{handler.server.port}/ok"
    ),
    "/to-disguise": lambda handler: handler.redirect(
        f"http://127.0.0.1:{handler.server.port}@localhost:{handler.server.port}/ok"
    ),
    "/to-nowhere": answer(b"", 302),
}


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


def fetcher(*allowed: str, **options: Any) -> UrlFetcher:
    quick: dict[str, Any] = {"timeout": 2.0, "total_timeout": 3.0, "backoff": 0.01}
    return UrlFetcher(allowed, **{**quick, "max_bytes": LIMIT, **options})


def error_of(fetcher: UrlFetcher, url: str) -> EvaluationError:
    """Return the error, having made sure that nothing of it tells what the address holds."""
    with pytest.raises(EvaluationError) as caught:
        fetcher.fetch(url)
    error = caught.value
    told = f"{error}{error!r}{error.failure!r}{error.describe(show_values=True)}"
    assert SECRET not in told
    assert error.__cause__ is None
    assert error.__context__ is None
    return error


GOOD = {
    "/ok": "one",
    "/lines": "line1line2line3line4",
    "/newline": "",
    "/utf8": "Zoë",
    "/bom": "Zoë",
    "/latin": "Zoë",
    "/flaky": "at last",
    "/flaky-connection": "at last",
    "/chunks": "one two",
    "/limit": "x" * LIMIT,
    "/lying-short": "one",
    "/bad-length": "one",
    "/bad-header": "one",
    "/gzip": "one",
    "/gzip-limit": "0" * LIMIT,
    "/here": "one",
    "/there": "one",
    "/to-user": "one",
}


@pytest.mark.parametrize("path", GOOD)
def test_what_is_answered(server: Server, path: str) -> None:
    allowed = f"127.0.0.1:{server.port}"
    assert fetcher(allowed).fetch(server.url(f"{path}?id={SECRET}")) == GOOD[path]


BAD = {
    "/empty": ("url-failed", 1, "empty"),
    "/not-utf8": ("url-failed", 1, "character set"),
    "/no-charset": ("url-failed", 1, "character set"),
    "/byte-charset": ("url-failed", 1, "character set"),
    "/missing": ("url-failed", 1, "status 404"),
    "/created": ("url-failed", 1, "status 201"),
    "/nothing": ("url-failed", 1, "status 204"),
    "/not-modified": ("url-failed", 1, "status 304"),
    "/broken": ("url-failed", 3, "status 500"),
    "/huge": ("url-too-large", 1, "more than 2000 bytes"),
    "/endless": ("url-too-large", 1, "more than"),
    "/endless-header": ("url-failed", 3, "broke off"),
    "/negative-chunk": ("url-too-large", 1, "more than"),
    "/lying-long": ("url-failed", 3, "broke off"),
    "/cut": ("url-failed", 3, "broke off"),
    "/silent": ("url-failed", 3, "broke off"),
    "/garbage": ("url-failed", 3, "broke off"),
    "/bomb": ("url-too-large", 1, "more than"),
    "/small-bomb": ("url-too-large", 1, "more than 2000 bytes"),
    "/double-bomb": ("url-failed", 1, "content encoding"),
    "/cut-gzip": ("url-failed", 1, "gzip"),
    "/more-gzip": ("url-failed", 1, "gzip"),
    "/not-gzip": ("url-failed", 1, "gzip"),
    "/deflate": ("url-failed", 1, "content encoding"),
    "/loop": ("url-failed", 6, "redirects more than 5 times"),
    "/to-file": ("url-failed", 1, "redirects to an unusable address"),
    "/to-blank": ("url-failed", 1, "redirects to an unusable address"),
    "/to-bad-host": ("url-failed", 1, "redirects to an unusable address"),
    "/to-disguise": ("url-not-allowed", 1, "redirects to http://localhost:"),
    "/to-nowhere": ("url-failed", 1, "status 302"),
    "/to/ok": ("url-not-allowed", 1, "redirects to http://localhost:"),
}


@pytest.mark.parametrize("path", BAD)
def test_what_is_refused(server: Server, path: str) -> None:
    code, hits, words = BAD[path]
    error = error_of(
        fetcher(f"127.0.0.1:{server.port}"),
        server.url(f"{path}?id={SECRET}", f"u:{SECRET}@127.0.0.1"),
    )
    assert error.code == code
    assert words in str(error)
    assert path not in str(error)
    assert server.hits == {path: hits}


SLOW = {"/drip": 1, "/header-drip": 1, "/status-drip": 1, "/hang": 2}


@pytest.mark.parametrize("path", SLOW)
def test_a_slow_server_is_given_up(server: Server, path: str) -> None:
    patient = fetcher(f"127.0.0.1:{server.port}", timeout=0.2, total_timeout=0.4)
    start = time.monotonic()
    assert error_of(patient, server.url(f"{path}?id={SECRET}")).code == "url-timeout"
    assert time.monotonic() - start < 1
    assert server.hits[path] == SLOW[path]


def test_a_port_where_nobody_listens() -> None:
    with Server() as server:
        port = server.port
    error = error_of(fetcher(f"127.0.0.1:{port}"), f"http://127.0.0.1:{port}/{SECRET}")
    assert error.failure.message == f"http://127.0.0.1:{port}/... cannot be reached, or broke off"


def test_a_server_without_tls(server: Server) -> None:
    url = f"https://127.0.0.1:{server.port}/{SECRET}"
    assert "no secure connection" in str(error_of(fetcher(f"127.0.0.1:{server.port}"), url))


def test_a_redirect_to_another_allowed_host(server: Server) -> None:
    allowed = fetcher(f"127.0.0.1:{server.port}", f"http://localhost:{server.port}/ok")
    assert allowed.fetch(server.url("/to/ok")) == "one"
    assert error_of(allowed, server.url("/to/lines")).code == "url-not-allowed"


def test_a_password_is_sent_to_its_own_host_only(server: Server) -> None:
    allowed = fetcher(f"127.0.0.1:{server.port}", f"localhost:{server.port}")
    assert allowed.fetch(server.url("/here", f"ann:{SECRET}%40%C3%AB@127.0.0.1")) == "one"
    assert allowed.fetch(server.url("/to/ok", f"ann:{SECRET}@127.0.0.1")) == "one"
    here = "Basic " + base64.b64encode(f"ann:{SECRET}@ë".encode()).decode()
    there = "Basic " + base64.b64encode(f"ann:{SECRET}".encode()).decode()
    assert server.authorizations == [
        ("/here", here),
        ("/ok", here),
        ("/to/ok", there),
        ("/ok", None),
    ]
    assert SECRET not in repr(allowed)


def test_a_password_offered_by_a_redirect_is_not_used(server: Server) -> None:
    fetcher(f"127.0.0.1:{server.port}").fetch(server.url("/to-user"))
    assert server.authorizations == [("/to-user", None), ("/ok", None)]


def test_answers_are_remembered_and_failures_are_not(server: Server) -> None:
    allowed = fetcher(f"127.0.0.1:{server.port}")
    for _ in range(3):
        allowed.fetch(server.url("/ok"))
        error_of(allowed, server.url("/missing"))
    allowed.fetch(server.url("/ok?other"))
    assert server.hits == {"/ok": 2, "/missing": 3}


def test_the_environment_is_not_read(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert fetcher(f"127.0.0.1:{server.port}").fetch(server.url("/ok")) == "one"


@pytest.mark.parametrize("path", ["/ok", "/bad-header", "/broken"])
def test_nothing_of_an_address_is_logged(
    server: Server, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    caplog.set_level(logging.DEBUG)
    allowed = fetcher(f"127.0.0.1:{server.port}", retries=0)
    try:
        allowed.fetch(server.url(f"{path}?id={SECRET}", f"ann:{SECRET}@127.0.0.1"))
    except EvaluationError:
        assert path == "/broken"
    assert caplog.text == ""
    assert not logging.getLogger("urllib3.connectionpool").filters


def test_a_fetcher_can_travel_to_a_worker(server: Server) -> None:
    travelled = pickle.loads(pickle.dumps(fetcher(f"127.0.0.1:{server.port}")))
    assert travelled.fetch(server.url("/ok")) == "one"


# What is allowed. Nothing is sent: the rules are asked directly.

ALLOWED = [
    ("h.org", "http://h.org"),
    ("h.org", "https://h.org/any/path?q=1"),
    ("h.org", "HTTPS://H.ORG:443/"),
    ("H.Org", "http://h.org:80/"),
    ("h.org", "http://user:pw@h.org/"),
    ("h.org:8080", "http://h.org:8080/"),
    ("h.org:8080", "https://h.org:8080/"),
    ("https://h.org", "https://h.org/x"),
    ("https://h.org:8443/", "https://h.org:8443/x"),
    ("https://h.org/public/*", "https://h.org/public/a/b?c=/../d"),
    ("https://h.org/public/*", "https://h.org/public/"),
    ("https://h.org/public/*", "https://h.org/public/a%20b%2Fc"),
    ("https://h.org/public/", "https://h.org/public/a"),
    ("https://h.org/public", "https://h.org/public"),
    ("https://h.org/public", "https://h.org/public/a"),
    ("https://h.org/a/*/c", "https://h.org/a/b/c"),
    ("https://h.org/a*", "https://h.org/abc/d"),
    ("https://h.org/a.b/*", "https://h.org/a.b/c"),
    ("*.h.org", "http://a.h.org/"),
    ("*.h.org", "http://a.b.h.org/"),
    ("http://*.h.org:81/p/*", "http://a.h.org:81/p/q"),
    ("[::1]:8080", "http://[0:0::0:1]:8080/"),
    ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]/x"),
]

NOT_ALLOWED = [
    ("h.org", "http://h.org.evil.com/"),
    ("h.org", "http://evil.com/h.org"),
    ("h.org", "http://h.org@evil.com/"),
    ("h.org", "http://h.org:80@evil.com/"),
    ("h.org", "http://evil.com/@h.org"),
    ("h.org", "http://evil.com?@h.org/"),
    ("h.org", "http://evilh.org/"),
    ("h.org", "http://hxorg/"),
    ("h.org", "http://a.h.org/"),
    ("h.org", "http://h.org:8080/"),
    ("h.org", "http://h.org:443/"),
    ("h.org:8080", "http://h.org/"),
    ("https://h.org/", "http://h.org/"),
    ("https://h.org/", "http://h.org:443/"),
    ("https://h.org/", "https://h.org:8443/"),
    ("https://h.org/public/*", "https://h.org/public"),
    ("https://h.org/public/*", "https://h.org/secret"),
    ("https://h.org/public/*", "https://h.org/secret?/public/"),
    ("https://h.org/public/*", "https://h.org/Public/a"),
    ("https://h.org/public/*", "https://h.org//public/a"),
    ("https://h.org/public/*", "https://h.org/public%2Fa"),
    ("https://h.org/public/*", "https://h.org/x/public/a"),
    ("https://h.org/public", "https://h.org/publicity"),
    ("https://h.org/a/*/c", "https://h.org/a/b/b/c"),
    ("https://h.org/a/*/c", "https://h.org/a/b%2Fb/c"),
    ("https://h.org/a/*/c", "https://h.org/a/b%252Fb/c"),
    ("https://h.org/a/*/c", "https://h.org/a//c"),
    ("https://h.org/a.b/*", "https://h.org/axb/c"),
    ("*.h.org", "http://h.org/"),
    ("*.h.org", "http://evilh.org/"),
    ("*.h.org", "http://a.h.org.evil.com/"),
    ("127.0.0.1", "http://2130706433/"),
    ("127.0.0.1", "http://127.1/"),
    ("127.0.0.1", "http://[::ffff:127.0.0.1]/"),
]

INVALID = [
    "",
    "h.org",
    "/path",
    "//h.org/",
    "http:/h.org/",
    "http:h.org",
    "http://",
    "http:///path",
    "http://@h.org/",
    "http://a@b@h.org/",
    "http://h.org:/",
    "http://h.org:0/",
    "http://h.org:65536/",
    "http://h.org:8 0/",
    "http://h.org:+80/",
    "http://h.org./",
    "http://h..org/",
    "http://*.h.org/",
    "http://h.org,evil.com/",
    "http://%68.org/",
    "http://[::1/",
    "http://[::1]evil.com/",
    "http://[::1%25eth0]/",
    "http://[:::]/",
    "http://evil.com\\@h.org/",
    "http://h.org\\.evil.com/",
    "http://h.org/#DOE",
    "http://h.org/DOE JOHN",
    "http://h.org/DOE\tJOHN",
    "http://h.org/DOE\r\nX: y",
    "http://h.org/\n",
    " http://h.org/",
    "http://h.org/\x00",
    "http://h.org/\x7f",
    "http://h.org/DOË",
    "http://h\u00f6.org/",
    "http://h\uff0eorg/",
    "http://h.org/%DO",
    "http://h.org/100%",
    "http://h.org/public/../DOE",
    "http://h.org/public/./DOE",
    "http://h.org/public/..",
    "http://h.org/..;x/DOE",
    "http://h.org/public/%2e%2e/DOE",
    "http://h.org/public/.%2E/DOE",
    "http://h.org/public%2f..%2fDOE",
    "http://h.org/public/..%5cDOE",
    "http://h.org/public/%252e%252e/DOE",
    "http://h.org/..%00/DOE",
    "ftp://h.org/DOE",
    "file:///etc/passwd",
    "file://h.org/DOE",
    "javascript:DOE",
    "gopher://h.org/",
    "http+unix://h.org/",
    f"http://h.org/{'x' * 9000}",
]

BAD_PATTERNS = [
    "",
    "*",
    "*.",
    "*:80",
    "http://*",
    "https://*/x",
    "h.*",
    "a.*.org",
    "h.org/path",
    "h.org:",
    "h.org:0",
    "h.org:99999",
    "ftp://h.org",
    "//h.org",
    "https://user:DOE@h.org/",
    "https://h.org/a?DOE",
    "https://h.org/a#b",
    "https://h.org/a%20b",
    "https://h.org/a b",
    "https://h.org/a/../b",
    "https://h\u00f6.org/",
    "[::1",
    "[1::2::3]",
    " h.org",
    "h.org\n",
]


class Sent(Exception):
    """Raised instead of sending."""


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise Sent

    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", refuse)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(("pattern", "url"), ALLOWED)
def test_allowed(pattern: str, url: str) -> None:
    with pytest.raises(Sent):
        fetcher("other.example", pattern).fetch(url)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(("pattern", "url"), NOT_ALLOWED)
def test_not_allowed(pattern: str, url: str) -> None:
    assert error_of(fetcher(pattern), url).code == "url-not-allowed"
    assert error_of(fetcher(), url).code == "url-not-allowed"


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("url", INVALID)
def test_invalid(url: str) -> None:
    assert error_of(fetcher("h.org", "[::1]", "http://h.org/public/*"), url).code == "url-invalid"


def test_unsafe_characters_name_the_remedy() -> None:
    assert "urlEncode[...]" in str(error_of(fetcher("h.org"), "http://h.org/DOE JOHN"))


@pytest.mark.parametrize("pattern", BAD_PATTERNS)
def test_bad_patterns(pattern: str) -> None:
    with pytest.raises(EvaluationError, match="allowed address 2") as caught:
        fetcher("h.org", pattern)
    assert caught.value.code == "url-invalid"
    assert SECRET not in str(caught.value)


def test_the_wire_sees_what_was_checked(server: Server) -> None:
    """Characters that HTTP does not want are encoded, all else is sent as written."""
    seen = fetcher(f"http://127.0.0.1:{server.port}/ok")
    assert seen.fetch(server.url("/ok?n=DOE^J&x={1}|'\"%2F%41")) == "one"
    assert seen.fetch(server.url("/ok?")) == "one"


ENCODED = {
    "": "",
    "aZ09-._~": "aZ09-._~",
    "a b/c?d&e=f+g%*": "a%20b%2Fc%3Fd%26e%3Df%2Bg%25%2A",
    "Zoë^日": "Zo%C3%AB%5E%E6%97%A5",
    "\r\n\x00": "%0D%0A%00",
}


@pytest.mark.parametrize("text", ENCODED)
def test_url_encode(text: str) -> None:
    assert encode_for_url(text) == ENCODED[text]


def test_url_encode_of_half_a_character() -> None:
    with pytest.raises(EvaluationError) as caught:
        encode_for_url("DOE\ud800")
    assert caught.value.code == "url-invalid"
    assert caught.value.__context__ is None
