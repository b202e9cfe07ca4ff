"""Signed reports: any bit that is another one is found, in the report, its signature, a result."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

import dicomedit
from dicomedit import DicomEditError, DicomFileError, ReportFile
from dicomedit.batch.report_check import Checked, check_report
from dicomedit.batch.report_formats import FORMATS
from dicomedit.batch.signature import (
    load_private_key,
    load_public_key,
    make_key,
    signature_path,
    verify_files,
)
from dicomedit.io.synthetic import write_study

SCRIPT = 'version "6.6"\n(0010,0010) := "ANON"\n-(7FE0,0010)\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A key, an input and, of each form, a signed report of a run over it."""
    folder = tmp_path_factory.mktemp("signed")
    make_key(folder / "key.pem")
    write_study(folder / "study")
    (folder / "in").mkdir()
    image = next((folder / "study").rglob("*.dcm"))
    shutil.copy(image, folder / "in" / "image.dcm")
    for suffix in FORMATS:
        report = ReportFile(folder / f"report{suffix}", sign=folder / "key.pem")
        dicomedit.run(SCRIPT, folder / "in", folder / "out", report=report)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    return Path(shutil.copytree(made, tmp_path / "copy"))


def check(folder: Path, suffix: str = ".jsonl", **more: object) -> Checked:
    key = load_public_key(folder / "key.pem.pub")
    given = {"output": folder / "out", "public_key": key, **more}
    return check_report(folder / f"report{suffix}", **given)  # type: ignore[arg-type]


def flipped(path: Path) -> Iterator[tuple[int, int]]:
    """Change one bit of a file after the other; what is yielded tells which one."""
    whole = path.read_bytes()
    with path.open("r+b", buffering=0) as file:
        for place, byte in enumerate(whole):
            for bit in range(8):
                file.seek(place)
                file.write(bytes([byte ^ 1 << bit]))
                yield place, bit
            file.seek(place)
            file.write(bytes([byte]))
    assert path.read_bytes() == whole


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_was_signed_is_valid(folder: Path, suffix: str):
    checked = check(folder, suffix)
    assert (checked.intact, checked.findings) == (1, ())
    assert checked.public_key == load_public_key(folder / "key.pem.pub")


def test_every_bit_of_a_report(folder: Path):
    report = folder / "report.jsonl"
    key = load_public_key(folder / "key.pem.pub")
    for where in flipped(report):
        with pytest.raises(DicomFileError):
            verify_files(report, [report], key)
            pytest.fail(f"not found: {where}")
    assert not check(folder).findings


@pytest.mark.parametrize("keys", ["given", "none"])
def test_every_bit_of_a_signature(folder: Path, keys: str):
    """Without a key that is given, too: the one in the file is no other one than what signed."""
    report = folder / "report.jsonl"
    key = load_public_key(folder / "key.pem.pub") if keys == "given" else None
    for where in flipped(signature_path(report)):
        with pytest.raises(DicomFileError):
            verify_files(report, [report], key)
            pytest.fail(f"not found: {where}")
    assert not check(folder).findings


def test_every_bit_of_a_summary(folder: Path):
    report, summary = folder / "report.csv", folder / "report.csv.summary.json"
    for where in flipped(summary):
        with pytest.raises(DicomFileError):
            verify_files(report, [report, summary])
            pytest.fail(f"not found: {where}")


def test_every_byte_of_a_result(folder: Path):
    """One bit of each byte; a digest does not tell bits of one byte apart from each other."""
    result = folder / "out" / "image.dcm"
    whole = result.read_bytes()
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= 1 << (place % 8)
        result.write_bytes(data)
        checked = check(folder)
        assert [each.kind for each in checked.findings] == ["changed"], place


def test_every_length_of_a_signature(folder: Path):
    path = signature_path(folder / "report.jsonl")
    whole = path.read_bytes()
    for data in (
        *(whole[:end] for end in range(len(whole))),
        whole + b"\n",
        whole * 2,
        b" " + whole,
    ):
        path.write_bytes(data)
        assert check(folder).findings


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (lambda out: (out / "image.dcm").unlink(), ["missing"]),
        (lambda out: (out / "other.dcm").write_text("x"), ["extra"]),
        (lambda out: (out / "image.dcm").write_bytes(b""), ["changed"]),
        (lambda out: (out / "image.dcm").rename(out / "moved.dcm"), ["extra", "missing"]),
        (lambda out: (out / ".hidden").write_text("x"), ["extra"]),
        (lambda out: (out / "link").symlink_to(out), ["extra"]),
    ],
)
def test_results_are_looked_for(folder: Path, change, kinds: list[str]):
    change(folder / "out")
    assert [each.kind for each in check(folder).findings] == kinds


def test_a_link_is_no_result(folder: Path):
    image = folder / "out" / "image.dcm"
    image.rename(folder / "elsewhere.dcm")
    image.symlink_to(folder / "elsewhere.dcm")
    assert [each.kind for each in check(folder).findings] == ["changed"]


# --- who signed ---------------------------------------------------------------------------------


def test_another_key(folder: Path):
    make_key(folder / "other.pem")
    checked = check(folder, public_key=load_public_key(folder / "other.pem.pub"))
    assert [each.reason for each in checked.findings] == ["the report was signed with another key"]


def test_signed_anew_with_another_key(folder: Path):
    """Who changes a report can sign it: only the key tells."""
    make_key(folder / "other.pem")
    report = ReportFile(folder / "report.jsonl", sign=folder / "other.pem")
    dicomedit.run(SCRIPT, folder / "in", folder / "out", report=report)
    assert check(folder).findings
    assert not check(folder, public_key=None).findings


def test_no_signature(folder: Path):
    signature_path(folder / "report.jsonl").unlink()
    assert [each.reason for each in check(folder).findings] == ["there is no signature"]
    assert not check(folder, public_key=None, unsigned=True).findings
    assert check(folder, unsigned=True).findings, "who gives a key wants a signature"


def test_a_wrong_signature_counts_even_if_none_is_needed(folder: Path):
    path = folder / "report.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"changed": 1', b'"changed": 2'))
    assert check(folder, public_key=None, unsigned=True).findings


def test_the_signature_of_another_report(folder: Path):
    shutil.copy(folder / "report.jsonl", folder / "renamed.jsonl")
    shutil.copy(folder / "report.jsonl.sig", folder / "renamed.jsonl.sig")
    checked = check_report(folder / "renamed.jsonl", output=folder / "out")
    assert [each.reason for each in checked.findings] == ["the signature is that of another report"]


def test_an_old_signature_goes_with_the_report_it_was_for(folder: Path):
    dicomedit.run(SCRIPT, folder / "in", folder / "out", report=folder / "report.jsonl")
    assert not signature_path(folder / "report.jsonl").exists()


# --- reports that are not whole -----------------------------------------------------------------


def test_a_report_that_was_cut_off(folder: Path):
    report = folder / "report.jsonl"
    signature_path(report).unlink()
    lines = report.read_bytes().splitlines(keepends=True)
    report.write_bytes(lines[0])
    found = check(folder, public_key=None, unsigned=True, output=folder / "out").findings
    assert "it has no summary: it was cut off" in [each.reason for each in found]
    report.write_bytes(lines[1])
    found = check(folder, public_key=None, unsigned=True).findings
    assert "it has not as many rows as it should" in [each.reason for each in found]
    bad = b'{"kind": "summary", "others": [1], "output": 1}\n', b'{"output": [1]}\n'
    for text in (b"", b"[1]\n", b"nothing\n", b"{}", b"\xff\n", *bad):
        report.write_bytes(text)
        with contextlib.suppress(DicomFileError):
            assert check(folder, public_key=None, unsigned=True).findings


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_is_no_report(tmp_path: Path, suffix: str):
    report = tmp_path / f"report{suffix}"
    report.write_bytes(b"\0nothing, [\n")
    (tmp_path / f"report{suffix}.summary.json").write_text('{"kind": "summary", "output": "."}')
    with contextlib.suppress(DicomFileError):
        assert check_report(report, unsigned=True).findings


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_broken_report_without_signature_is_told(folder: Path, suffix: str):
    """Whatever is wrong with it: a finding, or an error that says so, or nothing that matters."""
    report = folder / f"report{suffix}"
    signature_path(report).unlink()
    whole = report.read_bytes()
    for place in range(0, len(whole), 23):
        data = bytearray(whole)
        data[place] ^= 0x55
        report.write_bytes(data)
        with contextlib.suppress(DicomFileError):
            check(folder, suffix, public_key=None, unsigned=True)


# --- keys ---------------------------------------------------------------------------------------


def test_a_new_key_replaces_none(tmp_path: Path):
    public = make_key(tmp_path / "key")
    assert public == tmp_path / "key.pub"
    if os.name != "nt":
        assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(DicomFileError, match="there is such a file"):
        make_key(tmp_path / "key")
    public.unlink()
    with pytest.raises(DicomFileError, match="File exists"):
        make_key(tmp_path / "key")
    assert load_private_key(tmp_path / "key")


def private_pem(key: object, password: bytes | None = None) -> bytes:
    way = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(pem, form, way)  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no private key in PEM form"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key"),
        (private_pem(ec.generate_private_key(ec.SECP256R1())), "not of the kind Ed25519"),
        (private_pem(ed25519.Ed25519PrivateKey.generate(), b"x"), "protected by a password"),
    ],
)
def test_keys_that_cannot_sign(folder: Path, data: bytes, reason: str):
    bad = folder / "bad.pem"
    bad.write_bytes(data)
    bad.chmod(0o600)
    before = (folder / "report.jsonl").read_bytes()
    with pytest.raises(DicomFileError, match=reason):
        dicomedit.run(
            SCRIPT,
            folder / "in",
            folder / "new",
            report=ReportFile(folder / "report.jsonl", sign=bad),
        )
    assert not list((folder / "new").rglob("*.dcm"))
    assert (folder / "report.jsonl").read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="there are no such modes")
def test_a_private_key_that_others_can_read(folder: Path):
    (folder / "key.pem").chmod(0o644)
    with pytest.raises(DicomFileError, match="others can read the private key"):
        load_private_key(folder / "key.pem")


def test_a_dry_run_is_not_signed(folder: Path):
    given = ReportFile(folder / "dry.jsonl", sign=folder / "key.pem")
    with pytest.raises(DicomFileError, match="dry run cannot be signed"):
        dicomedit.run(SCRIPT, folder / "in", folder / "new", report=given, dry_run=True)


def test_without_cryptography(folder: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)
    with pytest.raises(DicomEditError, match=r'pip install "dicomedit\[sign\]"'):
        load_private_key(folder / "key.pem")


def test_the_line_is_what_the_page_says(folder: Path):
    """Others must be able to verify without this package."""
    values = json.loads(signature_path(folder / "report.jsonl").read_bytes())
    signature = bytes.fromhex(values.pop("signature"))
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    key = serialization.load_pem_public_key((folder / "key.pem.pub").read_bytes())
    key.verify(signature, b"dicomedit report\0" + text.encode() + b"\n")  # type: ignore[union-attr,call-arg,arg-type]
