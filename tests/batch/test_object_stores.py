"""Object stores as input and output, against moto's S3 server on this machine."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import fsspec
import pytest
from moto.server import DomainDispatcherApplication, create_backend_app
from pydicom import dcmread
from s3fs import S3FileSystem
from werkzeug.serving import make_server

import dicomedit
from dicomedit import DicomFileError, Report, Status
from dicomedit.io import remote
from dicomedit.io.scan import masked
from dicomedit.io.synthetic import write_study

V = 'version "6.6"\n'
ANONYMOUS = V + '(0010,0010) := "ANON"'
SECRET = "hunter2"


class Server:
    """A store that can be told to fail: `fails` is asked about each request."""

    def __init__(self) -> None:
        self._app = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.fails: Callable[[str, str], bool] = lambda _method, _path: False
        self.requests: list[str] = []
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __call__(self, environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        query = environ.get("QUERY_STRING", "")
        self.requests.append(f"{method} {path}?{query}")
        if self.fails(method, f"{path}?{query}"):
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start_response("503 Slow Down", [("Content-Length", "0")])
            return [b""]
        return self._app(environ, start_response)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def server(running: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    for name, value in {
        "AWS_ENDPOINT_URL": running.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(S3FileSystem, "retries", 1)
    monkeypatch.setattr("dicomedit.batch.work.PAUSES", (0.0,))
    monkeypatch.chdir(tmp_path)
    S3FileSystem.clear_instance_cache()
    running.fails = lambda _method, _path: False
    store = S3FileSystem()
    for bucket in ("incoming", "outgoing"):
        if store.exists(bucket):
            store.rm(bucket, recursive=True)
        store.mkdir(bucket)
    running.requests.clear()
    yield running
    S3FileSystem.clear_instance_cache()


@pytest.fixture
def study(tmp_path: Path) -> Path:
    write_study(tmp_path / "study")
    return tmp_path / "study"


def upload(study: Path, place: str = "incoming/data") -> None:
    store = S3FileSystem()
    for path in study.rglob("*.dcm"):
        store.pipe_file(f"{place}/{path.relative_to(study).as_posix()}", path.read_bytes())


def objects(place: str) -> dict[str, bytes]:
    store = S3FileSystem()
    store.invalidate_cache()
    return {name.removeprefix(f"{place}/"): store.cat_file(name) for name in store.find(place)}


def relative(study: Path) -> list[str]:
    return sorted(path.relative_to(study).as_posix() for path in study.rglob("*.dcm"))


def uploads_in_parts() -> list[str]:
    store = S3FileSystem()
    return [each["Key"] for each in store.list_multipart_uploads("outgoing")]


def patients(content: dict[str, bytes]) -> set[str]:
    return {str(dcmread(io.BytesIO(data)).PatientName) for data in content.values()}


# --- from and to --------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
def test_from_store_to_store(server: Server, study: Path, jobs: int):
    upload(study)
    report = dicomedit.run(ANONYMOUS, "s3://incoming/data", "s3://outgoing/clean", jobs=jobs)
    assert [str(row.source) for row in report.rows] == [
        f"s3://incoming/data/{name}" for name in relative(study)
    ]
    assert [row.status for row in report.rows] == [Status.WRITTEN] * 6
    found = objects("outgoing/clean")
    assert sorted(found) == relative(study)
    assert patients(found) == {"ANON"}


def test_the_result_is_the_same_as_on_disk(server: Server, study: Path, tmp_path: Path):
    upload(study)
    dicomedit.run(ANONYMOUS, study, tmp_path / "disk")
    dicomedit.run(ANONYMOUS, study, "s3://outgoing/up")
    dicomedit.run(ANONYMOUS, "s3://incoming/data/", tmp_path / "down")
    expected = {name: (tmp_path / "disk" / name).read_bytes() for name in relative(study)}
    assert objects("outgoing/up") == expected
    assert {name: (tmp_path / "down" / name).read_bytes() for name in expected} == expected


def test_a_single_object(server: Server, study: Path, tmp_path: Path):
    upload(study)
    source = "s3://incoming/data/HOSP-000123/slice1.dcm"
    dicomedit.run(ANONYMOUS, source, tmp_path / "named.dcm")
    assert str(dcmread(tmp_path / "named.dcm").PatientName) == "ANON"
    dicomedit.run(ANONYMOUS, source, "s3://outgoing/clean")
    assert list(objects("outgoing/clean")) == ["slice1.dcm"]


def test_what_is_no_dicom_is_skipped(server: Server, study: Path):
    upload(study)
    S3FileSystem().pipe_file("incoming/data/readme.txt", b"hello")
    report = dicomedit.run(ANONYMOUS, "s3://incoming/data", "s3://outgoing/clean")
    assert (report.count(Status.WRITTEN), report.count(Status.SKIPPED)) == (6, 1)


def test_nothing_is_written_in_a_dry_run(server: Server, study: Path):
    upload(study)
    report = dicomedit.run(ANONYMOUS, "s3://incoming/data", "s3://outgoing/clean", dry_run=True)
    assert report.count(Status.WRITTEN) == 6
    assert not objects("outgoing")


@pytest.mark.parametrize("name", ["a/../../escape.dcm", "a//b.dcm", "/a.dcm"])
def test_names_that_no_result_can_have_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    """Stores take such names, although few programs make them."""
    listing = [{"name": f"/data/{name}", "type": "file", "size": 1}]
    store = SimpleNamespace(
        isfile=lambda _path: False,
        isdir=lambda _path: True,
        invalidate_cache=lambda: None,
        ls=lambda _path, detail: listing,
    )
    monkeypatch.setattr(remote, "_fresh", lambda _address: store)
    (row,) = dicomedit.run(ANONYMOUS, "memory://data", tmp_path / "deep" / "down").rows
    assert row.reason == "the name of the object cannot be that of a result"
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


# --- one step or nothing ------------------------------------------------------------------------


def test_a_file_that_fails_leaves_no_object(server: Server, study: Path):
    script = V + '(0010,0020) = "HOSP-000123" ? (0028,0010) := "many"\n(0010,0010) := "ANON"'
    report = dicomedit.run(script, study, "s3://outgoing/clean")
    assert (report.count(Status.FAILED), report.count(Status.WRITTEN)) == (3, 3)
    assert all(name.startswith("HOSP-000456") for name in objects("outgoing/clean"))


def test_a_store_that_fails_half_way_costs_the_files_it_refused(server: Server, study: Path):
    def fails(method: str, path: str) -> bool:
        return method == "PUT" and "HOSP-000456" in path

    server.fails = fails
    report = dicomedit.run(ANONYMOUS, study, "s3://outgoing/clean", retries=0, resume=True)
    assert (report.count(Status.WRITTEN), report.count(Status.FAILED)) == (3, 3)
    assert {row.reason for row in report.rows if row.reason} == {
        "cannot be written: the store cannot be reached, or failed (OSError)"
    }
    assert len(objects("outgoing/clean")) == 3
    server.fails = lambda _method, _path: False
    report = dicomedit.run(ANONYMOUS, study, "s3://outgoing/clean", resume=True)
    assert (report.kept, report.count(Status.WRITTEN)) == (3, 6)
    assert sorted(objects("outgoing/clean")) == relative(study)


def test_what_may_be_gone_in_a_moment_is_tried_again(server: Server, study: Path):
    refused: set[str] = set()

    def fails(method: str, path: str) -> bool:
        is_first = method in ("PUT", "GET") and "slice" in path and path not in refused
        refused.add(path)
        return is_first

    upload(study)
    server.fails = fails
    report = dicomedit.run(ANONYMOUS, "s3://incoming/data", "s3://outgoing/clean", retries=3)
    assert report.count(Status.WRITTEN) == 6
    assert len(refused) >= 12


@pytest.fixture
def in_parts(study: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is larger than what is uploaded at once."""
    monkeypatch.setattr(remote, "_AT_ONCE", 5 << 20)
    ds = dcmread(study / "HOSP-000123" / "slice1.dcm")
    ds.Rows, ds.Columns = 3000, 2500
    ds.PixelData = bytes(3000 * 2500 * 2)
    ds.save_as(study / "large.dcm")
    return study / "large.dcm"


def test_large_results_are_uploaded_in_parts(server: Server, in_parts: Path):
    report = dicomedit.run(ANONYMOUS, in_parts, "s3://outgoing/clean")
    assert report.count(Status.WRITTEN) == 1
    assert sum("partNumber" in request for request in server.requests) >= 2
    assert patients(objects("outgoing/clean")) == {"ANON"}


@pytest.mark.parametrize("at", ["partNumber=2", "?uploadId="])
def test_an_upload_in_parts_that_fails_is_given_up(server: Server, in_parts: Path, at: str):
    server.fails = lambda method, path: method in ("PUT", "POST") and at in path
    report = dicomedit.run(ANONYMOUS, in_parts, "s3://outgoing/clean", retries=0)
    assert report.count(Status.FAILED) == 1
    assert not objects("outgoing")
    assert uploads_in_parts() == []


def test_an_input_that_changes_while_it_is_read_has_no_result(
    server: Server, study: Path, monkeypatch: pytest.MonkeyPatch
):
    upload(study)
    read = remote.RemotePath._read

    def meddle(self: remote.RemotePath, store: S3FileSystem):
        data = read(self, store)
        if self.name == "slice2.dcm":
            store.pipe_file(self.path, bytes(data) + b"more")
        return data

    monkeypatch.setattr(remote.RemotePath, "_read", meddle)
    report = dicomedit.run(ANONYMOUS, "s3://incoming/data", "s3://outgoing/clean")
    failed = {str(row.source)[-10:] for row in report.rows if row.status is Status.FAILED}
    assert failed == {"slice2.dcm"}
    assert not [name for name in objects("outgoing/clean") if name.endswith("slice2.dcm")]


# --- resuming -----------------------------------------------------------------------------------


def resumed(digests: bool = False) -> Report:
    return dicomedit.run(
        ANONYMOUS, "s3://incoming/data", "s3://outgoing/clean", resume=True, digests=digests
    )


def test_a_run_goes_on_where_it_ended(server: Server, study: Path, tmp_path: Path):
    upload(study)
    assert resumed().kept == 0
    assert [path.name for path in tmp_path.glob("*journal")] == [
        "s3-outgoing-clean.dicomedit-journal"
    ]
    assert resumed().kept == 6


def test_objects_that_were_written_anew_are_done_again(server: Server, study: Path):
    upload(study)
    resumed()
    ds = dcmread(study / "HOSP-000123" / "slice1.dcm")
    ds.PatientSex = "O"
    ds.save_as(study / "HOSP-000123" / "slice1.dcm")
    S3FileSystem().put_file(
        study / "HOSP-000123" / "slice1.dcm", "incoming/data/HOSP-000123/slice1.dcm"
    )
    S3FileSystem().rm_file("outgoing/clean/HOSP-000456/slice2.dcm")
    assert resumed().kept == 4
    assert sorted(objects("outgoing/clean")) == relative(study)


def test_quarantine_has_copies_of_objects(server: Server, study: Path, tmp_path: Path):
    upload(study)
    script = V + '(0010,0020) = "HOSP-000123" ? (0028,0010) := "many"'
    dicomedit.run(
        script, "s3://incoming/data", "s3://outgoing/clean", quarantine=tmp_path / "failed"
    )
    copy = tmp_path / "failed" / "HOSP-000123" / "slice1.dcm"
    assert copy.read_bytes() == (study / "HOSP-000123" / "slice1.dcm").read_bytes()


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "destination", "reason"),
    [
        ("s3://incoming/data", "s3://incoming/data", "the output would replace the input"),
        ("s3://incoming/data", "s3a://incoming/data/out", "output and input lie inside each other"),
        ("s3://incoming/data", "s3://incoming", "output and input lie inside each other"),
        ("s3://incoming/nothing", "s3://outgoing", "there is no such object, or bucket"),
        ("s3://incoming/data", "nowhere://out", 'no store is known by "nowhere://"'),
        ("s3://incoming/data", "s3://", "the output needs a bucket or folder"),
        (
            "s3://incoming/data",
            "zip://x::s3://outgoing/x.zip",
            "addresses in addresses are not opened",
        ),
        (
            "s3://incoming/data/HOSP-000123/slice1.dcm",
            "s3://incoming/data/HOSP-000123",
            "the input",
        ),
    ],
)
def test_refused(server: Server, study: Path, source: str, destination: str, reason: str):
    upload(study)
    before = objects("incoming")
    with pytest.raises(DicomFileError) as caught:
        dicomedit.run(ANONYMOUS, source, destination)
    assert reason in caught.value.reason
    assert objects("incoming") == before


@pytest.mark.parametrize("name", ["journal", "quarantine"])
def test_a_journal_or_quarantine_in_a_store_is_refused(server: Server, study: Path, name: str):
    with pytest.raises(DicomFileError, match="must be on this machine"):
        dicomedit.run(ANONYMOUS, study, "s3://outgoing", **{name: "s3://user:hunter2@outgoing/x"})


def test_what_is_missing_is_named(study: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(DicomFileError, match=re.escape('pip install "dicomedit[cloud]"')):
        dicomedit.run(ANONYMOUS, study, "s3://outgoing")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("sftp://user:hunter2@host/a/b", "sftp://***@host/a/b"),
        ("sftp://us@er:hunter2@host:22", "sftp://***@host:22"),
        ("sftp://user:hun/ter2@host/a", "sftp://***@host/a"),
        ("s3://bucket/a?token=hunter2", "s3://bucket/a?***"),
        ("s3://bucket/a", "s3://bucket/a"),
        ("plain/path", "plain/path"),
    ],
)
def test_secrets_in_addresses_are_masked(address: str, shown: str):
    assert masked(address) == shown


def test_passwords_are_never_printed(server: Server, study: Path):
    """The command, with an address that has a password and a server that cannot be reached."""
    script = study.parent / "anon.das"
    script.write_text(ANONYMOUS)
    command = [sys.executable, "-m", "dicomedit", "run", str(script), str(study)]
    address = f"ftp://user:{SECRET}@127.0.0.1:1/out"
    done = subprocess.run([*command, address], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "***@127.0.0.1" in done.stderr


def test_a_store_in_memory(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Other processes would not see it: the run stays in this one."""
    monkeypatch.chdir(tmp_path)
    dicomedit.run(ANONYMOUS, study, "memory://stored/clean", jobs=2)
    dicomedit.run(V + "-(0010,4000)", "memory://stored/clean", tmp_path / "back", jobs=2)
    assert relative(tmp_path / "back") == relative(study)
    fsspec.filesystem("memory").rm("/stored", recursive=True)
