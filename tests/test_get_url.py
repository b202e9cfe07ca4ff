"""getURL from a script: off unless allowed, and asked once for each address in a run."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from pydicom.dataset import Dataset

from dicomedit import EvaluationError, UrlFetcher, compile_script

SCRIPT = '(0010,0020) := getURL[concatenate["{0}/id?p=", urlEncode[(0010,0020)]]]'


@contextmanager
def server() -> Iterator[tuple[str, list[str]]]:
    """A web server that answers every question with NEW, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = b"NEW\n"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=httpd.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{httpd.server_address[1]}", asked
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


def patient(identifier: str) -> Dataset:
    ds = Dataset()
    ds.PatientID = identifier
    return ds


def program(host: str):
    text = SCRIPT.format(f"http://{host}")
    return compile_script(text, dialect=6, newer_versions=True)


def test_is_off_by_default():
    with server() as (host, asked):
        ds = patient("P 1")
        with pytest.raises(EvaluationError) as caught:
            program(host).apply(ds)
        assert caught.value.code == "url-not-allowed"
        assert ds.PatientID == "P 1"
        assert asked == []


def test_asks_an_allowed_host_with_encoded_values():
    with server() as (host, asked):
        ds = patient("P/1 ä&b")
        ds.SpecificCharacterSet = "ISO_IR 192"
        program(host).apply(ds, allow_urls=[host])
        assert ds.PatientID == "NEW"
        assert asked == ["/id?p=P%2F1%20%C3%A4%26b"]


def test_asks_once_for_each_address_in_a_run():
    with server() as (host, asked):
        fetcher = UrlFetcher([host])
        for identifier in ("A", "B", "A"):
            program(host).apply(patient(identifier), allow_urls=fetcher)
        assert asked == ["/id?p=A", "/id?p=B"]


def test_an_address_with_blanks_is_an_error():
    script = 'version "6.6"\n(0010,0020) := getURL[concatenate["http://host/", (0010,0020)]]'
    with pytest.raises(EvaluationError) as caught:
        compile_script(script).apply(patient("P 1"), allow_urls=["host"])
    assert caught.value.code == "url-invalid"
    assert "P 1" not in str(caught.value)
