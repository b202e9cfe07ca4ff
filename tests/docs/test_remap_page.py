"""The page about summaries and remaps: what it shows is what happens."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import archive
import examples
import pytest

from dicomedit.cli.main import main

DOCS = examples.ROOT / "docs"
PATH = DOCS / "remap.md"
PAGE = PATH.read_text("utf-8")
CODES = re.findall(r"^\|[^|]*\| `([a-z-]+)` \|", PAGE, re.MULTILINE)


def blocks(mark: str) -> list[str]:
    return [text for _, text in examples.blocks(PATH, mark)]


def command(line: str) -> list[str]:
    return shlex.split(line.partition(" > ")[0])[1:]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    archive.write_example(tmp_path / "data")
    (tmp_path / "config.xml").write_text(blocks("xml")[0], "utf-8")
    (tmp_path / "anon.das").write_text(blocks("das")[0], "utf-8")
    (tmp_path / "table.csv").write_text(blocks("csv")[0], "utf-8")
    archive.fill(tmp_path / "table.csv", tmp_path / "filled.csv", archive.FILLED)
    return tmp_path


def results(folder: Path, name: str) -> dict[str, tuple[str, str, str]]:
    found = archive.seen(folder / name, archive.of_example)
    return {f"out/{path}": values for path, values in found.items()}


def expected() -> dict[str, tuple[str, ...]]:
    rows = re.findall(r"^\| `(out/\S+)` \| (\w+) \| (\w+) \| (\w+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 5
    return {path: tuple(values) for path, *values in rows}


def test_the_worked_example(folder: Path, capsysbinary):
    summarize, remap, with_script, init, mapped = (
        line for text in blocks("sh") for line in text.splitlines()
    )
    assert (blocks("xml")[0], blocks("csv")[0]) == (archive.CONFIG, archive.TABLE)
    assert main(command(summarize)) == 0
    assert (folder / "table.csv").read_text("utf-8") == blocks("csv")[0]
    assert main(command(remap)) == 0
    assert results(folder, "out") == expected()
    assert main(command(with_script)) == 0
    assert {each[1] for each in results(folder, "out").values()} == {"FromScript"}
    capsysbinary.readouterr()
    assert main(command(init)) == 0
    (folder / "mapping.xml").write_bytes(capsysbinary.readouterr().out)
    assert main(command(mapped)) == 0
    assert results(folder, "out2") == expected()


def test_the_mapping(folder: Path, capsys):
    (folder / "m.xml").write_text(blocks("xml")[1], "utf-8")
    (folder / "anon.das").write_text('(0008,1030) := "{0}" trial\n', "utf-8")
    assert main(["remap", "m.xml", "--strict"]) == 0, capsys.readouterr().err
    found = archive.seen(folder / "out3", lambda ds: ds)
    ds = found["data/a/i4"]
    assert (ds.InstitutionName, ds.PatientID, ds.OtherPatientIDs) == ("SITE", "A1", "")
    assert (ds.PatientComments, ds.StudyDescription) == ("T1 20210304", "T1")
    assert ds.RequestAttributesSequence[0].ScheduledProcedureStepDescription == "last series"
    assert found["data/b/i5"].PatientID == "P2"


def test_python(folder: Path, capsys):
    exec(compile(blocks("python")[0], "remap.md", "exec"), {})
    assert sorted(capsys.readouterr().out.splitlines()) == [f"i{n} written" for n in range(1, 6)]
    assert results(folder, "out4") == expected()


def test_every_code_is_one_that_is_used():
    used = "".join(path.read_text("utf-8") for path in (DOCS.parent / "dicomedit").rglob("*.py"))
    assert len(CODES) == 9
    for code in CODES:
        assert f'"{code}"' in used


@pytest.mark.parametrize("name", ["summarize", "remap"])
def test_every_option_of_its_own_is_explained(name, capsys):
    with pytest.raises(SystemExit):
        main([name, "--help"])
    for option in re.findall(r"(?<!\S)--[a-z-]+", capsys.readouterr().out):
        known = PAGE + (DOCS / "batch.md").read_text("utf-8") + "--help --quiet --dialect --output"
        assert option in known + "--keep-file-meta --uid-root", option


@pytest.mark.slow
def test_the_picture_shows_what_is_printed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    import build_remap_picture as picture

    picture.prepare(tmp_path)
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", picture.draw(tmp_path))
    kept = re.findall(r"<text[^>]*>([^<]*)</text>", picture.PICTURE.read_text("utf-8"))
    assert drawn == kept, "run docs/build_remap_picture.py"
    del sys.modules["build_remap_picture"]
