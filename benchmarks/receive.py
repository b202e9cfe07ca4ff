"""Send many objects to `dicomedit receive` on this machine, with the receiver killed on the way.

    python benchmarks/receive.py --objects 10000 --kills 3

The objects are sent by `dicomedit send`, which is resumed after each kill, until all have been
acknowledged. Then each object that was acknowledged is looked for: is the result there, complete
and edited? Prints a table in Markdown; the exit status is 1 when anything is lost.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.uid import UID

from dicomedit.io.read import read_file
from dicomedit.io.synthetic import write_study

COMMAND = Path(sys.executable).with_name("dicomedit")
SCRIPT = 'version "6.6"\n(0010,0010) := "ANON"\n(0010,0020) := "ANON"\n-*/(0010,0030)\n'
ROOT = "1.2.826.0.1.3680043.8.498.1"


@dataclass
class Figures:
    """What was seen: seconds, and the most memory a receiver had, in MiB."""

    sent: int = 0
    seconds: float = 0.0
    peak: float = 0.0
    kills: int = 0


def make_objects(folder: Path, count: int) -> None:
    """Write instances of a few series, 100 in each."""
    write_study(folder / "template")
    ds = dcmread(next((folder / "template").rglob("*.dcm")))
    shutil.rmtree(folder / "template")
    for number in range(count):
        series = folder / "in" / f"{number // 100:04}"
        series.mkdir(parents=True, exist_ok=True)
        ds.SeriesInstanceUID = UID(f"{ROOT}.1.{number // 100}")
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(f"{ROOT}.2.{number}")
        ds.save_as(series / f"{number}.dcm")


@contextmanager
def receiver(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    script = folder / "anon.das"
    script.write_text(SCRIPT)
    command = [COMMAND, "receive", "--port", str(port), "--script", script, "-q", folder / "out"]
    with (folder / "log").open("ab") as log, subprocess.Popen(command, stdout=log) as process:
        try:
            wait_for(port)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)


def wait_for(port: int) -> None:
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the receiver does not listen")


def send(folder: Path, port: int) -> int:
    url = f"dicom://127.0.0.1:{port}/DICOMEDIT"
    journal = ("--resume", "--journal", folder / "journal")
    command = [COMMAND, "send", folder / "in", url, *journal, "--retries", "0", "-q"]
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode


def peak_of(process: subprocess.Popen[bytes]) -> float:
    """Return the most memory a process has had so far, in MiB; 0 where it cannot be told."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if "VmHWM" in line), 0)


def deliver(folder: Path, port: int, kills: int) -> Figures:
    """Send until all is acknowledged, killing the receiver so many times on the way."""
    figures = Figures()
    while True:
        began = time.monotonic()
        with receiver(folder, port) as process:
            if figures.kills < kills:
                threading.Timer(2.0 + figures.kills, process.kill).start()
            status = send(folder, port)
            figures.seconds += time.monotonic() - began
            figures.peak = max(figures.peak, peak_of(process))
        if status == 0:
            return figures
        figures.kills += 1


def acknowledged(journal: Path) -> list[str]:
    lines = (json.loads(line) for line in journal.read_text().splitlines())
    return [line["file"] for line in lines if line.get("answer") == "0000"]


def is_there(folder: Path, name: str) -> bool:
    """Whether the result of an object is there, whole and edited."""
    number = int(Path(name).stem)
    found = list((folder / "out").glob(f"*/{ROOT}.1.{number // 100}/{ROOT}.2.{number}.dcm"))
    if len(found) != 1:
        return False
    read_file(found[0])
    return str(dcmread(found[0], stop_before_pixels=True).PatientName) == "ANON"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=3)
    given = parser.parse_args()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_objects(folder, given.objects)
        figures = deliver(folder, port, given.kills)
        names = set(acknowledged(folder / "journal"))
        lost = [each for each in sorted(names) if not is_there(folder, each)]
        left = list((folder / "out").rglob("*.part"))
    rate = given.objects / figures.seconds
    print("| objects | kills | acknowledged | lost | half written | seconds | a second | MiB |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|")
    print(
        f"| {given.objects:,} | {figures.kills} | {len(names):,} | {len(lost)} | {len(left)} |"
        f" {figures.seconds:.0f} | {rate:.0f} | {figures.peak:.0f} |"
    )
    return 1 if lost or left or len(names) != given.objects else 0


if __name__ == "__main__":
    sys.exit(main())
