"""Peers to send to and to receive from, certificates, and DCMTK's commands."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pydicom import dcmread
from pynetdicom import AE, _config, evt
from pynetdicom.sop_class import CTImageStorage, Verification
from pynetdicom.transport import ThreadedAssociationServer

from dicomedit.io.read import read_file
from dicomedit.io.synthetic import write_study

LOCAL = "127.0.0.1"
PATIENCE = 2.0
CANARY = "CANARY^PATIENT"


def make_study(folder: Path) -> list[Path]:
    """Write two made-up patients with three images each, and return their paths, sorted."""
    write_study(folder)
    for path in folder.rglob("*.dcm"):
        ds = dcmread(path)
        ds.PatientName = CANARY
        ds.save_as(path)
    return sorted(folder.rglob("*.dcm"))


def data_set_of(path: Path) -> bytes:
    """Return the encoded data set of a file."""
    file = read_file(path)
    content = file.meta.content
    return bytes(content.scanner.data[content.end :])


# --- peers --------------------------------------------------------------------------------------


@dataclass
class Peer:
    """A storage provider, and what it has got."""

    port: int = 0
    server: Any = None
    stored: list[tuple[str, bytes]] = field(default_factory=list)
    associations: list[Any] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """What to answer to the next objects; then 0000."""

    @property
    def url(self) -> str:
        return f"dicom://{LOCAL}:{self.port}/ARCHIVE"

    @property
    def instances(self) -> list[str]:
        return [uid for uid, _ in self.stored]

    @property
    def data_sets(self) -> set[bytes]:
        return {data for _, data in self.stored}


@contextmanager
def peer(
    before: Callable[[Peer, evt.Event], int | None] = lambda peer, event: None,
    *,
    context: ssl.SSLContext | None = None,
    settings: Callable[[AE], None] = lambda ae: None,
    is_restricted: bool = False,
    on_request: Callable[[Peer, evt.Event], None] | None = None,
) -> Iterator[Peer]:
    """Run a storage provider of pynetdicom; `before` sees each object and may answer otherwise."""
    found = Peer()

    def store(event: evt.Event) -> int:
        status = before(found, event)
        if status is None:
            status = found.statuses.pop(0) if found.statuses else 0
        if status >> 12 in (0, 0xB):
            uid = str(event.request.AffectedSOPInstanceUID)
            found.stored.append((uid, event.encoded_dataset(include_meta=False)))
        return status

    ae = AE(ae_title="ARCHIVE")
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 5
    ae.add_supported_context(Verification)
    if is_restricted:
        ae.add_supported_context(CTImageStorage)
    settings(ae)
    handlers = [
        (evt.EVT_C_STORE, store),
        (evt.EVT_ACCEPTED, lambda event: found.associations.append(event.assoc)),
    ]
    if on_request is not None:
        handlers.append((evt.EVT_REQUESTED, lambda event: on_request(found, event)))
    before_setting = _config.UNRESTRICTED_STORAGE_SERVICE
    _config.UNRESTRICTED_STORAGE_SERVICE = not is_restricted
    server = ae.make_server(
        (LOCAL, 0),
        evt_handlers=handlers,
        ssl_context=context,
        server_class=ThreadedAssociationServer,
    )
    ae._servers.append(server)  # from which it removes itself
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    found.server, found.port = server, server.server_address[1]
    try:
        yield found
    finally:
        server.shutdown()
        for association in server.active_associations:
            association.abort()
        _config.UNRESTRICTED_STORAGE_SERVICE = before_setting


@contextmanager
def silent_port(*, accepts: bool = True) -> Iterator[int]:
    """Give a port at which connections are made, but nothing is ever said."""
    with socket.create_server((LOCAL, 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    """Return a port at which nobody listens."""
    with socket.create_server((LOCAL, 0)) as server:
        port: int = server.getsockname()[1]
    return port


# --- certificates -------------------------------------------------------------------------------


class Authority:
    """Makes certificates, all with one key; `file` is what is trusted by whoever trusts it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = f"authority {folder}"[-60:]
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        own = self._builder(self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        own = own.add_extension(usage, critical=True)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        own = own.add_extension(identifier, critical=False)
        self.file = self._write("ca.pem", own.sign(self._key, hashes.SHA256()))

    def certificate(self, host: str) -> tuple[str, str]:
        """Return the files of a certificate for a host, and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer")])
        try:
            name: x509.GeneralName = x509.IPAddress(ip_address(host))
        except ValueError:
            name = x509.DNSName(host)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        built = (
            self._builder(subject, key)
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(authority, critical=False)
        )
        certificate = self._write(f"{host}.pem", built.sign(self._key, hashes.SHA256()))
        key_path = self.folder / f"{host}.key"
        key_path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return certificate, str(key_path)

    def server_context(self, host: str = LOCAL) -> ssl.SSLContext:
        """Return how a server with a certificate for a host speaks TLS."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*self.certificate(host))
        return context

    def _builder(self, subject: x509.Name, key: Any) -> x509.CertificateBuilder:
        now = datetime.now(timezone.utc)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    def _write(self, name: str, certificate: x509.Certificate) -> str:
        path = self.folder / name
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return str(path)


# --- DCMTK --------------------------------------------------------------------------------------


def find_dcmtk(name: str) -> str | None:
    """Return DCMTK's command of a name; pynetdicom has commands of the same names."""
    for folder in os.get_exec_path():
        path = shutil.which(name, path=folder)
        if path is not None and _is_dcmtk(path):
            return path
    return None


def _is_dcmtk(path: str) -> bool:
    done = subprocess.run([path, "--version"], capture_output=True, check=False, timeout=30)
    return b"$dcmtk" in done.stdout


def dcmtk(name: str) -> str:
    """Return DCMTK's command of a name; skip the test when there is none."""
    found = find_dcmtk(name)
    if found is None:
        pytest.skip(f"DCMTK's {name} IS MISSING: NOT TESTED AGAINST IT (apt-get install dcmtk)")
    return found


@contextmanager
def storescp(folder: Path, *options: str, at: int | None = None) -> Iterator[int]:
    """Run DCMTK's storage provider, which writes what it gets as it is; give its port."""
    port = at or free_port()
    with storescp_process(folder, port, *options):
        yield port


@contextmanager
def storescp_process(folder: Path, port: int, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run it at a port."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [dcmtk("storescp"), "+xa", "+B", "-od", str(folder), *options, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            wait_for(port)
            yield process
        finally:
            process.kill()
            process.communicate(timeout=30)


def storescu(port: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run DCMTK's storage user to its end."""
    command = [dcmtk("storescu"), "-v", "-R", *arguments[:-1], LOCAL, str(port), arguments[-1]]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    limit = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.02)


def wait_for(port: int) -> None:
    """Wait until somebody listens at a port."""
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        with socket.socket() as client:
            if client.connect_ex((LOCAL, port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"nobody listens at port {port}")
