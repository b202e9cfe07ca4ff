"""What is read is written back: every element not changed by the script has the same stored bytes.

Files are compared by `elements_of`, which takes them apart with nothing but the rules of PS3.5 §7.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from functools import cache
from pathlib import Path

import pydicom.data
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from second_implementation import read_dataset

from dicomedit import DicomFileError, EvaluationError, Options, compile_script
from dicomedit.dicom.dataset import DatasetLevel
from dicomedit.dicom.decode import decode_elements
from dicomedit.dicom.encode import Encoder
from dicomedit.dicom.encoding import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    encoding_of,
    swap_byte_order,
)
from dicomedit.dicom.file_meta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicomedit.io.read import read_file

TEST_FILES = Path(pydicom.data.__file__).parent / "test_files"
GOLDEN = Path(__file__).parents[1] / "conformance" / "inputs"

IMPLICIT, EXPLICIT, BIG, DEFLATED = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.1.99",
)
UNCOMPRESSED = {"implicit": IMPLICIT, "explicit": EXPLICIT, "big": BIG, "deflated": DEFLATED}
NOTHING = compile_script('version "6.6"\n')


def is_accepted(path: Path) -> bool:
    try:
        read_file(path)
    except DicomFileError:
        return False
    return True


FILES = [
    path
    for folder in (TEST_FILES, GOLDEN)
    for path in sorted(folder.rglob("*"))
    if path.is_file() and is_accepted(path)
]


# --- files taken apart --------------------------------------------------------------------------

LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
ITEM, SEQUENCE_END, UNDEFINED = 0xFFFEE000, 0xFFFEE0DD, 0xFFFFFFFF

Elements = dict[str, tuple[str, bytes]]


def is_sequence(vr: bytes, value: bytes) -> bool:
    return vr == b"SQ" or (vr in (b"", b"UN") and value[:4] == b"\xfe\xff\x00\xe0")


def little_endian(vr: str, value: bytes, order: str) -> bytes:
    return value if order == "<" else swap_byte_order(vr, value)


class Apart:
    """A DICOM file: meta elements, and data elements by path, each with VR and stored bytes.

    A sequence has the kinds of its lengths for value; group lengths are left out. Numbers are
    little endian here. `implicit` says how the data set is encoded, whatever the transfer syntax
    says. Sequences stored as UN are opened (PS3.5 §6.2.2).
    """

    def __init__(self, data: bytes):
        assert data[128:132] == b"DICM"
        end = 132
        while data[end : end + 2] == b"\2\0":
            vr, size, start = data[end + 4 : end + 6], *struct.unpack_from("<H", data, end + 6), 8
            if vr in LONG:
                size, start = *struct.unpack_from("<L", data, end + 8), 12
            end += start + size
        self.meta = self._level(data[132:end], "<", implicit=False, all_elements=True)
        self.syntax = self.meta.get("00020010", ("UI", b""))[1].decode().rstrip("\0 ")
        body = data[end:]
        if self.syntax == DEFLATED:
            body = zlib.decompressobj(-15).decompress(body)
        order = ">" if self.syntax == BIG else "<"
        self.implicit = not body[4:6].isalpha()
        self.elements = self._level(body, order, implicit=self.implicit)

    def _level(
        self, data: bytes, order: str, *, implicit: bool, all_elements: bool = False
    ) -> Elements:
        found: Elements = {}
        end = self._elements(data, 0, len(data), order, implicit, "", found)
        assert end == len(data)
        return {
            path: element
            for path, element in found.items()
            if all_elements or not path.endswith("0000")
        }

    def _header(self, data: bytes, at: int, order: str, implicit: bool):
        group, number = struct.unpack_from(f"{order}HH", data, at)
        vr = data[at + 4 : at + 6]
        if implicit or group == 0xFFFE:
            return group << 16 | number, b"", *struct.unpack_from(f"{order}L", data, at + 4), at + 8
        code, skip = ("L", 8) if vr in LONG else ("H", 6)
        (size,) = struct.unpack_from(f"{order}{code}", data, at + skip)
        return group << 16 | number, vr, size, at + (12 if vr in LONG else 8)

    def _elements(self, data, at, limit, order, implicit, prefix, found) -> int:
        while at < limit:
            tag, vr, size, start = self._header(data, at, order, implicit)
            if tag == 0xFFFEE00D:
                return start
            path = f"{prefix}{tag:08X}"
            if size == UNDEFINED and tag == 0x7FE00010:
                end = self._fragments_end(data, start, order, implicit)
                found[path], at = (vr.decode(), data[start:end]), end + 8
            elif size == UNDEFINED:
                inside = ("<", True) if vr == b"UN" else (order, implicit)
                at, kinds = self._items(data, start, limit, *inside, path, found)
                found[path] = "" if implicit else "SQ", b"undefined:" + kinds
            elif vr == b"SQ" and size == 0:
                found[path], at = ("SQ", b""), start
            elif is_sequence(vr, data[start : start + size]):
                inside = (order, implicit) if vr == b"SQ" else ("<", True)
                at, kinds = self._items(data, start, start + size, *inside, path, found)
                found[path] = vr.decode(), b"defined:" + kinds
            else:
                at = start + size
                found[path] = vr.decode(), little_endian(vr.decode(), data[start:at], order)
        return at

    def _fragments_end(self, data, at, order, implicit) -> int:
        while (header := self._header(data, at, order, implicit))[0] == ITEM:
            at = header[3] + header[2]
        return at

    def _items(self, data, at, limit, order, implicit, path, found):
        kinds = b""
        while at < limit:
            tag, _, size, start = self._header(data, at, order, implicit)
            if tag == SEQUENCE_END:
                return start, kinds
            assert tag == ITEM
            end = limit if size == UNDEFINED else start + size
            number = len(kinds)
            kinds += b"u" if size == UNDEFINED else b"d"
            at = self._elements(data, start, end, order, implicit, f"{path}[{number}]/", found)
        return at, kinds


@cache
def apart(path: Path) -> Apart:
    return Apart(path.read_bytes())


def edited(path: Path, output: Path, script: str = "", **options: bool) -> Apart:
    program = compile_script(f'version "6.6"\n{script}')
    outcome = program.apply_file(path, output, options=Options(**options))
    assert not outcome.rejected
    return Apart(output.read_bytes())


# --- round trips --------------------------------------------------------------------------------


def test_there_are_files_to_try():
    assert len(FILES) > 150


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_script_without_statements_keeps_every_element(path: Path, tmp_path: Path):
    before, after = apart(path), edited(path, tmp_path / "out.dcm")
    assert after.syntax == (before.syntax or EXPLICIT)  # what was absent is told
    assert values(after) == values(before)
    for place, (vr, _) in before.elements.items():
        # No VR: the file is implicit although its transfer syntax says otherwise, or the element
        # stands in UN of undefined length, which becomes a sequence like others.
        if vr:
            assert after.elements[place][0] == vr


def values(file: Apart) -> dict[str, bytes]:
    """The stored values only: VRs are not in implicit files."""
    return {path: value for path, (_, value) in file.elements.items()}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_written_is_written_the_same_again(path: Path, tmp_path: Path):
    first, second = tmp_path / "1.dcm", tmp_path / "2.dcm"
    NOTHING.apply_file(path, first)
    NOTHING.apply_file(first, second)
    assert second.read_bytes() == first.read_bytes()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_pydicom_reads_the_same_values(path: Path, tmp_path: Path):
    NOTHING.apply_file(path, tmp_path / "out.dcm")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before, after = dcmread(path), dcmread(tmp_path / "out.dcm")
        tags = {tag for tag in set(before.keys()) if tag.element != 0}  # no group lengths
        assert set(after.keys()) == tags
        for tag in tags:
            assert after[tag] == before[tag], tag


CONVERTIBLE = [path for path in FILES if apart(path).syntax in UNCOMPRESSED.values()]


@pytest.mark.parametrize("syntax", UNCOMPRESSED.values(), ids=UNCOMPRESSED)
@pytest.mark.parametrize("path", CONVERTIBLE, ids=lambda path: path.name)
def test_conversion_between_uncompressed_syntaxes_keeps_every_value(
    path: Path, syntax: str, tmp_path: Path
):
    there, back = tmp_path / "there.dcm", tmp_path / "back.dcm"
    before = apart(path)
    try:
        converted = edited(path, there, f'(0002,0010) := "{syntax}"')
    except EvaluationError as error:
        assert error.code == "byte-order", "only broken values may stand in the way"
        return
    assert converted.syntax == syntax
    assert values(converted) == values(before)
    returned = edited(there, back, f'(0002,0010) := "{before.syntax}"')
    assert values(returned) == values(before)
    if before.implicit or returned.implicit or syntax == IMPLICIT:
        return  # VRs went lost on the way
    assert returned.elements == before.elements


def test_conversion_changes_the_order_of_the_bytes_of_numbers_only(tmp_path: Path):
    edited(GOLDEN / "de6-base_ele.dcm", tmp_path / "out.dcm", f'(0002,0010) := "{BIG}"')
    data = (tmp_path / "out.dcm").read_bytes()
    ds = dcmread(GOLDEN / "de6-base_ele.dcm")
    assert b"\0\x28\0\x10US\0\2" + struct.pack(">H", ds.Rows) in data
    assert b"\0\x08\0\x60CS\0\2" + ds.Modality.encode() in data


@pytest.mark.parametrize("syntax", UNCOMPRESSED.values(), ids=UNCOMPRESSED)
def test_pixels_of_a_conversion_are_what_pydicom_would_see(syntax: str, tmp_path: Path):
    source = TEST_FILES / "CT_small.dcm"
    edited(source, tmp_path / "out.dcm", f'(0002,0010) := "{syntax}"')
    assert (dcmread(tmp_path / "out.dcm").pixel_array == dcmread(source).pixel_array).all()


# --- lengths of sequences and items -------------------------------------------------------------


def test_kinds_of_length_are_kept(tmp_path: Path):
    ds = plain_dataset()
    for kinds in ((False, False), (False, True), (True, False), (True, True)):
        ds.add_new(0x00081100 + 2 * (kinds[0] * 2 + kinds[1]), "SQ", Sequence([Dataset()]))
        element = ds[0x00081100 + 2 * (kinds[0] * 2 + kinds[1])]
        element.is_undefined_length, item = kinds[0], element.value[0]
        item.PatientID = "P1"
        item.is_undefined_length_sequence_item = kinds[1]
    ds.save_as(tmp_path / "in.dcm", enforce_file_format=True)
    for syntax in UNCOMPRESSED.values():
        found = edited(tmp_path / "in.dcm", tmp_path / "o.dcm", f'(0002,0010) := "{syntax}"')
        kept = [element[1] for path, element in found.elements.items() if "/" not in path]
        assert [each for each in kept if b"defined:" in each] == [
            b"defined:d",
            b"defined:u",
            b"undefined:d",
            b"undefined:u",
        ]


def test_lengths_are_worked_out_anew(tmp_path: Path):
    """A change deep inside is felt by all the defined lengths around it."""
    inner, outer, ds = Dataset(), Dataset(), plain_dataset()
    inner.PatientID = "P1"
    outer.ReferencedSeriesSequence = [inner]
    ds.ReferencedStudySequence = [outer]
    ds.save_as(tmp_path / "in.dcm", enforce_file_format=True)
    path = "(0008,1110)[0]/(0008,1115)[0]/(0010,0020)"
    found = edited(tmp_path / "in.dcm", tmp_path / "out.dcm", f'{path} := "longer than before"')
    assert found.elements["00081110[0]/00081115[0]/00100020"][1] == b"longer than before"


# --- single encodings ---------------------------------------------------------------------------


def test_text_too_long_for_its_length_field_is_written_as_un(tmp_path: Path):
    """PS3.5 §6.2.2; implicit encoding has room for it."""
    ds = plain_dataset(IMPLICIT)
    with pytest.warns(UserWarning, match="exceeds the maximum length"):
        ds.PatientComments = "a" * 0x10000
        ds.save_as(tmp_path / "in.dcm", enforce_file_format=True)
    found = edited(tmp_path / "in.dcm", tmp_path / "out.dcm", f'(0002,0010) := "{EXPLICIT}"')
    assert found.elements["00104000"] == ("UN", b"a" * 0x10000)


def test_numbers_that_are_no_whole_numbers_cannot_change_their_byte_order(tmp_path: Path):
    ds = plain_dataset()
    ds.add_new(0x00660129, "OL", b"sixbyt")  # no whole number of 4-byte units
    ds.save_as(tmp_path / "in.dcm", enforce_file_format=True)
    with pytest.raises(EvaluationError) as caught:
        edited(tmp_path / "in.dcm", tmp_path / "out.dcm", f'(0002,0010) := "{BIG}"')
    assert caught.value.code == "byte-order"
    assert "(0066,0129)" in str(caught.value)
    assert not (tmp_path / "out.dcm").exists()


@given(st.binary(max_size=64))
def test_swapping_twice_is_nothing(value: bytes):
    for vr in ("US", "UL", "FD", "OW", "OB", "LO", "AT"):
        size = {"US": 2, "OW": 2, "AT": 2, "UL": 4, "FD": 8}.get(vr, 1)
        if len(value) % size:
            with pytest.raises(ValueError, match="whole number"):
                swap_byte_order(vr, value)
        else:
            assert swap_byte_order(vr, swap_byte_order(vr, value)) == value


@pytest.mark.parametrize("encoding", [IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG])
@given(
    texts=st.dictionaries(
        st.sampled_from([0x00081030, 0x00104000, 0x00204000, 0x00324000]),
        st.text("aZ09 \\^=\r\n\t", max_size=9).map(str.encode),
    ),
    numbers=st.binary(max_size=8).map(lambda value: value[: len(value) // 2 * 2]),
)
def test_encode_undoes_decode(encoding, texts, numbers):
    ds = Dataset()
    level = DatasetLevel(ds, little_endian=encoding.little)
    for tag, value in texts.items():
        level.put(tag, "LT", value)
    level.put(0x00280010, "US", numbers)
    parts, size = Encoder(encoding).encode(level)
    data = b"".join(bytes(part) for part in parts)
    assert len(data) == size
    found = decode_elements(data, 0, encoding)
    assert {int(tag): element.value for tag, element in found.items()} == {
        **texts,
        0x00280010: numbers,
    }


# --- deflate ------------------------------------------------------------------------------------


def test_deflated_files_stay_deflated(tmp_path: Path):
    source = TEST_FILES / "image_dfl.dcm"
    found = edited(source, tmp_path / "out.dcm", '(0010,0020) := "P1"')
    assert found.syntax == DEFLATED
    assert found.elements["00100020"] == ("LO", b"P1")
    rest = {path: e for path, e in found.elements.items() if path != "00100020"}
    assert rest == {p: e for p, e in apart(source).elements.items() if p != "00100020"}
    assert (tmp_path / "out.dcm").stat().st_size % 2 == 0


@pytest.mark.parametrize(
    ("tail", "is_borne"),
    [(b"", True), (b"\0", True), (b"\0" * 9, True), (b"x", False), (b"\0x", False)],
)
def test_what_follows_a_deflated_data_set(tail: bytes, is_borne: bool, tmp_path: Path):
    data = (TEST_FILES / "image_dfl.dcm").read_bytes()
    (tmp_path / "in.dcm").write_bytes(data + tail)
    assert is_accepted(tmp_path / "in.dcm") is is_borne


def test_a_cut_deflated_data_set_is_refused(tmp_path: Path):
    data = (TEST_FILES / "image_dfl.dcm").read_bytes()
    for size in range(400, len(data.rstrip(b"\0")) - 10, 997):
        (tmp_path / "in.dcm").write_bytes(data[:size])
        with pytest.raises(DicomFileError, match=r"the deflated data set (is broken|has no end)"):
            read_file(tmp_path / "in.dcm")


# --- file meta information (PS3.10 §7.1) --------------------------------------------------------


def plain_dataset(syntax: str = EXPLICIT) -> Dataset:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3"
    ds.PatientID = "P1"
    meta = ds.file_meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.ImplementationClassUID, meta.ImplementationVersionName = "1.2.9", "SOMEBODY"
    meta.SourceApplicationEntityTitle = "WARD7"
    meta.PrivateInformationCreatorUID, meta.PrivateInformation = "1.2.8", b"secret"
    return ds


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.dcm"
    plain_dataset().save_as(path, enforce_file_format=True)
    data = path.read_bytes()
    path.write_bytes(b"PREAMBLE" * 16 + data[128:])
    return path


def meta_of(path: Path, output: Path, script: str = "", **options: bool) -> dict[str, bytes]:
    meta = edited(path, output, script, **options).meta
    assert struct.unpack("<L", meta.pop("00020000")[1])[0] == meta_length(output)
    return {tag: value for tag, (_, value) in meta.items()}


def meta_length(path: Path) -> int:
    """Bytes of the meta elements after (0002,0000), by pydicom's reckoning."""
    ds = dcmread(path)
    return int(ds.file_meta.FileMetaInformationGroupLength)


OURS = {
    "00020001": b"\0\1",
    "00020002": b"1.2.840.10008.5.1.4.1.1.2\0",
    "00020003": b"1.2.3\0",
    "00020010": b"1.2.840.10008.1.2.1\0",
    "00020012": IMPLEMENTATION_CLASS_UID.encode(),
    "00020013": IMPLEMENTATION_VERSION_NAME.encode(),
}


def test_file_meta_is_made_anew(source: Path, tmp_path: Path):
    """Sending device and private information may identify; the writer is this program."""
    assert meta_of(source, tmp_path / "out.dcm") == OURS


def test_the_preamble_is_dropped(source: Path, tmp_path: Path):
    edited(source, tmp_path / "out.dcm")
    assert (tmp_path / "out.dcm").read_bytes()[:128] == bytes(128)


def test_sop_uids_follow_the_data_set(source: Path, tmp_path: Path):
    meta = meta_of(source, tmp_path / "out.dcm", '(0008,0018) := "1.2.4"\n(0008,0016) := "1.2.5"')
    assert (meta["00020002"], meta["00020003"]) == (b"1.2.5\0", b"1.2.4\0")


def test_sop_uids_are_empty_when_the_data_set_has_none(source: Path, tmp_path: Path):
    meta = meta_of(source, tmp_path / "out.dcm", "-(0008,0018)\n-(0008,0016)")
    assert (meta["00020002"], meta["00020003"]) == (b"", b"")


def test_a_script_cannot_make_them_disagree(source: Path, tmp_path: Path):
    assert meta_of(source, tmp_path / "out.dcm", '(0002,0003) := "1.2.77"') == OURS


def test_file_meta_can_be_kept(source: Path, tmp_path: Path):
    kept = {"00020016": b"WARD7 ", "00020100": b"1.2.8\0", "00020102": b"secret"}
    assert meta_of(source, tmp_path / "out.dcm", keep_file_meta=True) == {**OURS, **kept}


def test_what_the_script_set_is_kept(source: Path, tmp_path: Path):
    meta = meta_of(source, tmp_path / "out.dcm", '(0002,0016) := "RESEARCH"')
    assert meta == {**OURS, "00020016": b"RESEARCH"}


def test_a_missing_transfer_syntax_is_written(source: Path, tmp_path: Path):
    """Absent means explicit little endian when reading; a file to be written must say so."""
    element = b"\2\0\x10\0UI\x14\0" + b"1.2.840.10008.1.2.1\0"
    source.write_bytes(source.read_bytes().replace(element, b""))
    assert meta_of(source, tmp_path / "out.dcm") == OURS


def test_group_lengths_are_dropped(tmp_path: Path):
    source = tmp_path / "in.dcm"
    plain_dataset().save_as(source, enforce_file_format=True)
    length = b"\x08\0\0\0UL\4\0\x10\0\0\0"
    data = source.read_bytes()
    at = data.index(b"\x08\0\x16\0UI")
    source.write_bytes(data[:at] + length + data[at:])
    assert 0x00080000 in read_dataset(source)
    edited(source, tmp_path / "out.dcm")
    assert 0x00080000 not in read_dataset(tmp_path / "out.dcm")


def test_the_data_sets_encoding_follows_the_syntax():
    assert encoding_of(IMPLICIT) == IMPLICIT_LITTLE
    assert encoding_of(EXPLICIT) == encoding_of(DEFLATED) == EXPLICIT_LITTLE
    assert encoding_of(BIG) == EXPLICIT_BIG
    assert encoding_of("1.2.840.10008.1.2.4.70") == EXPLICIT_LITTLE  # JPEG lossless


# --- found by looking for it --------------------------------------------------------------------


def test_numbers_inside_un_of_a_big_endian_file_keep_their_value(tmp_path: Path):
    """What UN of undefined length holds is little endian, whatever the file (PS3.5 §6.2.2)."""
    name = b"\x10\0\x10\0" + struct.pack("<L", 4) + b"Doe^"
    rows = b"\x28\0\x10\0" + struct.pack("<L", 2) + struct.pack("<H", 258)
    item = b"\xfe\xff\x00\xe0" + struct.pack("<L", len(name + rows)) + name + rows
    un = b"\0\x09\x10\x10UN\0\0\xff\xff\xff\xff" + item + b"\xfe\xff\xdd\xe0\0\0\0\0"
    plain_dataset(BIG).save_as(tmp_path / "in.dcm", enforce_file_format=True)
    data = (tmp_path / "in.dcm").read_bytes()
    at = data.index(b"\0\x10\0\x20LO")
    (tmp_path / "in.dcm").write_bytes(data[:at] + un + data[at:])
    NOTHING.apply_file(tmp_path / "in.dcm", tmp_path / "same.dcm")
    assert un in (tmp_path / "same.dcm").read_bytes()
    edited(tmp_path / "in.dcm", tmp_path / "out.dcm", "-*/(0010,0010)")
    (inside,) = dcmread(tmp_path / "out.dcm")[0x00091010].value
    assert inside.Rows == 258
    assert "PatientName" not in inside


def test_numbers_too_many_for_their_length_field_keep_their_value(tmp_path: Path):
    """They are written as UN, and what UN holds is little endian, whatever the file."""
    numbers = struct.pack("<H", 258) * 0x8000
    ds = plain_dataset(IMPLICIT)
    ds.LUTDescriptor = [0x8000, 0, 16]
    ds.add_new(0x00283006, "US", [258] * 0x8000)
    ds.save_as(tmp_path / "in.dcm", enforce_file_format=True)
    big = edited(tmp_path / "in.dcm", tmp_path / "big.dcm", f'(0002,0010) := "{BIG}"')
    assert big.elements["00283006"] == ("UN", numbers)


def test_file_meta_elements_in_the_data_set_do_not_reach_the_output(source: Path, tmp_path: Path):
    """Sorted to the front of the data set, they would be read as file meta information."""
    stray = b"\2\0\x16\0AE\6\0WARD7 "
    source.write_bytes(source.read_bytes() + stray)
    try:
        meta = meta_of(source, tmp_path / "out.dcm")
    except DicomFileError:
        return  # refused: fine as well
    assert "00020016" not in meta
