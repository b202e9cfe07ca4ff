"""Tables as workbooks: texts stay texts, in openpyxl and in LibreOffice."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import archive
import openpyxl
import pytest

from dicomedit.cli.main import main

OFFICE = shutil.which("soffice")
IDS = ["00123", "1E5", "2020-01-02", "=1+1", "TRUE", "+49", " x", "1.10", "0x1F"]
AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false"
CONFIG = '<Columns><Patient remap="New ID">(0010,0020)</Patient></Columns>'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.xml").write_text(CONFIG, "utf-8")
    for number, each in enumerate(IDS):
        archive.write(tmp_path / f"in/{number}", PatientID=each, PatientName=f"N{number}")
    return tmp_path


def summarize(output: str) -> None:
    assert main(["summarize", "c.xml", "in", "-o", output, "-q"]) == 0


def fill(path: str, values: dict[int, object]) -> None:
    book = openpyxl.load_workbook(path)
    for row, value in values.items():
        book.active.cell(row, 3).value = value
    book.save(path)


def test_the_workbook(folder: Path):
    summarize("t.xlsx")
    sheet = openpyxl.load_workbook("t.xlsx").active
    assert sheet.freeze_panes == "A2"
    assert sheet.protection.sheet
    rows = list(sheet.iter_rows())
    headers = [cell.value for cell in rows[0]]
    assert headers == ["Patient\N{RIGHT SINGLE QUOTATION MARK}s Name", "Patient ID", "New ID"]
    assert [cell.protection.locked for cell in rows[1]] == [True, True, False]
    assert {cell.number_format for row in rows for cell in row} == {"@"}
    assert {cell.data_type for row in rows[1:] for cell in row[:2]} == {"s"}
    assert sorted(row[1].value for row in rows[1:]) == sorted(each.strip() for each in IDS)
    summarize("t.csv")
    assert [row[1].value for row in rows[1:]] == [
        row[1] for row in archive.read_csv(Path("t.csv"))[1:]
    ]


def test_values_from_a_workbook(folder: Path, capsys):
    summarize("t.xlsx")
    fill("t.xlsx", {row: f"00{row}" for row in range(2, len(IDS) + 2)})
    assert main(["remap", "c.xml", "in", "out", "--values", "t.xlsx", "--strict"]) == 0
    found = archive.seen(folder / "out", lambda ds: ds.PatientID)
    assert sorted(found.values()) == sorted(f"00{row}" for row in range(2, len(IDS) + 2))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (123, "row 2: column 3 holds a number or a date"),
        (True, "row 2: column 3 holds a formula or a truth value"),
        ("x", None),
    ],
)
def test_cells_that_are_no_text(folder: Path, capsys, value, message):
    summarize("t.xlsx")
    fill("t.xlsx", {2: value})
    status = main(["remap", "c.xml", "in", "out", "--values", "t.xlsx"])
    assert status == (0 if message is None else 2)
    assert (message or "") in capsys.readouterr().err


def test_what_is_no_workbook(folder: Path, capsys):
    Path("t.xlsx").write_text("a,b", "utf-8")
    assert main(["remap", "c.xml", "in", "out", "--values", "t.xlsx"]) == 2
    assert "the file is no workbook (.xlsx)" in capsys.readouterr().err


def test_what_no_workbook_can_hold(folder: Path, capsys):
    archive.write(folder / "in/x", PatientID="a\x07b", PatientName="N")
    assert main(["summarize", "c.xml", "in", "-o", "t.xlsx"]) == 2
    err = capsys.readouterr().err
    assert '"Patient ID" has control characters' in err
    assert not Path("t.xlsx").exists()


def test_without_openpyxl(folder: Path, capsys, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert main(["summarize", "c.xml", "in", "-o", "t.xlsx"]) == 2
    assert 'pip install "dicomedit[xlsx]"' in capsys.readouterr().err


def convert(source: str, target: str, *options: str) -> None:
    """Open a table in LibreOffice and save it in another format."""
    assert OFFICE is not None
    profile = f"-env:UserInstallation={Path('profile').absolute().as_uri()}"
    command = [OFFICE, profile, "--headless", "--convert-to", target, *options, source]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_in_libreoffice(folder: Path, capsys):
    """IDs come back as they were: from the workbook, and from CSV opened as the page advises."""
    summarize("t.csv")
    expected = archive.read_csv(Path("t.csv"))
    summarize("w.xlsx")
    convert("w.xlsx", AS_CSV)
    assert archive.read_csv(Path("w.csv")) == expected
    # Through LibreOffice and back: it is still a table that remap takes.
    Path("back").mkdir()
    convert("w.xlsx", "xlsx", "--outdir", "back")
    assert main(["remap", "c.xml", "in", "out", "--values", "back/w.xlsx"]) == 0
    # All columns as text (format 2), "quoted fields as text": what docs/remap.md says to choose.
    Path("c").mkdir()
    text = "--infilter=CSV:44,34,76,1,1/2/2/2/3/2,0,true,false"
    convert(
        "t.csv",
        "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false",
        text,
        "--outdir",
        "c",
    )
    assert archive.read_csv(Path("c/t.csv")) == expected
