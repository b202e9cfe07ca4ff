"""The bundled old profiles, scripts of DicomEdit 4, and what `migrate` makes of them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
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


def both(name: str, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Run an old script and the one it is migrated to over all test files; yield the results."""
    script = bundled_script(name)
    now = migrate(Source(name, script.read_text("utf-8")))
    reports = [
        run(compile_script(each), TEST_FILES, folder / kind)
        for kind, each in (("old", script), ("new", now.text))
    ]
    outcomes = [
        [(row.source, row.status) for row in sorted(report.rows, key=lambda row: row.source)]
        for report in reports
    ]
    assert outcomes[0] == outcomes[1]
    written = [path for path in sorted((folder / "old").rglob("*")) if path.is_file()]
    assert len(written) > 50
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in written:
            yield path, folder / "new" / path.relative_to(folder / "old")


def test_basic_2004_migrated_does_the_same(tmp_path: Path):
    """But private elements: version 6 removes them from the items of sequences, too."""
    notices = migrate(Source("basic-2004.das", SCRIPT.read_text("utf-8"))).notices
    assert {notice.code for notice in notices} == {"private-items"}
    for old, new in both("basic-2004.das", tmp_path):
        if old.read_bytes() != new.read_bytes():
            assert without_private_in_items(old) == dcmread(new, force=True), old


def check_same_but_for_new_uids(old: Dataset, new: Dataset, known: dict[str, str]) -> None:
    """Compare data sets; UIDs that were made at random stand for each other, always the same."""
    assert [(each.tag, each.VR) for each in old] == [(each.tag, each.VR) for each in new]
    for before, after in zip(old, new, strict=True):
        if before.VR == "SQ":
            assert len(before.value) == len(after.value)
            for one, other in zip(before.value, after.value, strict=True):
                check_same_but_for_new_uids(one, other, known)
        elif before.VR == "UI" and str(before.value).startswith("2.25."):
            assert known.setdefault(str(before.value), str(after.value)) == str(after.value)
        elif before.tag != 0x00020000:  # a length, and new UIDs differ in theirs
            assert before.value == after.value, before.tag


def test_basic_migrated_does_the_same(tmp_path: Path):
    known: dict[str, str] = {}
    for old, new in both("basic.das", tmp_path):
        files = dcmread(old, force=True), dcmread(new, force=True)
        check_same_but_for_new_uids(*(each.file_meta for each in files), known)
        check_same_but_for_new_uids(*files, known)
    # As the notice says, elements of other tags with the same old UID get the same new one now.
    assert 100 < len({*known.values()}) <= len(known)
