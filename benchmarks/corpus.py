"""Write files to measure with: made up from beginning to end, the same bytes for the same words.

    python benchmarks/corpus.py FOLDER --kind ct
    python benchmarks/corpus.py FOLDER --kind mr --count 1 --frames 20
    python benchmarks/corpus.py FOLDER --kind big --size 4GiB

What is not told is as the table in docs/performance.md has it.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path

from kinds import KINDS
from kinds.common import Encoding, Spec

_UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def byte_count(text: str) -> int:
    """Return a size such as ``512``, ``10KiB`` or ``4GiB`` in bytes."""
    found = re.fullmatch(r"(\d+)\s*([KMG]iB)?", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 10KiB or 4GiB")
    return int(found[1]) * _UNITS[found[2] or ""]


def write_corpus(folder: Path, kind: str, **changes: object) -> Spec:
    """Write a corpus and return how much it is; `changes` are fields of `Spec`."""
    spec = replace(KINDS[kind].usual, **changes)  # type: ignore[arg-type]
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(spec.count):
        KINDS[kind].write(spec, number, folder / f"{kind}{number:05}.dcm")
    return spec


def main() -> None:
    """Write the corpus that the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--count", type=int, help="files")
    parser.add_argument("--rows", type=int, help="rows (and columns) of images")
    parser.add_argument("--frames", type=int, help="frames of mr and us")
    parser.add_argument("--depth", type=int, help="levels of sequences of sr and deep")
    parser.add_argument("--elements", type=int, help="elements of wide, nested ones included")
    parser.add_argument("--size", type=byte_count, help="pixel data of big: 10KiB, 1GiB, ...")
    parser.add_argument("--encoding", type=Encoding, help="explicit, implicit or big-endian")
    given = vars(parser.parse_args())
    folder, kind = given.pop("folder"), given.pop("kind")
    write_corpus(folder, kind, **{name: value for name, value in given.items() if value})


if __name__ == "__main__":
    main()
