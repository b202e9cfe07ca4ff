"""Write a DICOM file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from dicomedit.dicom.dataset import DatasetLevel
from dicomedit.dicom.dictionary import TRANSFER_SYNTAX_UID
from dicomedit.dicom.encode import Buffer, Encoder
from dicomedit.dicom.encoding import (
    DEFLATED_UID,
    EXPLICIT_LITTLE,
    EXPLICIT_LITTLE_UID,
    Encoding,
    encoding_of,
)
from dicomedit.dicom.levels import Instance
from dicomedit.dicom.text import read_text
from dicomedit.dicom.views import pieces
from dicomedit.errors import DicomFileError

_PREAMBLE = bytes(128) + b"DICM"
_STANDARD = "1.2.840.10008.1."
_GROUP_LENGTH = b"\x02\0\0\0UL\x04\0"


def encode_instance(instance: Instance) -> Iterator[Buffer]:
    """Yield the bytes of a file: empty preamble, file meta information, data set (PS3.10 §7)."""
    root, meta = instance.root, instance.meta
    assert isinstance(root, DatasetLevel)
    assert isinstance(meta, DatasetLevel)
    syntax = read_text(meta, TRANSFER_SYNTAX_UID) or EXPLICIT_LITTLE_UID
    meta_parts, length = Encoder(EXPLICIT_LITTLE).encode(meta)
    parts, _ = Encoder(_encoding(root, syntax)).encode(root)
    yield _PREAMBLE
    yield _GROUP_LENGTH + length.to_bytes(4, "little")
    yield from meta_parts
    yield from _deflated(parts) if syntax == DEFLATED_UID else parts


def _encoding(root: DatasetLevel, syntax: str) -> Encoding:
    """Return the encoding a transfer syntax asks for; of a private one the data set's own."""
    implicit, little = root.dataset.original_encoding
    if syntax.startswith(_STANDARD) or implicit is None or little is None:
        return encoding_of(syntax)
    return Encoding(implicit, little)


def _deflated(parts: Iterable[Buffer]) -> Iterator[bytes]:
    """Yield the data set deflated, padded to even length (PS3.5 §A.5)."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    length = 0
    for part in parts:
        for piece in pieces(part):
            chunk = deflater.compress(piece)
            length += len(chunk)
            yield chunk
    rest = deflater.flush()
    yield rest + b"\0" if (length + len(rest)) % 2 else rest


def write_atomically(destination: Path, parts: Iterable[Buffer], *, mode: int = 0o666) -> None:
    """Write a file under a temporary name beside its place, then rename it into place.

    An existing file is replaced only by the complete new one. `mode` is what the process's mask
    is applied to. Raises DicomFileError.
    """
    temporary = destination.with_name(f".{secrets.token_hex(8)}.part")
    try:
        _write(temporary, parts, mode)
        temporary.replace(destination)
    except OSError as error:
        _discard(temporary)
        raise DicomFileError(str(destination), f"cannot be written: {error.strerror}") from None
    except BaseException:
        _discard(temporary)
        raise


def _write(path: Path, parts: Iterable[Buffer], mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, mode)
    with open(descriptor, "wb", buffering=1 << 20) as file:
        for part in parts:
            for piece in pieces(part):
                file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _discard(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
