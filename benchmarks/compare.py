"""Compare dicomedit with other programs, on made-up files, and print tables in Markdown.

    python benchmarks/compare.py
    python benchmarks/compare.py --corpora ct,mr --peers copy,gdcmanon,dicomedit --runs 3

Each job is a process of its own. The programs take turns, so that a slow minute of the machine
strikes all of them, and medians are told. Nothing here is a test: machines differ, ratios less so.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from measure import CommandFailed, Cost, measure
from peers import OURS, PEERS, Peer, present
from tables import Result, print_big, print_cpu, print_machine, print_start

CORPUS = Path(__file__).parent / "corpus.py"


@dataclass(frozen=True, slots=True)
class Row:
    """One job on one corpus. `sizes` are the options of corpus.py that `--scale` makes smaller."""

    corpus: str
    kind: str
    title: str
    job: str
    sizes: dict[str, int] = field(default_factory=dict)


CPU_ROWS = (
    Row("ct", "ct", "{count} CT slices, light edit", "light", {"count": 200}),
    Row(
        "ct",
        "ct",
        "{count} CT slices, full basic profile (260 rules)",
        "basic-profile",
        {"count": 200},
    ),
    Row(
        "mr",
        "mr",
        "{count} enhanced MR of {frames} frames with 57 elements each, basic profile",
        "basic-profile",
        {"count": 4, "frames": 350},
    ),
    Row(
        "sr", "sr", "{count} deep structured reports, basic profile", "basic-profile", {"count": 60}
    ),
    Row(
        "us",
        "us",
        "{count} ultrasound loops of {frames} frames, basic profile",
        "basic-profile",
        {"count": 12, "frames": 24},
    ),
    Row(
        "siemens",
        "siemens",
        "{count} Siemens MR slices, basic profile",
        "basic-profile",
        {"count": 200},
    ),
)
BIG_ROWS = (
    Row("big", "big", "one multi-frame file of {size}", "light", {"size": 1 << 30}),
    Row("big4", "big", "one multi-frame file of {size}", "light", {"size": 1 << 32}),
)
START = "start"
USUAL = ("ct", "mr", "sr", "us", "siemens", "big", START)
ALL = (*USUAL, "big4")


# --- measuring ----------------------------------------------------------------------------------


def run_row(
    row: Row, here: Sequence[Peer], given: argparse.Namespace
) -> tuple[str, dict[Peer, Result]]:
    """Write a row's corpus, let the peers take turns on it; return its title and the results."""
    sizes = {name: max(1, round(size * given.scale)) for name, size in row.sizes.items()}
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        source = folder / "in"
        _write(source, row.kind, sizes)
        title = row.title.format_map(
            {name: _bytes(size) if name == "size" else size for name, size in sizes.items()}
        )
        _say(title)
        return title, _take_turns(row.job, here, source, given.runs)


def _write(folder: Path, kind: str, sizes: dict[str, int]) -> None:
    """Write a corpus in a process of its own: peaks of memory are told no smaller than ours."""
    options = [text for name, size in sizes.items() for text in (f"--{name}", str(size))]
    command = [sys.executable, str(CORPUS), str(folder), "--kind", kind, *options]
    subprocess.run(command, check=True)


def _bytes(size: int) -> str:
    return f"{size >> 30} GiB" if size % (1 << 30) == 0 else f"{size / (1 << 20):.0f} MiB"


def _take_turns(job: str, here: Sequence[Peer], source: Path, runs: int) -> dict[Peer, Result]:
    costs: dict[Peer, list[Cost]] = {peer: [] for peer in here}
    failed: set[Peer] = set()
    for _ in range(runs):
        for peer in here:
            out = source.parent / "out"
            command = peer.command(job, source, out)
            if command is None or peer in failed:
                continue
            try:
                costs[peer].append(_one_run(command, source, out))
            except CommandFailed as error:
                _say(f"  {peer.name} fails: {' '.join(str(error).split())[-300:]}")
                failed.add(peer)
            finally:
                shutil.rmtree(out, ignore_errors=True)
    return {
        peer: Result(() if peer in failed else tuple(costs[peer]), peer in failed) for peer in here
    }


def _one_run(command: Sequence[str], source: Path, out: Path) -> Cost:
    """Run a command; one that leaves fewer files than there were has failed, whatever it says."""
    cost = measure(command, source.parent)
    written, expected = len(list(out.iterdir())), len(list(source.iterdir()))
    if written != expected:
        raise CommandFailed(f"{written} of {expected} files were written")
    return cost


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run_start(given: argparse.Namespace) -> dict[str, Result]:
    """Run one small job beside a Python that does nothing."""
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        source, out = folder / "in", folder / "out"
        _write(source, "ct", {"count": 1})
        _say("start")
        dicomedit = next(peer for peer in PEERS if peer.name == OURS)
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            'python -c "import pydicom"': [sys.executable, "-c", "import pydicom"],
            'python -c "import dicomedit"': [sys.executable, "-c", "import dicomedit"],
            "one CT file, light edit": dicomedit.command("light", source, out),
            "one CT file, basic profile": dicomedit.command("basic-profile", source, out),
        }
        costs: dict[str, list[Cost]] = {title: [] for title in commands}
        for _ in range(given.runs):
            for title, command in commands.items():
                costs[title].append(measure(command or [], folder))
                shutil.rmtree(out, ignore_errors=True)
    return {title: Result(tuple(all_of)) for title, all_of in costs.items()}


# --- command line -------------------------------------------------------------------------------


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="runs of each program (default: 5)")
    parser.add_argument(
        "--corpora", type=_names, default=USUAL, help=f"some of {','.join(ALL)} (default: no big4)"
    )
    parser.add_argument("--peers", type=_names, help="only these programs (default: all there are)")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="size of the corpora (default: 1, the table's)"
    )
    parser.add_argument("--folder", type=Path, help="where to write (default: the temporary one)")
    given = parser.parse_args()
    if unknown := set(given.corpora) - set(ALL):
        parser.error(f"no corpus is called {', '.join(sorted(unknown))}")
    if unknown := set(given.peers or ()) - {peer.name for peer in PEERS}:
        parser.error(f"no program is called {', '.join(sorted(unknown))}")
    return given


def main() -> None:
    """Measure, then print the tables."""
    given = arguments()
    here = present(given.peers)
    print_machine(here, given.runs)
    wanted = set(given.corpora)
    cpu = [run_row(row, [*here], given) for row in CPU_ROWS if row.corpus in wanted]
    if cpu:
        print_cpu(cpu, [*here])
    big = [run_row(row, [*here], given) for row in BIG_ROWS if row.corpus in wanted]
    print_big(big, [*here])
    if START in wanted:
        print_start(run_start(given))


if __name__ == "__main__":
    main()
