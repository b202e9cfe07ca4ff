"""Write docs/diagnostics.md from the registry of codes.

python docs/build_diagnostics.py          brings the page up to date
python docs/build_diagnostics.py --check  changes nothing; exit status 1 when it is out of date
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from dicomedit.authoring.checking.code import Code
from dicomedit.authoring.checking.codes import REGISTRY

PAGE = Path(__file__).with_name("diagnostics.md")

_HEAD = """\
# What `dicomedit check` finds

<!-- by docs/build_diagnostics.py; change dicomedit/authoring/checking/codes_*.py instead -->

Every finding has a code. This page explains all of them, with a script that has the finding and the
same script repaired. How to use the command is told in [checking.md](checking.md).

* An **error** is what `dicomedit run` refuses, too: nothing is done with any file.
* A **warning** is very likely a mistake.
* An **info** is worth knowing and may well be meant.

Examples are of version 6, whose version statement is left out here, unless something else is said.
"""
_READ_AS = {
    4: "Read as DicomEdit 4:",
    None: "Read without saying which version it is:",
}


def page() -> str:
    """Return the page."""
    rows = [f"| [`{c.name}`](#{c.name}) | {c.severity} | {c.title} |" for c in REGISTRY.values()]
    table = "\n".join(["| Code | Severity | Meaning |", "|---|---|---|", *rows])
    sections = ["\n\n".join(section(code)) for code in REGISTRY.values()]
    return "\n\n".join([_HEAD.rstrip(), table, *sections]) + "\n"


def section(code: Code) -> Iterator[str]:
    """Yield the paragraphs about one code."""
    yield f"## {code.name}"
    yield f"**{code.title}** ({code.severity})"
    yield "\n".join(textwrap.wrap(code.explanation, 100, break_on_hyphens=False))
    if code.wrong:
        if code.dialect in _READ_AS:
            yield _READ_AS[code.dialect]
        mark = "The file begins with a byte order mark:" if code.wrong[0] == "\ufeff" else ""
        if mark:
            yield mark
        yield block(code.wrong.lstrip("\ufeff"))
        yield "Repaired:"
        yield block(code.right)


def block(script: str) -> str:
    """Return a script as a block of code."""
    return f"```das\n{script.rstrip()}\n```"


def main() -> int:
    """Write the page, or compare it."""
    wanted = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(wanted, "utf-8", newline="\n")
        return 0
    if PAGE.is_file() and PAGE.read_text("utf-8") == wanted:
        return 0
    print(f"{PAGE} is out of date: run python docs/build_diagnostics.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
