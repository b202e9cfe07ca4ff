"""From the archive to the table, filled in, and back: a property over generated archives.

Every file gets the value that its row says, and nothing else of it changes.
"""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import archive
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread

from dicomedit.batch.remap import programs_of, read_config_file, read_mapping, read_xml
from dicomedit.batch.run import iterate
from dicomedit.batch.survey import survey
from dicomedit.io.roots import Inputs, plan_inputs
from dicomedit.remap.document import RemapDocument, write_remap
from dicomedit.remap.mapping import Mapping
from dicomedit.remap.reading import HeaderReader
from dicomedit.remap.sheet import csv_lines
from dicomedit.remap.summary import Summary

CONFIG = """\
<Columns>
  <Series remap="Comment of series">(0010,4000)</Series>
  <Patient remap="Comment of patient">(0010,4000)</Patient>
  <Study>(0008,0020)</Study>
  <Study remap="Description" append="1">(0008,1030)</Study>
  <Series remap="Code">(0040,0275)[0]/(0040,0007)</Series>
</Columns>
"""

KEYS = {
    "patient": ("PatientName", "PatientID"),
    "study": ("StudyInstanceUID",),
    "series": ("SeriesInstanceUID",),
}
TARGETS = {
    "Comment of series": ("series", "PatientComments"),
    "Comment of patient": ("patient", "PatientComments"),
    "Description": ("study", "StudyDescription"),
    "Code": ("series", "ScheduledProcedureStepDescription"),
}

files = st.fixed_dictionaries(
    {
        "PatientName": st.sampled_from([None, "", "N", "N^A", 'q"u,o\\', "É"]),
        "PatientID": st.sampled_from([None, "", "1", "01", "A\\B", "1E5"]),
        "StudyInstanceUID": st.sampled_from([None, "", "1.1", "1.2"]),
        "SeriesInstanceUID": st.sampled_from([None, "1.3", "1.4"]),
        "StudyDate": st.sampled_from([None, "", "20200101"]),
        "PatientComments": st.sampled_from([None, "old"]),
        "StudyDescription": st.sampled_from([None, "", "old\\er"]),
    }
)
cells = st.one_of(
    st.just(""), st.text("aé01,;\"'\\ \n^=&<>", min_size=1, max_size=6).map(str.strip)
)


def read(ds: Dataset) -> list[tuple[int, str, str]]:
    """Return everything a file holds, at every level."""
    return [(int(e.tag), e.VR, "" if e.VR == "SQ" else str(e.value)) for e in ds.iterall()]


def key_of(ds: Dataset, level: str) -> tuple[str, ...] | None:
    values = []
    for keyword in KEYS[level]:
        if keyword not in ds:
            return None
        value = ds[keyword].value
        parts = value if hasattr(value, "append") else [value or ""]
        values.append("\\".join(str(part).strip() for part in parts))
    return tuple(values)


def fill(table: list[list[str]], draw: Any) -> dict[tuple[str, str, tuple[str, ...]], str]:
    """Fill the table in, the same for all rows of a record; return what was filled in."""
    header = table[0]
    chosen: dict[tuple[str, str, tuple[str, ...]], str] = {}
    titles = {"patient": ("Patient\u2019s Name", "Patient ID")}
    titles["study"], titles["series"] = ("Study Instance UID",), ("Series Instance UID",)
    for row in table[1:]:
        for title, (level, _) in TARGETS.items():
            key = tuple(row[header.index(each)] for each in titles[level])
            place = (title, level, key)
            if place not in chosen:
                chosen[place] = draw(cells)
            row[header.index(title)] = chosen[place]
    return chosen


def expected(
    ds: Dataset, chosen: dict[tuple[str, str, tuple[str, ...]], str]
) -> list[tuple[int, str, str]]:
    """Return what a file should hold, worked out with pydicom and without any of our own code."""
    for title in ("Comment of patient", "Comment of series", "Description", "Code"):
        level, keyword = TARGETS[title]
        key = key_of(ds, level) if title != "Code" else key_of(ds, "series")
        text = "" if key is None else chosen.get((title, level, key), "")
        if text and title == "Code":
            ds.RequestAttributesSequence = [Dataset()]
            ds.RequestAttributesSequence[0].ScheduledProcedureStepDescription = text
        elif text:
            setattr(ds, keyword, text)
    written = BytesIO()
    ds.save_as(written)
    written.seek(0)
    return read(dcmread(written))


def apply(mapping: Mapping, source: Path, destination: Path) -> None:
    inputs = Inputs.of([source])
    plan = plan_inputs(inputs, destination)
    with iterate(programs_of(mapping), inputs.common, destination, planned=plan) as rows:
        assert all(row.error is None for row in rows)


@settings(max_examples=40)
@given(st.lists(files, min_size=1, max_size=6), st.data())
def test_summarize_fill_remap(objects, data):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, elements in enumerate(objects):
            archive.write(folder / f"in/{number}", SpecificCharacterSet="ISO_IR 192", **elements)
        (folder / "c.xml").write_text(CONFIG, "utf-8")
        config = read_config_file(folder / "c.xml")
        summary = Summary.of(config)
        for header in survey(HeaderReader(summary.paths), Inputs.of([folder / "in"]).find()):
            summary.add(header)
        lines = [*csv_lines([summary.headers]), *csv_lines(summary.rows())]
        (folder / "t.csv").write_bytes("".join(lines).encode("utf-8"))
        table = archive.read_csv(folder / "t.csv")
        chosen = fill(table, data.draw)
        archive.write_csv(folder / "f.csv", table)

        mapping = read_mapping(config, folder / "f.csv")
        apply(mapping, folder / "in", folder / "out")
        for number in range(len(objects)):
            before, after = (dcmread(folder / each / str(number)) for each in ("in", "out/in"))
            assert read(after) == expected(before, chosen)

        (folder / "m.xml").write_bytes("".join(write_remap(mapping)).encode("utf-8"))
        document = read_xml(folder / "m.xml")
        assert isinstance(document, RemapDocument)
        apply(document.mapping, folder / "in", folder / "again")
        for path in (folder / "out").rglob("*"):
            if path.is_file():
                other = folder / "again" / path.relative_to(folder / "out")
                assert path.read_bytes() == other.read_bytes()
