"""Sending to a peer: what arrives, what is said of it, what happens when the peer is difficult."""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path

import pydicom.data
import pytest
from peers import (
    CANARY,
    LOCAL,
    PATIENCE,
    Peer,
    data_set_of,
    free_port,
    make_study,
    peer,
    silent_port,
)
from pydicom import Dataset, dcmread
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid
from pynetdicom import evt

import dicomedit
from dicomedit import DicomEditError, DicomFileError, Report, Row, Status
from dicomedit.batch.report_check import check_report
from dicomedit.batch.report_formats import read_rows
from dicomedit.net.sending import destination_for, iterate_to, send

TEST_FILES = Path(pydicom.data.__file__).parent / "test_files"
ANONYMOUS = 'version "6.6"\n(0010,0010) := "ANON"'
SENT = {Status.UNCHANGED, Status.WRITTEN}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    make_study(tmp_path / "in")
    return tmp_path / "in"


def sent(source: Path, url: str, *, retries: int = 1, **options) -> Report:
    destination = destination_for(source, url, patience=PATIENCE, retries=retries)
    return send(source, destination, **options)


def reasons(report: Report) -> list[str]:
    return [row.reason or "" for row in report.rows if row.status is Status.FAILED]


# --- what arrives -------------------------------------------------------------------------------


def test_every_file_arrives_with_its_bytes(source: Path):
    with peer() as archive:
        report = sent(source, archive.url)
    assert [row.status for row in report.rows] == [Status.UNCHANGED] * 6
    assert [row.answer for row in report.rows] == ["0000"] * 6
    assert archive.data_sets == {data_set_of(path) for path in source.rglob("*.dcm")}
    assert len(archive.associations) == 1


def test_all_kinds_of_files_arrive_with_their_bytes(tmp_path: Path):
    """All transfer syntaxes of pydicom's test files, deflated ones and big endian included."""
    source = tmp_path / "in"
    source.mkdir()
    for path in sorted(TEST_FILES.glob("*.dcm")):
        shutil.copy(path, source)
    with peer() as archive:
        report = sent(source, archive.url)
    done = [row for row in report.rows if row.status in SENT]
    assert len(done) > 60
    padded = {path: data + b"\0" * (len(data) % 2) for path, data in _data_sets(done)}
    assert set(padded.values()) == archive.data_sets
    syntaxes = {
        dcmread(row.source, stop_before_pixels=True).file_meta.TransferSyntaxUID for row in done
    }
    assert len(syntaxes) >= 10
    assert len(archive.associations) == 1
    for reason in reasons(report):
        assert any(words in reason for words in ("claims", "SOP Class UID", "not encoded as"))


def _data_sets(rows: list[Row]):
    return [(row.source, data_set_of(row.source)) for row in rows]


def test_what_is_edited_on_the_way_arrives_as_run_would_write_it(source: Path, tmp_path: Path):
    with peer() as archive:
        report = sent(source, archive.url, scripts=ANONYMOUS)
    assert report.count(Status.WRITTEN) == 6
    dicomedit.run(ANONYMOUS, source, tmp_path / "out")
    written = {data_set_of(path) for path in (tmp_path / "out").rglob("*.dcm")}
    assert archive.data_sets == written
    assert not any(CANARY.encode() in data for data in archive.data_sets)


def test_what_is_sent_is_reported(source: Path, tmp_path: Path):
    """The digest is that of the data set which the peer has."""
    path, journal = tmp_path / "report.jsonl", tmp_path / "journal"
    with peer() as archive:
        for resume in (False, True):
            given = {"journal": journal, "resume": resume, "report": path}
            sent(source, archive.url, scripts=ANONYMOUS, **given)
            *rows, summary = list(read_rows(path))
            assert {row["output_sha256"] for row in rows} == {
                hashlib.sha256(data).hexdigest() for data in archive.data_sets
            }
            assert [row["answer"] for row in rows] == ["0000"] * 6
            assert {(row["changed"], row["is_kept"]) for row in rows} == {(1, resume)}
            assert (summary["is_delivered"], summary["kept"]) == (True, 6 * resume)
    assert check_report(path, unsigned=True).findings == ()
    sent(source, archive.url, report=path)
    *rows, summary = list(read_rows(path))
    assert {row["code"] for row in rows} == {"undeliverable"}


def test_nothing_is_sent_that_fails_or_is_rejected(source: Path):
    paths = sorted(source.rglob("*.dcm"))
    paths[0].write_bytes(paths[0].read_bytes()[:-10])
    rejected = dcmread(paths[1])
    rejected.Modality = "OT"
    rejected.save_as(paths[1])
    failing = dcmread(paths[2])
    failing.StudyDate = ""
    failing.StudyDescription = "fails"
    failing.save_as(paths[2])
    script = (
        'version "6.6"\n(0008,0060) = "OT" ? reject[]\n'
        '(0008,1030) = "fails" ? (0008,0020) := substring["x", 5, 9]\n(0010,0010) := "ANON"'
    )
    with peer() as archive:
        report = sent(source, archive.url, scripts=script)
    assert [row.status.value for row in report.rows][:3] == ["failed", "rejected", "failed"]
    assert len(archive.stored) == 3
    good = {str(dcmread(path).SOPInstanceUID) for path in paths[3:]}
    assert set(archive.instances) == good


def test_a_large_file_is_sent_from_the_disk_with_its_bytes(tmp_path: Path, source: Path):
    path = next(source.rglob("*.dcm"))
    ds = dcmread(path)
    ds.PixelData = bytes(range(256)) * (80 << 10)
    ds.save_as(tmp_path / "large.dcm")
    with peer() as archive:
        report = sent(tmp_path / "large.dcm", archive.url)
    assert [row.answer for row in report.rows] == ["0000"]
    assert archive.data_sets == {data_set_of(tmp_path / "large.dcm")}


def test_a_file_that_changes_while_it_is_sent_is_not_stored(source: Path, monkeypatch):
    from dicomedit.batch import delivery

    def changed(path: Path, before: object) -> None:
        raise DicomFileError(str(path), "the file changed while it was read")

    monkeypatch.setattr(delivery, "check_unchanged", changed)
    with peer() as archive:
        report = sent(source, archive.url)
    assert reasons(report) == ["the file changed while it was read"] * 6
    assert archive.stored == []


def test_several_processes_have_an_association_each(source: Path):
    with peer() as archive:
        report = sent(source, archive.url, scripts=ANONYMOUS, jobs=2)
    assert [row.answer for row in report.rows] == ["0000"] * 6
    assert len(set(archive.instances)) == 6
    assert 1 <= len(archive.associations) <= 2


# --- presentation contexts ----------------------------------------------------------------------


def test_more_than_128_kinds_of_objects_take_several_associations(tmp_path: Path):
    for number in range(150):
        ds = Dataset()
        ds.SOPClassUID = f"1.2.3.4.{number}"
        ds.SOPInstanceUID = generate_uid(entropy_srcs=[str(number)])
        ds.PatientID = "1"
        ds.file_meta = pydicom.dataset.FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.file_meta.MediaStorageSOPClassUID = UID(ds.SOPClassUID)
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.save_as(tmp_path / f"{number:03}.dcm", enforce_file_format=True)
    with peer() as archive:
        report = sent(tmp_path, archive.url)
    assert report.count(Status.UNCHANGED) == 150, reasons(report)
    contexts = [len(each.requestor.requested_contexts) for each in archive.associations]
    assert contexts == [128, 128]


def test_a_kind_of_object_that_comes_as_a_surprise_gets_an_association(source: Path):
    script = 'version "6.6"\n(0008,0016) := "1.2.840.10008.5.1.4.1.1.7"'
    with peer() as archive:
        report = sent(source, archive.url, scripts=script)
    assert report.count(Status.WRITTEN) == 6
    assert len(archive.associations) == 1


def test_an_object_of_a_refused_kind_fails_and_others_are_sent(source: Path, tmp_path: Path):
    shutil.copy(TEST_FILES / "JPEG2000.dcm", source)
    shutil.copy(TEST_FILES / "JPGExtended.dcm", source)
    with peer(is_restricted=True) as archive:
        report = sent(source, archive.url)
    assert report.count(Status.UNCHANGED) == 6
    assert len(archive.associations) == 1
    first, second = reasons(report)
    assert "does not take Secondary Capture Image Storage in the transfer syntax JPEG 2000" in first
    assert "never transcoded" in second


def test_when_all_kinds_are_refused_every_object_fails(tmp_path: Path):
    (tmp_path / "in").mkdir()
    for name in ("JPEG2000.dcm", "JPGExtended.dcm"):
        shutil.copy(TEST_FILES / name, tmp_path / "in")
    with peer(is_restricted=True) as archive:
        report = sent(tmp_path / "in", archive.url)
    assert len(reasons(report)) == 2
    assert all("never transcoded" in reason for reason in reasons(report))


# --- statuses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0xA700, "A700 (out of resources)"),
        (0xA7FF, "A7FF (out of resources)"),
        (0xA900, "A900 (data set does not match SOP Class)"),
        (0xC000, "C000 (cannot understand)"),
        (0xCABC, "CABC (cannot understand)"),
        (0x0122, "0122 (SOP Class not supported)"),
        (0x0124, "0124 (not authorized)"),
    ],
)
def test_a_failure_is_told_with_its_meaning(source: Path, status: int, words: str):
    with peer() as archive:
        archive.statuses = [0, status]
        report = sent(source, archive.url)
    assert reasons(report) == [f"the peer refuses it with status {words}"]
    assert report.count(Status.UNCHANGED) == 5
    assert len(archive.associations) == 1


@pytest.mark.parametrize("status", [0xB000, 0xB006, 0xB007])
def test_a_warning_counts_as_stored_with_a_notice(source: Path, status: int):
    with peer() as archive:
        archive.statuses = [status]
        report = sent(source, archive.url)
    assert report.count(Status.UNCHANGED) == 6
    assert report.notices == {"peer-warning": 1}
    row = report.rows[0]
    assert row.answer == f"{status:04X}"
    assert row.outcome is not None
    assert f"{status:04X}" in row.outcome.notices[0].message


# --- difficult peers ----------------------------------------------------------------------------


def test_a_peer_that_is_not_there_ends_the_run(source: Path):
    with iterate_to(source, _nobody(source)) as rows:
        found = list(rows)
    assert [row.reason for row in found] == ["the peer cannot be reached: connection refused"]
    assert not rows.report().complete


def _nobody(source: Path):
    url = f"dicom://{LOCAL}:{free_port()}/ARCHIVE"
    return destination_for(source, url, patience=PATIENCE, retries=1)


def test_a_peer_that_is_not_there_ends_a_run_of_several_processes(source: Path):
    report = send(source, _nobody(source), scripts=ANONYMOUS, jobs=2)
    assert not report.complete
    assert set(reasons(report)) == {"the peer cannot be reached: connection refused"}


def test_a_peer_that_wants_fragments_of_nothing_is_given_up(source: Path):
    def settings(ae):
        ae.maximum_pdu_size = 7

    with peer(settings=settings) as archive:
        report = sent(source, archive.url)
    assert reasons(report) == ["the peer wants fragments too small to hold anything"]


def test_a_peer_that_wants_small_fragments_gets_them(source: Path):
    def settings(ae):
        ae.maximum_pdu_size = 101

    with peer(settings=settings) as archive:
        report = sent(source, archive.url)
    assert report.count(Status.UNCHANGED) == 6
    assert archive.data_sets == {data_set_of(path) for path in source.rglob("*.dcm")}


def test_an_association_that_is_refused_for_good_is_not_asked_for_again(source: Path):
    requests = []

    def settings(ae):
        ae.require_calling_aet = ["SOMEBODY"]

    with peer(settings=settings, on_request=lambda _, event: requests.append(event)) as archive:
        report = sent(source, archive.url, retries=3)
    assert len(report.rows) == len(requests) == 1
    assert "the peer rejects the association: calling ae title not recognised" in reasons(report)[0]
    assert "calling DICOMEDIT, called ARCHIVE" in reasons(report)[0]


def test_an_association_that_is_refused_for_now_is_asked_for_again(source: Path):
    requests = []

    def busy(_: Peer, event: evt.Event) -> None:
        requests.append(event)
        if len(requests) < 3:
            event.assoc.acse.send_reject(0x02, 0x03, 0x02)  # local limit exceeded
            event.assoc.is_rejected = True

    with peer(on_request=busy) as archive:
        report = sent(source, archive.url, retries=2)
    assert report.count(Status.UNCHANGED) == 6
    assert len(requests) == 3


def test_a_peer_that_says_nothing_times_out(source: Path):
    with silent_port() as port:
        destination = destination_for(
            source, f"dicom://{LOCAL}:{port}/ARCHIVE", patience=0.3, retries=1
        )
        report = send(source, destination)
    assert reasons(report) == ["the peer did not answer within 0.3 seconds"]


def test_an_answer_that_is_late_is_asked_for_again(source: Path):
    calls = []

    def slow(_: Peer, event: evt.Event) -> None:
        calls.append(event.request.AffectedSOPInstanceUID)
        if len(calls) == 2:
            time.sleep(1.0)

    with peer(slow) as archive:
        destination = destination_for(source, archive.url, patience=0.5, retries=2)
        report = send(source, destination)
        assert report.count(Status.UNCHANGED) == 6, reasons(report)
    assert len(set(archive.instances)) == 6
    assert calls[1] == calls[2]


def test_a_peer_that_never_answers_ends_the_run(source: Path):
    with peer(lambda *_: time.sleep(0.8)) as archive:
        destination = destination_for(source, archive.url, patience=0.3, retries=1)
        report = send(source, destination)
    assert reasons(report) == ["the peer did not answer within 0.3 seconds"]
    assert not report.complete


def test_what_was_in_hand_when_the_peer_died_is_sent_again(source: Path):
    calls = []

    def die(_: Peer, event: evt.Event) -> None:
        calls.append(event.request.AffectedSOPInstanceUID)
        if len(calls) in (3, 5):
            event.assoc.abort()

    with peer(die) as archive:
        report = sent(source, archive.url, retries=1)
    assert report.count(Status.UNCHANGED) == 6, reasons(report)
    assert len(set(archive.instances)) == 6
    assert len(calls) == 8
    assert len(archive.associations) == 3


def test_an_association_that_ends_while_nothing_is_sent_is_replaced(source: Path):
    with peer() as archive:
        destination = destination_for(source, archive.url, patience=PATIENCE, retries=0)
        with iterate_to(source, destination) as rows:
            found = [next(rows)]
            archive.associations[0].abort()
            time.sleep(0.3)  # as while a large file is edited
            found += rows
    assert [row.answer for row in found] == ["0000"] * 6
    assert len(archive.associations) == 2


def test_a_connection_that_breaks_while_a_large_object_is_sent(source: Path, tmp_path: Path):
    path = next(source.rglob("*.dcm"))
    ds = dcmread(path)
    ds.PixelData = bytes(64 << 20)
    ds.save_as(tmp_path / "large.dcm")
    units = []

    def cut(event: evt.Event) -> None:
        units.append(event)
        if len(units) == 40:
            event.assoc.dul.socket._shutdown_socket()

    with peer() as archive:
        archive.server.bind(evt.EVT_PDU_RECV, cut)
        report = sent(tmp_path / "large.dcm", archive.url)
    assert report.count(Status.UNCHANGED) == 1, reasons(report)
    assert len(archive.stored) == 1


def test_an_object_that_the_peer_cannot_take_costs_no_other(source: Path):
    poison = str(dcmread(sorted(source.rglob("*.dcm"))[1]).SOPInstanceUID)

    def die(_: Peer, event: evt.Event) -> None:
        if event.request.AffectedSOPInstanceUID == poison:
            event.assoc.abort()

    with peer(die) as archive:
        report = sent(source, archive.url, retries=1)
    assert reasons(report) == ["the connection was lost before the peer answered"]
    assert report.count(Status.UNCHANGED) == 5


# --- resuming -----------------------------------------------------------------------------------


def test_objects_that_were_accepted_are_not_sent_again(source: Path, tmp_path: Path):
    with peer() as archive:
        archive.statuses = [0, 0xA700, 0xB000]
        first = sent(source, archive.url, resume=True)
        assert first.count(Status.FAILED) == 1
        second = sent(source, archive.url, resume=True)
    assert second.kept == 5
    assert second.count(Status.UNCHANGED) == 6
    assert [row.answer for row in second.rows] == ["0000", "0000", "B000", "0000", "0000", "0000"]
    assert sorted(archive.instances) == sorted(set(archive.instances))
    (journal,) = tmp_path.glob("*.dicomedit-journal")
    assert journal.name.startswith("in.to-dicom-")
    assert CANARY not in journal.read_text()


def test_a_run_to_another_peer_is_not_resumed(source: Path, tmp_path: Path):
    journal = tmp_path / "journal"
    with peer() as archive:
        sent(source, archive.url, resume=True, journal=journal)
        with pytest.raises(DicomFileError, match="another output folder"):
            sent(source, archive.url.replace("ARCHIVE", "OTHER"), resume=True, journal=journal)


# --- without the extra --------------------------------------------------------------------------


def test_what_is_missing_is_named(source: Path, monkeypatch):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DicomEditError, match=r'pip install "dicomedit\[net\]"'):
        send(source, "dicom://127.0.0.1/ARCHIVE")
