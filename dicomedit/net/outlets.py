"""Where results of received objects go: a folder, or another peer.

An outlet returns only when the result is safe: whoever sent the object may forget it then.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from dicomedit.batch.delivery import result_of
from dicomedit.dicom.levels import Instance
from dicomedit.errors import DicomFileError
from dicomedit.io.scan import prepare_folder, remove_parts
from dicomedit.io.write import encode_instance, sync_folder, write_atomically
from dicomedit.net.naming import result_path
from dicomedit.net.statuses import SUCCESS
from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.batch.delivery import Courier, Delivery


class Outlet(Protocol):
    """Takes the results of one association."""

    def take(self, instance: Instance) -> Stored:
        """Keep a result; raise DicomEditError when this cannot be done."""

    def close(self) -> None:
        """Say that there will be no more."""


class Stored(Record):
    """The status that the sender gets to hear, what it means if it is a warning, and the file."""

    status: int = SUCCESS
    warning: str | None = None
    output: str | None = None


class FolderOutlet(Record):
    """Writes results into a folder, and onto the disk."""

    folder: Path

    def take(self, instance: Instance) -> Stored:
        """Write a result under its UIDs; one that is there already is replaced."""
        path = result_path(instance.root)
        target = self.folder / path
        make_folder(target.parent)
        if not Path(os.path.realpath(target.parent)).is_relative_to(os.path.realpath(self.folder)):
            raise DicomFileError(str(target), "a link leads out of the output folder")
        write_atomically(target, encode_instance(instance), durable=True)
        return Stored(output=path.as_posix())

    def close(self) -> None:
        """Nothing is left open."""


def make_folder(folder: Path) -> None:
    """Create a folder, and those it is in, so that they survive a failure of the machine."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    try:
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
            sync_folder(each.parent)
    except OSError as error:
        raise DicomFileError(str(each), f"cannot be created: {error.strerror}") from None


class PeerOutlet:
    """Sends results on, over an association of its own."""

    def __init__(self, delivery: Delivery) -> None:
        self._courier: Courier = delivery.open()

    def take(self, instance: Instance) -> Stored:
        """Send a result; a warning of the peer is passed on."""
        answer = self._courier.take(result_of(instance, "the object", _no_check))
        return Stored(int(answer.status, 16), answer.warning)

    def close(self) -> None:
        """Release the association."""
        self._courier.close()


def _no_check() -> None:
    """Nothing can have changed: the object is in memory."""


class OwnFolder:
    """A folder of results that no other receiver writes to for as long as this one does."""

    def __init__(self, folder: Path) -> None:
        """Create the folder, take it, remove what was left half written; raise DicomFileError."""
        make_folder(Path(os.path.abspath(folder)))
        prepare_folder(folder)
        self._descriptor = _locked(folder)
        remove_parts(folder, below=True)

    def close(self) -> None:
        """Leave the folder to others."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _locked(folder: Path) -> int | None:
    """Take a folder; where the system knows no such locks there is none."""
    try:
        import fcntl
    except ImportError:
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise DicomFileError(str(folder), "another receiver is at work in this folder") from None
    except OSError:
        pass  # a file system without locks
    return descriptor
