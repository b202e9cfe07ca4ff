"""`--layout`: results named by a pattern over edited elements, and never one over another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread

import dicomedit
from dicomedit import DicomFileError, Report, ScriptError
from dicomedit.batch import names as batch_names
from dicomedit.batch.layout import Layout, layout_of
from dicomedit.dicom.dataset_instance import open_instance
from dicomedit.dicom.levels import Instance
from dicomedit.errors import EvaluationError
from dicomedit.io.file_names import LONGEST_NAME, LONGEST_VALUE, name_key, safe_value
from dicomedit.io.synthetic import write_study

V = 'version "6.6"\n'
KEEP = V + "-(0010,4000)"
ONE_NAME = V + '(0010,0020) := "SUBJECT"'
UIDS = "{StudyInstanceUID}/{SOPInstanceUID}.dcm"
OUT = Path("out")
PORTS = {f"{port}{number}" for port in ("COM", "LPT") for number in range(10)}
DEVICES = PORTS | {"CON", "PRN", "AUX", "NUL"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two patients, each in a folder of the same name, with three images each."""
    write_study(tmp_path / "in")
    return tmp_path / "in"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out"


def files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def reasons(report: Report) -> list[str]:
    return [row.reason or "" for row in report.rows if row.status is dicomedit.Status.FAILED]


def instance(**elements: str) -> Instance:
    from pydicom import Dataset

    ds = Dataset()
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return open_instance(ds)


def name(pattern: str, edited: Instance) -> str:
    layout = layout_of(pattern, OUT)
    assert layout is not None
    return layout.name(edited, "input.dcm")


# --- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "elements", "expected"),
    [
        ("{PatientID}.dcm", {"PatientID": "P1"}, "P1.dcm"),
        ("{0010,0020}.dcm", {"PatientID": "P1"}, "P1.dcm"),
        ("{(0010,0020)}", {"PatientID": "P1"}, "P1"),
        ("{PatientID}/{SeriesNumber}.dcm", {"PatientID": "P1", "SeriesNumber": "7"}, "P1/7.dcm"),
        ("a {PatientID|none} b/c{Rows}", {"Rows": 512}, "a none b/c512"),
        ("{PatientID|none}", {"PatientID": ""}, "none"),
        ("{PatientID|none}", {"PatientID": ". ."}, "none"),
        ("{PatientID}", {"PatientID": "../../etc/passwd"}, "_.._etc_passwd"),
        ("{PatientID}", {"PatientID": "C:\\TEMP"}, "C__TEMP"),
        ("{PatientID}", {"PatientID": "nul"}, "_nul"),
        ("{PatientID}.dcm", {"PatientID": "Com1"}, "_Com1.dcm"),
        ("{PatientID}{Modality}", {"PatientID": "CO", "Modality": "N"}, "_CON"),
        ("{PatientName}", {"PatientName": "A^B*?"}, "A^B__"),
        ("x{PatientID}", {"PatientID": ".hidden."}, "xhidden"),
        ("{SOPInstanceUID}.dcm", {"SOPInstanceUID": "1.2.3"}, "1.2.3.dcm"),
        ("flat", {}, "input.dcm"),
    ],
)
def test_names(pattern: str, elements: dict[str, str], expected: str):
    assert name(pattern, instance(**elements)) == expected


def test_mirror_is_no_layout():
    assert layout_of("mirror", OUT) is None


@pytest.mark.parametrize("elements", [{}, {"PatientID": ""}, {"PatientID": " .. "}])
def test_no_value_is_a_reason_without_values(elements: dict[str, str]):
    with pytest.raises(EvaluationError, match=r"PatientID: the result has no value") as caught:
        name("{PatientID}/x", instance(**elements))
    assert caught.value.code == "no-value-for-name"


def test_file_meta_and_long_values():
    edited = instance(PatientComments="x" * 1000, Modality="M" * 16)
    assert len(name("{PatientComments}", edited)) == LONGEST_VALUE
    with pytest.raises(EvaluationError) as caught:
        name("{PatientComments}" * 3, edited)
    assert caught.value.code == "name-too-long"


def test_the_digest_of_a_long_value_tells_it_from_others():
    one, other = ("x" * 500 + end for end in "ab")
    assert safe_value(one) != safe_value(other)


TEXTS = st.text(max_size=300) | st.sampled_from([*DEVICES, "nul.txt", "..", ". .", "a/..", "aux "])


@given(TEXTS, TEXTS)
def test_any_value_gives_a_safe_path_inside(first: str, second: str):
    class Fixed:
        """An element without the limits of a VR."""

        def __init__(self, text: str):
            self.text = lambda _instance: safe_value(text) or "none"

    layout = Layout(
        "", OUT, ((Fixed(first), "x"), (Fixed(second),), (Fixed(first + second), ".dcm"))
    )  # type: ignore[arg-type]
    path = layout.name(instance(), "")
    parts = path.split("/")
    assert len(parts) == 3
    for part in parts:
        assert 0 < len(part.encode()) <= LONGEST_NAME
        assert part == part.strip(" .")
        assert part.isprintable()
        assert not set('<>:"|?*\\/') & set(part)
        assert part.partition(".")[0].rstrip().upper() not in DEVICES
    assert Path(os.path.normpath(OUT / path)).parent.parent.parent == OUT


@pytest.mark.parametrize(
    ("one", "other"), [("a/B", "A/b"), ("\u00e9", "e\u0301"), ("stra\u00dfe", "STRASSE")]
)
def test_names_that_some_file_system_takes_for_one(one: str, other: str):
    assert name_key(one) == name_key(other)


# --- patterns that cannot be used ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "column", "width", "words"),
    [
        ("", 1, 1, "a part of the path without a name"),
        ("flatt", 1, 5, "all results would get the same name"),
        ("a/{PatentID}", 4, 8, "did you mean PatientID?"),
        ("{Nonsense}", 2, 8, "no element with this keyword"),
        ("{0010,00}", 2, 7, "no element with this keyword"),
        ("{0011,1001}", 2, 9, "a private element"),
        ("{PixelData}", 2, 9, "no name can be made"),
        ("{OtherPatientIDsSequence}", 2, 23, "no name can be made"),
        ("{PatientID", 1, 1, "a brace"),
        ("PatientID}", 10, 1, "a brace"),
        ("/{PatientID}", 1, 1, "a part of the path without a name"),
        ("{PatientID}/", 13, 1, "a part of the path without a name"),
        ("a//{PatientID}", 3, 1, "a part of the path without a name"),
        ("../{PatientID}", 1, 2, "begins or ends with a dot"),
        ("{PatientID}.", 1, 12, "begins or ends with a dot"),
        ("con/{PatientID}", 1, 3, "a device"),
        ("a\\{PatientID}", 2, 1, "divided by /"),
        ("{PatientID}:{Modality}", 12, 1, "not allowed in names"),
        ("{PatientID|}", 12, 1, "a default"),
        ("{PatientID|a/b}", 12, 3, "a default"),
        ("{PatientID|a*}", 13, 1, "not allowed in names"),
    ],
)
def test_bad_patterns_are_refused_with_a_caret(pattern, column: int, width: int, words: str):
    with pytest.raises(ScriptError) as caught:
        layout_of(pattern, OUT)
    (found,) = caught.value.diagnostics
    assert found.location == f"layout:1:{column}"
    assert max(1, found.span.end - found.span.start) == width
    assert words in f"{found.message} {found.help}"


def test_nothing_is_done_with_a_bad_pattern(source: Path, output: Path):
    with pytest.raises(ScriptError):
        dicomedit.run(KEEP, source, output, layout="{Nonsense}", resume=True)
    assert sorted(path.name for path in source.parent.iterdir()) == ["in"]


# --- runs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_are_named_by_their_edited_elements(source: Path, output: Path, jobs: int):
    layout = "{PatientID}/{SOPInstanceUID}.dcm"
    report = dicomedit.run(ONE_NAME, source, output, layout=layout, jobs=jobs)
    assert report.count(dicomedit.Status.WRITTEN) == 6
    expected = {f"SUBJECT/{dcmread(path).SOPInstanceUID}.dcm" for path in source.rglob("*.dcm")}
    assert set(files(output)) == expected
    for row in report.rows:
        assert row.destination.is_relative_to(output)
        assert dcmread(row.destination).SOPInstanceUID == dcmread(row.source).SOPInstanceUID


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("layout", ["flat", "{InstanceNumber}.dcm"])
def test_of_two_inputs_with_the_same_name_one_fails(source, output, layout: str, jobs: int):
    report = dicomedit.run(KEEP, source, output, layout=layout, jobs=jobs)
    assert reasons(report) == [batch_names.TAKEN] * 3
    assert len(files(output)) == 3
    for row in report.rows:
        if row.status is dicomedit.Status.UNCHANGED:
            assert dcmread(row.destination).PatientID == dcmread(row.source).PatientID


def test_of_one_process_the_first_input_wins(source: Path, output: Path):
    report = dicomedit.run(KEEP, source, output, layout="flat")
    assert [row.status.value for row in report.rows] == ["unchanged"] * 3 + ["failed"] * 3


def test_names_that_differ_in_case_only_are_the_same(source: Path, output: Path):
    script = V + '(0010,0020) = "HOSP-000123" ? (0010,0020) := "a" : (0010,0020) := "A"'
    report = dicomedit.run(script, source, output, layout="{PatientID}-{InstanceNumber}")
    assert reasons(report) == [batch_names.TAKEN] * 3


@pytest.mark.parametrize("journal", [None, True])
def test_a_file_of_somebody_else_is_not_replaced(source: Path, output: Path, journal):
    output.mkdir()
    (output / "slice2.dcm").write_bytes(b"precious")
    report = dicomedit.run(KEEP, source / "HOSP-000123", output, layout="flat", journal=journal)
    assert reasons(report) == [batch_names.IN_USE]
    assert (output / "slice2.dcm").read_bytes() == b"precious"


def test_what_an_earlier_run_made_is_replaced(source: Path, output: Path):
    for script, written in ((KEEP, "HOSP-000123"), (ONE_NAME, "SUBJECT")):
        report = dicomedit.run(script, source, output, layout=UIDS, journal=True)
        assert not report.failed
        assert written in {dcmread(output / each).PatientID for each in files(output)}
    assert len(files(output)) == 6


def test_a_result_that_gets_another_name_leaves_no_old_one(source: Path, output: Path):
    """Nor a folder that is named for somebody."""
    layout = "{PatientID}/{SOPInstanceUID}.dcm"
    assert not dicomedit.run(KEEP, source, output, layout=layout, journal=True).failed
    (output / "HOSP-000456" / "notes.txt").write_text("not ours")
    assert not dicomedit.run(ONE_NAME, source, output, layout=layout, journal=True).failed
    assert {path.parts[0] for path in map(Path, files(output))} == {"SUBJECT", "HOSP-000456"}
    assert files(output / "HOSP-000456") == ["notes.txt"]
    assert not (output / "HOSP-000123").exists()


def test_batches_may_share_an_output(source: Path, output: Path):
    """Inputs of the same name in different folders are different inputs."""
    one, other = source / "HOSP-000123", source / "HOSP-000456"
    for base in (one, other, one):
        assert not dicomedit.run(KEEP, base, output, layout=UIDS, journal=True).failed
        # It is kept what was made of the other batch.
    assert len(files(output)) == 6
    for base in (other, one):
        before = {each: (output / each).read_bytes() for each in files(output)}
        report = dicomedit.run(
            KEEP, base, output, layout="{StudyDate}-{InstanceNumber}", journal=True
        )
        assert reasons(report) == ([] if base == other else [batch_names.IN_USE] * 3)
        left = {each for each, data in before.items() if (output / each).exists()}
        assert len(left) == (3 if base == other else 6)


@pytest.mark.parametrize("jobs", [1, 2])
def test_resuming_knows_names(source: Path, output: Path, jobs: int):
    options = {"layout": "{SOPInstanceUID}.dcm", "resume": True, "jobs": jobs}
    dicomedit.run(KEEP, source, output, **options)
    before = {each: (output / each).stat().st_mtime_ns for each in files(output)}
    lost = next(iter(before))
    (output / lost).unlink()
    report = dicomedit.run(KEEP, source, output, **options)
    assert (report.kept, report.count(dicomedit.Status.UNCHANGED)) == (5, 6)
    assert set(files(output)) == set(before)
    assert {row.destination.name for row in report.rows} == set(before)
    # An input that is new and gets a name that is taken fails in a resumed run, too.
    (source / "copy.dcm").write_bytes(next(source.rglob("slice1.dcm")).read_bytes())
    assert reasons(dicomedit.run(KEEP, source, output, **options)) == [batch_names.TAKEN]


def test_a_changed_input_is_redone_under_its_new_name(source: Path, output: Path):
    options = {"layout": "{PatientID}-{SOPInstanceUID}.dcm", "resume": True}
    dicomedit.run(KEEP, source, output, **options)
    path = source / "HOSP-000123" / "slice1.dcm"
    ds = dcmread(path)
    ds.PatientID = "OTHER"
    ds.save_as(path)
    report = dicomedit.run(KEEP, source, output, **options)
    assert report.kept == 5
    assert len(files(output)) == 6
    assert f"OTHER-{ds.SOPInstanceUID}.dcm" in files(output)


def test_another_layout_is_not_resumed(source: Path, output: Path):
    dicomedit.run(KEEP, source, output, layout=UIDS, resume=True)
    with pytest.raises(DicomFileError, match="cannot be resumed"):
        dicomedit.run(KEEP, source, output, layout="flat", resume=True)


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_between_claim_and_note(source: Path, output: Path, when: str):
    """The name is noted before the file is there, so that the next run knows its own."""
    code = f"""
import os, signal, sys
from pathlib import Path
import dicomedit
from dicomedit.batch import program
write = program.write_atomically
def killed(destination, parts, **options):
    if {when!r} == "after":
        write(destination, parts, **options)
    os.kill(os.getpid(), signal.SIGKILL)
program.write_atomically = killed
dicomedit.run({KEEP!r}, {str(source)!r}, {str(output)!r}, layout={UIDS!r}, resume=True)
"""
    ended = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    assert len(files(output)) == (when == "after")
    report = dicomedit.run(KEEP, source, output, layout=UIDS, resume=True)
    assert (report.total, report.failed) == (6, False)
    assert len(files(output)) == 6


def test_a_dry_run_tells_names_and_collisions(source: Path, output: Path):
    report = dicomedit.run(KEEP, source, output, layout="flat", dry_run=True)
    assert reasons(report) == [batch_names.TAKEN] * 3
    assert report.rows[0].destination == output / "slice1.dcm"
    assert not output.exists()
    dicomedit.run(KEEP, source, output, layout=UIDS, journal=True)
    assert not dicomedit.run(KEEP, source, output, layout=UIDS, dry_run=True).failed


def test_links_lead_no_result_out_of_the_folder(source: Path, output: Path, tmp_path: Path):
    output.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (output / "HOSP-000123").symlink_to(tmp_path / "elsewhere")
    report = dicomedit.run(KEEP, source, output, layout="{PatientID}/{SOPInstanceUID}")
    assert reasons(report) == ["a link leads the result out of the output folder"] * 3
    assert not any((tmp_path / "elsewhere").iterdir())


def test_a_link_to_an_input_is_not_written_through(source: Path, output: Path):
    output.mkdir()
    target = source / "HOSP-000123" / "slice1.dcm"
    before = target.read_bytes()
    (output / "slice1.dcm").symlink_to(target)
    report = dicomedit.run(ONE_NAME, source, output, layout="flat")
    assert report.failed
    assert target.read_bytes() == before


@pytest.mark.parametrize(
    ("destination", "words"),
    [("s3://bucket/out", "in a folder of this machine only"), ("x.dcm", "needs a folder")],
)
def test_where_a_layout_makes_no_sense(source: Path, tmp_path, destination: str, words: str):
    where = destination if ":" in destination else tmp_path / destination
    single = source / "HOSP-000123" / "slice1.dcm"
    with pytest.raises(DicomFileError, match=words):
        dicomedit.run(KEEP, single, where, layout=UIDS)


def test_a_single_file_and_an_archive(source: Path, output: Path, tmp_path: Path):
    import shutil

    dicomedit.run(ONE_NAME, source / "HOSP-000123" / "slice1.dcm", output, layout="{PatientID}")
    assert [path.name for path in output.iterdir()] == ["SUBJECT"]
    archive = shutil.make_archive(str(tmp_path / "study"), "zip", source)
    report = dicomedit.run(KEEP, archive, tmp_path / "out2", layout=UIDS)
    assert len(files(tmp_path / "out2")) == report.total == 6


def test_a_dicomdir_over_named_results(source: Path, output: Path):
    script = V + '(0010,0020) := "P1"\n(0020,0010) := "1"\n(0020,0011) := "1"'
    layout = "{PatientID}/S{SeriesNumber|0}/{Modality}{InstanceNumber}"
    single = source / "HOSP-000123"
    assert not dicomedit.run(script, single, output, layout=layout, dicomdir=True).failed
    assert (output / "DICOMDIR").exists()


def test_no_result_takes_the_place_of_the_dicomdir(source: Path, output: Path):
    single = source / "HOSP-000123" / "slice1.dcm"
    script = V + '(0010,0020) := "DICOMDIR"'
    report = dicomedit.run(script, single, output, layout="{PatientID}", dicomdir=True)
    assert reasons(report) == [batch_names.TAKEN]


@pytest.mark.skipif(sys.platform == "darwin", reason="names are UTF-8 there")
def test_flat_keeps_names_that_are_no_text(source: Path, output: Path):
    path = os.fsencode(source) + b"/\xff.dcm"
    os.rename(next(source.rglob("slice1.dcm")), path)
    for _ in range(2):
        report = dicomedit.run(KEEP, source, output, layout="flat", journal=True)
        assert len(reasons(report)) == 2
    assert b"\xff.dcm" in os.listdir(os.fsencode(output))


# --- paths that show whom a file is of ----------------------------------------------------------


def moved(source: Path, place: str, **elements: str) -> Path:
    """Return the folder of one image at a place, of a patient."""
    ds = dcmread(next(source.rglob("slice1.dcm")))
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    path = source.parent / "one" / place
    path.parent.mkdir(parents=True)
    ds.save_as(path)
    return source.parent / "one"


@pytest.mark.parametrize(
    ("place", "patient", "number", "is_shown"),
    [
        ("DOE_JANE/1.dcm", "Doe^Jane", "X1", True),
        ("study/jane.dcm", "Doe^Jane", "X1", True),
        ("study/1.dcm", "Doe^Jane", "X1", False),
        ("study/J-A-N-E.dcm", "Doe^Jane", "X1", True),
        ("study/1.dcm", "Li^St", "X1", False),  # shorter than three letters
        ("GR\u00d6SSE/1.dcm", "Gr\u00f6\u00dfe^Anna", "X1", True),
        ("gro\u0308sse/1.dcm", "Gr\u00f6\u00dfe^Anna", "X1", True),  # as macOS spells it
        ("hosp000123/1.dcm", "", "HOSP-000123", True),
        ("HOSP-000124/1.dcm", "", "HOSP-000123", False),
        ("123/1.dcm", "", "123", True),
        ("scan12-3/1.dcm", "", "123", True),
        ("1.2.123.4/1.2.9123.dcm", "", "123", False),  # digits of a UID
        ("12/1.dcm", "", "12", False),
    ],
)
def test_a_path_with_name_or_id(source: Path, output: Path, place, patient, number, is_shown):
    one = moved(
        source, place, SpecificCharacterSet="ISO_IR 192", PatientName=patient, PatientID=number
    )
    script = V + '(0010,0010) := "A"\n(0010,0020) := "B"'
    report = dicomedit.run(script, one, output)
    assert dict(report.notices) == ({"identity-in-path": 1} if is_shown else {})
    flat = dicomedit.run(script, one, output.with_name("flat"), layout="flat")
    only_folder = is_shown and "jane.dcm" not in place.replace("-", "").lower()
    assert dict(flat.notices) == ({"identity-in-path": 1} if is_shown and not only_folder else {})


@pytest.mark.parametrize("jobs", [1, 2])
def test_it_is_told_of_patterns_too_and_by_workers(source: Path, output: Path, jobs: int):
    layout = "{PatientID}/{SOPInstanceUID}"
    report = dicomedit.run(KEEP, source, output, layout=layout, jobs=jobs)
    assert report.notices == {"identity-in-path": 6}
    (notice,) = report.rows[0].outcome.notices
    assert "HOSP" not in str(notice)
    report = dicomedit.run(ONE_NAME, source, output.with_name("o"), layout=layout, jobs=jobs)
    assert not report.notices


def test_a_single_file_under_a_name_of_the_users(source: Path, output: Path):
    single = source / "HOSP-000123" / "slice1.dcm"
    assert not dicomedit.run(KEEP, single, output).notices
    assert dicomedit.run(KEEP, single, output / "HOSP-000123.dcm").notices


def test_a_run_without_layout_loads_nothing_of_it(source: Path, output: Path):
    call = f"dicomedit.run({KEEP!r}, {str(source)!r}, {str(output)!r})"
    code = f"import dicomedit, sys; {call}; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(shown.stdout.split())
    assert "dicomedit.batch.identity" in loaded
    assert not loaded & {
        "dicomedit.batch.layout",
        "dicomedit.batch.names",
        "dicomedit.io.file_names",
    }


def test_memory_of_names():
    """Digests only: a name costs the same however long it is."""
    import tracemalloc

    def cost(length: int) -> int:
        kept = batch_names.Names(Path("nowhere"), Path("in"))
        tracemalloc.start()
        for number in range(2000):
            kept.claim(f"{number}", f"{number:0{length}}")
            kept._in_hand.clear()
        found = tracemalloc.take_snapshot()
        tracemalloc.stop()
        # Only of this package, and of names as they are given: Python has tables that grow.
        package = f"{Path(dicomedit.__file__).parent}/*"
        places = [tracemalloc.Filter(True, file) for file in (__file__, package)]
        return sum(each.size for each in found.filter_traces(places).traces) // 2000

    assert cost(200) <= cost(20) + 20 < 400
