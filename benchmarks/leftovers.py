"""Tell what each program leaves behind after the basic profile: a check that jobs are alike.

    python benchmarks/leftovers.py

For one file of each kind it counts the elements left, and among them values with an invented
name or number, UIDs, dates and private elements of the original; the file meta information counts
for names and UIDs. It prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import peers
from corpus import write_corpus
from kinds import KINDS
from kinds.common import OPERATOR, PEOPLE, PHYSICIAN
from measure import CommandFailed, measure
from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

_JOB = "basic-profile"
_YARDSTICKS = {"copy", "pydicom"}
_INVENTED = (
    *(whom.name.split("^")[0] for whom in PEOPLE),
    *(whom.identifier for whom in PEOPLE),
    PHYSICIAN.split("^")[0],
    OPERATOR.split("^")[0],
    "Nowhere",
)
_YEAR = "2024"
_BINARY = {"SQ", "OB", "OW", "UN"}


@dataclass(frozen=True, slots=True)
class Leftovers:
    """How many elements there are, and how many of them still are as they were."""

    elements: int
    names: int
    uids: int
    dates: int
    private: int


def leftovers(before: Dataset, after: Dataset) -> Leftovers:
    """Compare a data set with what was made of it."""
    uids = {str(each.value) for each in before.iterall() if _is_own_uid(each)}
    elements = list(after.iterall())
    named = [*elements, *after.file_meta]
    return Leftovers(
        len(elements),
        sum(map(_names_somebody, named)),
        sum(each.VR == "UI" and str(each.value) in uids for each in named),
        sum(each.VR in {"DA", "DT"} and str(each.value).startswith(_YEAR) for each in elements),
        sum(each.tag.is_private for each in elements),
    )


def _is_own_uid(element: DataElement) -> bool:
    return element.VR == "UI" and str(element.value).startswith("2.25.")


def _names_somebody(element: DataElement) -> bool:
    return element.VR not in _BINARY and any(text in str(element.value) for text in _INVENTED)


def rows(kinds: Sequence[str], folder: Path) -> Iterator[tuple[str, str, Leftovers | None]]:
    """Yield kind, program and what it left; nothing when it failed."""
    here = [peer for peer in peers.present() if peer.name not in _YARDSTICKS]
    for kind in kinds:
        source = folder / kind
        write_corpus(source, kind, count=1)
        before = dcmread(next(source.iterdir()))
        for number, peer in enumerate(here):
            out = folder / f"{kind}-{number}"
            command = peer.command(_JOB, source, out)
            if command is None:
                continue
            try:
                measure(command, folder)
            except CommandFailed:
                yield kind, peer.name, None
                continue
            yield kind, peer.name, leftovers(before, dcmread(next(out.iterdir())))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", default="ct,mr,sr,us,siemens", help="which, with commas between")
    kinds = parser.parse_args().kinds.split(",")
    if unknown := set(kinds) - set(KINDS):
        parser.error(f"no kind is called {', '.join(sorted(unknown))}")
    print("| kind | program | elements | names and numbers | UIDs | dates | private |")
    print("|---|---|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for kind, name, found in rows(kinds, Path(folder)):
            cells = ["fails"] * 5
            if found is not None:
                counts = (found.elements, found.names, found.uids, found.dates, found.private)
                cells = [f"{count:,}" for count in counts]
            print(f"| {' | '.join((kind, name, *cells))} |")


if __name__ == "__main__":
    main()
