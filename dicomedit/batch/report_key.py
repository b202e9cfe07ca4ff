"""Files with secrets: made for their owner only, and not used when others can read them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from dicomedit.errors import DicomFileError

KEY_BYTES = 32


def key_in(path: Path) -> bytes:
    """Return the key in a file, which is made when it is not there; raise DicomFileError."""
    if not os.path.lexists(path):
        write_secret(path, f"{os.urandom(KEY_BYTES).hex()}\n".encode())
    return read_key(path)


def read_key(path: Path) -> bytes:
    """Return the key in a file; raise DicomFileError."""
    text = read_secret(path, "the key of the report")
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) < KEY_BYTES:
        reason = f"this is no key: it is made of at least {2 * KEY_BYTES} hexadecimal digits"
        raise DicomFileError(str(path), reason)
    return key


def read_secret(path: Path, what: str) -> bytes:
    """Return the content of a file that only its owner can read; raise DicomFileError."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name != "nt" and stat.S_IMODE(mode) & 0o077:
                reason = f"others can read {what}: chmod 600 it, or make another one"
                raise DicomFileError(str(path), reason)
            return file.read(1 << 16)
    except OSError as error:
        reason = f"{what} cannot be read: {error.strerror}"
        raise DicomFileError(str(path), reason) from None


def write_secret(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Make a file, never in the place of another one; raise DicomFileError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags, mode)
        with open(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        reason = f"cannot be written: {error.strerror}"
        raise DicomFileError(str(path), reason) from None
