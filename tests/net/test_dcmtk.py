"""Against DCMTK: its storage provider, its storage user, and a receiver that is killed.

Skipped, loudly, where DCMTK is missing; `.ci/run` installs it.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom.data
import pytest
from peers import (
    CANARY,
    LOCAL,
    Authority,
    data_set_of,
    dcmtk,
    free_port,
    make_study,
    storescp,
    storescp_process,
    storescu,
    wait_for,
    wait_until,
)
from pydicom import dcmread
from pydicom.uid import UID

from dicomedit import Status
from dicomedit.io.read import read_file
from dicomedit.net.sending import destination_for, iterate_to, send
from dicomedit.net.tls import Certificates

TEST_FILES = Path(pydicom.data.__file__).parent / "test_files"
COMMAND = Path(sys.executable).with_name("dicomedit")
ANONYMOUS = 'version "6.6"\n(0010,0010) := "ANON"\n'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    make_study(tmp_path / "in")
    return tmp_path / "in"


def many(folder: Path, count: int) -> Path:
    """Write as many instances of one series into a folder."""
    (template,) = make_study(folder.parent / "template")[:1]
    ds = dcmread(template)
    folder.mkdir()
    for number in range(count):
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.3.{number}")
        ds.save_as(folder / f"{number:05}.dcm")
    shutil.rmtree(folder.parent / "template")
    return folder


@contextmanager
def receiver(
    folder: Path, *options: str, script: str = ANONYMOUS, to: str | None = None
) -> Iterator[tuple[int, Path]]:
    """Run the installed command; give its port and what it prints."""
    port = free_port()
    with started(port, folder, *options, script=script, to=to) as (process, log):
        yield port, log
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, log.read_text()


@contextmanager
def started(
    port: int, folder: Path, *options: str, script: str = ANONYMOUS, to: str | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    path, log = folder.with_name("script.das"), folder.with_name("log")
    path.write_text(script)
    command = [COMMAND, "receive", "--port", str(port), "--script", path, *options, to or folder]
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        wait_for(port)
        yield process, log
    finally:
        process.kill()
        process.wait(30)


# --- sending to storescp ------------------------------------------------------------------------


def test_storescp_gets_every_file_with_its_bytes(source: Path, tmp_path: Path):
    with storescp(tmp_path / "scp") as port:
        report = send(source, destination_for(source, f"dicom://{LOCAL}:{port}/STORESCP"))
    assert [row.answer for row in report.rows] == ["0000"] * 6
    stored = {data_set_of(path) for path in (tmp_path / "scp").iterdir()}
    assert stored == {data_set_of(path) for path in source.rglob("*.dcm")}


def test_storescp_gets_all_transfer_syntaxes_with_their_bytes(tmp_path: Path):
    source = tmp_path / "in"
    source.mkdir()
    for number, path in enumerate(sorted(TEST_FILES.glob("*.dcm"))):
        try:
            ds = dcmread(path)
        except Exception:
            continue
        if ds.get("SOPClassUID") and path.stat().st_size < 1 << 20:
            ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.{number}")
            ds.save_as(source / path.name)
    with storescp(tmp_path / "scp") as port:
        report = send(source, destination_for(source, f"dicom://{LOCAL}:{port}/STORESCP"))
    stored = {data_set_of(path) for path in (tmp_path / "scp").iterdir()}
    done = [row for row in report.rows if row.answer == "0000"]
    assert len(done) > 55
    for row in done:
        data = data_set_of(row.source)
        assert data + b"\0" * (len(data) % 2) in stored, row.source.name


def test_storescp_that_takes_implicit_only_gets_nothing_transcoded(source: Path, tmp_path: Path):
    with storescp(tmp_path / "scp", "+xi") as port:
        report = send(source, destination_for(source, f"dicom://{LOCAL}:{port}/STORESCP"))
    assert report.count(Status.FAILED) == 6
    assert all("never transcoded" in (row.reason or "") for row in report.rows)
    assert not list((tmp_path / "scp").iterdir())


@pytest.mark.parametrize("when", ["--abort-during", "--abort-after"])
def test_storescp_that_aborts_each_association(source: Path, tmp_path: Path, when: str):
    """It aborts during, or after, each object: nothing is taken for stored that is not."""
    with storescp(tmp_path / "scp", when) as port:
        destination = destination_for(
            source, f"dicom://{LOCAL}:{port}/STORESCP", patience=5, retries=1
        )
        report = send(source, destination)
    assert {row.reason for row in report.rows if row.status is Status.FAILED} <= {
        "the connection was lost before the peer answered"
    }
    stored = {data_set_of(path) for path in (tmp_path / "scp").iterdir()}
    for row in report.rows:
        if row.answer == "0000":
            assert data_set_of(row.source) in stored


def test_what_storescp_had_not_acknowledged_when_it_was_killed_is_sent_later(tmp_path: Path):
    source = many(tmp_path / "in", 100)
    port = free_port()
    url = f"dicom://{LOCAL}:{port}/STORESCP"
    with storescp_process(tmp_path / "first", port) as process:
        destination = destination_for(source, url, patience=5, retries=0)
        with iterate_to(source, destination, resume=True) as rows:
            for number, _ in enumerate(rows):
                if number == 30:
                    process.kill()
        first = rows.report()
    assert first.failed
    assert not first.complete
    accepted = {path.name.rpartition(".")[2] for path in (tmp_path / "first").iterdir()}
    with storescp(tmp_path / "second", at=port):
        second = send(source, destination, resume=True)
    assert second.count(Status.UNCHANGED) == 100
    assert second.kept == first.count(Status.UNCHANGED) >= 31
    again = {path.name.rpartition(".")[2] for path in (tmp_path / "second").iterdir()}
    assert len(again) == 100 - second.kept
    assert len(accepted | again) == 100


def test_an_interrupted_send_goes_on_with_resume(tmp_path: Path):
    source = many(tmp_path / "in", 200)
    with storescp(tmp_path / "scp") as port:
        command = [COMMAND, "send", source, f"dicom://{LOCAL}:{port}/STORESCP"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            wait_until(lambda: len(list((tmp_path / "scp").iterdir())) > 20)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "the same command with --resume goes on from here" in told
        some = len(list((tmp_path / "scp").iterdir()))
        assert 20 < some < 200
        done = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=False)
    assert done.stdout == f"200 files: 200 sent, 0 failed, 0 skipped ({some} by an earlier run)\n"
    assert len(list((tmp_path / "scp").iterdir())) == 200


def test_storescp_that_refuses_every_association(source: Path, tmp_path: Path):
    with storescp(tmp_path / "scp", "--refuse") as port:
        destination = destination_for(
            source, f"dicom://{LOCAL}:{port}/STORESCP", patience=5, retries=1
        )
        report = send(source, destination)
    (row,) = report.rows
    assert (row.reason or "").startswith("the peer rejects the association")


def test_storescp_with_tls(source: Path, tmp_path: Path, authority: Authority):
    certificate, key = authority.certificate(LOCAL)
    options = ("+tls", key, certificate, "-ic", "+ps")
    with storescp(tmp_path / "scp", *options) as port:
        url = f"dicoms://{LOCAL}:{port}/STORESCP"
        trusted = Certificates(authority.file)
        report = send(source, destination_for(source, url, certificates=trusted, patience=10))
        assert report.count(Status.UNCHANGED) == 6, [row.reason for row in report.rows]
        unknown = send(source, destination_for(source, url, patience=10, retries=0))
    assert "certificate of the peer is refused" in (unknown.rows[0].reason or "")


# --- receiving from storescu --------------------------------------------------------------------


def test_storescu_sends_and_results_are_there(source: Path, tmp_path: Path):
    with receiver(tmp_path / "out", "--journal", str(tmp_path / "journal")) as (port, log):
        echo = subprocess.run([dcmtk("echoscu"), LOCAL, str(port)], check=False, timeout=30)
        assert echo.returncode == 0
        done = storescu(port, "+sd", "+r", "-aet", "MODALITY", str(source))
    assert done.returncode == 0, done.stderr
    results = sorted((tmp_path / "out").rglob("*.dcm"))
    assert len(results) == 6
    assert {str(dcmread(path).PatientName) for path in results} == {"ANON"}
    text = log.read_text() + (tmp_path / "journal").read_text()
    assert "of MODALITY at 127.0.0.1: 6 stored, 0 rejected, 0 failed; released" in text
    assert CANARY not in text
    assert text.count('"status": "0000"') == 6


def test_storescu_hears_of_what_is_rejected_and_sends_the_rest(source: Path, tmp_path: Path):
    script = ANONYMOUS + '(0020,0013) = "2" ? reject[]\n'
    with receiver(tmp_path / "out", script=script) as (port, _):
        done = storescu(port, "-nh", "+sd", "+r", str(source))
    assert done.stderr.count("Store Response (Error: CannotUnderstand)") == 2, done.stderr
    assert done.stderr.count("Store Response (Success)") == 4
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 4


@pytest.mark.parametrize(
    ("options", "is_let_in"),
    [
        (("--allow-title", "STORESCU", "--allow-address", "127.0.0.1"), True),
        (("--allow-title", "OTHER"), False),
        (("--allow-address", "10.0.0.0/8"), False),
    ],
)
def test_storescu_is_let_in_or_not(source: Path, tmp_path: Path, options, is_let_in: bool):
    with receiver(tmp_path / "out", *options) as (port, _):
        done = storescu(port, "+sd", "+r", str(source))
    assert (done.returncode == 0) is is_let_in, done.stderr
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == (6 if is_let_in else 0)


def test_storescu_with_tls(source: Path, tmp_path: Path, authority: Authority):
    certificate, key = authority.certificate(LOCAL)
    options = ("--tls", "--cert", certificate, "--key", key)
    with receiver(tmp_path / "out", *options) as (port, _):
        trusting = ("+tla", "+cf", authority.file)
        done = storescu(port, *trusting, "+sd", "+r", str(source))
        assert done.returncode == 0, done.stderr
        assert storescu(port, "+sd", "+r", str(source)).returncode != 0  # in clear
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 6


def test_what_storescu_sends_is_sent_on_to_storescp(source: Path, tmp_path: Path):
    shutil.copy(TEST_FILES / "JPEG2000.dcm", source)
    with (
        storescp(tmp_path / "scp", "+xe") as scp,
        receiver(tmp_path / "out", to=f"dicom://{LOCAL}:{scp}/STORESCP") as (port, log),
    ):
        done = storescu(port, "-xw", "-nh", "+sd", "+r", str(source))
    assert done.stderr.count("Store Response (Success)") == 6
    assert done.stderr.count("Store Response (Error: CannotUnderstand)") == 1
    assert "in the transfer syntax JPEG 2000" in log.read_text()
    stored = list((tmp_path / "scp").iterdir())
    assert [str(dcmread(path).PatientName) for path in stored] == ["ANON"] * 6
    assert not (tmp_path / "out").exists()


# --- killed while it receives -------------------------------------------------------------------


def test_nothing_that_was_acknowledged_is_lost_when_the_receiver_is_killed(tmp_path: Path):
    """Killed several times in the middle, and started again, while 300 objects are sent."""
    source = many(tmp_path / "in", 300)
    port = free_port()
    acknowledged: set[str] = set()
    for kill_after in (0.2, 0.3, 0.4, None):
        left = [path for path in sorted(source.iterdir()) if path.name not in acknowledged]
        with started(port, tmp_path / "out") as (process, log):
            timer = threading.Timer(kill_after or 1e6, process.kill)
            timer.daemon = True
            timer.start()
            acknowledged |= _sent(port, left)
            timer.cancel()
    assert len(acknowledged) == 300, log.read_text()[-2000:]
    results = {path.stem: path for path in (tmp_path / "out").rglob("*.dcm")}
    for name in acknowledged:
        number = int(name.removesuffix(".dcm"))
        result = results[f"1.2.3.{number}"]
        assert str(dcmread(result).PatientName) == "ANON"
        read_file(result)  # complete to its last byte
    assert not list((tmp_path / "out").rglob("*.part"))


def _sent(port: int, paths: list[Path]) -> set[str]:
    """Send files with storescu; return the names of those that it saw acknowledged."""
    command = [dcmtk("storescu"), "-v", "-R", LOCAL, str(port), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    found: set[str] = set()
    current = None
    for line in (done.stdout + done.stderr).splitlines():
        if match := re.search(r"Sending file: .*/(\d+\.dcm)", line):
            current = match[1]
        elif "Received Store Response (Success)" in line and current is not None:
            found.add(current)
            current = None
    return found


def test_the_command_says_how_it_ends(source: Path, tmp_path: Path):
    port = free_port()
    with started(port, tmp_path / "out") as (process, log):
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(30) == 0
    lines = log.read_text().splitlines()
    assert lines[0].endswith(f"listening at 127.0.0.1, port {port}")
    assert lines[-1].endswith("ended")
