"""`dicomedit demo`: a made-up study before and after a script."""

from __future__ import annotations

import argparse
from pathlib import Path

from dicomedit.batch.run import Row, run
from dicomedit.compare.listing import list_elements
from dicomedit.errors import DicomFileError
from dicomedit.io.bundled import bundled_script
from dicomedit.io.synthetic import write_study

_SCRIPT = "basic-header.das"
_SHOWN = 40

_DESCRIPTION = """\
Write a small made-up CT study of two patients, run the bundled script basic-header.das over it,
and show one image before and after. Everything stays in FOLDER, to be looked at and deleted:

  FOLDER/original   the made-up images
  FOLDER/cleaned    the same images, edited"""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = _DESCRIPTION
    parser.set_defaults(command=execute)
    parser.add_argument(
        "folder",
        nargs="?",
        default="dicomedit-demo",
        metavar="FOLDER",
        help="where to write (default: %(default)s)",
    )


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    folder = Path(given.folder)
    original, cleaned = folder / "original", folder / "cleaned"
    try:
        write_study(original)
    except OSError as error:
        raise DicomFileError(str(folder), error.strerror or "cannot be written") from None
    report = run(bundled_script(_SCRIPT), original, cleaned)
    _show(report.rows[0], len(report.rows))
    print(f"\nThe images are in {original}, the edited ones in {cleaned}.")
    print(f"Read the script: {bundled_script(_SCRIPT)}")
    print(f"Run it yourself: dicomedit run {bundled_script(_SCRIPT)} {original} OUT")
    return 1 if report.failed else 0


def _show(row: Row, count: int) -> None:
    from rich.console import Console
    from rich.table import Table

    before, after = (list_elements(Path(str(each))) for each in (row.source, row.destination))
    table = Table(title=f"{row.source.name}, one of {count} images, before and after {_SCRIPT}")
    for heading in ("Element", "Before", "After"):
        table.add_column(heading, overflow="fold")
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        style = None if old == new else "bold yellow"
        name = (old or new or ("", ""))[0]
        table.add_row(name, _cell(old), _cell(new), style=style)
    Console().print(table)


def _cell(shown: tuple[str, str] | None) -> str:
    if shown is None:
        return "-"
    value = shown[1]
    return value if len(value) <= _SHOWN else f"{value[: _SHOWN - 3]}..."
