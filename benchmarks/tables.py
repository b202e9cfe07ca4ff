"""What was measured, as tables in Markdown."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from measure import Cost
from peers import OURS, Peer


@dataclass(frozen=True, slots=True)
class Result:
    """What one peer did with one row; no costs when it failed or cannot do the job."""

    costs: tuple[Cost, ...] = ()
    failed: bool = False

    def median(self, of: Callable[[Cost], float]) -> float | None:
        """Return the median of one kind of cost."""
        return statistics.median(map(of, self.costs)) if self.costs else None


Measured = Sequence[tuple[str, dict[Peer, Result]]]
"""Titles of jobs, and what each peer did with them."""


def _print_table(head: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print(f"| {' | '.join((head, *columns))} |")
    print(f"|---|{'--:|' * len(columns)}")
    for cells in rows:
        print(f"| {' | '.join(cells)} |")
    print()


def _cell(result: Result, of: Callable[[Cost], float], text: Callable[[float], str]) -> str:
    middle = result.median(of)
    if middle is None:
        return "fails" if result.failed else "-"
    return text(middle)


def _cpu(cost: Cost) -> float:
    return cost.cpu


def _wall(cost: Cost) -> float:
    return cost.wall


def _peak(cost: Cost) -> float:
    return cost.peak


def _seconds(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def _mebibytes(value: float) -> str:
    return f"{value / (1 << 20):.0f}"


def print_cpu(measured: Measured, here: Sequence[Peer]) -> None:
    """Print CPU seconds, and then dicomedit's as a multiple of the others'."""
    print("CPU seconds, whole processes:\n")
    lines = [
        [title, *(_cell(results[peer], _cpu, _seconds) for peer in here)]
        for title, results in measured
    ]
    _print_table("job", [peer.name for peer in here], lines)
    ours = next((peer for peer in here if peer.name == OURS), None)
    others = [peer for peer in here if peer is not ours]
    if ours is not None and others:
        _print_ratios(measured, ours, others)


def _print_ratios(measured: Measured, ours: Peer, others: Sequence[Peer]) -> None:
    print("dicomedit's CPU seconds as a multiple of the others' (below 1: dicomedit needs less):\n")
    lines = [
        [title, *(_ratio(results[ours].median(_cpu), results[peer]) for peer in others)]
        for title, results in measured
    ]
    _print_table("job", [peer.name for peer in others], lines)


def _ratio(ours: float | None, theirs: Result) -> str:
    if ours is None:
        return "-"
    return _cell(theirs, _cpu, lambda value: f"{ours / max(value, 1e-3):.3g}")


def print_big(measured: Measured, here: Sequence[Peer]) -> None:
    """Print wall seconds and peak memory of single large files."""
    for title, results in measured:
        print(f"{title[0].upper()}{title[1:]}, light edit:\n")
        lines = [
            [
                peer.name,
                _cell(results[peer], _wall, _seconds),
                _cell(results[peer], _cpu, _seconds),
                _cell(results[peer], _peak, _mebibytes),
            ]
            for peer in here
        ]
        _print_table("program", ["wall seconds", "CPU seconds", "peak memory, MiB"], lines)


def print_start(results: Mapping[str, Result]) -> None:
    """Print how long whole processes take that do next to nothing."""
    print("One file, whole process:\n")
    lines = [
        [title, _cell(result, _wall, _seconds), _cell(result, _peak, _mebibytes)]
        for title, result in results.items()
    ]
    _print_table("process", ["wall seconds", "peak memory, MiB"], lines)


def print_machine(here: dict[Peer, str], runs: int) -> None:
    """Print what the figures were measured with."""
    print(f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}.")
    versions = (f"{peer.name} {version}" for peer, version in here.items())
    print(f"Python {platform.python_version()}; {', '.join(versions)}. Medians of {runs}.\n")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
