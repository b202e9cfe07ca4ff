"""The golden cases: read them, dump data sets the way they do, compare."""

from __future__ import annotations

import hashlib
import json
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.charset import convert_encodings, decode_bytes
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

FOLDER = Path(__file__).parent / "conformance"
SHARED = Path(__file__).parents[2] / "shared" / "conformance"

_CHARSET_TEXT = {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}
_PLAIN_TEXT = {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR"}
_NUMBERS = {"US": "H", "UL": "L", "SS": "h", "SL": "l", "FL": "f", "FD": "d", "SV": "q", "UV": "Q"}
_COMPARED_META = {0x00020002, 0x00020003, 0x00020010}

Dump = dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Case:
    id: str
    script: str
    input: str
    expect: dict[str, Any]
    lookup: str = ""
    variables: dict[str, str] | None = None
    note: str = ""
    expect_re: dict[str, str] = field(default_factory=dict)

    def input_path(self) -> Path:
        local = FOLDER / "inputs" / self.input
        found = local if local.is_file() else get_testdata_file(self.input)
        return Path(str(found))


def read_cases(name: str) -> list[Case]:
    rows = json.loads((FOLDER / name).read_text("utf-8"))
    return [Case(**{key: row[key] for key in row if key != "area"}) for row in rows]


def dump_file(path: Path) -> Dump:
    """Return VR and text of every element that is compared, by path, from the stored bytes."""
    return dump_dataset(dcmread(path))


def dump_dataset(ds: Dataset) -> Dump:
    """Return the same of a data set in memory, which may be without file meta information."""
    found: Dump = {}
    if hasattr(ds, "file_meta"):
        _dump(ds.file_meta, "", found, "iso8859", implicit=False)
    _dump(ds, "", found, ["iso8859"], implicit=bool(ds.original_encoding[0]))
    return found


def _dump(ds: Dataset, prefix: str, found: Dump, charset: Any, *, implicit: bool) -> None:
    if (0x0008, 0x0005) in ds:
        stored = _bytes(ds, 0x00080005).decode("ascii").rstrip(" \0")
        charset = convert_encodings(stored.split("\\"))
    for tag in sorted(ds.keys()):
        if tag.element == 0 or tag == 0xFFFCFFFC or (tag.group == 2 and tag not in _COMPARED_META):
            continue
        path = f"{prefix}{tag.group:04X}{tag.element:04X}"
        raw = ds.get_item(tag)
        vr = raw.VR or ("UN" if tag.is_private else None)
        if vr in (None, "SQ"):
            element = ds[tag]
            vr = element.VR
            if vr == "SQ":
                found[path] = ("SQ", f"SQ:{len(element.value)}")
                for number, item in enumerate(element.value):
                    _dump(item, f"{path}[{number}]/", found, charset, implicit=implicit)
                continue
        if implicit and tag.is_private:
            vr = "UN"
        little = ds.original_encoding[1] is not False
        found[path] = (vr, _text(vr, _bytes(ds, tag), charset, little=little))


def _bytes(ds: Dataset, tag: int) -> bytes:
    raw = ds.get_item(tag)
    value = raw.value
    if isinstance(value, bytes):
        return value
    return b"" if value is None else _stored(ds, tag)


def _stored(ds: Dataset, tag: int) -> bytes:
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_data_element

    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = True, ds.original_encoding[1] is not False
    write_data_element(buffer, ds[tag])
    return bytes(buffer.getvalue()[8:])


def _text(vr: str, value: bytes, charset: Any, *, little: bool) -> str:
    order = "<" if little else ">"
    if vr in _CHARSET_TEXT:
        delimiters = PN_DELIMS if vr == "PN" else TEXT_VR_DELIMS
        return decode_bytes(value, _as_list(charset), delimiters).rstrip(" \0")
    if vr in _PLAIN_TEXT:
        return value.decode("latin-1").rstrip(" \0")
    if vr in _NUMBERS:
        count, rest = divmod(len(value), struct.calcsize(order + _NUMBERS[vr]))
        if not rest:
            numbers = struct.unpack(f"{order}{count}{_NUMBERS[vr]}", value)
            return "\\".join(map(repr, numbers))
    if vr == "AT":
        words = struct.unpack(f"{order}{len(value) // 2}H", value)
        return "\\".join(f"{g:04x}{e:04x}" for g, e in zip(words[::2], words[1::2], strict=True))
    if vr == "UN":
        stripped = value.rstrip(b" \0")
        if all(0x20 <= byte <= 0x7E for byte in stripped):
            return stripped.decode("ascii")
    if not value:
        return ""
    if len(value) > 256:
        return f"sha256:{hashlib.sha256(value).hexdigest()}:{len(value)}"
    return f"hex:{value.hex()}"


def _as_list(charset: Any) -> list[str]:
    return [charset] if isinstance(charset, str) else list(charset)


def differences(case: Case, before: Dump, after: Dump) -> list[str]:
    """Return every way in which the output is not what the case expects."""
    wanted: dict[str, Any] = {path: value for path, (_, value) in before.items()}
    expected = case.expect["elements"]
    for path, value in expected.items():
        if value is None:
            wanted.pop(path, None)
        else:
            wanted[path] = value
    unspecified = set()
    for meta, source in (("00020002", "00080016"), ("00020003", "00080018")):
        if not after.get(source, ("", ""))[1]:
            unspecified.add(meta)
    return [
        f"{path}: wanted {wanted.get(path)!r}, got {after.get(path)!r}"
        for path in sorted((wanted.keys() | after.keys()) - unspecified)
        if not _agrees(wanted.get(path), after.get(path), before.get(path), after)
    ]


def _agrees(
    wanted: Any, got: tuple[str, str] | None, was: tuple[str, str] | None, after: Dump
) -> bool:
    if wanted is None or got is None:
        return wanted is None and got is None
    vr, text = got
    if isinstance(wanted, str):
        return _same_text(vr, wanted, text)
    if "vr" in wanted and vr != wanted["vr"] and not (was and was[0] == "UN"):
        return False
    if "same_as" in wanted and after.get(wanted["same_as"], ("", ""))[1] != text:
        return False
    if "match" in wanted:
        return re.search(wanted["match"], text) is not None
    return _same_text(vr, wanted["v"], text)


def _same_text(vr: str, wanted: str, got: str) -> bool:
    if vr in ("FL", "FD") and wanted and got:
        pack = struct.Struct("f" if vr == "FL" else "d").pack
        return [pack(float(n)) for n in wanted.split("\\")] == [
            pack(float(n)) for n in got.split("\\")
        ]
    return wanted == got
