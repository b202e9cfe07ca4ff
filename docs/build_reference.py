"""Write the functions section of docs/language.md anew, from the registry and docs/examples.

python docs/build_reference.py          brings the page up to date
python docs/build_reference.py --check  changes nothing; exit status 1 when it is out of date
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from dicomedit.lang.functions import REGISTRY
from dicomedit.lang.functions.manual import remarks
from dicomedit.lang.functions.registry import Function

FOLDER = Path(__file__).parent
PAGE = FOLDER / "language.md"
BEGIN = "<!-- functions: begin -->"
END = "<!-- functions: end -->"

_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")


def updated(page: str) -> str:
    """Return the page with the part between the markers written anew."""
    before, _, rest = page.partition(BEGIN)
    _, marker, after = rest.partition(END)
    if not marker:
        raise SystemExit(f"{PAGE}: the markers {BEGIN} and {END} are missing")
    sections = "\n\n".join(section(function) for function in REGISTRY)
    return f"{before}{BEGIN}\n{contents()}\n\n{sections}\n{END}{after}"


def contents() -> str:
    """Return links to all functions."""
    links = (f"[{function.name}](#{function.name.lower()})" for function in REGISTRY)
    return "\n".join(lines_of(" · ".join(links)))


def lines_of(text: str, width: int = 100) -> Iterator[str]:
    """Yield the text in lines of at most `width` characters."""
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    yield line


def section(function: Function) -> str:
    """Return what the page says of one function."""
    parts = [f"### {function.name}", f"`{function.signature}`"]
    parts += ["\n".join(lines_of(part)) for part in _BLANK_LINES.split(function.doc)]
    notes = list(remarks(function))
    if notes:
        parts.append("\n".join(f"* {note}" for note in notes))
    parts += [f"```das\n{example}\n```" for example in examples(function.name)]
    return "\n\n".join(parts)


def examples(name: str) -> list[str]:
    """Return the examples of a function."""
    text = (FOLDER / "examples" / f"{name}.das").read_text("utf-8")
    return _BLANK_LINES.split(text.strip())


def main(arguments: list[str]) -> int:
    """Update the page, or tell whether it is up to date."""
    page = PAGE.read_text("utf-8")
    current = updated(page)
    if arguments == ["--check"]:
        if page != current:
            print(f"{PAGE} is out of date: run python {__file__}", file=sys.stderr)
        return int(page != current)
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    PAGE.write_text(current, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
