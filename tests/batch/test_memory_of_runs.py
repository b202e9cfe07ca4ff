"""Memory does not grow with the number of files, neither that of the run nor that of workers."""

import subprocess
import sys
from pathlib import Path

import pydicom.data
import pytest
from pydicom import dcmread

PEAK = """
import re, resource, sys
from pathlib import Path
import dicomedit
told = []
script = 'version "6.6"\\n(0010,0010) := "ANON"\\n(0008,0018) := mapUID[(0008,0018), "1.2"]'
report = dicomedit.run(script, *sys.argv[1:3], jobs=int(sys.argv[3]), journal=True,
                       keep_rows=False, on_row=lambda *row: told.append(row[0]))
status = Path("/proc/self/status").read_text()
own = int(re.search(r"VmHWM:\\s*(\\d+)", status)[1]) // 1024
workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
print(own, workers, report.count(dicomedit.Status.WRITTEN), told == list(range(1, len(told) + 1)))
"""


def write_files(folder: Path, count: int) -> None:
    ds = dcmread(Path(pydicom.data.__file__).parent / "test_files" / "CT_small.dcm")
    del ds.PixelData
    del ds.DataSetTrailingPadding
    folder.mkdir()
    ds.save_as(folder / "0.dcm")
    data = (folder / "0.dcm").read_bytes()
    for number in range(1, count):
        (folder / f"{number}.dcm").write_bytes(data)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak there")
@pytest.mark.slow
def test_memory_is_the_same_for_more_files(tmp_path):
    peaks = []
    for count in (1500, 5000):
        write_files(tmp_path / f"in{count}", count)
        folders = [str(tmp_path / f"{name}{count}") for name in ("in", "out")]
        command = [sys.executable, "-c", PEAK, *folders, "2"]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        own, workers, written, in_order = printed.split()
        assert (int(written), in_order) == (count, "True")
        peaks.append((int(own), int(workers)))
    assert max(peaks[1]) < 100
    assert peaks[1][0] - peaks[0][0] < 10
    assert peaks[1][1] - peaks[0][1] < 10
