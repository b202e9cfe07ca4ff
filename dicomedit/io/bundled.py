"""Files that come with the package: below it in a wheel, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

_IN_WHEEL = Path(__file__).parents[1]
_IN_CHECKOUT = Path(__file__).parents[2]


def bundled_script(name: str) -> Path:
    """Return the path of a ready-made script, such as ``basic-header.das``."""
    folder = _IN_WHEEL / "scripts"
    return (folder if folder.is_dir() else _IN_CHECKOUT / "scripts") / name


def function_examples(name: str) -> str:
    """Return the examples of a function of version 6 as the language reference shows them."""
    folder = _IN_WHEEL / "examples"
    folder = folder if folder.is_dir() else _IN_CHECKOUT / "docs" / "examples"
    return (folder / f"{name}.das").read_text("utf-8").strip()
