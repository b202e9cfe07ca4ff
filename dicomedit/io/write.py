"""Write a DICOM file whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from dicomedit.dicom.dictionary import TRANSFER_SYNTAX_UID
from dicomedit.dicom.encode import Encoder
from dicomedit.dicom.encoding import (
    DEFLATED_UID,
    EXPLICIT_LITTLE,
    EXPLICIT_LITTLE_UID,
    Encoding,
    encoding_of,
)
from dicomedit.dicom.levels import Instance, Level
from dicomedit.dicom.text import read_text
from dicomedit.dicom.views import PIECE, Buffer, FilePart, MappedFile, pieces
from dicomedit.errors import DicomFileError

_PREAMBLE = bytes(128) + b"DICM"
_STANDARD = "1.2.840.10008.1."
_COPIED = 1 << 18
"""Bytes of a large file that are copied at once by way of this process."""

_KEPT = 8 << 20
"""Bytes of it that are in memory meanwhile."""

_COPIED_BY_SYSTEM = 64 << 20
"""The same without this way: whoever interrupts does not wait for long."""

_POPULATE_READ = 22
"""``MADV_POPULATE_READ`` of Linux 5.14, which Python has no name for."""

_CANNOT_COPY = frozenset((errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EXDEV))
"""What systems say when they do not copy between two files by themselves."""

_ROW = 1000
"""Most buffers that are written at once; systems allow 1,024 (POSIX: at least 16)."""

_GROUP_LENGTH = b"\x02\0\0\0UL\x04\0"


def is_gzip_name(path: Path) -> bool:
    """Whether a file of this name is compressed with gzip (RFC 1952) when it is written."""
    return path.suffix.lower() == ".gz"


def zipped(parts: Iterable[Buffer]) -> Iterator[bytes]:
    """Yield the bytes of a gzip file, which tells neither name nor time."""
    import zlib  # few files need it

    deflater = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    for part in parts:
        for piece in pieces(part):
            yield deflater.compress(piece)
    yield deflater.flush()


def encode_instance(instance: Instance) -> Iterator[Buffer]:
    """Yield the bytes of a file: empty preamble, file meta information, data set (PS3.10 §7)."""
    meta = instance.meta
    meta.leave_out_group_lengths()
    meta_parts, length = Encoder(EXPLICIT_LITTLE).encode(meta)
    data_set = encode_data_set(instance)
    yield _PREAMBLE
    yield _GROUP_LENGTH + length.to_bytes(4, "little")
    yield from meta_parts
    yield from data_set


def encode_data_set(instance: Instance) -> Iterable[Buffer]:
    """Return the bytes of a data set, in the transfer syntax that its file meta names."""
    root = instance.root
    root.leave_out_group_lengths()
    syntax = read_text(instance.meta, TRANSFER_SYNTAX_UID) or EXPLICIT_LITTLE_UID
    parts, _ = Encoder(_encoding(root, syntax)).encode(root)
    return _deflated(parts) if syntax == DEFLATED_UID else parts


def _encoding(root: Level, syntax: str) -> Encoding:
    """Return the encoding a transfer syntax asks for; of a private one the data set's own."""
    own = root.encoding
    return encoding_of(syntax) if own is None or syntax.startswith(_STANDARD) else own


def _deflated(parts: Iterable[Buffer]) -> Iterator[bytes]:
    """Yield the data set deflated, padded to even length (PS3.5 §A.5)."""
    import zlib

    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    length = 0
    for part in parts:
        for piece in pieces(part):
            chunk = deflater.compress(piece)
            length += len(chunk)
            yield chunk
    rest = deflater.flush()
    yield rest + b"\0" if (length + len(rest)) % 2 else rest


def write_atomically(
    destination: Path,
    parts: Iterable[Buffer],
    *,
    mode: int = 0o666,
    durable: bool = False,
    check: Callable[[], None] | None = None,
) -> None:
    """Write a file under a temporary name beside its place, then rename it into place.

    An existing file is replaced only by the complete new one. When the machine itself fails, what
    was written last may be lost, as with any copy, unless it is to be `durable`: then it is on the
    disk, with its name, before this returns. `mode` is what the process's mask is applied to. A
    `check` that is made last may raise what keeps the file from getting its name.
    Raises DicomFileError.
    """
    temporary = os.path.join(os.path.dirname(destination), f".{os.urandom(8).hex()}.part")
    try:
        _write(temporary, parts, mode, durable)
        if check is not None:
            check()
        os.replace(temporary, destination)
        if durable:
            sync_folder(destination.parent)
    except OSError as error:
        _discard(temporary)
        reason = f"cannot be written: {error.strerror}"
        raise DicomFileError(str(destination), reason, code="cannot-write") from None
    except BaseException:
        _discard(temporary)
        raise


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk before this returns; raise OSError."""
    if os.name == "nt":  # which has no way to do so, and does it by itself
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: str, parts: Iterable[Buffer], mode: int, durable: bool) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, mode)
    try:
        if isinstance(parts, list) and _is_small(parts):
            _write_row(descriptor, parts)
        else:
            _write_in_rows(descriptor, parts)
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_small(parts: list[Buffer]) -> bool:
    return len(parts) <= _ROW and FilePart not in map(type, parts) and sum(map(len, parts)) <= PIECE


def _write_in_rows(descriptor: int, parts: Iterable[Buffer]) -> None:
    row: list[bytes | memoryview] = []
    for part in parts:
        if not isinstance(part, FilePart) and len(part) <= PIECE:
            row.append(part)
            if len(row) < _ROW:
                continue
        _write_row(descriptor, row)
        row = []
        if isinstance(part, FilePart) or len(part) > PIECE:
            _write_large(descriptor, part)
    _write_row(descriptor, row)


def _write_row(descriptor: int, row: list[bytes | memoryview]) -> None:
    """Write many buffers at once."""
    if not row:
        return
    length = sum(map(len, row))
    if hasattr(os, "writev"):
        written = os.writev(descriptor, row)
    else:
        written = os.write(descriptor, b"".join(row))
    if written < length:
        _write_all(descriptor, memoryview(b"".join(row))[written:])


def _write_all(descriptor: int, rest: memoryview) -> None:
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _write_large(descriptor: int, part: Buffer) -> None:
    if isinstance(part, FilePart):
        _copy(descriptor, part)
        return
    for piece in pieces(part):
        _write_all(descriptor, memoryview(piece))


def _copy(descriptor: int, part: FilePart) -> None:
    """Copy a part of a file without having it in memory: by the fastest way there is."""
    source = part.source.file.fileno()
    if hasattr(mmap, "MADV_DONTNEED") and _is_on_disk(source) and _is_on_disk(descriptor):
        _copy_mapped(descriptor, part)
        return
    _copy_through_buffer(descriptor, part, _copy_by_system(descriptor, part))


def _is_on_disk(descriptor: int) -> bool:
    """Whether a file is on a disk of this machine, and not in memory or on a server."""
    return os.name == "posix" and os.major(os.fstat(descriptor).st_dev) != 0


def _copy_mapped(descriptor: int, part: FilePart) -> None:
    """Write what is mapped, letting go of it on the way.

    On a disk this is faster than what `copy_file_range` does with a part that stands at another
    place in its page than in the input. Writes begin where pages do, and are small enough for the
    system to find room for each of them at once.
    """
    source, view, end = part.source, memoryview(part.source), part.end
    position, kept = part.start, part.start - part.start % mmap.ALLOCATIONGRANULARITY
    length = _COPIED - os.lseek(descriptor, 0, os.SEEK_CUR) % _COPIED
    while position < end:
        _have_ready(source, kept, min(_KEPT, len(source) - kept))
        behind = min(kept + _KEPT, end)
        while position < behind:
            count = _write_mapped(descriptor, view[position : min(position + length, behind)])
            position += count
            length = length - count or _COPIED
        source.madvise(mmap.MADV_DONTNEED, kept, min(_KEPT, len(source) - kept))
        kept += _KEPT


def _have_ready(source: MappedFile, start: int, length: int) -> None:
    """Have a part of a file ready in memory, if the system can: that saves it many faults."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            source.madvise(_POPULATE_READ, start, length)


def _write_mapped(descriptor: int, view: memoryview) -> int:
    try:
        return os.write(descriptor, view)
    except OSError as error:
        if error.errno == errno.EFAULT:
            raise _became_shorter() from None
        raise


def _copy_by_system(descriptor: int, part: FilePart) -> int:
    """Let the system copy a part of a file as far as it can; return how many bytes it did.

    A server may do that by itself, and some systems in memory need not copy at all.
    """
    copy = getattr(os, "copy_file_range", None)
    done, length, source = 0, len(part), part.source.file.fileno()
    try:
        while copy is not None and done < length:
            count = copy(
                source, descriptor, min(_COPIED_BY_SYSTEM, length - done), part.start + done
            )
            if not count:
                break
            done += count
    except OSError as error:
        if error.errno not in _CANNOT_COPY:
            raise
    return done


def _copy_through_buffer(descriptor: int, part: FilePart, done: int) -> None:
    file, left = part.source.file, len(part) - done
    buffer = memoryview(bytearray(min(_COPIED, left)))
    file.seek(part.start + done)
    while left:
        count = file.readinto(buffer[: min(_COPIED, left)])
        if not count:
            raise _became_shorter()
        _write_all(descriptor, buffer[:count])
        left -= count


def _became_shorter() -> OSError:
    return OSError(errno.EIO, "the input became shorter while it was read")


def _discard(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
