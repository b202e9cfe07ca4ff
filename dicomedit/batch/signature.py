"""Signatures of reports: Ed25519 (RFC 8032) over the digests of the files of a report.

The signature stands in a file beside the report, `FILE.sig`: one line of JSON with the name, size
and SHA-256 of each file, the public key and the signature. There is exactly one way to write the
line, and whoever verifies it writes it anew and compares: no bit of it can be another one.
"""

from __future__ import annotations

from pathlib import Path

from dicomedit.batch.report_key import read_secret, write_secret
from dicomedit.errors import DicomEditError, DicomFileError
from dicomedit.io.write import write_atomically

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Protocol

    class PrivateKey(Protocol):
        """What signs."""

        def sign(self, data: bytes) -> bytes:
            """Return the signature of data."""

        def public_key(self) -> Any:
            """Return the key that others verify with."""


FORMAT = 1
PURPOSE = b"dicomedit report\0"
"""Comes before what is signed, so that a signature made for something else is none here."""

_MOST = 1 << 16


def signature_path(report: Path) -> Path:
    """Return where the signature of a report is."""
    return report.with_name(f"{report.name}.sig")


def load_private_key(path: Path) -> PrivateKey:
    """Return the Ed25519 private key in a PEM file; raise DicomEditError."""
    serialization, ed25519 = _cryptography()
    data = read_secret(path, "the private key")
    try:
        key = serialization.load_pem_private_key(data, None)
    except TypeError:
        raise DicomFileError(str(path), "the private key is protected by a password") from None
    except Exception:  # of several kinds; none may show the key
        raise DicomFileError(str(path), "this is no private key in PEM form") from None
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise DicomFileError(str(path), "the private key is not of the kind Ed25519")
    return key  # type: ignore[no-any-return]


def load_public_key(path: Path) -> bytes:
    """Return the Ed25519 public key in a PEM file as 32 bytes; raise DicomEditError."""
    serialization, ed25519 = _cryptography()
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise DicomFileError(str(path), error.strerror or "cannot be read") from None
    except Exception:
        raise DicomFileError(str(path), "this is no public key in PEM form") from None
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise DicomFileError(str(path), "the public key is not of the kind Ed25519")
    raw: bytes = key.public_bytes_raw()
    return raw


def make_key(path: Path) -> Path:
    """Write a new private key and, beside it, its public one; return the path of that.

    Raises DicomEditError when one of the files is there already.
    """
    serialization, ed25519 = _cryptography()
    public = path.with_name(f"{path.name}.pub")
    if public.exists():
        raise DicomFileError(str(public), "there is such a file already")
    key = ed25519.Ed25519PrivateKey.generate()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    write_secret(path, key.private_bytes(pem, form, serialization.NoEncryption()))
    outer = serialization.PublicFormat.SubjectPublicKeyInfo
    write_secret(public, key.public_key().public_bytes(pem, outer), mode=0o644)
    return public


def sign_files(report: Path, files: Sequence[Path], key: PrivateKey) -> None:
    """Write the signature of a report that consists of `files`; raise DicomFileError."""
    entries = [_entry(path) for path in files]
    public = key.public_key().public_bytes_raw()
    signature = key.sign(PURPOSE + _manifest(entries, public))
    line = _manifest(entries, public, signature)
    write_atomically(signature_path(report), [line], durable=True)


def verify_files(report: Path, files: Sequence[Path], expected: bytes | None = None) -> bytes:
    """Return the public key with which a report's files were signed.

    Raises DicomFileError when they are not what was signed, or `expected` is another key.
    """
    path = signature_path(report)
    try:
        with path.open("rb") as file:
            data = file.read(_MOST)
    except OSError as error:
        raise DicomFileError(str(path), error.strerror or "cannot be read") from None
    entries, public, signature = _parsed(data, path)
    if _manifest(entries, public, signature) != data:
        raise DicomFileError(str(path), "this is no signature of a report, or it was changed")
    if expected is not None and public != expected:
        raise DicomFileError(str(path), "the report was signed with another key")
    if not _is_signed(public, signature, PURPOSE + _manifest(entries, public)):
        raise DicomFileError(str(path), "the signature is not valid")
    if [each["name"] for each in entries] != [each.name for each in files]:
        raise DicomFileError(str(path), "the signature is that of another report")
    for entry, each in zip(entries, files, strict=True):
        if _entry(each) != entry:
            raise DicomFileError(str(each), "the file is not what was signed")
    return public


def _entry(path: Path) -> dict[str, Any]:
    from dicomedit.batch.work import digest_of

    try:
        return {"name": path.name, "sha256": digest_of(path), "size": path.stat().st_size}
    except OSError as error:
        raise DicomFileError(str(path), error.strerror or "cannot be read") from None


def _manifest(
    entries: Sequence[dict[str, Any]], public: bytes, signature: bytes | None = None
) -> bytes:
    """Return the line of a signature file; without the signature it is what is signed."""
    from json import dumps

    values: dict[str, Any] = {
        "dicomedit-signature": FORMAT,
        "files": list(entries),
        "public_key": public.hex(),
    }
    if signature is not None:
        values["signature"] = signature.hex()
    return dumps(values, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _parsed(data: bytes, path: Path) -> tuple[list[dict[str, Any]], bytes, bytes]:
    from json import loads

    try:
        values = loads(data)
        entries = [
            {"name": str(each["name"]), "sha256": str(each["sha256"]), "size": int(each["size"])}
            for each in values["files"]
        ]
        keys = bytes.fromhex(values["public_key"]), bytes.fromhex(values["signature"])
        return entries, *keys
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DicomFileError(str(path), "this is no signature of a report") from None


def _is_signed(public: bytes, signature: bytes, data: bytes) -> bool:
    _, ed25519 = _cryptography()
    from cryptography.exceptions import InvalidSignature

    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _cryptography() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise DicomEditError(
            'signatures need cryptography: pip install "dicomedit[sign]"'
        ) from None
    return serialization, ed25519
