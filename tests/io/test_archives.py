"""Members of zip and tar archives: found, read where they lie, and refused when in doubt."""

from __future__ import annotations

import io
import struct
import tarfile
import warnings
import zipfile
from pathlib import Path

import pytest

from dicomedit import DicomFileError
from dicomedit.io import archives
from dicomedit.io.archives import Member, members
from dicomedit.io.places import Opened, safe_parts
from dicomedit.io.unusable import Unusable

FORMS = [".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"]
CONTENT = {"a.dcm": b"first" * 1000, "sub/b.dcm": b"", "sub/deeper/c": bytes(range(256)) * 50}


def make(path: Path, content: dict[str, bytes]) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in content.items():
                archive.writestr(name, data)
        return path
    mode = {".tar": "w", ".tgz": "w:gz"}.get(path.suffix, f"w:{path.suffix[1:]}")
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def reasons(path: Path) -> dict[str, str]:
    """The reason of each member that cannot be used, by its name."""
    found = [each for each in members(path) if isinstance(each, Unusable)]
    return {str(each).removeprefix(f"{path}/"): each.reason for each in found}


def refusal(path: Path) -> str:
    with pytest.raises(DicomFileError) as caught:
        list(members(path))
    return caught.value.reason


@pytest.mark.parametrize("suffix", FORMS)
def test_members_are_read_in_any_order(tmp_path: Path, suffix: str):
    found = list(members(make(tmp_path / f"a{suffix}", CONTENT)))
    assert ["/".join(member.parts) for member in found] == list(CONTENT)
    opened = Opened()
    for member in (*found, *reversed(found)):
        assert bytes(member.read(opened)) == CONTENT["/".join(member.parts)]
        assert member.stat().st_size == len(CONTENT["/".join(member.parts)])
    opened.close()


@pytest.mark.parametrize("suffix", FORMS)
def test_a_member_is_named_like_a_file_in_a_folder(tmp_path: Path, suffix: str):
    path = make(tmp_path / f"a{suffix}", CONTENT)
    assert [str(each) for each in members(path)] == [f"{path}/{name}" for name in CONTENT]


@pytest.mark.parametrize("suffix", FORMS)
def test_archives_that_are_cut_off_are_refused(tmp_path: Path, suffix: str):
    path = make(tmp_path / f"a{suffix}", CONTENT)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "broken" in refusal(path)


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz"])
def test_a_tar_without_its_end_is_refused(tmp_path: Path, suffix: str):
    """Otherwise a broken header in the middle would look like the end of the archive."""
    path = make(tmp_path / "a.tar", CONTENT)
    data = bytearray(path.read_bytes())
    second = data.index(b"sub/b.dcm")
    data[second : second + 4] = b"oops"
    other = tmp_path / f"b{suffix}"
    if suffix == ".tar.gz":
        import gzip

        data = bytearray(gzip.compress(bytes(data)))
    other.write_bytes(data)
    assert refusal(other) == "the archive is broken, or cut off"


def test_a_broken_member_of_a_zip_is_found_out(tmp_path: Path):
    path = make(tmp_path / "a.zip", CONTENT)
    data = bytearray(path.read_bytes())
    data[45] ^= 0xFF  # in what is stored of the first member
    path.write_bytes(data)
    first, second, _ = members(path)
    with pytest.raises(DicomFileError, match="broken at this member"):
        first.read(Opened())
    assert second.read(Opened()) == b""


@pytest.mark.parametrize("suffix", [".zip", ".tar"])
@pytest.mark.parametrize("name", ["../out.dcm", "/etc/out.dcm", "a/../../out.dcm", "C:/out.dcm"])
def test_names_that_lead_away_are_refused(tmp_path: Path, suffix: str, name: str):
    path = make(tmp_path / f"a{suffix}", {name: b"1", "good.dcm": b"2"})
    bad, good = members(path)
    assert isinstance(bad, Unusable)
    assert "leads out" in bad.reason
    assert ".." not in str(bad)
    assert isinstance(good, Member)


def test_backslashes_separate_names_in_zip():
    assert safe_parts("a\\b", separators="/\\") == ("a", "b")
    assert safe_parts("a\\..\\..\\b", separators="/\\") is None


@pytest.mark.parametrize("suffix", [".zip", ".tar"])
def test_of_two_members_with_one_name_none_is_read(tmp_path: Path, suffix: str):
    path = tmp_path / f"a{suffix}"
    make(path, {"x.dcm": b"1", "other": b"2"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if suffix == ".zip":
            with zipfile.ZipFile(path, "a") as archive:
                archive.writestr("./x.dcm", b"3")
        else:
            with tarfile.open(path, "a") as tar:
                info = tarfile.TarInfo("./x.dcm")
                tar.addfile(info)
    assert reasons(path) == {"x.dcm": "the archive has several members of this name"}
    assert sum(isinstance(each, Unusable) for each in members(path)) == 2


def test_links_and_devices_in_a_tar_are_not_followed(tmp_path: Path):
    path = tmp_path / "a.tar"
    kinds = {
        "soft": tarfile.SYMTYPE,
        "hard": tarfile.LNKTYPE,
        "pipe": tarfile.FIFOTYPE,
        "device": tarfile.CHRTYPE,
    }
    with tarfile.open(path, "w") as tar:
        for name, kind in kinds.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
    skipped = {str(m).rpartition("/")[2]: m.skipped for m in members(path)}  # type: ignore[union-attr]
    assert skipped == {"soft": True, "hard": False, "pipe": True, "device": True}


def test_links_in_a_zip_are_not_followed(tmp_path: Path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    (found,) = members(path)
    assert isinstance(found, Unusable)
    assert found.skipped


def test_what_is_encrypted_is_refused(tmp_path: Path):
    path = make(tmp_path / "a.zip", {"x": b"1"})
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\1\2")
    data[central + 8] |= 1
    path.write_bytes(data)
    assert reasons(path) == {"x": "the member is encrypted"}


def test_what_would_be_unpacked_without_a_limit_is_refused(tmp_path: Path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x", b"1" * 100)
    assert reasons(path) == {"x": "compression method 14 of zip is not read"}


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz", ".tar.xz"])
def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str):
    monkeypatch.setattr(archives, "FREE", 1 << 16)
    path = make(tmp_path / f"a{suffix}", {str(number): bytes(1 << 20) for number in range(20)})
    assert "200 times as long as the archive" in refusal(path)


def test_a_member_that_is_far_longer_than_its_packed_form_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(archives, "FREE", 1 << 16)
    content = {
        "bomb": bytes(1 << 20),
        "filler": b"".join(map(struct.Struct("<d").pack, range(9999))),
    }
    path = make(tmp_path / "a.zip", content)
    assert reasons(path) == {"bomb": "the member is larger than an honest one would be"}


def test_a_zip_that_lies_about_its_sizes_is_found_out(tmp_path: Path):
    path = make(tmp_path / "a.zip", {"x": b"1" * 5000})
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\1\2")
    data[central + 24 : central + 28] = struct.pack("<L", 100)
    path.write_bytes(data)
    (found,) = members(path)
    with pytest.raises(DicomFileError, match="broken at this member"):
        found.read(Opened())


def test_large_members_are_not_kept_in_memory(tmp_path: Path):
    import mmap

    path = make(tmp_path / "a.tar", {"x": bytes(17 << 20)})
    (found,) = members(path)
    data = found.read(Opened())
    assert isinstance(data, mmap.mmap)
    assert len(data) == 17 << 20


def test_an_archive_that_was_changed_is_no_longer_read(tmp_path: Path):
    path = make(tmp_path / "a.tar", CONTENT)
    first = next(members(path))
    make(path, {**CONTENT, "more": b"1"})
    with pytest.raises(OSError, match="changed since the run began"):
        first.stat()
