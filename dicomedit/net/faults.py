"""What can go wrong between this side and a peer."""

from __future__ import annotations

from dicomedit.errors import DicomEditError


class PeerFault(Exception):
    """A reason why an object was not stored, in words without values.

    `is_transient`: it may be gone when it is tried again. `is_general`: it concerns the peer, and
    not this object.
    """

    def __init__(
        self, reason: str, *, is_transient: bool = False, is_general: bool = False
    ) -> None:
        self.reason = reason
        self.is_transient = is_transient
        self.is_general = is_general
        super().__init__(reason)


def need_pynetdicom() -> None:
    """Raise DicomEditError, which says what to install, when there is no network support."""
    from importlib.util import find_spec

    if find_spec("pynetdicom") is None:
        raise DicomEditError(
            "DICOM over the network needs pynetdicom, which is not installed:"
            ' pip install "dicomedit[net]"'
        )


def quieten() -> None:
    """Keep pynetdicom from making log lines that hold identifiers, and tracebacks of its threads.

    A connection that breaks while it is written to ends one of its threads by an exception. What
    becomes of the object is known otherwise; nobody is helped by the traceback.
    """
    import threading

    from pynetdicom import _config
    from pynetdicom.fsm import InvalidEventError

    _config.LOG_HANDLER_LEVEL = "none"
    before = threading.excepthook
    if getattr(before, "is_quiet", False):
        return

    def hook(happened: threading.ExceptHookArgs) -> None:
        if not issubclass(happened.exc_type, InvalidEventError):
            before(happened)

    hook.is_quiet = True  # type: ignore[attr-defined]
    threading.excepthook = hook
