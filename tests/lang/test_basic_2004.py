"""The basic profile of 2004, a script of DicomEdit 4, and what `migrate` makes of it."""

from __future__ import annotations

import warnings
from pathlib import Path

import pydicom.data
from pydicom import Dataset, dcmread

from dicomedit import compile_script, run
from dicomedit.errors import Source
from dicomedit.io.bundled import bundled_script
from dicomedit.lang.dialect4.migrate import migrate

SCRIPT = bundled_script("basic-2004.das")
TEST_FILES = Path(pydicom.data.__file__).parent / "test_files"


def without_private_in_items(path: Path) -> Dataset:
    ds = dcmread(path, force=True)
    for element in ds.group_dataset(0x0001):  # no valid group; one test file has it
        del ds[element.tag]
    for element in ds:
        for item in element.value if element.VR == "SQ" else ():
            item.remove_private_tags()
    return ds


def test_it_removes_and_empties_what_the_table_names():
    ds = Dataset()
    ds.PatientName, ds.PatientComments, ds.Modality = "Doe", "sick", "MR"
    ds.StudyInstanceUID = "1.2"
    compile_script(SCRIPT).apply(ds)
    assert ds.PatientName == "" and "PatientComments" not in ds and ds.Modality == "MR"
    assert ds.StudyInstanceUID.startswith("2.25.") and "SeriesInstanceUID" not in ds


def test_migrated_it_does_the_same_on_all_test_files(tmp_path: Path):
    """But private elements: version 6 removes them from the items of sequences, too."""
    now = migrate(Source("basic-2004.das", SCRIPT.read_text("utf-8")))
    assert {notice.code for notice in now.notices} == {"private-items"}
    reports = [
        run(compile_script(script), TEST_FILES, tmp_path / name)
        for name, script in (("old", SCRIPT), ("new", now.text))
    ]
    outcomes = [
        [(row.source, row.status) for row in sorted(report.rows, key=lambda row: row.source)]
        for report in reports
    ]
    assert outcomes[0] == outcomes[1]
    written = [path for path in sorted((tmp_path / "old").rglob("*")) if path.is_file()]
    assert len(written) > 50
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in written:
            other = tmp_path / "new" / path.relative_to(tmp_path / "old")
            if path.read_bytes() != other.read_bytes():
                assert without_private_in_items(path) == dcmread(other, force=True), path
