"""The ready-made scripts: they compile, explain themselves, and do what they say and no more."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pydicom.data
import pytest
from pydicom import dcmread
from second_implementation import read_dataset

import dicomedit
from dicomedit import LookupTable, Program
from dicomedit.batch.run import Row, Status
from dicomedit.dicom.dataset_instance import open_instance
from dicomedit.dicom.levels import Level, element_path
from dicomedit.io.bundled import bundled_script
from dicomedit.io.read import read_file

SCRIPTS = sorted((Path(__file__).parents[1] / "scripts").glob("*.das"))
TEST_FILES = Path(pydicom.data.__file__).parent / "test_files"
BASIC = bundled_script("basic-header.das")

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)


def test_there_are_scripts():
    assert {"basic-header.das", "pseudonym-lookup.das", "shift-dates.das"} <= {
        path.name for path in SCRIPTS
    }


@each_script
def test_it_compiles_without_remarks(script: Path):
    assert dicomedit.compile_script(script).notices == ()


@each_script
def test_its_header_says_what_it_is_for(script: Path):
    header = re.match(r"(?://.*\n)+", script.read_text("utf-8"))
    assert header is not None, "no comment at the beginning"
    lines = [line.removeprefix("//") for line in header[0].splitlines()]
    assert lines[0].strip() == script.name
    found = [line.split(":")[0].strip() for line in lines if re.match(r" [A-Z][a-z]+:", line)]
    assert found == ["Purpose", "Input", "Effect"]


@each_script
def test_every_variable_it_needs_is_described(script: Path):
    for variable in dicomedit.compile_script(script).variables:
        assert variable.description, variable.name


# --- over all files that come with pydicom ------------------------------------------------------


@cache
def table() -> LookupTable:
    """A pseudonym for every second patient."""
    ids = sorted({(patient_id(p), "x") for p in TEST_FILES.rglob("*.dcm")} - {("", "x")})
    rows = (f"pid/{pid} = SUBJ-{number}" for number, (pid, _) in enumerate(ids[::2]))
    return LookupTable.from_text("\n".join(rows))


def patient_id(path: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return str(dcmread(path, force=True).get("PatientID") or "").strip()


def results(script: Path, folder: Path) -> list[Row]:
    program: Program = dicomedit.compile_script(script)
    variables = {variable.name: "3" for variable in program.variables}
    report = dicomedit.run(program, TEST_FILES, folder, variables=variables, lookup=table())
    return list(report.rows)


@each_script
def test_it_runs_over_all_kinds_of_files(script: Path, tmp_path: Path):
    rows = results(script, tmp_path)
    assert len(rows) > 150
    assert not [row for row in rows if "internal-error" in (row.reason or "")]
    done = [row for row in rows if row.status in (Status.WRITTEN, Status.UNCHANGED)]
    assert len(done) > 20
    assert all(row.destination.exists() for row in done)
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == len(done)


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory) -> list[Row]:
    """What basic-header.das made of all files."""
    rows = results(BASIC, tmp_path_factory.mktemp("cleaned"))
    return [row for row in rows if row.status is not Status.SKIPPED]


def test_basic_header_fails_on_nothing_but_broken_files(cleaned: list[Row]):
    failed = {row.source.name for row in cleaned if row.status is not Status.WRITTEN}
    assert failed == {"MR_truncated.dcm", "rtplan_truncated.dcm"}


def test_basic_header_results_are_read_by_pydicom(cleaned: list[Row]):
    for row in written(cleaned):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on values of the inputs
            ds = dcmread(row.destination)
            ds.walk(lambda dataset, element: element.value)
        assert ds.file_meta.MediaStorageSOPInstanceUID == ds.get("SOPInstanceUID", "")
        assert ds.PatientIdentityRemoved == "YES"


def written(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.status is Status.WRITTEN]


# Acceptance: every element that the script does not name is equal to the input's.

NAMED = re.compile(r"([*+]/)?\(([0-9A-Fa-f]{4}),([0-9A-Fa-f]{4})\)")


@cache
def named() -> dict[str, set[str]]:
    """Tags in the script by what is before them: only at the root, ``*/`` anywhere, ``+/`` below.

    Comments name nothing; the paths of this script have no other steps.
    """
    code = re.sub(r"(^|\s)//.*", "", BASIC.read_text("utf-8"))
    found: dict[str, set[str]] = {"": set(), "*/": set(), "+/": set()}
    for prefix, group, number in NAMED.findall(code):
        found[prefix].add(f"({group.upper()},{number.upper()})")
    return found


def is_named(path: str) -> bool:
    """Whether the script is about an element, or one of the sequences it stands in."""
    steps = [re.sub(r"\[\d+\]", "", step) for step in path.split("/")]
    if any(int(step[1:5], 16) % 2 for step in steps):
        return True  # removeAllPrivateTags
    return any(
        step in named()["*/"] or step in named()["" if depth == 0 else "+/"]
        for depth, step in enumerate(steps)
    )


def stored(path: Path) -> dict[str, tuple[str, bytes]]:
    """VR and stored bytes of every element; of a sequence, the number of its items."""
    return dict(_stored(open_instance(read_dataset(path)).root))


def _stored(level: Level) -> Iterator[tuple[str, tuple[str, bytes]]]:
    for tag in level.tags():
        if tag & 0xFFFF == 0:
            continue  # group lengths, which are dropped (PS3.5 §7.2)
        if level.is_sequence(tag):
            items = level.items(tag)
            yield element_path(level, tag), ("SQ", str(len(items)).encode())
            for item in items:
                yield from _stored(item)
        else:
            yield element_path(level, tag), (level.vr(tag), level.value(tag))


def test_the_script_is_understood_by_this_test():
    assert "(0010,0020)" in named()[""]
    assert "(0010,0030)" in named()["*/"]
    assert "(0010,0010)" in named()["+/"]
    assert is_named("(0008,1140)[0]/(0010,0030)")
    assert is_named("(0010,1002)[0]/(0008,0060)")
    assert is_named("(0009,1010)[0]/(0008,0060)")
    assert is_named("(0008,1110)[0]/(0020,000D)"), "UIDs are hashed in sequences, too"
    assert not is_named("(0008,1140)[0]/(0012,0063)"), "only the one at the root is set"


def test_basic_header_leaves_all_else_as_it_was(cleaned: list[Row]):
    compared = 0
    for row in written(cleaned):
        before, after = stored(row.source), stored(row.destination)
        for path in before.keys() | after.keys():
            if not is_named(path):
                assert after.get(path) == before.get(path), (row.source.name, path)
                compared += 1
        assert len(read_dataset(row.destination)) > 0
    assert compared > 5000


def test_basic_header_keeps_the_transfer_syntax(cleaned: list[Row]):
    for row in written(cleaned):
        before, after = read_file(row.source), read_file(row.destination)
        assert after.transfer_syntax == before.transfer_syntax


def test_basic_header_leaves_no_trace_of_the_patient(cleaned: list[Row]):
    """Whatever is named with ``*/`` and a minus is gone everywhere; names and IDs are codes."""
    gone = set(re.findall(r"^-\*/(\(\w{4},\w{4}\))", BASIC.read_text("utf-8"), re.MULTILINE))
    assert len(gone) > 15
    for row in written(cleaned):
        after = stored(row.destination)
        for path, (_, value) in after.items():
            last = path.rsplit("/", 1)[-1]
            assert last not in gone, (row.source.name, path)
            assert not int(last[1:5], 16) % 2, (row.source.name, path)
            if last in ("(0010,0010)", "(0010,0020)") and "/" in path:
                assert value == b"", (row.source.name, path)


def test_basic_header_gives_equal_ids_equal_codes(cleaned: list[Row]):
    codes: dict[bytes, set[bytes]] = {}
    for row in written(cleaned):
        before, after = stored(row.source), stored(row.destination)
        if before.get("(0010,0020)", ("", b""))[1].strip():
            key = before["(0010,0020)"][1].strip(b" \0")
            codes.setdefault(key, set()).add(after["(0010,0020)"][1])
    assert len(codes) > 10
    assert {len(each) for each in codes.values()} == {1}
    assert len(set.union(*codes.values())) == len(codes)


# --- the other two ------------------------------------------------------------------------------


def test_pseudonym_lookup_refuses_whoever_is_not_in_the_table(tmp_path: Path):
    rows = results(bundled_script("pseudonym-lookup.das"), tmp_path)
    for row in rows:
        if row.status in (Status.SKIPPED, Status.FAILED):
            continue
        known = table().get("pid", patient_id(row.source))
        assert (row.status is Status.REJECTED) == (known is None), row.source.name
        if known:
            assert patient_id(row.destination) == known


def test_shift_dates_shifts_dates(tmp_path: Path):
    rows = results(bundled_script("shift-dates.das"), tmp_path)
    (row,) = (row for row in rows if row.source.name == "CT_small.dcm")
    before, after = dcmread(row.source), dcmread(row.destination)
    assert (before.StudyDate, after.StudyDate) == ("20040119", "20040122")
    assert after.StudyTime == before.StudyTime
    assert after.PatientBirthDate == before.PatientBirthDate
