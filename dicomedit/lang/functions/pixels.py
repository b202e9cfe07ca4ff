"""The function that changes the image."""

from __future__ import annotations

from dicomedit.errors import failed
from dicomedit.lang.functions.registry import function
from dicomedit.lang.program import Run


@function("alterPixels")
def alter_pixels(shape: str, area: str, fill: str, fill_value: str, *, run: Run) -> None:
    """Black out a rectangle of every frame."""
    raise failed("not-yet", "alterPixels is not supported yet")
