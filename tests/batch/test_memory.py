"""Memory does not grow with the size of a file or the number of its frames."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, UltrasoundMultiFrameImageStorage

MEBIBYTE = 1 << 20

PEAK = """
import re, sys
from pathlib import Path
import dicomedit
dicomedit.compile_script(sys.argv[3], dialect=6).apply_file(sys.argv[1], sys.argv[2])
status = Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\\s*(\\d+)", status)[1]) // 1024)
"""

JOBS = {
    "light edit": '(0010,0010) := "ANON"',
    "black rectangle": 'alterPixels["rectangle", "l=0, t=0, r=100, b=100", "solid", "v=0"]',
}


def write_frames(path: Path, frames: int) -> None:
    """Write an image of `frames` frames of one mebibyte."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = UltrasoundMultiFrameImageStorage, "1.2.3"
    ds.Rows = ds.Columns = 1024
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.NumberOfFrames = frames
    ds.add_new(0x7FE00010, "OB", b"\7" * (frames * MEBIBYTE))
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.save_as(path, enforce_file_format=True)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak there")
@pytest.mark.slow
@pytest.mark.parametrize("job", JOBS)
def test_memory_is_the_same_for_three_times_the_frames(job, tmp_path):
    peaks = []
    for frames in (80, 240):
        source, output = tmp_path / "in.dcm", tmp_path / "out.dcm"
        write_frames(source, frames)
        command = [sys.executable, "-c", PEAK, str(source), str(output), JOBS[job]]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        peaks.append(int(printed))
        assert abs(output.stat().st_size - source.stat().st_size) < 1000
    assert max(peaks) < 200
    assert abs(peaks[1] - peaks[0]) < 40
