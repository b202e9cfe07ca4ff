"""TLS in both directions: certificates are checked, and so is the host's name."""

from __future__ import annotations

from pathlib import Path

import pytest
from peers import LOCAL, Authority, free_port, make_study, peer

from dicomedit import DicomEditError, Report, Status, compile_script
from dicomedit.net.reception import receiving
from dicomedit.net.sending import destination_for, send
from dicomedit.net.tls import Certificates, client_context, server_context


@pytest.fixture
def source(tmp_path: Path) -> Path:
    make_study(tmp_path / "in")
    return tmp_path / "in"


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that nobody trusts."""
    return Authority(tmp_path_factory.mktemp("stranger"))


def sent(source: Path, port: int, certificates: Certificates, scheme: str = "dicoms") -> Report:
    url = f"{scheme}://{LOCAL}:{port}/ARCHIVE"
    return send(
        source,
        destination_for(source, url, certificates=certificates, patience=3, retries=1),
    )


def reason(report: Report) -> str:
    (row,) = report.rows
    return row.reason or ""


# --- sending ------------------------------------------------------------------------------------


def test_objects_are_sent_to_a_peer_with_a_trusted_certificate(source: Path, authority: Authority):
    with peer(context=authority.server_context()) as archive:
        report = sent(source, archive.port, Certificates(authority.file))
    assert report.count(Status.UNCHANGED) == 6
    assert len(archive.stored) == 6


def test_a_certificate_of_an_unknown_authority_is_refused(
    source: Path, authority: Authority, stranger: Authority
):
    with peer(context=stranger.server_context()) as archive:
        report = sent(source, archive.port, Certificates(authority.file))
    assert reason(report).startswith("the certificate of the peer is refused:")
    assert archive.stored == []


def test_no_certificate_is_trusted_without_an_authority(source: Path, authority: Authority):
    with peer(context=authority.server_context()) as archive:
        report = sent(source, archive.port, Certificates())
    assert reason(report).startswith("the certificate of the peer is refused:")
    assert archive.stored == []


@pytest.mark.parametrize("host", ["127.0.0.2", "archive.example.org"])
def test_a_certificate_for_another_host_is_refused(source: Path, authority: Authority, host: str):
    with peer(context=authority.server_context(host)) as archive:
        report = sent(source, archive.port, Certificates(authority.file))
    assert "is not valid for '127.0.0.1'" in reason(report)
    assert archive.stored == []


def test_a_peer_without_tls_gets_nothing(source: Path, authority: Authority):
    with peer() as archive:
        report = sent(source, archive.port, Certificates(authority.file))
    assert "TLS" in reason(report)
    assert archive.stored == []


def test_a_peer_that_wants_tls_gets_nothing_in_clear(source: Path, authority: Authority):
    with peer(context=authority.server_context()) as archive:
        report = sent(source, archive.port, Certificates(), "dicom")
    assert len(report.rows) == 1
    assert report.failed
    assert archive.stored == []


# --- receiving ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "is_let_in"), [("authority", True), ("stranger", False), (None, False)]
)
def test_senders_show_a_certificate_where_one_is_wanted(
    source: Path,
    tmp_path: Path,
    authority: Authority,
    stranger: Authority,
    own: str | None,
    is_let_in: bool,
):
    from dicomedit.net.receiver import Listening
    from dicomedit.net.server import Gate

    context = server_context(Certificates(authority.file, *authority.certificate(LOCAL)))
    issuer = {"authority": authority, "stranger": stranger, None: None}[own]
    certificate = () if issuer is None else issuer.certificate("sender.example.org")
    listening = Listening(port=0, gate=Gate(context=context, patience=3))
    lines: list[str] = []
    program = compile_script('version "6.6"\n(0010,0010) := "ANON"')
    with receiving([program], tmp_path / "out", listening, tell=lines.append) as receiver:
        report = sent(source, receiver.port, Certificates(authority.file, *certificate))
    assert report.failed is not is_let_in
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == (6 if is_let_in else 0)
    assert any(line.startswith(f"no TLS with {LOCAL}: ") for line in lines) is not is_let_in


# --- files that cannot be used ------------------------------------------------------------------


def test_files_that_cannot_be_used_are_named(tmp_path: Path, authority: Authority):
    certificate, key = authority.certificate("a.example.org")
    _, other = authority.certificate("b.example.org")
    broken = tmp_path / "broken.pem"
    broken.write_text("nothing")
    for given, words in (
        (Certificates(str(broken)), "broken.pem: the certificate or key cannot be used"),
        (Certificates(str(tmp_path / "none.pem")), "none.pem: .*no such file"),
        (Certificates(None, certificate, other), "b.example.org.key: .*key values mismatch"),
        (Certificates(None, None, key), "of no use without its certificate"),
    ):
        with pytest.raises(DicomEditError, match=words):
            client_context(given)
    with pytest.raises(DicomEditError, match="TLS needs a certificate"):
        server_context(Certificates())


def test_a_key_with_a_password_is_refused_and_not_asked_for(tmp_path: Path, authority: Authority):
    from cryptography.hazmat.primitives import serialization

    certificate, key = authority.certificate("a.example.org")
    private = serialization.load_pem_private_key(Path(key).read_bytes(), None)
    path = tmp_path / "locked.key"
    path.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(DicomEditError, match=r"locked.key: .*protected by a password"):
        client_context(Certificates(None, certificate, str(path)))


def test_nobody_is_at_an_address_with_tls(source: Path, authority: Authority):
    report = sent(source, free_port(), Certificates(authority.file))
    assert reason(report) == "the peer cannot be reached: connection refused"
