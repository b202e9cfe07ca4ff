"""Receiving: what is kept under which name, what senders are told, who may send."""

from __future__ import annotations

import io
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydicom.data
import pytest
from peers import CANARY, LOCAL, data_set_of, free_port, make_study, peer, wait_until
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.sop_class import Verification

import dicomedit
from dicomedit import DicomEditError, DicomFileError, Status, compile_script
from dicomedit.net.address import read_address
from dicomedit.net.destination import PeerDestination
from dicomedit.net.reception import receiving
from dicomedit.net.sending import destination_for, send

TEST_FILES = Path(pydicom.data.__file__).parent / "test_files"
V = 'version "6.6"\n'
ANONYMOUS = V + '(0010,0010) := "ANON"'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    make_study(tmp_path / "in")
    return tmp_path / "in"


class Inbox:
    """A receiver in this process, what it writes and what it says."""

    def __init__(self, receiver: Any, folder: Path, lines: list[str]):
        self.receiver = receiver
        self.folder = folder
        self.lines = lines

    @property
    def url(self) -> str:
        return f"dicom://{LOCAL}:{self.receiver.port}/DICOMEDIT"

    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())


@contextmanager
def inbox(
    tmp_path: Path,
    script: str = ANONYMOUS,
    *,
    destination: Any = None,
    gate: dict[str, Any] | None = None,
    patience: float = 5,
    listening: dict[str, Any] | None = None,
    **options: Any,
) -> Iterator[Inbox]:
    from dicomedit.net.receiver import Listening
    from dicomedit.net.server import Gate

    lines: list[str] = []
    place = Listening(port=0, gate=Gate(**({"patience": 5} | (gate or {}))), **(listening or {}))
    program = compile_script(script)
    folder = tmp_path / "out"
    with receiving(
        [program], destination or folder, place, tell=lines.append, patience=patience, **options
    ) as receiver:
        yield Inbox(receiver, folder, lines)


def sent(source: Path, url: str, **options: Any) -> dicomedit.Report:
    return send(source, destination_for(source, url, patience=5, retries=0), **options)


def answers(source: Path, url: str) -> list[str]:
    """Send each file; return the statuses, ``FAIL`` before those of failures."""
    found = []
    for row in sent(source, url).rows:
        reason = row.reason or ""
        found.append(row.answer or f"FAIL {reason.partition('status ')[2][:4] or reason}")
    return found


# --- what is kept -------------------------------------------------------------------------------


def test_results_are_named_by_the_uids_they_have_after_editing(source: Path, tmp_path: Path):
    script = ANONYMOUS + "\nhashUIDList[(0008,0018), (0020,000D), (0020,000E)]"
    with inbox(tmp_path, script) as box:
        assert answers(source, box.url) == ["0000"] * 6
        assert len(box.files()) == 6
        for path in box.files():
            ds = dcmread(path)
            names = (ds.StudyInstanceUID, ds.SeriesInstanceUID, f"{ds.SOPInstanceUID}.dcm")
            assert path.relative_to(box.folder).parts == names
            assert str(ds.PatientName) == "ANON"
            assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
            assert CANARY.encode() not in path.read_bytes()
    originals = {str(dcmread(path).SOPInstanceUID) for path in source.rglob("*.dcm")}
    assert not originals & {path.stem for path in box.files()}


def test_results_are_those_of_a_run_over_the_same_files(tmp_path: Path):
    """All transfer syntaxes are stored as they come, and edited as `run` edits them."""
    (tmp_path / "in").mkdir()
    for number, path in enumerate(sorted(TEST_FILES.glob("*.dcm"))):
        try:
            ds = dcmread(path)
        except Exception:
            continue
        if not ds.get("SOPClassUID") or path.stat().st_size > 1 << 20:
            continue
        ds.StudyInstanceUID = ds.SeriesInstanceUID = "1.2"
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.{number}")
        ds.save_as(tmp_path / "in" / f"1.2.{number}.dcm")
    with inbox(tmp_path) as box:
        report = sent(tmp_path / "in", box.url)
    stored = [row for row in report.rows if row.answer == "0000"]
    assert len(stored) > 50
    dicomedit.run(ANONYMOUS, tmp_path / "in", tmp_path / "run")
    for row in stored:
        received = box.folder / "1.2" / "1.2" / row.source.name
        assert received.read_bytes() == (tmp_path / "run" / row.source.name).read_bytes()
    syntaxes = {dcmread(path).file_meta.TransferSyntaxUID for path in box.files()}
    assert len(syntaxes) >= 10


def test_an_unknown_private_sop_class_is_stored(tmp_path: Path):
    write_object(tmp_path / "in" / "a.dcm", SOPClassUID="1.2.3.4.5.6")
    with inbox(tmp_path) as box:
        assert answers(tmp_path / "in", box.url) == ["0000"]
        assert len(box.files()) == 1


def write_object(path: Path, **elements: Any) -> None:
    ds = Dataset()
    ds.SOPClassUID = CTImageStorage
    ds.SOPInstanceUID, ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.3", "1.2.4", "1.2.5"
    ds.PatientName = CANARY
    for name, value in elements.items():
        if value is None:
            del ds[name]
        else:
            setattr(ds, name, value)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = UID(ds.SOPClassUID)
    ds.file_meta.MediaStorageSOPInstanceUID = UID(ds.SOPInstanceUID)
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)


def test_an_instance_that_comes_again_replaces_the_result(source: Path, tmp_path: Path):
    with inbox(tmp_path) as box:
        answers(source, box.url)
        first = [path.read_bytes() for path in box.files()]
        assert answers(source, box.url) == ["0000"] * 6
        assert [path.read_bytes() for path in box.files()] == first


def test_uids_that_are_none_lead_nowhere_else(tmp_path: Path):
    script = ANONYMOUS + '\n(0020,000D) := "../../../elsewhere"\n(0020,000E) := ".."'
    write_object(tmp_path / "in" / "a.dcm")
    with inbox(tmp_path, script) as box:
        assert answers(tmp_path / "in", box.url) == ["0000"]
        (path,) = box.files()
        assert path.parent.parent.parent == box.folder
    assert {each.name for each in tmp_path.iterdir()} == {"in", "out"}


def test_a_folder_that_is_a_link_to_elsewhere_gets_nothing(tmp_path: Path):
    write_object(tmp_path / "in" / "a.dcm")
    (tmp_path / "elsewhere").mkdir()
    with inbox(tmp_path) as box:
        (box.folder / "1.2.4").symlink_to(tmp_path / "elsewhere")
        assert answers(tmp_path / "in", box.url) == ["FAIL A700"]
    assert not list((tmp_path / "elsewhere").rglob("*.dcm"))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="there is no /proc to look into")
def test_results_are_on_the_disk_before_the_sender_is_told(tmp_path: Path, monkeypatch):
    """File and folder are synchronised, in this order, before the answer."""
    write_object(tmp_path / "in" / "a.dcm")
    synced = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))
        real(descriptor)

    with inbox(tmp_path) as box:
        monkeypatch.setattr(os, "fsync", fsync)
        assert answers(tmp_path / "in", box.url) == ["0000"]
    assert synced[:2] == ["out", "1.2.4"]  # the new folders are in their folders
    assert synced[2].endswith(".part")
    assert synced[3] == "1.2.5"


# --- what senders are told ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "elements", "status"),
    [
        ('(0008,0060) = "OT" ? reject[]', {"Modality": "OT"}, "C020"),
        ('(0010,0010) := substring["x", 5, 9]', {}, "C010"),
        ("-(0020,000D)", {}, "A900"),
        ('(0020,000E) := ""', {}, "A900"),
        ("-(0008,0018)", {}, "A900"),
    ],
)
def test_nothing_is_kept_of_what_is_not_edited(
    tmp_path: Path, script: str, elements: dict[str, str], status: str
):
    write_object(tmp_path / "in" / "a.dcm", **elements)
    with inbox(tmp_path, V + script) as box:
        assert answers(tmp_path / "in", box.url) == [f"FAIL {status}"]
        assert box.files() == []
    assert any(" failed: " in line or " rejected: " in line for line in box.lines)
    assert CANARY not in "\n".join(box.lines)


def test_a_result_that_cannot_be_written_is_a_failure(tmp_path: Path):
    write_object(tmp_path / "in" / "a.dcm")
    with inbox(tmp_path) as box:
        (box.folder / "1.2.4").write_text("in the way")
        assert answers(tmp_path / "in", box.url) == ["FAIL A700"]


def raw_store(url: str, data: bytes, sop_class: str = CTImageStorage, instance: str = "1.2.3"):
    """Send any bytes as a data set; return the response."""
    from pynetdicom.dimse_primitives import C_STORE

    from dicomedit.net.association import Peer, associate, release

    pair = (sop_class, str(ExplicitVRLittleEndian))
    association, contexts = associate(Peer(read_address(url), 5), [pair])
    assert association is not None
    request = C_STORE()
    request.MessageID = 1
    request.Priority = 0
    request.AffectedSOPClassUID = sop_class
    request.AffectedSOPInstanceUID = instance
    request.DataSet = io.BytesIO(data)
    association.dimse.send_msg(request, contexts.accepted[pair])
    _, response = association.dimse.msg_queue.get(timeout=10)
    release(association, 5)
    return response


@pytest.mark.parametrize(
    ("damage", "status", "comment"),
    [
        (lambda data: data[:-3], 0xC000, "the data set is broken"),
        (lambda data: b"no data set at all" * 10, 0xC000, "the data set is broken"),
        (lambda data: data.replace(b"1.2.3\0", b"1.2.9\0"), 0xA900, "the UIDs of request and"),
        (lambda data: data, 0x0000, None),
    ],
)
def test_a_data_set_that_cannot_be_trusted_is_refused(tmp_path: Path, damage, status, comment):
    write_object(tmp_path / "a.dcm")
    data = damage(data_set_of(tmp_path / "a.dcm"))
    with inbox(tmp_path) as box:
        response = raw_store(box.url, data)
        assert response.Status == status
        assert (response.ErrorComment or "").startswith(comment or "")
        assert len(box.files()) == (1 if status == 0 else 0)


def test_an_object_that_breaks_off_is_not_stored(tmp_path: Path):
    from dicomedit.batch.delivery import Result

    def broken_off() -> None:
        raise DicomFileError("a.dcm", "the file changed while it was read")

    write_object(tmp_path / "a.dcm")
    data = data_set_of(tmp_path / "a.dcm")
    result = Result("a.dcm", CTImageStorage, "1.2.3", ExplicitVRLittleEndian, [data], broken_off)
    with inbox(tmp_path) as box:
        sender = PeerDestination(read_address(box.url), patience=5, retries=0).open()
        with pytest.raises(DicomFileError, match="changed while it was read"):
            sender.take(result)
        wait_until(lambda: any("broken off" in line for line in box.lines))
        assert box.files() == []


def test_an_error_in_this_program_is_told_without_its_text(tmp_path: Path, monkeypatch):
    from dicomedit.net import intake

    def broken(*_args: Any, **_options: Any) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(intake, "edit_instance", broken)
    write_object(tmp_path / "in" / "a.dcm")
    with inbox(tmp_path) as box:
        assert answers(tmp_path / "in", box.url) == ["FAIL C0FF"]
    assert any("internal error: RuntimeError" in line for line in box.lines)
    assert CANARY not in "\n".join(box.lines)


def test_verification_is_answered(tmp_path: Path):
    with inbox(tmp_path) as box:
        ae = AE("ECHO")
        ae.add_requested_context(Verification)
        association = ae.associate(LOCAL, box.receiver.port)
        assert association.send_c_echo().Status == 0
        association.release()


# --- what is told and noted ---------------------------------------------------------------------


def test_each_association_is_a_line_and_each_object_is_noted(source: Path, tmp_path: Path):
    script = ANONYMOUS + '\n(0020,0013) = "2" ? reject[]'
    with inbox(tmp_path, script, journal=tmp_path / "journal") as box:
        answers(source, box.url.replace("//", "//MODALITY@"))
        wait_until(lambda: any("released" in line for line in box.lines))
    line = next(line for line in box.lines if "released" in line)
    assert line.startswith("association 1 of MODALITY at 127.0.0.1: 4 stored, 2 rejected, 0 failed")
    notes = [json.loads(each) for each in (tmp_path / "journal").read_text().splitlines()]
    assert [note["status"] for note in notes].count("C020") == 2
    stored = [note["output"] for note in notes if note["outcome"] == "stored"]
    assert sorted(stored) == [str(path.relative_to(box.folder)) for path in box.files()]
    assert {note["calling"] for note in notes} == {"MODALITY"}
    assert CANARY not in (tmp_path / "journal").read_text() + "\n".join(box.lines)


# --- who may send -------------------------------------------------------------------------------


def test_only_allowed_titles_may_call(source: Path, tmp_path: Path):
    with inbox(tmp_path, listening={"callers": ("CT1", "CT 2")}) as box:
        assert answers(source, box.url.replace("//", "//CT%202@"))[0] == "0000"
        (row,) = sent(source, box.url.replace("//", "//CT3@")).rows
        assert "calling ae title not recognised" in (row.reason or "")


def test_only_the_own_title_may_be_called(source: Path, tmp_path: Path):
    with inbox(tmp_path, listening={"title": "ANON"}) as box:
        assert answers(source, box.url.replace("DICOMEDIT", "ANON"))[0] == "0000"
        (row,) = sent(source, box.url).rows
        assert "called ae title not recognised" in (row.reason or "")


@pytest.mark.parametrize(
    ("networks", "is_let_in"),
    [
        (["127.0.0.0/8"], True),
        (["10.0.0.0/8", "127.0.0.1/32"], True),
        (["10.0.0.0/8"], False),
        (["::1/128"], False),
    ],
)
def test_only_allowed_addresses_may_connect(
    source: Path, tmp_path: Path, networks: list[str], is_let_in: bool
):
    from ipaddress import ip_network

    allowed = tuple(map(ip_network, networks))
    with inbox(tmp_path, gate={"networks": allowed}) as box:
        assert sent(source, box.url).failed is not is_let_in
        assert bool(box.files()) is is_let_in
    refusals = [line for line in box.lines if line.startswith("refused a connection")]
    assert bool(refusals) is not is_let_in


def test_one_association_too_many_is_refused_for_now(source: Path, tmp_path: Path):
    with inbox(tmp_path, gate={"most": 1}) as box:
        ae = AE("FIRST")
        ae.add_requested_context(Verification)
        first = ae.associate(LOCAL, box.receiver.port)
        (row,) = sent(source, box.url).rows
        assert "local limit exceeded" in (row.reason or "")
        first.release()
        wait_until(lambda: not box.receiver._server.active_associations)
        assert answers(source, box.url) == ["0000"] * 6


def test_an_object_that_is_too_large_is_not_taken(tmp_path: Path):
    write_object(tmp_path / "in" / "a.dcm", EncapsulatedDocument=bytes(1 << 20))
    with inbox(tmp_path, listening={"most_bytes": 1 << 19}) as box:
        report = sent(tmp_path / "in", box.url)
        assert report.failed
        assert box.files() == []
    assert [line for line in box.lines if "sends more than is allowed" in line]


def test_a_unit_that_claims_to_be_huge_ends_the_connection(tmp_path: Path):
    import socket

    with inbox(tmp_path, gate={"patience": 1}) as box:
        with socket.create_connection((LOCAL, box.receiver.port), 10) as client:
            client.sendall(b"\x01\0\xff\xff\xff\xf0" + bytes(1000))
            assert client.recv(100) == b""
        wait_until(lambda: not box.receiver._server.active_associations)
        write_object(tmp_path / "in" / "a.dcm")
        assert answers(tmp_path / "in", box.url) == ["0000"]


def test_a_port_that_is_taken_is_told(tmp_path: Path):
    from dicomedit.net.receiver import Listening

    with inbox(tmp_path) as box:
        listening = Listening(port=box.receiver.port)
        program = compile_script(ANONYMOUS)
        with (
            pytest.raises(DicomEditError, match=r"cannot listen at 127\.0\.0\.1"),
            receiving([program], tmp_path / "other", listening),
        ):
            pass


def test_a_folder_has_one_receiver_only(tmp_path: Path):
    with inbox(tmp_path), pytest.raises(DicomFileError, match="another receiver"), inbox(tmp_path):
        pass
    with inbox(tmp_path):
        pass


# --- sending on ---------------------------------------------------------------------------------


def onward(url: str) -> PeerDestination:
    return PeerDestination(read_address(url), patience=2, retries=0)


def test_results_are_sent_on(source: Path, tmp_path: Path):
    with peer() as archive, inbox(tmp_path, destination=onward(archive.url)) as box:
        assert answers(source, box.url) == ["0000"] * 6
        assert len(set(archive.instances)) == 6
        assert not any(CANARY.encode() in data for data in archive.data_sets)
        assert len(archive.associations) == 1
    assert not (tmp_path / "out").exists()


def test_the_sender_hears_what_the_next_peer_says(source: Path, tmp_path: Path):
    with peer() as archive, inbox(tmp_path, destination=onward(archive.url)) as box:
        archive.statuses = [0xA701, 0xB000, 0xC123]
        assert answers(source, box.url)[:4] == ["FAIL A701", "B000", "FAIL C123", "0000"]


def test_the_sender_hears_when_the_next_peer_is_gone(source: Path, tmp_path: Path):
    nobody = onward(f"dicom://{LOCAL}:{free_port()}/ARCHIVE")
    with inbox(tmp_path, destination=nobody) as box:
        assert answers(source, box.url) == ["FAIL A700"] * 6


# --- coming to an end ---------------------------------------------------------------------------


def test_the_object_in_hand_is_finished_and_none_is_begun(
    source: Path, tmp_path: Path, monkeypatch
):
    from dicomedit.net import outlets

    began, go_on = threading.Event(), threading.Event()
    real = outlets.FolderOutlet.take

    def slow(self: Any, instance: Any) -> Any:
        began.set()
        assert go_on.wait(10)
        return real(self, instance)

    monkeypatch.setattr(outlets.FolderOutlet, "take", slow)
    found: list[Any] = []
    with inbox(tmp_path) as box:
        sender = threading.Thread(target=lambda: found.append(sent(source, box.url)))
        sender.start()
        assert began.wait(10)
        threading.Timer(0.3, go_on.set).start()
    sender.join(20)
    (report,) = found
    answered = [row for row in report.rows if row.answer == "0000"]
    assert len(answered) <= len(box.files()) == 1
    assert not [path for path in box.files() if path.suffix != ".dcm"]
    for path in box.files():
        dcmread(path)


def test_what_was_left_half_written_is_removed_when_a_receiver_begins(tmp_path: Path):
    left = tmp_path / "out" / "1.2" / ".0123456789abcdef.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    with inbox(tmp_path):
        assert not left.exists()


def test_mapped_uids_survive_a_receiver_that_is_killed(source: Path, tmp_path: Path):
    """What was logged, though never saved as a map, is known to the next receiver."""
    script = V + '(0020,000D) := mapUID[(0020,000D), "1.2.3"]'
    uids = tmp_path / "uids.csv"
    with inbox(tmp_path, script, uid_map_file=uids) as box:
        answers(source, box.url)
        log = uids.with_name("uids.csv.dicomedit-uids")
        kept, studies = log.read_bytes(), {path.parent.parent.name for path in box.files()}
        before = uids.read_bytes()
        assert oct(log.stat().st_mode & 0o777) == "0o600"
    assert not log.exists()
    log.write_bytes(kept)  # as if it had been killed
    uids.write_bytes(before)
    with inbox(tmp_path, script, uid_map_file=uids) as box:
        answers(source, box.url)
        assert {path.parent.parent.name for path in box.files()} == studies


def test_several_senders_at_a_time(source: Path, tmp_path: Path):
    paths = sorted(source.rglob("*.dcm"))
    with inbox(tmp_path) as box:
        found: list[Any] = []
        senders = [
            threading.Thread(target=lambda p=path: found.append(sent(p, box.url))) for path in paths
        ]
        for each in senders:
            each.start()
        for each in senders:
            each.join(30)
        assert [row.answer for report in found for row in report.rows] == ["0000"] * 6
        assert len(box.files()) == 6
    assert Status.UNCHANGED in found[0].counts
