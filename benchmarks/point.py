"""Apply a script to a folder once and print, as JSON, what compiling and running cost.

    python benchmarks/point.py SCRIPT IN OUT WARM-UP

What is the same for all scripts and files, such as imports and the grammar, is done beforehand, on
the files of the folder WARM-UP.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from measure import PEAK_UNIT

import dicomedit
from dicomedit import Status


def main() -> None:
    """Measure one point of a series."""
    script, source, out, warm_up = map(Path, sys.argv[1:])
    dicomedit.run('version "6.6"\n*/(0010,0020) ?= "2"', warm_up, out.with_name("warm-up"))
    started = time.process_time()
    program = dicomedit.compile_script(script)
    compiled = time.process_time()
    report = dicomedit.run(program, source, out)
    ended = time.process_time()
    missing = [row for row in report.rows if row.status not in {Status.WRITTEN, Status.UNCHANGED}]
    if missing:
        raise SystemExit(f"{len(missing)} files were not written: {missing[0].reason}")
    print(json.dumps({"compile": compiled - started, "run": ended - compiled, "peak": _peak()}))


def _peak() -> int:
    """Return the most memory this program had; on Linux `ru_maxrss` counts who started it, too."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text("utf-8").splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PEAK_UNIT


if __name__ == "__main__":
    main()
