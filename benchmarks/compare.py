"""Time `dicomedit run` against a plain read and write with pydicom, on made-up files.

    python benchmarks/compare.py

Each job runs as a process of its own, in turn, five times; the table shows medians of CPU seconds,
start-up included, and their ratio. Nothing here is a test: machines differ, ratios less so.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian

from dicomedit.io.synthetic import write_study

SCRIPTS = Path(__file__).parents[1] / "scripts"

ROUND_TRIP = """
import sys
from pathlib import Path
from pydicom import dcmread
for path in sorted(Path(sys.argv[1]).rglob("*.dcm")):
    out = Path(sys.argv[2]) / path.relative_to(sys.argv[1])
    out.parent.mkdir(parents=True, exist_ok=True)
    dcmread(path).save_as(out)
"""


def many_slices(folder: Path) -> None:
    """Write 198 small CT slices."""
    for number in range(33):
        write_study(folder / str(number))


def one_enhanced(folder: Path) -> None:
    """Write an enhanced MR with 20,000 nested elements."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = EnhancedMRImageStorage, "1.2.3"
    ds.PatientName, ds.PatientID = "Sample^Ada", "1"
    ds.PerFrameFunctionalGroupsSequence = [_frame(number) for number in range(1_500)]
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    folder.mkdir(parents=True)
    ds.save_as(folder / "enhanced.dcm", enforce_file_format=True)


def _frame(number: int) -> Dataset:
    content, position, measures, frame = Dataset(), Dataset(), Dataset(), Dataset()
    content.FrameAcquisitionDateTime, content.StackID = "20200229", "1"
    content.InStackPositionNumber, content.TemporalPositionIndex = number, 1
    content.FrameAcquisitionDuration = 1.0
    position.ImagePositionPatient = [0, 0, number]
    measures.SliceThickness, measures.PixelSpacing = "1", [1, 1]
    frame.FrameContentSequence = [content]
    frame.PlanePositionSequence = [position]
    frame.PixelMeasuresSequence = [measures]
    return frame


CORPORA: dict[str, Callable[[Path], None]] = {
    "198 CT slices": many_slices,
    "1 enhanced MR, 20,000 elements": one_enhanced,
}


def cpu_seconds(command: Sequence[str]) -> float:
    """Return the CPU seconds of a process and its children."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return (
        after.children_user + after.children_system - before.children_user - before.children_system
    )


def compare(corpus: Path, runs: int) -> tuple[float, float]:
    """Return the medians of dicomedit's and pydicom's times on a corpus."""
    script = str(SCRIPTS / "basic-header.das")
    ours, theirs = [], []
    for number in range(runs):
        out = str(corpus.parent / f"out{number}-{corpus.name}")
        ours.append(
            cpu_seconds([sys.executable, "-m", "dicomedit", "run", "-q", script, str(corpus), out])
        )
        theirs.append(cpu_seconds([sys.executable, "-c", ROUND_TRIP, str(corpus), f"{out}-copy"]))
    return statistics.median(ours), statistics.median(theirs)


def _print_imports(runs: int) -> None:
    """Print what `import dicomedit` costs beside `import pydicom`."""
    ours, theirs = [], []
    for _ in range(runs):
        ours.append(cpu_seconds([sys.executable, "-c", "import dicomedit"]))
        theirs.append(cpu_seconds([sys.executable, "-c", "import pydicom"]))
    us, them = statistics.median(ours), statistics.median(theirs)
    print(f"import dicomedit {us:.2f} s, import pydicom {them:.2f} s, ratio {us / them:.2f}")
    print()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    _print_imports(runs)
    print("| corpus | dicomedit run basic-header.das | pydicom, read and write | ratio |")
    print("|---|---|---|---|")
    for name, write in CORPORA.items():
        with tempfile.TemporaryDirectory() as folder:
            corpus = Path(folder) / "in"
            write(corpus)
            ours, theirs = compare(corpus, runs)
        print(f"| {name} | {ours:.2f} s | {theirs:.2f} s | {ours / theirs:.2f} |")


if __name__ == "__main__":
    main()
