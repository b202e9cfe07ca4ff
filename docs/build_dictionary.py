"""Write dicomedit/dicom/dictionary.tsv anew from the dictionary of the installed pydicom.

python docs/build_dictionary.py          brings the file up to date
python docs/build_dictionary.py --check  changes nothing; exit status 1 when it is out of date

One line a tag: tag, VR and keyword of PS3.6, between them a tab. An x in a tag stands for any
hexadecimal digit (PS3.5 §7.6). The lines are in the order of their bytes, because the reader
looks a tag up by bisection without taking the file apart.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary

TABLE = Path(__file__).parents[1] / "dicomedit" / "dicom" / "dictionary.tsv"
HEAD = "# PS3.6, written by docs/build_dictionary.py: tag, VR, keyword"


def rows() -> Iterator[tuple[str, str, str]]:
    """Yield tag, VR and keyword of every entry; x stands for any digit of a repeating group."""
    for tag, (vr, _, _, _, keyword) in DicomDictionary.items():
        yield f"{tag:08X}", vr, keyword
    for mask, (vr, _, _, _, keyword) in RepeatersDictionary.items():
        yield mask.upper().replace("X", "x"), vr, keyword


def table() -> str:
    """Return the whole file."""
    lines = sorted("\t".join(row) for row in rows())
    return "".join(f"{line}\n" for line in (HEAD, *lines))


def main(arguments: list[str]) -> int:
    """Update the file, or tell whether it is up to date."""
    current = table()
    if arguments == ["--check"]:
        outdated = TABLE.read_text("ascii") != current
        if outdated:
            print(f"{TABLE} is out of date: run python {__file__}", file=sys.stderr)
        return int(outdated)
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    TABLE.write_text(current, "ascii", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
