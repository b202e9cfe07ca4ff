"""TLS with certificates that are checked (PS3.15 §B)."""

from __future__ import annotations

from dicomedit.errors import DicomEditError
from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from ssl import SSLContext


class Certificates(Record):
    """Files in PEM format: authorities that are trusted, an own certificate and its key.

    Without authorities those of the system are trusted.
    """

    authorities: str | None = None
    certificate: str | None = None
    key: str | None = None


def client_context(given: Certificates) -> SSLContext:
    """Return how to speak TLS to a peer, whose certificate and name are checked.

    Raises DicomEditError when a file cannot be used.
    """
    from ssl import Purpose, TLSVersion, create_default_context

    try:
        context = create_default_context(Purpose.SERVER_AUTH, cafile=given.authorities)
    except OSError as error:
        raise _unusable(given.authorities, error) from None
    context.minimum_version = TLSVersion.TLSv1_2
    if given.certificate is not None:
        _load(context, given)
    elif given.key is not None:
        raise DicomEditError("a key is of no use without its certificate (--cert FILE)")
    return context


def server_context(given: Certificates) -> SSLContext:
    """Return how to be spoken to with TLS; with authorities, by peers with a certificate of one.

    Raises DicomEditError when a file cannot be used.
    """
    from ssl import CERT_REQUIRED, Purpose, TLSVersion, create_default_context

    if given.certificate is None:
        raise DicomEditError("TLS needs a certificate and its key (--cert FILE, --key FILE)")
    try:
        context = create_default_context(Purpose.CLIENT_AUTH, cafile=given.authorities)
    except OSError as error:
        raise _unusable(given.authorities, error) from None
    context.minimum_version = TLSVersion.TLSv1_2
    _load(context, given)
    if given.authorities is not None:
        context.verify_mode = CERT_REQUIRED
    return context


def _load(context: SSLContext, given: Certificates) -> None:
    assert given.certificate is not None
    try:
        context.load_cert_chain(given.certificate, given.key, password=_no_password)
    except (OSError, ValueError) as error:
        raise _unusable(given.key or given.certificate, error) from None


def _no_password() -> str:
    """Fail instead of asking on a terminal that may not be there."""
    raise ValueError("the key is protected by a password")


def _unusable(path: str | None, error: Exception) -> DicomEditError:
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        why = str(error)
    else:
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or "unusable"
        why = str(why).lower().replace("_", " ")
    return DicomEditError(f"{path}: the certificate or key cannot be used: {why}")
