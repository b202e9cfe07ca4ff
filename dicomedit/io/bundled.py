"""The scripts that come with the package: below it in a wheel, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

_IN_WHEEL = Path(__file__).parents[1] / "scripts"
_IN_CHECKOUT = Path(__file__).parents[2] / "scripts"


def bundled_script(name: str) -> Path:
    """Return the path of a ready-made script, such as ``basic-header.das``."""
    folder = _IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT
    return folder / name
