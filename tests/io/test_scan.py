"""What a run reads and where it writes; an arrangement that would harm the input is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dicomedit import DicomFileError
from dicomedit.io.scan import Job, find_files, plan, prepare_folder


def jobs_of(source: Path, destination: Path) -> tuple[Job, ...]:
    """All jobs of a plan, which knows their number and their folder beforehand."""
    planned = plan(source, destination)
    jobs = tuple(planned.jobs)
    assert planned.count == len(jobs)
    assert all(job.destination.is_relative_to(planned.folder) for job in jobs)
    return jobs


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    make(folder, "b.dcm", "a.dcm", "sub/c.dcm", "sub/deeper/d", "another/e.dcm")
    return folder


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    return tmp_path / "out"


def names(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in find_files(folder)]


def refusal(source: Path, destination: Path) -> str:
    with pytest.raises(DicomFileError) as caught:
        plan(source, destination)
    return caught.value.reason


# --- finding ------------------------------------------------------------------------------------


def test_files_come_in_a_stable_order(source: Path):
    assert names(source) == ["a.dcm", "b.dcm", "another/e.dcm", "sub/c.dcm", "sub/deeper/d"]


def test_hidden_files_are_files(source: Path):
    make(source, ".hidden/.file")
    assert ".hidden/.file" in names(source)


def test_an_empty_folder_has_no_files(tmp_path: Path):
    assert names(tmp_path) == []


def test_only_regular_files_are_found(source: Path):
    os.mkfifo(source / "pipe")
    assert "pipe" not in names(source)


def test_a_link_to_a_file_inside_is_followed(source: Path):
    (source / "link.dcm").symlink_to(source / "sub" / "c.dcm")
    assert "link.dcm" in names(source)


def test_a_link_to_a_file_outside_is_not(source: Path, tmp_path: Path):
    make(tmp_path, "outside.dcm")
    (source / "link.dcm").symlink_to(tmp_path / "outside.dcm")
    (source / "up.dcm").symlink_to("../outside.dcm")
    assert "link.dcm" not in names(source)
    assert "up.dcm" not in names(source)


def test_a_link_to_a_folder_is_not_entered(source: Path, tmp_path: Path):
    """It may lead out, or around in circles."""
    make(tmp_path, "outside/x.dcm")
    (source / "away").symlink_to(tmp_path / "outside")
    (source / "sub" / "round").symlink_to(source)
    assert len(names(source)) == 5


def test_a_dangling_link_is_no_file(source: Path):
    (source / "gone.dcm").symlink_to(source / "nothing.dcm")
    assert "gone.dcm" not in names(source)


def test_a_link_to_itself_is_no_file(source: Path):
    (source / "loop.dcm").symlink_to("loop.dcm")
    assert len(names(source)) == 5


def test_a_folder_that_cannot_be_read_is_told(source: Path, monkeypatch):
    """Passing over it in silence, a run would look complete."""
    real = os.scandir

    def scandir(path):
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(DicomFileError, match="sub"):
        names(source)


# --- planning for a folder ----------------------------------------------------------------------


def test_a_folder_is_mirrored(source: Path, destination: Path):
    jobs = jobs_of(source, destination)
    assert jobs[0] == Job(source / "a.dcm", destination / "a.dcm")
    assert jobs[-1] == Job(source / "sub/deeper/d", destination / "sub/deeper/d")
    assert not destination.exists()


def test_a_missing_source_is_refused(tmp_path: Path, destination: Path):
    assert refusal(tmp_path / "nothing", destination) == "there is no such file or folder"


def test_a_name_no_file_can_have_is_refused(tmp_path: Path, source: Path, destination: Path):
    assert refusal(tmp_path / ("a" * 300), destination)
    assert refusal(source, tmp_path / ("a" * 300))


def test_the_output_cannot_be_the_input(source: Path):
    assert refusal(source, source) == "the output folder is the input folder"


def test_the_output_cannot_lie_inside_the_input(source: Path):
    """Its files would be found as inputs of the next run."""
    assert refusal(source, source / "sub") == "the output folder lies inside the input folder"
    assert refusal(source, source / "new/deep") == "the output folder lies inside the input folder"


def test_the_input_cannot_lie_inside_the_output(source: Path):
    assert refusal(source, source.parent) == "the input folder lies inside the output folder"


def test_the_output_of_a_folder_cannot_be_a_file(source: Path, tmp_path: Path):
    make(tmp_path, "file.dcm")
    reason = refusal(source, tmp_path / "file.dcm")
    assert reason == "the output is a file, but the input is a folder"


@pytest.mark.parametrize("spelling", ["in/../in", "./in", "in/sub/..", "in/"])
def test_spelling_does_not_matter(source: Path, spelling: str, monkeypatch):
    monkeypatch.chdir(source.parent)
    assert refusal(Path("in"), Path(spelling)) == "the output folder is the input folder"


def test_aliases_do_not_matter(source: Path, tmp_path: Path):
    (tmp_path / "alias").symlink_to(source)
    (tmp_path / "inside").symlink_to(source / "sub")
    assert refusal(source, tmp_path / "alias") == "the output folder is the input folder"
    assert refusal(tmp_path / "alias", source) == "the output folder is the input folder"
    assert "inside the input" in refusal(source, tmp_path / "inside")
    assert "inside the input" in refusal(tmp_path / "alias", source / "new")


def test_a_folder_whose_name_begins_alike_is_another_one(source: Path):
    assert jobs_of(source, source.parent / "in2")


# --- planning for a file ------------------------------------------------------------------------


def test_a_file_goes_into_a_folder(source: Path, destination: Path):
    file = source / "a.dcm"
    assert jobs_of(file, destination) == (Job(file, destination / "a.dcm"),)
    destination.mkdir()
    assert jobs_of(file, destination) == (Job(file, destination / "a.dcm"),)


def test_a_file_may_be_given_a_name(source: Path, tmp_path: Path):
    file = source / "a.dcm"
    assert jobs_of(file, tmp_path / "new.dcm") == (Job(file, tmp_path / "new.dcm"),)


def test_an_existing_file_without_suffix_is_a_name(source: Path, tmp_path: Path):
    make(tmp_path, "IM0001")
    assert jobs_of(source / "a.dcm", tmp_path / "IM0001")[0].destination == tmp_path / "IM0001"


def test_a_folder_with_a_suffix_is_a_folder(source: Path, tmp_path: Path):
    (tmp_path / "study.v2").mkdir()
    (job,) = jobs_of(source / "a.dcm", tmp_path / "study.v2")
    assert job.destination == tmp_path / "study.v2" / "a.dcm"


def test_a_file_cannot_go_onto_itself(source: Path, tmp_path: Path):
    file = source / "a.dcm"
    (tmp_path / "link.dcm").symlink_to(file)
    (tmp_path / "hard.dcm").hardlink_to(file)
    for target in (file, source, tmp_path / "link.dcm", tmp_path / "hard.dcm"):
        assert refusal(file, target) == "the output would replace the input"
    assert refusal(tmp_path / "link.dcm", file) == "the output would replace the input"


# --- the output folder --------------------------------------------------------------------------


def test_the_output_folder_is_made(destination: Path):
    prepare_folder(destination / "deep" / "er")
    prepare_folder(destination / "deep" / "er")
    assert (destination / "deep" / "er").is_dir()


def test_a_file_in_the_way_is_told(tmp_path: Path):
    make(tmp_path, "file")
    for folder in (tmp_path / "file", tmp_path / "file" / "sub"):
        with pytest.raises(DicomFileError) as caught:
            prepare_folder(folder)
        assert caught.value.reason.startswith("cannot be created: ")
        assert caught.value.path == str(folder)


def test_a_folder_that_cannot_be_written_to_is_told(destination: Path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(DicomFileError, match="out: cannot be written to"):
        prepare_folder(destination)
