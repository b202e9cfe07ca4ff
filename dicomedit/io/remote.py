"""Object stores as input and output, through fsspec: ``s3://bucket/folder`` and the like.

A result is uploaded whole in one step, or given up: no reader of a store ever sees a part of one.
Credentials are those of the store's own configuration, and messages never show them. The text of
errors is our own, since that of the libraries may hold addresses and keys.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dicomedit.dicom.views import PIECE, Buffer, open_spool, pieces, spooled
from dicomedit.errors import DicomEditError, DicomFileError
from dicomedit.io.places import Opened, Place, PlaceStatus, Target, safe_parts
from dicomedit.io.scan import Job, Plan, is_url, masked
from dicomedit.io.unusable import Unusable
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from dicomedit.dicom.headers import Data

    Given = str | os.PathLike[str]

_OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "memory"}
"""Stores in which an object appears with the last byte of its upload."""

_RENAMING = {"sftp", "ssh", "smb"}
"""File servers, on which a result gets its name when it is complete."""

_LOCAL = ("file://", "local://")
_AT_ONCE = 16 << 20
"""Results up to this many bytes are uploaded in one request, larger ones in parts of this size."""


class RemotePath(Target):
    """An object, or the beginning of the names of several, in a store."""

    root: str = field(repr=False)
    """The address as it was given; it may hold a password."""

    start: str
    """The path of the address in its store."""

    path: str

    def __str__(self) -> str:
        # Some stores begin paths with a slash, others do not.
        return masked(self.root).rstrip("/") + self.path.lstrip("/")[len(self.start.strip("/")) :]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> RemotePath:
        """What the last part of the path is below."""
        return RemotePath(self.root, self.start, self.path.rpartition("/")[0])

    def __truediv__(self, name: str) -> RemotePath:
        return RemotePath(self.root, self.start, f"{self.path.rstrip('/')}/{name}".lstrip("/"))

    @property
    def is_private(self) -> bool:
        """Whether no other process sees the store."""
        return self.root.startswith("memory:")

    def file_name(self) -> str:
        """Return the address as the beginning of a file's name."""
        return re.sub(r"[^\w.-]+", "-", str(self)).strip("-.")

    def stat(self) -> PlaceStatus:
        """Return size, time and tag of the object; raise OSError."""
        try:
            return self._stat(_fresh(self.root))
        except Exception as error:
            raise _failure(error) from None

    def _stat(self, store: Any) -> PlaceStatus:
        from hashlib import sha256

        info = store.info(self.path)
        if info.get("type") == "directory":
            raise FileNotFoundError
        tag = info.get("ETag") or info.get("etag") or info.get("md5Hash") or ""
        names = ("LastModified", "last_modified", "updated", "mtime", "created")
        time = next((info[name] for name in names if info.get(name)), "")
        if not (tag or time):
            raise OSError(errno.ENODATA, "the store does not tell when the object was written")
        marks = (
            int.from_bytes(sha256(str(each).encode()).digest()[:7], "big") for each in (time, tag)
        )
        return PlaceStatus(info["size"], *marks)

    def read(self, opened: Opened) -> Data:
        """Return the object; a large one is kept in a temporary file without a name."""
        try:
            try:
                return self._read(_fresh(self.root))
            except Exception as error:
                raise _failure(error) from None
        except OSError as failure:
            reason = failure.strerror or "cannot be read"
            raise DicomFileError(str(self), reason, code="cannot-read") from None

    def _read(self, store: Any) -> Data:
        size = store.info(self.path)["size"]
        length = 0
        with open_spool() as spool:
            while length < size:
                end = min(length + PIECE, size)
                chunk = store.cat_file(self.path, start=length, end=end)
                if len(chunk) != end - length:
                    raise OSError(errno.EIO, "the store sent less than there is")
                length += spool.write(chunk)
            return spooled(spool)

    def write(self, parts: Iterable[Buffer]) -> None:
        """Upload an object in one step, or nothing; raise DicomFileError."""
        try:
            try:
                self._write(_fresh(self.root), parts)
            except DicomEditError:
                raise
            except Exception as error:
                raise _failure(error) from None
        except OSError as failure:
            reason = f"cannot be written: {failure.strerror}"
            raise DicomFileError(str(self), reason, code="cannot-write") from None

    def _write(self, store: Any, parts: Iterable[Buffer]) -> None:
        chunks: Iterator[bytes] = (bytes(piece) for part in parts for piece in pieces(part))
        held = bytearray()
        for chunk in chunks:
            held += chunk
            if len(held) > _AT_ONCE:
                break
        else:
            chunks = iter(())
        if _protocols(store) & _RENAMING:
            self._upload_renamed(store, held, chunks)
        elif len(held) <= _AT_ONCE:
            store.pipe_file(self.path, bytes(held))
        else:
            self._upload_in_parts(store, held, chunks)

    def _upload_in_parts(self, store: Any, held: bytearray, chunks: Iterator[bytes]) -> None:
        file = store.open(self.path, "wb", block_size=_AT_ONCE, autocommit=False)
        try:
            file.write(bytes(held))
            held.clear()
            for chunk in chunks:
                file.write(chunk)
            file.close()
            file.commit()
        except BaseException:
            file.closed = True  # or the collector would send the rest
            file.discard()
            raise

    def _upload_renamed(self, store: Any, held: bytearray, chunks: Iterator[bytes]) -> None:
        folder = self.path.rpartition("/")[0]
        temporary = f"{folder}/.{os.urandom(8).hex()}.part"
        store.makedirs(folder, exist_ok=True)
        try:
            with store.open(temporary, "wb") as file:
                file.write(bytes(held))
                for chunk in chunks:
                    file.write(chunk)
            store.mv(temporary, self.path)
        except BaseException:
            if store.exists(temporary):
                store.rm_file(temporary)
            raise


# --- the store ----------------------------------------------------------------------------------


def remote_path(address: str) -> RemotePath:
    """Return the place of an address; raise DicomFileError when nothing can open it."""
    if "::" in address:
        raise DicomFileError(masked(address), "addresses in addresses are not opened")
    _, path = _opened(address)
    return RemotePath(address, path, path)


def _opened(address: str) -> tuple[Any, str]:
    scheme = address.partition("://")[0]
    try:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]

        store, path = url_to_fs(address)
    except ImportError:
        reason = (
            f'what opens "{scheme}" addresses is not installed: pip install "dicomedit[cloud]"'
            " brings it for s3, other stores need their own package for fsspec"
        )
    except ValueError:
        reason = f'no store is known by "{scheme}://"'
    except Exception as error:
        reason = str(_failure(error).strerror)
    else:
        return store, str(path).rstrip("/")
    raise DicomFileError(masked(address), reason)


def _fresh(address: str) -> Any:
    """Return the store, which knows nothing from before: what it remembers may have changed."""
    store, _ = _opened(address)
    store.invalidate_cache()
    return store


def _protocols(store: Any) -> set[str]:
    return {store.protocol} if isinstance(store.protocol, str) else set(store.protocol)


def _failure(error: Exception) -> OSError:
    """Return an error of a store in our words; one that may be gone in a moment as EIO."""
    if isinstance(error, DicomFileError):
        return OSError(errno.EINVAL, error.reason)
    if isinstance(error, FileNotFoundError):
        return OSError(errno.ENOENT, "there is no such object, or bucket")
    if isinstance(error, PermissionError) or "Credential" in type(error).__name__:
        return OSError(errno.EACCES, "the store denies access: see the credentials it is given")
    if isinstance(error, OSError) and error.errno in (errno.ENODATA, errno.ENOSPC, errno.EINVAL):
        return OSError(error.errno, os.strerror(error.errno))
    return OSError(errno.EIO, f"the store cannot be reached, or failed ({type(error).__name__})")


# --- planning -----------------------------------------------------------------------------------


def plan_remote(
    source: Given | Sequence[Given], destination: Given, *, archives: bool = False
) -> tuple[Path | Place, Plan]:
    """Return what stands for the inputs as one, and what to do, when a store has part in it.

    Raises DicomFileError when the results would harm the input, or a store cannot be used.
    """
    source = source if not isinstance(source, str) else _without_scheme(source)
    destination = _without_scheme(os.fspath(destination))
    target = remote_path(destination) if is_url(destination) else Path(destination)
    if isinstance(target, RemotePath):
        _check_writable(target)
    if isinstance(source, str) and is_url(source):
        return _plan_from(remote_path(source), target)
    return _plan_to(source, target, archives)


def _without_scheme(address: str) -> str:
    scheme = next((each for each in _LOCAL if address.startswith(each)), "")
    return address.removeprefix(scheme)


def _check_writable(target: RemotePath) -> None:
    store, _ = _opened(target.root)
    if not _protocols(store) & (_OBJECT_STORES | _RENAMING):
        reason = "this kind of store is not known to take a result whole or not at all"
        raise DicomFileError(str(target), reason)
    if not target.start.strip("/"):
        raise DicomFileError(str(target), "the output needs a bucket or folder")


def _plan_to(
    source: Given | Sequence[Given], target: Path | Target, archives: bool
) -> tuple[Path | Place, Plan]:
    from dicomedit.io.inputs import plan_inputs

    if isinstance(target, Path):
        return plan_inputs(source, target, archives=archives)
    # A folder that is not there stands for the store, so that all rules are the same.
    stand_in = Path(os.path.abspath(os.sep)) / f"dicomedit-{os.urandom(16).hex()}"
    base, planned = plan_inputs(source, stand_in, archives=archives)
    jobs = (
        Job(job.source, target / Path(os.path.relpath(str(job.destination), stand_in)).as_posix())
        for job in planned.jobs
    )
    return base, Plan(planned.count, target, jobs)


def _plan_from(source: RemotePath, target: Path | Target) -> tuple[RemotePath, Plan]:
    try:
        store = _fresh(source.root)
        is_object = bool(source.path) and store.isfile(source.path)
        if not is_object and not store.isdir(source.path):
            raise FileNotFoundError
        if is_object:
            job = Job(source, _named(target, source.name))
            _check_apart(source, job.destination, nested=False)
            folder = job.destination.parent
            return source, Plan(1, folder, iter((job,)))
        _check_apart(source, target, nested=True)
        count = sum(1 for _ in _objects(source))
        return source, Plan(count, target, _jobs(source, target))
    except DicomFileError:
        raise
    except Exception as error:
        reason = _failure(error).strerror or ""
    raise DicomFileError(str(source), reason)


def _named(target: Path | Target, name: str) -> Path | Target:
    parts = safe_parts(name)
    if isinstance(target, Path) and (
        target.is_file() or (target.suffix and not target.is_dir()) or parts is None
    ):
        return target
    return target / name


def _check_apart(source: RemotePath, target: object, *, nested: bool) -> None:
    if not isinstance(target, RemotePath):
        if nested and isinstance(target, Path) and target.is_file():
            raise DicomFileError(str(target), "the output is a file, but the input is a folder")
        return
    (one, _), (other, _) = _opened(source.root), _opened(target.root)
    hosts = {getattr(store, "host", None) for store in (one, other)}
    if not _protocols(one) & _protocols(other) or len(hosts) > 1:
        return
    first, second = source.path.strip("/") + "/", target.path.strip("/") + "/"
    if first == second:
        raise DicomFileError(str(target), "the output would replace the input")
    if nested and (first.startswith(second) or second.startswith(first) or first == "/"):
        raise DicomFileError(str(target), "output and input lie inside each other")


class _Object(Record):
    """The name of an object below the input, and its path in the store."""

    name: str
    path: str


def _objects(source: RemotePath) -> Iterator[_Object]:
    """Yield the objects below a path in a stable order, folder by folder, as files are found."""
    store, start = _fresh(source.root), source.path.rstrip("/")
    waiting = [start]
    while waiting:
        folder = waiting.pop()
        store.invalidate_cache()
        folders, found = [], []
        for info in store.ls(folder, detail=True):
            path = info["name"]
            if path.rstrip("/") == folder.rstrip("/"):
                continue  # what some programs put there to make a folder of a name
            if info["type"] == "directory":
                folders.append(path.rstrip("/"))
            elif info["type"] == "file" and not info.get("islink"):
                found.append(path)
        for path in sorted(found):
            yield _Object(path[len(start) :].removeprefix("/"), path)
        waiting += sorted(folders, reverse=True)


def _jobs(source: RemotePath, target: Path | Target) -> Iterator[Job]:
    try:
        for found in _objects(source):
            place = RemotePath(source.root, source.start, found.path)
            parts = safe_parts(found.name)
            if parts is None or "/".join(parts) != found.name:
                reason = "the name of the object cannot be that of a result"
                yield Job(Unusable(str(place), reason), target / "unusable")
            else:
                yield Job(place, target / found.name)
    except DicomFileError:
        raise
    except Exception as error:
        reason = _failure(error).strerror or ""
    else:
        return
    raise DicomFileError(str(source), f"the listing broke off: {reason}")
