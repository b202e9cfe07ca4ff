"""What a run reads beside one file or folder: archives, patterns, lists, several inputs."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import dicomedit
from dicomedit import DicomFileError, Status
from dicomedit.batch.processes import Processes
from dicomedit.cli.main import main
from dicomedit.io.inputs import read_list
from dicomedit.io.synthetic import write_study

V = 'version "6.6"\n'
ANONYMOUS = V + '(0010,0010) := "ANON"'
FAILING = V + '(0020,0013) = "2" ? (0028,0010) := "many"\n(0010,0010) := "ANON"'
ALL = [f"{patient}/slice{n}.dcm" for patient in ("HOSP-000123", "HOSP-000456") for n in (1, 2, 3)]
SUFFIXES = [".zip", ".tar", ".tar.gz", ".tar.xz"]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two made-up patients with three images each, below the working folder."""
    write_study(tmp_path / "in")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "in"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def expected(source: Path, tmp_path: Path) -> dict[str, bytes]:
    """The results of a run over the folder."""
    dicomedit.run(ANONYMOUS, source, tmp_path / "expected")
    return content(tmp_path / "expected")


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def pack(source: Path, archive: Path) -> Path:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
            for name in ALL:
                zipped.write(source / name, name)
        return archive
    mode = {".tar": "w"}.get(archive.suffix, f"w:{archive.suffix[1:]}")
    with tarfile.open(archive, mode) as tar:  # type: ignore[call-overload]
        for name in ALL:
            tar.add(source / name, name)
    return archive


# --- archives -----------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_archive_gives_what_its_folder_gives(
    source: Path, output: Path, expected: dict[str, bytes], suffix: str, jobs: int
):
    archive = pack(source, source.parent / f"study{suffix}")
    report = dicomedit.run(ANONYMOUS, archive, output, jobs=jobs)
    assert content(output) == expected
    assert [str(row.source) for row in report.rows] == [f"{archive}/{name}" for name in ALL]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_run_over_an_archive_can_be_resumed(
    source: Path, output: Path, expected: dict[str, bytes], suffix: str, jobs: int
):
    archive = pack(source, source.parent / f"study{suffix}")
    with dicomedit.iterate(ANONYMOUS, archive, output, resume=True) as rows:
        next(rows), next(rows)
    report = dicomedit.run(ANONYMOUS, archive, output, resume=True, jobs=jobs)
    assert 2 <= report.kept < 6
    assert content(output) == expected


def test_members_of_a_changed_archive_are_done_again(source: Path, output: Path):
    archive = pack(source, source.parent / "study.zip")
    dicomedit.run(ANONYMOUS, archive, output, resume=True)
    os.utime(archive, ns=(1, 1))
    assert dicomedit.run(ANONYMOUS, archive, output, resume=True).kept == 0


def test_members_with_a_digest_are_known_again(source: Path, output: Path):
    archive = pack(source, source.parent / "study.zip")
    dicomedit.run(ANONYMOUS, archive, output, resume=True, digests=True)
    os.utime(archive, ns=(1, 1))
    assert dicomedit.run(ANONYMOUS, archive, output, resume=True, digests=True).kept == 6


def test_archives_in_folders_are_opened_when_asked(
    source: Path, output: Path, expected: dict[str, bytes]
):
    pack(source, source / "study.zip")
    report = dicomedit.run(ANONYMOUS, source, output)
    assert (report.count(Status.WRITTEN), report.count(Status.SKIPPED)) == (6, 1)
    report = dicomedit.run(ANONYMOUS, source, output, archives=True)
    assert report.count(Status.WRITTEN) == 12
    inside = {f"study.zip/{name}": data for name, data in expected.items()}
    assert content(output) == expected | inside


def test_the_command_says_how_many_archives_it_passed_over(
    source: Path, output: Path, capsys: pytest.CaptureFixture[str]
):
    script = source.parent / "anon.das"
    script.write_text(ANONYMOUS)
    pack(source, source / "study.tar")
    pack(source, source / "study.tar.gz")
    assert main(["run", str(script), str(source), str(output)]) == 0
    assert "notice: 2 archives were passed over; --archives" in capsys.readouterr().err


def test_a_broken_archive_in_a_folder_is_a_file_that_fails(source: Path, output: Path):
    archive = pack(source, source / "study.zip")
    archive.write_bytes(archive.read_bytes()[:2000])
    report = dicomedit.run(ANONYMOUS, source, output, archives=True)
    (row,) = (row for row in report.rows if row.status is Status.FAILED)
    assert (str(row.source), row.reason) == (str(archive), "the archive is broken")
    with pytest.raises(DicomFileError, match="the archive is broken"):
        dicomedit.run(ANONYMOUS, archive, output)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_member_that_fails_goes_into_quarantine(source: Path, output: Path, jobs: int):
    archive = pack(source, source.parent / "study.tar.gz")
    failed = source.parent / "failed"
    report = dicomedit.run(FAILING, archive, output, quarantine=failed, jobs=jobs)
    assert report.count(Status.FAILED) == 2
    assert (failed / ALL[1]).read_bytes() == (source / ALL[1]).read_bytes()
    assert sorted(content(output)) == [name for name in ALL if "slice2" not in name]


def test_an_archive_is_not_overwritten_by_its_member(source: Path):
    archive = source.parent / "study.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.write(source / ALL[0], "study.zip")
    before = archive.read_bytes()
    (row,) = dicomedit.run(ANONYMOUS, archive, source.parent).rows
    assert row.reason == "the destination is the source itself"
    assert archive.read_bytes() == before


def test_unsafe_members_fail_and_nothing_escapes(source: Path, output: Path):
    archive = source.parent / "study.tar"
    data = (source / ALL[0]).read_bytes()
    with tarfile.open(archive, "w") as tar:
        for name in ("../escaped.dcm", "good.dcm"):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    report = dicomedit.run(ANONYMOUS, archive, output / "deep")
    assert [row.status for row in report.rows] == [Status.FAILED, Status.WRITTEN]
    assert list(content(output)) == ["deep/good.dcm"]
    assert not (output.parent / "escaped.dcm").exists()


def test_a_dry_run_reads_archives_and_writes_nothing(source: Path, output: Path):
    archive = pack(source, source.parent / "study.tar.gz")
    report = dicomedit.run(ANONYMOUS, archive, output, dry_run=True)
    assert report.count(Status.WRITTEN) == 6
    assert not output.exists()


def test_a_killed_worker_costs_one_member(source: Path, output: Path):
    """The others of its lot are read by another worker, from the beginning of the archive."""
    archive = pack(source, source.parent / "study.tar.gz")
    killed: list[int] = []

    def executor(*call):
        from dicomedit.batch import pool_worker

        start = pool_worker.PoolWorker.tell

        def tell(self, work):
            start(self, work)
            if not killed:
                killed.append(self._process.pid)
                os.kill(killed[0], 9)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pool_worker.PoolWorker, "tell", tell)
            yield from Processes(2)(*call)

    with dicomedit.iterate(ANONYMOUS, archive, output, executor=executor) as rows:
        statuses = [row.status for row in rows]
    assert killed
    assert len(statuses) == 6
    assert statuses.count(Status.FAILED) <= 1


# --- patterns -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("in/**/*.dcm", ALL),
        ("in/**", ALL),
        ("in/*/slice1.dcm", [ALL[0], ALL[3]]),
        ("in/HOSP-000123/slice[12].dcm", ["slice1.dcm", "slice2.dcm"]),
        ("in/HOSP-000123/slice?.dcm", ["slice1.dcm", "slice2.dcm", "slice3.dcm"]),
        ("*/HOSP-000456/*", [f"in/{name}" for name in ALL[3:]]),
        ("in/*.dcm", []),
    ],
)
def test_results_of_a_pattern_are_below_its_fixed_part(
    source: Path, tmp_path_factory: pytest.TempPathFactory, pattern: str, found: list[str]
):
    (source / ".hidden").mkdir()
    shutil.copy(source / ALL[0], source / ".hidden" / "slice1.dcm")
    output = tmp_path_factory.mktemp("elsewhere") / "out"
    report = dicomedit.run(ANONYMOUS, pattern, output)
    assert sorted(content(output)) == found
    assert report.total == len(found)


def test_results_may_go_where_a_pattern_does_not_look(source: Path):
    shutil.copy(source / ALL[0], "here.dcm")
    for _ in range(2):
        assert dicomedit.run(ANONYMOUS, "*.dcm", "out").count(Status.WRITTEN) == 1
    assert list(content(Path("out"))) == ["here.dcm"]
    Path("anon.das").write_text(ANONYMOUS)
    assert main(["run", "anon.das", "*.dcm", "out", "--resume", "--quarantine", "failed"]) == 0


def test_a_pattern_does_not_look_into_other_folders(source: Path, output: Path):
    """They may be many, or closed."""
    (source / "closed").mkdir(mode=0)
    assert dicomedit.run(ANONYMOUS, "in/HOSP*/*.dcm", output).count(Status.WRITTEN) == 6
    (source / "closed").rmdir()


def test_no_link_brings_in_what_is_outside_of_a_pattern(source: Path, output: Path):
    (source / "out.dcm").symlink_to(source.parent / "expected")
    (source / "folder").symlink_to(source.parent)
    assert dicomedit.run(ANONYMOUS, "in/**/*.dcm", output).total == 6


def test_a_name_with_wildcards_is_a_name_when_it_exists(source: Path, output: Path):
    (source / "a[1].dcm").write_bytes((source / ALL[0]).read_bytes())
    dicomedit.run(ANONYMOUS, "in/a[1].dcm", output)
    assert list(content(output)) == ["a[1].dcm"]


def test_a_pattern_may_name_archives(source: Path, output: Path):
    pack(source, source / "study.zip")
    dicomedit.run(ANONYMOUS, "in/*.zip", output)
    assert sorted(content(output)) == [f"study.zip/{name}" for name in ALL]


# --- lists and several inputs -------------------------------------------------------------------


def test_results_of_several_inputs_are_below_their_common_folder(source: Path, output: Path):
    folder, file = source / "HOSP-000123", source / "HOSP-000456" / "slice2.dcm"
    dicomedit.run(ANONYMOUS, [folder, file, str(folder / "slice1.dcm"), file], output)
    assert sorted(content(output)) == [*ALL[:3], ALL[4]]


def test_one_in_a_sequence_is_below_its_own_folder(source: Path, output: Path):
    dicomedit.run(ANONYMOUS, [source / ALL[0]], output)
    assert list(content(output)) == ["slice1.dcm"]


def test_what_is_missing_fails(source: Path, output: Path):
    report = dicomedit.run(ANONYMOUS, [source / ALL[0], source / "HOSP-000123/gone.dcm"], output)
    assert [row.status for row in report.rows] == [Status.WRITTEN, Status.FAILED]
    assert report.rows[1].reason == "No such file or directory"


def test_the_results_of_a_list_may_be_beside_its_files(source: Path):
    """Only folders that are inputs as a whole are closed to results."""
    report = dicomedit.run(ANONYMOUS, [source / ALL[0], source / ALL[3]], source / "out")
    assert report.count(Status.WRITTEN) == 2


@pytest.mark.parametrize(
    ("inputs", "destination", "reason"),
    [
        (["in/HOSP-000123", "in/HOSP-000456"], "in/HOSP-000123/out", "inside the input folder"),
        ([f"in/{ALL[0]}", f"in/{ALL[1]}"], "in/HOSP-000123", "lies inside the output"),
        (["in/*/*.dcm"], "in/out", "inside the input folder"),
        (["in/*/*.dcm"], ".", "inside the output folder"),
        (["nowhere/*.dcm"], "out", "no such folder before the first wildcard"),
        (["in", "s3://bucket"], "out", "only one address"),
    ],
)
def test_refused(source: Path, inputs: list[str], destination: str, reason: str):
    before = content(source)
    with pytest.raises(DicomFileError, match=reason):
        dicomedit.run(ANONYMOUS, inputs, destination)
    assert content(source) == before


def test_no_link_in_the_output_leads_back_to_the_inputs(source: Path, output: Path):
    output.mkdir()
    (output / "HOSP-000123").symlink_to(source / "HOSP-000123")
    before = content(source)
    report = dicomedit.run(ANONYMOUS, [source / ALL[0], source / ALL[3]], output)
    assert [row.status for row in report.rows] == [Status.FAILED, Status.WRITTEN]
    assert content(source) == before


def test_a_journal_among_the_inputs_is_refused(source: Path, output: Path):
    with pytest.raises(DicomFileError, match="the journal lies inside"):
        dicomedit.run(ANONYMOUS, [source, source], output, journal=source / "j")
    with pytest.raises(DicomFileError, match="the quarantine folder lies inside"):
        dicomedit.run(ANONYMOUS, ["in/*/*.dcm"], output, quarantine=source / "q")


def test_a_run_over_a_list_can_be_resumed(source: Path, output: Path):
    inputs = [source / name for name in ALL]
    dicomedit.run(ANONYMOUS, inputs, output, resume=True)
    assert dicomedit.run(ANONYMOUS, inputs, output, resume=True, jobs=2).kept == 6


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (b"a.dcm\nb c.dcm\n\n", ["a.dcm", "b c.dcm"]),
        (b"a.dcm\r\nb.dcm", ["a.dcm", "b.dcm"]),
        (b"a\nb.dcm\0c.dcm\0", ["a\nb.dcm", "c.dcm"]),
        (b"\xff.dcm", [os.fsdecode(b"\xff.dcm")]),
        (b"", []),
    ],
)
def test_lists(data: bytes, paths: list[str]):
    assert read_list(data) == [Path(path) for path in paths]


@pytest.mark.parametrize("how", ["file", "standard input", "options"])
def test_lists_on_the_command_line(
    source: Path, output: Path, monkeypatch: pytest.MonkeyPatch, how: str
):
    script = source.parent / "anon.das"
    script.write_text(ANONYMOUS)
    paths = [f"in/{ALL[0]}", f"in/{ALL[3]}"]
    text = "".join(f"{path}\n" for path in paths)
    Path("files.txt").write_text(text)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    given = {
        "file": ["@files.txt", str(output)],
        "standard input": ["-", str(output)],
        "options": [paths[0], str(output), "--input", paths[1]],
    }
    assert main(["run", str(script), *given[how], "-q"]) == 0
    assert sorted(content(output)) == [ALL[0], ALL[3]]
    assert Path("out.dicomedit-journal").exists()


def test_a_list_that_cannot_be_read(source: Path, capsys: pytest.CaptureFixture[str]):
    script = source.parent / "anon.das"
    script.write_text(ANONYMOUS)
    assert main(["run", str(script), "@nowhere.txt", "out"]) == 2
    assert "@nowhere.txt: No such file" in capsys.readouterr().err
