"""A file is written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dicomedit import DicomFileError
from dicomedit.dicom.views import FilePart, map_file
from dicomedit.io import write
from dicomedit.io.write import write_atomically


def failing(error: BaseException) -> Iterator[bytes]:
    yield b"half of it"
    raise error


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    return tmp_path / "out.dcm"


def test_all_parts_are_written_in_order(destination: Path):
    write_atomically(destination, [b"one ", memoryview(b"two "), b"", b"three"])
    assert destination.read_bytes() == b"one two three"
    assert os.listdir(destination.parent) == ["out.dcm"]


def test_an_existing_file_is_replaced(destination: Path):
    destination.write_bytes(b"something longer than the new content")
    write_atomically(destination, [b"new"])
    assert destination.read_bytes() == b"new"


def test_a_link_is_replaced_not_followed(destination: Path, tmp_path: Path):
    """What it leads to may be anything, even an input."""
    target = tmp_path / "elsewhere.dcm"
    target.write_bytes(b"untouched")
    destination.symlink_to(target)
    write_atomically(destination, [b"new"])
    assert target.read_bytes() == b"untouched"
    assert not destination.is_symlink()


def test_other_names_of_an_existing_file_keep_its_content(destination: Path, tmp_path: Path):
    destination.write_bytes(b"old")
    (tmp_path / "other.dcm").hardlink_to(destination)
    write_atomically(destination, [b"new"])
    assert (tmp_path / "other.dcm").read_bytes() == b"old"


def test_nobody_sees_a_part(destination: Path):
    """Until the end there is a file under another name, and nothing under this one."""
    seen = []

    def parts() -> Iterator[bytes]:
        yield b"x" * 100
        seen.extend(os.listdir(destination.parent))
        yield b"y"

    write_atomically(destination, parts())
    (temporary,) = seen
    assert temporary.startswith(".")
    assert temporary.endswith(".part")
    assert os.listdir(destination.parent) == ["out.dcm"]


@pytest.mark.parametrize("error", [RuntimeError("defect"), KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize("existing", [None, b"old"])
def test_a_failure_in_the_middle_leaves_all_as_it_was(
    destination: Path, error: BaseException, existing: bytes | None
):
    if existing is not None:
        destination.write_bytes(existing)
    with pytest.raises(type(error)):
        write_atomically(destination, failing(error))
    assert os.listdir(destination.parent) == ([] if existing is None else ["out.dcm"])
    assert existing is None or destination.read_bytes() == existing


def test_a_full_disk_is_told(destination: Path):
    with pytest.raises(DicomFileError) as caught:
        write_atomically(destination, failing(OSError(28, "No space left on device")))
    assert str(caught.value) == f"{destination}: cannot be written: No space left on device"
    assert os.listdir(destination.parent) == []


@pytest.mark.parametrize("step", ["writev", "replace"])
def test_a_failure_at_the_end_leaves_all_as_it_was(destination: Path, step: str, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    destination.write_bytes(b"old")
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(DicomFileError, match="cannot be written: Input/output error"):
        write_atomically(destination, [b"new"])
    assert os.listdir(destination.parent) == ["out.dcm"]
    assert destination.read_bytes() == b"old"


def test_a_missing_folder_is_told(tmp_path: Path):
    with pytest.raises(DicomFileError, match=r"nowhere/out\.dcm: cannot be written: No such file"):
        write_atomically(tmp_path / "nowhere" / "out.dcm", [b"new"])


def test_a_path_below_a_file_is_told(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DicomFileError, match="cannot be written: Not a directory"):
        write_atomically(tmp_path / "file" / "out.dcm", [b"new"])


def test_a_folder_is_not_replaced(destination: Path):
    destination.mkdir()
    with pytest.raises(DicomFileError, match="cannot be written: Is a directory"):
        write_atomically(destination, [b"new"])
    assert os.listdir(destination.parent) == ["out.dcm"]


def test_the_umask_decides_who_may_read(destination: Path):
    before = os.umask(0o027)
    try:
        write_atomically(destination, [b"new"])
    finally:
        os.umask(before)
    assert stat.S_IMODE(destination.stat().st_mode) == 0o640


@pytest.fixture
def part(tmp_path: Path) -> Iterator[FilePart]:
    content = bytes(range(256)) * 4096
    (tmp_path / "in").write_bytes(content)
    with (tmp_path / "in").open("rb", buffering=0) as file:
        yield FilePart(map_file(file), 1000, len(content) - 1000)


def partly(source: int, target: int, count: int, offset: int) -> int:
    """Copy less than is asked for, and nothing at all beyond some place."""
    return os.write(target, os.pread(source, min(count, 5000), offset)) if offset < 50_000 else 0


def refused(code: int):
    def refuse(*_: int) -> int:
        raise OSError(code, os.strerror(code))

    return refuse


@pytest.fixture
def no_disk(monkeypatch) -> None:
    """Have files taken for such as are in memory or on a server."""
    monkeypatch.setattr(write, "_is_on_disk", lambda descriptor: False)


@pytest.fixture
def disk(monkeypatch) -> None:
    """Have files taken for such as are on a disk, of which little is in memory at a time."""
    monkeypatch.setattr(write, "_is_on_disk", lambda descriptor: True)
    monkeypatch.setattr(write, "_COPIED", 1 << 14)
    monkeypatch.setattr(write, "_KEPT", 1 << 16)


def test_parts_of_files_on_a_disk_are_copied(tmp_path: Path, disk, part: FilePart):
    content = (tmp_path / "in").read_bytes()[1000:-1000]
    write_atomically(tmp_path / "out", [b"head", part, b"tail"])
    assert (tmp_path / "out").read_bytes() == b"head" + content + b"tail"


def test_writes_begin_where_blocks_do(tmp_path: Path, disk, part: FilePart, monkeypatch):
    begun: list[int] = []

    def watched(descriptor: int, data: bytes) -> int:
        begun.append(os.lseek(descriptor, 0, os.SEEK_CUR))
        return write_some(descriptor, data[: len(data) if len(begun) % 5 else 1000])

    write_some = os.write
    monkeypatch.setattr(os, "write", watched)
    content = (tmp_path / "in").read_bytes()[1000:-1000]
    write_atomically(tmp_path / "out", [b"head", part])
    assert (tmp_path / "out").read_bytes() == b"head" + content
    odd = [place for place in begun[1:] if place % (1 << 14)]
    assert len(odd) <= len(begun) // 5  # what was written in part begins anew in between


def test_an_input_that_becomes_shorter_while_it_is_copied(tmp_path: Path, disk, part: FilePart):
    os.truncate(tmp_path / "in", 4096)
    with pytest.raises(DicomFileError, match="became shorter"):
        write_atomically(tmp_path / "out", [b"head", part])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


@pytest.mark.usefixtures("no_disk")
@pytest.mark.parametrize(
    "copy", [None, partly, refused(errno.EXDEV), refused(errno.ENOSYS)], ids=lambda it: str(it)[:20]
)
def test_parts_of_files_are_copied_whatever_the_system_can_do(tmp_path, monkeypatch, part, copy):
    content = (tmp_path / "in").read_bytes()[1000:-1000]
    monkeypatch.setattr(os, "copy_file_range", copy, raising=False)
    write_atomically(tmp_path / "out", [b"head", part, b"tail"])
    assert (tmp_path / "out").read_bytes() == b"head" + content + b"tail"


@pytest.mark.usefixtures("no_disk")
def test_a_disk_that_is_full_while_the_system_copies(tmp_path, monkeypatch, part):
    monkeypatch.setattr(os, "copy_file_range", refused(errno.ENOSPC), raising=False)
    with pytest.raises(DicomFileError, match="No space left"):
        write_atomically(tmp_path / "out", [b"head", part])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]
