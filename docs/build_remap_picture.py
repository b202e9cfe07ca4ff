"""Draw docs/images/remap.svg: a terminal session with `dicomedit summarize` and `remap`.

Run it after a change of what these commands print: python docs/build_remap_picture.py
"""

import os
import re
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

DOCS = Path(__file__).parent
PICTURE = DOCS / "images" / "remap.svg"
sys.path.insert(0, str(DOCS.parent / "tests"))

import archive  # noqa: E402

SESSION = (
    "cat config.xml",
    "dicomedit summarize config.xml data -o table.xlsx",
    "# the new values are filled in, with a slip: two IDs for one patient",
    "dicomedit remap config.xml data out --values slip.csv --strict",
    "dicomedit remap config.xml data out --values filled.csv --strict",
    "find out -type f | sort",
)
CONFIG = """\
<Columns>
  <Patient remap="Anon Patient Name">(0010,0010)</Patient>
  <Patient remap="Anon PatientID">(0010,0020)</Patient>
</Columns>
"""
HEADER = ("Patient\N{RIGHT SINGLE QUOTATION MARK}s Name", "Anon Patient Name")
ROWS = [
    [*HEADER, "Patient ID", "Anon PatientID"],
    ["Doe^Jane", "Anon1", "P1", "A1"],
    ["Roe^Rick", "Anon2", "P2", "A2"],
]


def prepare(folder: Path) -> None:
    """Write what the session needs."""
    archive.write_example(folder / "data")
    (folder / "config.xml").write_text(CONFIG, "utf-8")
    archive.write_csv(folder / "filled.csv", ROWS)
    archive.write_csv(folder / "slip.csv", [*ROWS, ["Doe^Jane", "Anon1", "P1", "A9"]])


def output(command: str, folder: Path) -> str:
    """Return what a command prints."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": "96"}
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout.rstrip()


def draw(folder: Path) -> str:
    """Return the session as a picture."""
    console = Console(record=True, width=96, file=StringIO(), force_terminal=True)
    for command in SESSION:
        style = "dim" if command.startswith("#") else "bold"
        console.print(Text(f"$ {command}", style=style))
        text = Text(output(command, folder))
        text.highlight_regex(r"error\[[\w-]+\]", "bold red")
        text.highlight_regex(r"warning\[[\w-]+\]", "bold yellow")
        if text.plain:
            console.print(text)
    svg = console.export_svg(title="dicomedit", unique_id="remap")
    # Nothing is to be fetched when somebody looks at it.
    return re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)


def main() -> None:
    """Draw the picture."""
    with tempfile.TemporaryDirectory() as name:
        prepare(Path(name))
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_text(draw(Path(name)), "utf-8")


if __name__ == "__main__":
    main()
