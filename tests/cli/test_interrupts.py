"""Ctrl-C at every moment of a command: what is printed is whole, the exit status is 130."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import TextIO

import pydicom.data
import pytest

from dicomedit.batch import deaf, pool_worker, processes, stream, survey, work
from dicomedit.batch.serial import Stop
from dicomedit.cli import interrupts, main, narrator, run
from dicomedit.cli.interrupts import Interrupts, heeding_interrupts, stopping_on_interrupt
from dicomedit.remap.reading import HeaderReader

IMAGE = (Path(pydicom.data.__file__).parent / "test_files" / "CT_small.dcm").read_bytes()
FILES = 12
ADVICE = "the same command with --resume goes on from here"
INTERRUPTED = "interrupted; files already written are complete"

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals are not these")


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Begin with the handler that Python sets, even when this process was started without."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for number in range(FILES):
        (tmp_path / "in" / f"{number:02}.dcm").write_bytes(IMAGE)
    (tmp_path / "s.das").write_text('version "6.6"\n(0010,0010) := "ANON"\n')
    return tmp_path


def press(times: int = 1) -> None:
    for _ in range(times):
        signal.raise_signal(signal.SIGINT)


def pressed_at(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, times: int, *, call: int = 1
) -> None:
    """Have Ctrl-C pressed before and after what a function does when it is called."""
    function, calls = getattr(owner, name), 0

    def pressing(*given: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls != call:
            return function(*given, **options)
        press(times)
        try:
            return function(*given, **options)
        finally:
            press()

    monkeypatch.setattr(owner, name, pressing)


# --- a run --------------------------------------------------------------------------------------

MOMENTS = [
    (narrator.Narrator, "tell"),
    (narrator.Narrator, "__exit__"),
    (stream.Rows, "_finished"),
    (stream.Rows, "close"),
    (stream.Rows, "_end"),
    (run, "_close"),
    (run, "tell_archives"),
    (run, "tell_end"),
]
OF_WORKERS = [
    (processes._Pool, "start"),
    (processes._Pool, "_handle"),
    (processes._Pool, "_finish_in_hand"),
    (processes._Pool, "close"),
    (pool_worker.PoolWorker, "wait"),
    (pool_worker.PoolWorker, "__init__"),
]


@pytest.mark.parametrize(
    ("jobs", "owner", "name"),
    [("1", *each) for each in MOMENTS] + [("2", *each) for each in MOMENTS + OF_WORKERS],
)
def test_a_run_tells_its_end_whenever_it_is_pressed(
    folder: Path, capsys, monkeypatch, jobs: str, owner: object, name: str
):
    # At the first file, so that there is something to be interrupted.
    monkeypatch.setattr(stream.Rows, "_finished", _pressing_once(stream.Rows._finished))
    pressed_at(monkeypatch, owner, name, 2)
    status = main.main(["run", "s.das", "in", "out", "--jobs", jobs])
    out, err = capsys.readouterr()
    counts = re.fullmatch(r"(\d+) files?: (\d+) written, 0 unchanged.*\n", out)
    assert counts, out
    assert status == 130
    assert err.splitlines()[-1:] == [f"{INTERRUPTED}; {ADVICE}"]
    assert err.count("interrupted") == 1
    names = [path.name for path in (folder / "out").iterdir()]
    assert int(counts[2]) <= len(names) < FILES
    assert not [name for name in names if name.endswith(".part")]

    monkeypatch.undo()
    monkeypatch.chdir(folder)
    assert main.main(["run", "s.das", "in", "out", "--jobs", jobs, "--resume"]) == 0
    assert capsys.readouterr().out.startswith(f"{FILES} files: {FILES} written")


def _pressing_once(function: Callable[..., object]) -> Callable[..., object]:
    is_done = False

    def pressing(*given: object) -> object:
        nonlocal is_done
        if not is_done:
            is_done = True
            press()
        return function(*given)

    return pressing


@pytest.mark.parametrize("presses", [1, 2])
def test_the_file_in_hand_is_finished_unless_it_is_pressed_again(
    folder: Path, capsys, monkeypatch, presses: int
):
    pressed_at(monkeypatch, work.Editor, "_edit", presses - 1, call=4)
    assert main.main(["run", "s.das", "in", "out", "--jobs", "1"]) == 130
    out, err = capsys.readouterr()
    assert out.startswith(f"{4 if presses == 1 else 3} files: ")
    assert err == f"{INTERRUPTED}; {ADVICE}\n"


def test_workers_that_do_not_end_are_not_waited_for(folder: Path, capsys, monkeypatch):
    workers: list[pool_worker.PoolWorker] = []

    def stopped(worker: pool_worker.PoolWorker) -> None:
        worker._process.send_signal(signal.SIGSTOP)
        workers.append(worker)
        press()

    monkeypatch.setattr(stream.Rows, "_finished", _pressing_once(stream.Rows._finished))
    monkeypatch.setattr(pool_worker.PoolWorker, "ask_to_stop", stopped)
    assert main.main(["run", "s.das", "in", "out", "--jobs", "2"]) == 130
    assert ADVICE in capsys.readouterr().err
    assert [worker._process.returncode for worker in workers] == [-signal.SIGKILL] * 2


def test_an_answer_of_the_web_is_not_waited_for(folder: Path, capsys, monkeypatch):
    (folder / "s.das").write_text('version "6.6"\n(0010,0010) := getURL["http://127.0.0.1:9/"]\n')

    def fetch(*_: object) -> str:
        press(2)
        raise AssertionError("it was waited for")

    monkeypatch.setattr("dicomedit.io.fetch.UrlFetcher.fetch", fetch)
    assert main.main(["run", "s.das", "in", "out", "--jobs", "2"]) == 130
    assert capsys.readouterr().err == f"{INTERRUPTED}; {ADVICE}\n"


# --- any command --------------------------------------------------------------------------------


def test_while_a_command_starts(capsys, monkeypatch):
    pressed_at(monkeypatch, main, "parse", 1)
    assert main.main(["functions"]) == 130
    assert capsys.readouterr() == ("", f"{INTERRUPTED}\n")


@pytest.mark.parametrize("again", [0, 3])
def test_while_a_command_works_and_while_that_is_told(capsys, monkeypatch, again: int):
    def work(_: object) -> None:
        press()
        raise AssertionError("it went on")

    def tell(text: str, **options: TextIO) -> None:
        press(again)
        print(text, **options)
        press(again)

    monkeypatch.setattr("dicomedit.cli.functions.execute", work)
    monkeypatch.setattr(main, "print", tell, raising=False)
    assert main.main(["functions"]) == 130
    assert capsys.readouterr() == ("", f"{INTERRUPTED}\n")


class Pressing(io.RawIOBase):
    """An output that hears Ctrl-C whenever something is written, and takes little at a time."""

    def __init__(self) -> None:
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, data: memoryview) -> int:  # type: ignore[override]
        press(2)
        self.content += bytes(data[:10])
        return min(len(data), 10)


def test_while_the_output_is_flushed(folder: Path, monkeypatch):
    raw = Pressing()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(raw)))
    assert main.main(["run", "s.das", "in", "out", "--jobs", "1"]) == 0
    expected = f"{FILES} files: {FILES} written, 0 unchanged, 0 rejected, 0 failed, 0 skipped\n"
    assert raw.content.decode() == expected


@pytest.mark.slow
def test_while_the_process_ends(folder: Path):
    code = (
        "import atexit, signal, sys\n"
        "atexit.register(signal.raise_signal, signal.SIGINT)\n"
        "from dicomedit.cli.main import main\n"
        "status = main()\n"
        "signal.raise_signal(signal.SIGINT)\n"
        "sys.exit(status)\n"
    )
    command = [sys.executable, "-c", code, "run", "s.das", "in", "out"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{FILES} files: ")


@pytest.mark.slow
def test_in_code_that_is_made_of_text(folder: Path):
    """Python with -m remembers that it was there, and would end the process by SIGINT for it."""
    code = (
        "import sys\n"
        "from dicomedit.cli import functions, main\n"
        "text = 'import signal; signal.raise_signal(signal.SIGINT)'\n"
        "functions.execute = lambda given: exec(text)\n"
        "sys.exit(main.main())\n"
    )
    (folder / "pressing.py").write_text(code)
    command = [sys.executable, "-m", "pressing", "functions"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", f"{INTERRUPTED}\n")


# --- the handler --------------------------------------------------------------------------------


def test_one_exception_is_raised_and_another_after_a_lull(monkeypatch):
    with heeding_interrupts(to_the_end=False) as heeding:
        heeding.begin()
        with pytest.raises(KeyboardInterrupt):
            press()
        press()  # while it is seen to
        monkeypatch.setattr(interrupts, "LULL", 0.0)  # but what if something has swallowed it?
        with pytest.raises(KeyboardInterrupt):
            press()


def test_what_somebody_else_has_decided_stands(capsys):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as nohup does
    with heeding_interrupts(to_the_end=True), stopping_on_interrupt() as stop:
        press(3)
        assert not stop.requested
        assert not isinstance(signal.getsignal(signal.SIGINT), Interrupts)
    assert signal.signal(signal.SIGINT, signal.default_int_handler) is signal.SIG_IGN


def test_a_stop_is_broken_off_only_where_it_may_be():
    stop = Stop()
    with stop.breakable():
        assert not stop.press()
        assert (stop.requested, stop.by_user, stop.at_once) == (True, True, False)
        assert stop.press()
    assert not stop.press()
    assert stop.at_once
    stop = Stop(requested=True)  # because of a file
    with stop.breakable():
        assert not stop.press()


# --- other processes ----------------------------------------------------------------------------


def _blocked() -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_processes_are_deaf_from_their_start():
    with heeding_interrupts(to_the_end=False) as heeding:
        heeding.begin()
        with pytest.raises(KeyboardInterrupt), deaf.starting_deaf():
            pool = get_context("spawn").Pool(1)
            press()
        with pool:
            assert pool.apply(_blocked)
        pool.join()
    assert not _blocked()


def test_processes_that_read_headers_end_with_who_asked(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(survey, "CHUNK", 2)
    (tmp_path / "1.dcm").write_bytes(IMAGE)
    found = survey.survey(HeaderReader(()), [tmp_path / "1.dcm"] * 40, jobs=2)
    for _ in range(5):
        next(found)
    assert active_children()
    found.close()
    assert not active_children()
