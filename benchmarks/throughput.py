"""Measure files per second with 1, 2, ... processes; print a table in Markdown.

    python benchmarks/throughput.py                       2,000 small files
    python benchmarks/throughput.py --count 100000 --jobs 1,2
    python benchmarks/throughput.py --scheduler local     a Dask cluster of as many workers, too

The ways take turns, so that what else the machine does meets all of them. The ratio is the median
of the ratios of the rounds. CPU is user and system time of the run and of its workers; the peak of
memory is that of the process that runs the show. A run without workers has no CPU of workers.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from corpus import write_corpus
from kinds import KINDS
from translate import JOBS

ONE_RUN = """
import json, resource, sys, time
from pathlib import Path
import dicomedit

def main(script, source, output, jobs, scheduler):
    start = time.monotonic()
    report = dicomedit.run(
        Path(script), source, output, jobs=int(jobs), scheduler=scheduler or None,
        keep_rows=False, tell_changes=False, journal=True,
    )
    seconds = time.monotonic() - start
    assert report.total and not report.failed
    own, workers = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    unit = 1 if sys.platform == "darwin" else 1024
    print(json.dumps({
        "files": report.total, "seconds": seconds, "own": own.ru_utime + own.ru_stime,
        "workers": workers.ru_utime + workers.ru_stime, "peak": own.ru_maxrss * unit,
    }))

if __name__ == "__main__":  # workers of a cluster that is started here import this file
    main(*sys.argv[1:])
"""

Way = tuple[int, str]
"""Processes, and the scheduler or nothing."""

Cost = dict[str, float]


def measure(ways: Sequence[Way], given: argparse.Namespace) -> dict[Way, list[Cost]]:
    """Return what each round cost each way."""
    costs: dict[Way, list[Cost]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        write_corpus(folder / "in", given.kind, count=given.count, rows=given.rows)
        for number in range(given.runs):
            for way in ways if number % 2 == 0 else reversed(ways):
                costs[way].append(_once(folder, way, given.job))
                print(f"round {number + 1}: {_name(way)}", file=sys.stderr, flush=True)
    return costs


def _once(folder: Path, way: Way, job: str) -> Cost:
    jobs, scheduler = way
    program = folder / "one_run.py"
    program.write_text(ONE_RUN, "utf-8")
    # Results stay until the end: ext4 looks for long around what has just been deleted, in which
    # processes get into each other's way.
    out = tempfile.mkdtemp(dir=folder)
    words = [str(JOBS / f"{job}.das"), str(folder / "in"), f"{out}/out", str(jobs), scheduler]
    command = [sys.executable, str(program), *words]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: Cost = json.loads(told)
    return found


def print_table(costs: dict[Way, list[Cost]]) -> None:
    """Print medians, and the ratio to one process."""
    print("| how | files/s | CPU ms per file: run | workers | peak of the run, MiB | ratio |")
    print("|---|--:|--:|--:|--:|--:|")
    one = costs[1, ""]
    for way, rounds in costs.items():
        pairs = zip(one, rounds, strict=True)
        ratio = statistics.median(first["seconds"] / each["seconds"] for first, each in pairs)
        cells = (
            _name(way),
            f"{_middle(rounds, lambda it: it['files'] / it['seconds']):,.0f}",
            f"{_middle(rounds, lambda it: it['own'] / it['files']) * 1000:.2f}",
            f"{_middle(rounds, lambda it: it['workers'] / it['files']) * 1000:.2f}",
            f"{_middle(rounds, lambda it: it['peak']) / (1 << 20):.0f}",
            f"{ratio:.2f}",
        )
        print(f"| {' | '.join(cells)} |")


def _middle(rounds: Sequence[Cost], of: Callable[[Cost], float]) -> float:
    return statistics.median(map(of, rounds))


def _name(way: Way) -> str:
    jobs, scheduler = way
    return f"--jobs {jobs}" + (f" --scheduler {scheduler}" if scheduler else "")


def _counts(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def main() -> None:
    """Measure, print."""
    cores = os.cpu_count() or 1
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=2_000, help="files (default: 2000)")
    parser.add_argument("--kind", choices=KINDS, default="ct")
    parser.add_argument("--rows", type=int, default=16, help="rows of images (default: 16)")
    parser.add_argument(
        "--job", default="basic-profile", help="the script in jobs/ (default: basic-profile)"
    )
    parser.add_argument(
        "--jobs", type=_counts, default=list(range(1, cores + 1)), help="such as 1,2,4"
    )
    parser.add_argument("--scheduler", choices=["local"], help="measure Dask clusters, too")
    parser.add_argument("--runs", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument("--folder", type=Path, help="where to write files (default: temporary)")
    given = parser.parse_args()
    ways: list[Way] = [(jobs, "") for jobs in sorted({1, *given.jobs})]
    if given.scheduler:
        ways += [(jobs, given.scheduler) for jobs in sorted({*given.jobs})]
    print_table(measure(ways, given))


if __name__ == "__main__":
    main()
