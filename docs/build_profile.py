"""Write dicomedit/profiles/confidentiality.tsv anew from a JSON file with PS3.15 Table E.1-1.

python docs/build_profile.py FACTS.json          brings the table up to date
python docs/build_profile.py FACTS.json --check  changes nothing; status 1 when it is out of date

The facts list each row of the table: tag, name, keyword, VR, action of the basic profile, and the
actions of the options. The edition that they were taken from is kept in the table's first line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[1] / "dicomedit" / "profiles" / "confidentiality.tsv"


def table(facts: dict[str, Any]) -> str:
    """Return the whole table."""
    return "".join(f"{line}\n" for line in _lines(facts))


def _lines(facts: dict[str, Any]) -> Iterator[str]:
    yield (
        f"# DICOM PS3.15 {facts['edition']}, Table E.1-1: tag, keyword, name, VR, action of the"
        " basic profile, actions of options"
    )
    for row in facts["attributes"]:
        tag = row["tag"].strip("()").replace(",", "").lower()
        options = ",".join(
            f"{name.replace('_', '-')}={action}" for name, action in sorted(row["options"].items())
        )
        yield "\t".join(
            [tag, row["keyword"] or "", row["name"], row["vr"] or "", row["basic"], options]
        )


def main(arguments: list[str]) -> int:
    """Update the table, or tell whether it is up to date."""
    if not arguments or arguments[1:] not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    current = table(json.loads(Path(arguments[0]).read_text("utf-8")))
    if arguments[1:]:
        return int(TABLE.read_text("utf-8") != current)
    TABLE.write_text(current, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
