"""`dicomedit summarize` as its users meet it."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import archive
import pytest
from pydicom import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from dicomedit.cli.main import main

COMMAND = Path(sys.executable).with_name("dicomedit")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    archive.write_example(tmp_path / "data")
    (tmp_path / "c.xml").write_text(archive.CONFIG, "utf-8")
    return tmp_path


@pytest.fixture
def cli(capsysbinary) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str) -> tuple[int, str, str]:
        try:
            status = main(arguments)
        except SystemExit as exit:
            status = int(exit.code or 0)
        out, err = capsysbinary.readouterr()
        return status, out.decode("utf-8"), err.decode("utf-8")

    return call


def config(folder: Path, children: str) -> str:
    (folder / "own.xml").write_text(f"<Columns>{children}</Columns>", "utf-8")
    return "own.xml"


def test_the_worked_example(folder: Path, cli):
    told = "5 DICOM files: 4 rows; 0 files could not be read, 0 skipped\n"
    assert cli("summarize", "c.xml", "data") == (0, archive.TABLE, told)
    assert cli("summarize", "c.xml", "data", "-o", "t.csv", "-q") == (0, "", "")
    assert (folder / "t.csv").read_bytes() == archive.TABLE.encode("utf-8")
    assert (folder / "t.csv").stat().st_mode & 0o777 == 0o600


def test_several_processes_give_the_same(folder: Path, cli):
    status, out, _ = cli("summarize", "c.xml", "data/b", "data/a", "--jobs", "2")
    assert (status, out) == (0, archive.TABLE)


@pytest.mark.slow
def test_processes_are_started_by_the_installed_command(tmp_path: Path):
    for number in range(120):
        archive.write(tmp_path / f"in/{number}", PatientID=f"P{number}", PatientName="A")
    (tmp_path / "c.xml").write_text("<Columns><Patient>(10,40)</Patient></Columns>", "utf-8")
    command = [COMMAND, "summarize", "c.xml", "in", "--jobs", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr.startswith("120 DICOM files: 120 rows")
    assert done.stdout.splitlines()[-1] == '"A","P99",'


def test_files_are_counted_on_a_terminal(folder: Path, cli, monkeypatch):
    from dicomedit.cli import counter

    monkeypatch.setattr(counter, "EVERY", 2)
    monkeypatch.setattr(counter.Counter, "of", lambda *, quiet: counter.Counter(not quiet))
    _, out, err = cli("summarize", "c.xml", "data")
    assert out == archive.TABLE
    assert err.startswith("\r2 files read\r4 files read\r            \r5 DICOM files")
    assert cli("summarize", "c.xml", "data", "-q")[2] == ""


def test_only_global_columns_have_no_rows(folder: Path, cli):
    name = config(folder, '<Global remap="New">(0008,0080)</Global>')
    assert cli("summarize", name, "data")[:2] == (0, '"Institution Name","New"\n')


def test_absent_and_empty_cells(folder: Path, cli):
    archive.write(folder / "x/1", PatientID="Q", PatientName="")
    archive.write(folder / "x/2", PatientID='a "b",c\\d')
    name = config(folder, '<Patient remap="New">(0010,0040)</Patient>')
    _, out, _ = cli("summarize", name, "x")
    assert out.splitlines()[1:] == ['"","Q",,""', ',"a ""b"",c\\d",,""']


def test_records_split_where_values_differ(folder: Path, cli):
    """One row for each set of values; built-in attributes count though they are not shown."""
    patient = {"PatientName": "A", "PatientID": "1", "StudyInstanceUID": "1.2"}
    archive.write(folder / "x/1", SeriesInstanceUID="1.3", ProtocolName="p", **patient)
    archive.write(folder / "x/2", SeriesInstanceUID="1.3", ProtocolName="q", **patient)
    archive.write(folder / "x/3", SeriesInstanceUID="1.3", ProtocolName="q", **patient)
    name = config(folder, "<Series>(0018,1030)</Series>")
    _, out, _ = cli("summarize", name, "x")
    assert out.splitlines()[1:] == ['"A","1","1.2","1.3","p"', '"A","1","1.2","1.3","q"']
    name = config(folder, "<Patient>(0018,1030)</Patient>")
    _, out, _ = cli("summarize", name, "x")
    assert out.splitlines()[1:] == ['"A","1","p"', '"A","1","q"']
    archive.write(folder / "x/4", SeriesInstanceUID="1.3", StudyTime="1200", **patient)
    name = config(folder, "<Study>(0008,0050)</Study>")
    assert len(cli("summarize", name, "x")[1].splitlines()) == 3


def test_rows_are_sorted_as_people_count(folder: Path, cli):
    for number, value in enumerate(["scan 10", "scan 2", None, "other", "10", "9"]):
        archive.write(folder / f"x/{number}", PatientID=value, PatientName="N")
    _, out, _ = cli("summarize", config(folder, "<Patient>(10,20)</Patient>"), "x")
    ids = [line.split(",")[1] for line in out.splitlines()[1:]]
    assert ids == ["", '"scan 2"', '"9"', '"10"', '"scan 10"', '"other"']


def test_one_row_for_each_file_of_instances(folder: Path, cli):
    archive.write(folder / "x/b", SOPInstanceUID="1.2", InstanceNumber=10)
    archive.write(folder / "x/a", SOPInstanceUID="1.2", InstanceNumber=10)
    archive.write(folder / "x/c", SOPInstanceUID="1.3", InstanceNumber=2)
    _, out, _ = cli("summarize", config(folder, "<Instance>(20,13)</Instance>"), "x")
    assert [line.split(",")[-2:] for line in out.splitlines()[1:]] == [
        ['"1.3"', '"2"'],
        ['"1.2"', '"10"'],
        ['"1.2"', '"10"'],
    ]


def test_elements_in_sequences_and_private_ones(folder: Path, cli):
    item = Dataset()
    item.ReferencedSOPInstanceUID = "1.2.3"
    path = archive.write(folder / "x/1", PatientID="1", ReferencedImageSequence=[item])
    from pydicom import dcmread

    ds = dcmread(path)
    ds.private_block(0x0029, "ACME 1.0", create=True).add_new(0x10, "LO", "secret code")
    ds.save_as(path)
    children = (
        "<Patient>(0008,1140)[0]/(0008,1155)</Patient><Patient>(0008,1140)[1]/(0008,1155)</Patient>"
        "<Patient>(0029,{ACME 1.0}10)</Patient><Patient>(0029,1010)</Patient>"
        "<Patient>(0002,0010)</Patient>"
    )
    _, out, _ = cli("summarize", config(folder, children), "x")
    assert out.splitlines()[1].split(",")[2:] == [
        '"1.2.3"',
        "",
        '"secret code"',
        '"secret code"',
        '"1.2.840.10008.1.2.1"',
    ]


def test_what_cannot_be_read_is_told(folder: Path, cli):
    (folder / "data/notes.txt").write_text("no image", "utf-8")
    whole = (folder / "data/a/i4").read_bytes()
    (folder / "data/a/i4").write_bytes(whole[:-5])
    status, out, err = cli("summarize", "c.xml", "data")
    assert status == 1
    assert len(out.splitlines()) == 4
    first, last = err.splitlines()
    assert first.startswith("failed: data/a/i4: ")
    assert last == "4 DICOM files: 3 rows; 1 files could not be read, 1 skipped"


def test_compressed_files(folder: Path, cli):
    path = folder / "data/a/i4"
    path.with_name("i4.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    from pydicom import dcmread

    other = folder / "data/b/i5"
    ds = dcmread(other)
    ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    ds.save_as(other)
    assert cli("summarize", "c.xml", "data")[1] == archive.TABLE
    path.with_name("i4.gz").write_bytes(gzip.compress(b"x" * 5000)[:-9])
    status, _, err = cli("summarize", "c.xml", "data")
    assert status == 1
    assert "i4.gz: the gzip file has no end" in err


def test_large_files_are_mapped(folder: Path, cli, monkeypatch):
    from dicomedit.io import read

    monkeypatch.setattr(read, "MAP_HEADERS_FROM", 1)
    assert cli("summarize", "c.xml", "data")[:2] == (0, archive.TABLE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("c.xml",), "a configuration and an input are needed"),
        (("c.xml", "data", "-o", "t.ods"), "the table is a .csv or an .xlsx file"),
        (("c.xml", "data", "--jobs", "0"), "--jobs: at least 1"),
        (("c.xml", "nowhere"), "nowhere: there is no such file or folder"),
        (("none.xml", "data"), "No such file or directory"),
        (("bad.xml", "data"), "bad.xml:1:1"),
        (("c.xml", "empty"), "empty: there is no DICOM file"),
        (("c.xml", "data", "-o", "c.xml.csv/t.csv"), "cannot be written"),
        (("c.xml", "data", "-o", "data/t.csv"), "the table lies inside an input folder"),
        (("c.csv", "data", "-o", "c.csv"), "the table would replace an input"),
    ],
)
def test_what_is_refused(folder: Path, cli, arguments, message):
    (folder / "bad.xml").write_text("<Row/>", "utf-8")
    (folder / "c.csv").write_text(archive.CONFIG, "utf-8")
    (folder / "empty").mkdir()
    status, out, err = cli("summarize", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert not list(folder.glob("t.*"))
