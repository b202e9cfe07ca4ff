"""Measure how time grows with rules, elements, depth, size and files; print a table, draw plots.

    python benchmarks/growth.py                      tables, and docs/performance/*.svg
    python benchmarks/growth.py --series size --largest   up to 4 GiB
    python benchmarks/growth.py --no-plots --quick   a look, in a minute

Times are CPU seconds of compiling and running inside the process, without start-up. The exponent
is the slope of a straight line through the logarithms of the upper half of the points, where what
is constant no longer counts: 1 is linear, 0 is constant.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus import write_corpus
from pydicom.datadict import keyword_dict
from translate import JOBS

HERE = Path(__file__).parent
PLOTS = HERE.parent / "docs" / "performance"
POINT = HERE / "point.py"

DEEPEST = 64
"""The limit of dicomedit: files with more levels of sequences are refused."""


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity that grows: `prepare` writes a corpus of a size and returns the script."""

    name: str
    title: str
    sizes: tuple[int, ...]
    prepare: Callable[[Path, int], Path]
    quick: int
    """The largest size of a quick look."""


@dataclass(frozen=True, slots=True)
class Point:
    """What one size cost: medians of CPU seconds, and of the peak of memory in bytes."""

    size: int
    compile: float
    run: float
    peak: float

    @property
    def total(self) -> float:
        """Compiling and running."""
        return self.compile + self.run


# --- what is measured ---------------------------------------------------------------------------


def _job(name: str) -> Path:
    return JOBS / f"{name}.das"


_KEPT = {0x00080005, 0x00080016, 0x00080018, 0x7FE00010}
"""What no script of these may touch: the character set, what is copied to the file meta, pixels."""


def rules_script(count: int) -> str:
    """Return a script of so many statements, on tags evenly taken from the whole dictionary."""
    tags = sorted(tag for tag in keyword_dict.values() if tag >> 16 > 2 and tag not in _KEPT)
    chosen = [tags[index * len(tags) // count] for index in range(count)]
    lines = [
        _rule(number, f"({tag >> 16:04X},{tag & 0xFFFF:04X})") for number, tag in enumerate(chosen)
    ]
    return "\n".join(('version "6.6"', *lines)) + "\n"


def _rule(number: int, tag: str) -> str:
    return (f"-*/{tag}", f"-{tag}", f'*/{tag} ?= ""', f'{tag} ?= ""')[number % 4]


def _rules(folder: Path, count: int) -> Path:
    write_corpus(folder / "in", "ct", count=10, rows=16)
    script = folder / "rules.das"
    script.write_text(rules_script(count), "utf-8")
    return script


def _elements(folder: Path, count: int) -> Path:
    write_corpus(folder / "in", "wide", elements=count)
    return _job("basic-profile")


def _depth(folder: Path, levels: int) -> Path:
    write_corpus(folder / "in", "deep", depth=levels)
    return _job("basic-profile")


def _size(folder: Path, length: int) -> Path:
    write_corpus(folder / "in", "big", size=length)
    return _job("light")


def _files(folder: Path, count: int) -> Path:
    write_corpus(folder / "in", "ct", count=count, rows=16)
    return _job("light")


LARGEST = 1 << 32
SERIES = (
    Series("rules", "rules of the script", (10, 30, 100, 300, 1_000, 2_500, 5_000), _rules, 300),
    Series(
        "elements",
        "elements of the file",
        (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000),
        _elements,
        3_000,
    ),
    Series("depth", "levels of sequences", (1, 2, 4, 8, 16, 32, DEEPEST), _depth, 4),
    Series(
        "size",
        "bytes of the file",
        (10 << 10, 100 << 10, 1 << 20, 10 << 20, 100 << 20, 1 << 30, LARGEST),
        _size,
        1 << 20,
    ),
    Series("files", "files", (1, 3, 10, 30, 100, 300, 1_000, 3_000), _files, 10),
)


# --- measuring ----------------------------------------------------------------------------------


def measure_series(series: Series, sizes: Sequence[int], given: argparse.Namespace) -> list[Point]:
    """Return one point for each size."""
    points = []
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=given.folder) as name:
            folder = Path(name)
            script = series.prepare(folder, size)
            write_corpus(folder / "warm-up", "ct", count=1, rows=16)
            points.append(_point(size, [_once(script, folder) for _ in range(given.runs)]))
        print(f"{series.name} {size}: {points[-1].total:.3f} s", file=sys.stderr, flush=True)
    return points


def _once(script: Path, folder: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=folder) as out:
        folders = (folder / "in", Path(out, "out"), folder / "warm-up")
        command = [sys.executable, str(POINT), str(script), *map(str, folders)]
        told = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, cwd=folder
        ).stdout
    costs: dict[str, float] = json.loads(told)
    return costs


def _point(size: int, told: Sequence[dict[str, float]]) -> Point:
    middle = {name: statistics.median(one[name] for one in told) for name in told[0]}
    return Point(size, middle["compile"], middle["run"], middle["peak"])


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Return the slope of the least squares line through the logarithms of the upper half."""
    half = len(sizes) // 2 if len(sizes) > 3 else 0
    x = [math.log(size) for size in sizes[half:]]
    y = [math.log(max(value, 1e-6)) for value in values[half:]]
    return statistics.linear_regression(x, y).slope if len(x) > 1 else math.nan


# --- what comes of it ---------------------------------------------------------------------------


def print_table(measured: Sequence[tuple[Series, list[Point]]]) -> None:
    """Print the exponents, and the times at either end."""
    print(
        "| grows | from | to | CPU seconds at either end | peak memory at the end, MiB | exponent |"
    )
    print("|---|--:|--:|--:|--:|--:|")
    for series, points in measured:
        slope = exponent([each.size for each in points], [each.total for each in points])
        first, last = points[0], points[-1]
        cells = (
            series.title,
            f"{first.size:,}",
            f"{last.size:,}",
            f"{first.total:.3f} to {last.total:.2f}",
            f"{last.peak / (1 << 20):.0f}",
            f"{slope:.2f}",
        )
        print(f"| {' | '.join(cells)} |")
    print()
    for series, points in measured:
        if series.name == "rules":
            sizes = [each.size for each in points]
            compiling = exponent(sizes, [each.compile for each in points])
            running = exponent(sizes, [each.run for each in points])
            print(f"Of rules, compiling has exponent {compiling:.2f}, running {running:.2f}.\n")


def draw(series: Series, points: Sequence[Point], folder: Path) -> None:
    """Write a plot with logarithmic axes, and a dotted line of exponent 1 beside the points."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams |= {"svg.hashsalt": "dicomedit", "svg.fonttype": "none"}
    from matplotlib import pyplot as plt

    sizes = [each.size for each in points]
    figure, axes = plt.subplots(figsize=(5.2, 3.4), layout="constrained")
    axes.loglog(sizes, [each.total for each in points], "o-", label="compile and run")
    if series.name == "rules":
        axes.loglog(sizes, [each.compile for each in points], "s--", label="compile")
    last = points[-1]
    line = [last.total * size / last.size for size in sizes]
    axes.loglog(sizes, line, ":", color="grey", label="linear")
    axes.set(xlabel=series.title, ylabel="CPU seconds", ylim=(points[0].total / 3, None))
    axes.grid(visible=True, alpha=0.3)
    axes.legend(frameon=False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{series.name}.svg", metadata={"Date": None})
    plt.close(figure)


# --- command line -------------------------------------------------------------------------------


def _sizes(series: Series, given: argparse.Namespace) -> list[int]:
    """Return the sizes to measure; the largest file only when it is asked for."""
    if given.quick:
        return [size for size in series.sizes if size <= series.quick]
    return [size for size in series.sizes if size != LARGEST or given.largest]


def main() -> None:
    """Measure, print, draw."""
    names = [series.name for series in SERIES]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", default=",".join(names), help="which, with commas between")
    parser.add_argument("--runs", type=int, default=3, help="runs of each point (default: 3)")
    parser.add_argument("--largest", action="store_true", help="measure a file of 4 GiB, too")
    parser.add_argument("--quick", action="store_true", help="only the smaller sizes")
    parser.add_argument("--folder", type=Path, help="where to write files (default: temporary)")
    parser.add_argument("--plots", type=Path, default=PLOTS, help="where the plots go")
    parser.add_argument("--no-plots", action="store_true")
    given = parser.parse_args()
    wanted = given.series.split(",")
    if unknown := set(wanted) - set(names):
        parser.error(f"no series is called {', '.join(sorted(unknown))}")
    chosen = [series for series in SERIES if series.name in wanted]
    measured = [(each, measure_series(each, _sizes(each, given), given)) for each in chosen]
    print_table(measured)
    if not given.no_plots:
        for series, points in measured:
            draw(series, points, given.plots)


if __name__ == "__main__":
    main()
