"""`DatasetLevel`: a pydicom Dataset as the language sees it, and what `apply` leaves behind in it.

What the caller built or read with pydicom is edited in place, or, when anything goes wrong, is as
it was.
"""

from __future__ import annotations

import contextlib
import copy
import struct
import warnings
from pathlib import Path

import pydicom.data
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from second_implementation import read_dataset

import dicomedit
from dicomedit import EvaluationError
from dicomedit.dicom.dataset import DatasetLevel
from dicomedit.dicom.dataset_instance import open_instance
from dicomedit.dicom.text import read_text

TEST_FILES = Path(pydicom.data.__file__).parent / "test_files"
NAME, PATIENT_ID, REFERENCES, PRIVATE = 0x00100010, 0x00100020, 0x00081140, 0x00091010


def apply(ds: Dataset, script: str) -> dicomedit.Outcome:
    return dicomedit.apply(f'version "6.6"\n{script}', ds)


def level_of(ds: Dataset) -> DatasetLevel:
    level = open_instance(ds).root
    assert isinstance(level, DatasetLevel)
    return level


@pytest.fixture
def ds() -> Dataset:
    """As somebody would build one in Python: nothing of it was ever encoded."""
    item = Dataset()
    item.ReferencedSOPInstanceUID = "1.2.3"
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3"
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.PatientName, ds.PatientID = "Müller^Jürgen", "P1"
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.PixelSpacing = ["0.5", 0.25]
    ds.InstanceNumber = 7
    ds.Rows = 258
    ds.FrameIncrementPointer = 0x00181063
    ds.OtherPatientNames = ["A^B", "C^D=E"]
    ds.ReferencedImageSequence = [item, Dataset()]
    ds.private_block(0x0009, "ACME", create=True).add_new(0x01, "LO", "private")
    return ds


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (NAME, "Müller^Jürgen"),
        (PATIENT_ID, "P1"),
        (0x00080008, "ORIGINAL\\PRIMARY"),
        (0x00280030, "0.5\\0.25"),
        (0x00200013, "7"),
        (0x00280010, "258"),
        (0x00280009, "00181063"),
        (0x00101001, "A^B\\C^D=E"),
        (0x00090010, "ACME"),
        (0x00091001, "private"),
        (0x00100021, None),
    ],
)
def test_elements_set_in_python_are_read(ds: Dataset, tag: int, text: str | None):
    assert read_text(level_of(ds), tag) == text


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_value_is_empty_text(ds: Dataset, value):
    ds.PatientName = ds.PatientID = value
    ds.Rows = None
    ds.ImageType = value
    for tag in (NAME, PATIENT_ID, 0x00280010, 0x00080008):
        assert read_text(level_of(ds), tag) == ""


def test_elements_pydicom_has_interpreted_already_are_read_the_same():
    ds = dcmread(TEST_FILES / "CT_small.dcm")
    raw = {tag: read_text(level_of(ds), tag) for tag in text_tags(ds)}
    ds = dcmread(TEST_FILES / "CT_small.dcm")
    ds.walk(lambda dataset, element: element.value)
    assert {tag: read_text(level_of(ds), tag) for tag in text_tags(ds)} == raw


def text_tags(ds: Dataset) -> list[int]:
    level = level_of(ds)
    return [t for t in level.tags() if not level.is_sequence(t) and t not in (0x7FE00010,)]


def test_reading_changes_nothing(ds: Dataset):
    before = copy.deepcopy(ds)
    apply(ds, 'echo (0010,0010)\necho (0008,1140)[5]/(0008,1155)\necho (0009,{NONE}01)\necho "x"')
    assert ds == before


@pytest.mark.filterwarnings("ignore")  # pydicom's remark on the missing character set
@pytest.mark.parametrize("script", ["echo (0010,0010)", "(0010,0020) := (0010,0010)"])
def test_text_that_no_character_set_covers_is_an_error(ds: Dataset, script: str):
    del ds.SpecificCharacterSet
    before = copy.deepcopy(ds)
    with pytest.raises(EvaluationError) as caught:
        apply(ds, script)
    assert "(0010,0010) PatientName" in str(caught.value)
    assert "ller" not in str(caught.value)
    assert ds == before


@pytest.mark.filterwarnings("ignore")
def test_text_outside_the_declared_set_is_an_error(ds: Dataset):
    ds.PatientName = "山田^太郎"
    with pytest.raises(EvaluationError):
        apply(ds, "echo (0010,0010)")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("value", ["x", 1 << 20, [1, "a"], object()])
def test_a_value_that_does_not_fit_its_vr_is_an_error(ds: Dataset, value):
    ds["Rows"]._value = value
    with pytest.raises(EvaluationError):
        apply(ds, "echo (0028,0010)")


# --- writing ------------------------------------------------------------------------------------


def test_python_sees_what_the_script_stored(ds: Dataset):
    apply(
        ds,
        '(0010,0010) := "Ünal^Ümit"\n(0028,0030) := "1\\\\2"\n(0028,0010) := "3"\n'
        '(0008,1140)[1]/(0008,1155) := "1.9"\n(0009,{ACME}02) := "x"\n-(0010,0020)',
    )
    assert ds.PatientName == "Ünal^Ümit"
    assert ds.PixelSpacing == [1, 2]
    assert ds.Rows == 3
    assert ds.ReferencedImageSequence[1].ReferencedSOPInstanceUID == "1.9"
    assert ds[0x00091002].value == b"x\0"
    assert "PatientID" not in ds


def test_untouched_elements_are_the_same_objects(ds: Dataset):
    name, items = ds["PatientName"], ds["ReferencedImageSequence"].value
    apply(ds, '(0010,0020) := "P2"')
    assert ds["PatientName"] is name
    assert ds["ReferencedImageSequence"].value is items


@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_it_can_be_saved_and_read_again(ds: Dataset, syntax: str, tmp_path: Path):
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    script = '(0010,0010) := "Ünal^Ümit"\n(0008,1140)[2]/(0008,1155) := "1.9"\n(0028,0011) := "258"'
    apply(ds, script)
    ds.save_as(tmp_path / "out.dcm", enforce_file_format=True)
    again = dcmread(tmp_path / "out.dcm")
    assert again.PatientName == "Ünal^Ümit"
    assert again.Rows == again.Columns == 258
    assert len(again.ReferencedImageSequence) == 3
    assert again.ReferencedImageSequence[2].ReferencedSOPInstanceUID == "1.9"
    assert again.OtherPatientNames == ["A^B", "C^D=E"]


@pytest.mark.parametrize("term", ["ISO_IR 192", "ISO_IR 109", "\\\\ISO 2022 IR 100"])
def test_after_a_change_of_character_set_python_reads_the_same_text(
    ds: Dataset, term: str, tmp_path: Path
):
    inner = Dataset()
    inner.PatientName = "Größe"
    ds.ReferencedImageSequence.append(inner)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    apply(ds, f'(0008,0005) := "{term}"')
    ds.save_as(tmp_path / "out.dcm", enforce_file_format=True)
    for each in (ds, dcmread(tmp_path / "out.dcm")):
        assert each.PatientName == "Müller^Jürgen"
        assert each.ReferencedImageSequence[2].PatientName == "Größe"
        assert each.PatientID == "P1"


def test_a_change_of_character_set_in_a_file_pydicom_read(tmp_path: Path):
    source = TEST_FILES.parent / "charset_files" / "chrH31.dcm"  # Japanese, ISO 2022
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds, original = dcmread(source), dcmread(source)
        apply(ds, '(0008,0005) := "ISO_IR 192"')
        ds.save_as(tmp_path / "out.dcm")
        again = dcmread(tmp_path / "out.dcm")
    assert str(ds.PatientName) == str(again.PatientName) == str(original.PatientName)


def test_other_text_declares_utf8_when_nothing_is_declared(ds: Dataset):
    del ds.SpecificCharacterSet
    ds.PatientName = "Doe"
    outcome = apply(ds, '(0010,0010) := "山田^太郎"')
    assert ds.SpecificCharacterSet == "ISO_IR 192"
    assert ds.PatientName == "山田^太郎"
    assert any(change.path == "(0008,0005)" for change in outcome.changes)


# --- all or nothing -----------------------------------------------------------------------------

EDITS = [
    '(0010,0010) := "X"',
    '(0010,0020) := ""',
    "-(0010,0010)",
    "-(0008,1140)",
    "-*/(0008,1155)",
    '(0008,1140)[0]/(0008,1155) := "1.9"',
    '(0008,1140)[7]/(0008,1155) := "1.9"',
    '(0040,A730)[2]/(0040,A730)[0]/(0010,0010) := "X"',
    '(0008,0005) := "ISO_IR 192"',
    '(0009,{ACME}01) := "x"',
    '(0011,{NEW}01) := "x"',
    "removeAllPrivateTags",
    '(0002,0016) := "AE"',
    '(0028,0010) := "5"',
    '(0010,0020) := "Ω"',
    '+/(0008,1155) ?= "1.8"',
    'set["(0010,0010)", "Y"]',
    "retainPrivateTags[(0009,{ACME}02)]",
    'blankValues["P1"]',
    "hashUIDList[*/(0008,1155)]",
]
FAIL = "echo substring[(0010,4000), 5, 9]"


def assert_same(ds: Dataset, before: Dataset) -> None:
    assert ds == before
    assert getattr(ds, "file_meta", None) == getattr(before, "file_meta", None)
    assert [str(element) for element in ds.iterall()] == [
        str(element) for element in before.iterall()
    ]


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("ending", [FAIL, "reject[]"], ids=["error", "reject"])
def test_a_failed_or_rejected_script_leaves_no_trace(ds: Dataset, edit: str, ending: str):
    before = copy.deepcopy(ds)
    with contextlib.suppress(EvaluationError):
        assert apply(ds, f"{edit}\n{ending}").rejected
    assert_same(ds, before)


@given(st.lists(st.sampled_from(EDITS), min_size=1, max_size=8))
def test_any_sequence_of_edits_can_be_undone(edits: list[str]):
    ds = dcmread(TEST_FILES / "UN_sequence.dcm")
    ds.PatientName, ds.PatientID = "Doe", "P1"
    before = copy.deepcopy(ds)
    with contextlib.suppress(EvaluationError):
        assert apply(ds, "\n".join([*edits, "reject[]"])).rejected
    assert_same(ds, before)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "priv_SQ.dcm", "nested_priv_SQ.dcm", "rtplan.dcm"]
)
def test_a_file_pydicom_read_is_as_before_after_an_error(name: str):
    path = TEST_FILES / name
    ds, before = dcmread(path), dcmread(path)
    with pytest.raises(EvaluationError):
        apply(ds, f'-*/(0010,XXXX)\nremoveAllPrivateTags\n+/(0008,1155) ?= "1"\n{FAIL}')
    assert_same(ds, before)


def test_an_error_of_ours_in_the_middle_leaves_no_trace(ds: Dataset, monkeypatch):
    """Not even a defect may let a half-edited data set escape."""
    before = copy.deepcopy(ds)
    program = dicomedit.compile_script('version "6.6"\n(0010,0010) := "X"\n-(0010,0020)')
    monkeypatch.setattr(DatasetLevel, "remove", broken)
    with pytest.raises(RuntimeError):
        program.apply(ds)
    monkeypatch.undo()
    assert_same(ds, before)


def broken(*_: object) -> None:
    raise RuntimeError("a defect")


# --- snapshots ----------------------------------------------------------------------------------


def test_a_snapshot_brings_back_value_and_absence(ds: Dataset):
    level = level_of(ds)
    name, absent = level.snapshot(NAME), level.snapshot(0x00104000)
    level.put(NAME, "PN", b"X")
    level.put(0x00104000, "LT", b"new")
    assert level.change_since(NAME, name) == "changed"
    assert level.change_since(0x00104000, absent) == "added"
    level.restore(NAME, name)
    level.restore(0x00104000, absent)
    assert level.change_since(NAME, name) is None
    assert level.change_since(0x00104000, absent) is None
    assert ds.PatientName == "Müller^Jürgen"
    assert "PatientComments" not in ds


def test_a_snapshot_brings_back_items(ds: Dataset):
    level = level_of(ds)
    snapshot = level.snapshot(REFERENCES)
    items = list(ds.ReferencedImageSequence)
    level.add_item(REFERENCES)
    level.remove_item(REFERENCES, 0)
    level.remove(REFERENCES)
    assert level.change_since(REFERENCES, snapshot) == "removed"
    level.restore(REFERENCES, snapshot)
    assert [a is b for a, b in zip(items, ds.ReferencedImageSequence, strict=True)] == [True] * 2


def test_storing_the_same_value_is_no_change(ds: Dataset):
    assert apply(ds, '(0010,0020) := "P1"\n(0008,0005) := "ISO_IR 100"').changes == ()


# --- sequences stored as UN (PS3.5 §6.2.2) ------------------------------------------------------


def element(tag: int, value: bytes) -> bytes:
    """An element in implicit little endian, as inside UN."""
    return struct.pack("<HHL", tag >> 16, tag & 0xFFFF, len(value)) + value


ITEM = element(0xFFFEE000, element(NAME, b"In^Un ") + element(0x00280010, struct.pack("<H", 258)))
WRAPPED = ITEM + element(0xFFFEE000, b"")
ENDLESS = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
UNDEFINED_ITEM = ENDLESS + ITEM[8:] + element(0xFFFEE00D, b"")


def wrapping(value: bytes, syntax: str = ExplicitVRLittleEndian) -> Dataset:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.PatientID = "1.2", "1.2.3", "P1"
    ds.add_new(0x00090010, "LO", "ACME")
    ds.add_new(PRIVATE, "UN", value)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    return ds


@pytest.fixture(params=["file", "memory"])
def edit(request, tmp_path: Path):
    """A script applied to a data set: as a file of either encoding, or in memory."""

    def in_memory(ds: Dataset, script: str) -> Dataset:
        apply(ds, script)
        return ds

    def as_file(ds: Dataset, script: str) -> Dataset:
        ds.save_as(tmp_path / "in.dcm", enforce_file_format=True)
        program = dicomedit.compile_script(f'version "6.6"\n{script}')
        program.apply_file(tmp_path / "in.dcm", tmp_path / "out.dcm")
        return read_dataset(tmp_path / "out.dcm")

    return as_file if request.param == "file" else in_memory


LITTLE = pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])


@LITTLE
@pytest.mark.parametrize("value", [WRAPPED, UNDEFINED_ITEM], ids=["length", "delimiter"])
def test_a_sequence_in_un_is_read(edit, syntax: str, value: bytes):
    script = "(0010,0020) := (0009,{ACME}10)[0]/(0010,0010)\n"
    assert edit(wrapping(value, syntax), script).PatientID == "In^Un"


@LITTLE
@pytest.mark.parametrize("value", [WRAPPED, UNDEFINED_ITEM], ids=["length", "delimiter"])
def test_an_untouched_sequence_in_un_keeps_its_bytes(edit, syntax: str, value: bytes):
    """Also when a script has looked into it, and changed nothing there."""
    script = 'echo (0009,{ACME}10)[0]/(0010,0010)\n-*/(0010,1040)\n(0010,0020) := "P2"'
    after = edit(wrapping(value, syntax), script)
    assert after.PatientID == "P2"
    assert level_of(after).value(PRIVATE) == value
    assert level_of(after).is_wrapped(PRIVATE)


@LITTLE
@pytest.mark.parametrize("script", ["-*/(0010,0010)", "-(0009,{ACME}10)[0]/(0010,0010)"])
def test_elements_inside_un_are_deleted(edit, syntax: str, script: str):
    after = level_of(edit(wrapping(WRAPPED, syntax), script))
    first, second = after.items(PRIVATE)
    assert first.tags() == [0x00280010]
    assert read_text(first, 0x00280010) == "258"
    assert second.tags() == []


@LITTLE
def test_elements_inside_un_are_assigned(edit, syntax: str):
    script = '(0009,{ACME}10)[1]/(0010,0010) := "New"\n+/(0028,0010) ?= "9"'
    after = level_of(edit(wrapping(WRAPPED, syntax), script))
    first, second = after.items(PRIVATE)
    assert read_text(first, NAME) == "In^Un"
    assert read_text(first, 0x00280010) == "9"
    assert read_text(second, NAME) == "New"


@LITTLE
def test_un_inside_un_is_edited(edit, syntax: str):
    deep = element(0xFFFEE000, element(0x00090010, b"ACME") + element(PRIVATE, WRAPPED))
    after = level_of(edit(wrapping(deep, syntax), "-*/(0010,0010)"))
    (outer,) = after.items(PRIVATE)
    assert [item.tags() for item in outer.items(PRIVATE)] == [[0x00280010], []]


@LITTLE
def test_a_sequence_in_un_is_wrapped_again_after_an_error(syntax: str):
    ds = wrapping(WRAPPED, syntax)
    before = copy.deepcopy(ds)
    with pytest.raises(EvaluationError):
        apply(ds, f"-*/(0010,0010)\n{FAIL}")
    assert ds == before
    assert level_of(ds).value(PRIVATE) == WRAPPED


def test_an_edited_sequence_in_un_can_be_saved_by_pydicom(tmp_path: Path):
    ds = wrapping(WRAPPED)
    apply(ds, '(0009,{ACME}10)[1]/(0010,0010) := "New"')
    ds.save_as(tmp_path / "out.dcm", enforce_file_format=True)
    first, second = dcmread(tmp_path / "out.dcm")[PRIVATE].value
    assert (first.PatientName, first.Rows, second.PatientName) == ("In^Un", 258, "New")


@pytest.mark.parametrize("value", [WRAPPED[:-9], ITEM[:12], WRAPPED + b"xx"])
def test_un_that_starts_like_a_sequence_but_is_none_is_an_error(value: bytes):
    """A data set in memory was not checked when it was read."""
    ds = wrapping(value)
    before = copy.deepcopy(ds)
    with pytest.raises(EvaluationError) as caught:
        apply(ds, '(0010,0020) := "P2"\n-*/(0010,0010)')
    assert caught.value.code == "unreadable-sequence"
    assert "(0009,1010)" in str(caught.value)
    assert ds == before


def test_in_a_big_endian_file_a_sequence_in_un_is_edited_like_others(edit):
    """What UN holds is little endian always (PS3.5 §6.2.2); its numbers keep their values."""
    ds = edit(wrapping(WRAPPED, ExplicitVRBigEndian), "-*/(0010,0010)")
    first, *_ = ds[0x0009, 0x1010].value
    assert "PatientName" not in first
    assert first.Rows == 258


def test_a_public_sequence_in_un_is_edited(tmp_path: Path):
    value = element(0xFFFEE000, element(0x00081155, b"1.2\0"))
    source, output = tmp_path / "in.dcm", tmp_path / "out.dcm"
    wrapping(b"").save_as(source, enforce_file_format=True)
    data = source.read_bytes()
    at = data.index(b"\x09\0\x10\0LO")
    un = b"\x08\0\x40\x11UN\0\0" + struct.pack("<L", len(value)) + value
    source.write_bytes(data[:at] + un + data[at:])

    script = '(0008,1140)[0]/(0008,1155) := "1.9"'
    ds = dcmread(source)
    apply(ds, script)
    dicomedit.compile_script(f'version "6.6"\n{script}').apply_file(source, output)
    for each in (ds, read_dataset(output)):
        (item,) = level_of(each).items(REFERENCES)
        assert read_text(item, 0x00081155) == "1.9"


# --- values that pydicom left in the file ---------------------------------------------------------


def test_values_left_in_the_file_are_read_when_they_are_needed(tmp_path: Path):
    ds = deferred(tmp_path / "in.dcm")
    apply(ds, '-*/(0010,0010)\n(0010,4000) := concatenate[(0010,4000), "!"]')
    assert ds.PatientComments == "x" * 200 + "!"
    assert "PatientName" not in ds.ReferencedImageSequence[0]


def test_a_value_whose_file_is_gone_is_an_error(tmp_path: Path):
    ds = deferred(tmp_path / "in.dcm")
    (tmp_path / "in.dcm").unlink()
    with pytest.raises(EvaluationError) as caught:
        apply(ds, "-*/(0010,0010)")
    assert caught.value.code == "unreadable-value"


def deferred(path: Path) -> Dataset:
    """Write a file, and read it without its larger values: a text and a sequence."""
    item = Dataset()
    item.PatientName = "In^Sequence"
    item.PatientComments = "y" * 200
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, "1.2.3"
    ds.PatientComments = "x" * 200
    ds.ReferencedImageSequence = [item]
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.save_as(path, enforce_file_format=True)
    return dcmread(path, defer_size=100)
