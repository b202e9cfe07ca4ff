"""The function that changes the image."""

from __future__ import annotations

import re

from dicomedit.errors import failed
from dicomedit.lang.functions.registry import function
from dicomedit.lang.program import Run

TYPE_CHECKING = False  # pixels are imported when some are to be altered
if TYPE_CHECKING:
    from dicomedit.pixels.regions import Fill

_SIDES = {
    "l": "left",
    "left": "left",
    "t": "top",
    "top": "top",
    "r": "right",
    "right": "right",
    "b": "bottom",
    "bottom": "bottom",
}
_COLOURS = {
    "v": "value",
    "value": "value",
    "r": "red",
    "red": "red",
    "g": "green",
    "green": "green",
    "b": "blue",
    "blue": "blue",
}
_INTEGER = r"[+-]?[0-9]{1,9}"
_MOST_COLOUR = 255


@function("alterPixels")
def alter_pixels(shape: str, area: str, fill: str, fill_value: str, *, run: Run) -> None:
    """Black out a rectangle of every frame, as in
    alterPixels["rectangle", "l=0, t=0, r=200, b=40", "solid", "v=0"].

    The rectangle goes from column l to before column r, from row t to before row b, counted from
    0. What lies outside the image is ignored, but some pixel must lie inside. Samples become 0,
    whatever the fill value, unless the run honours it. Compressed images are decompressed. Data
    sets without pixels are left alone.
    """
    from dicomedit.pixels.alter import blank_rectangle
    from dicomedit.pixels.regions import Rectangle

    sides, colour = parameters(shape, area, fill, fill_value)
    rectangle = Rectangle(sides["left"], sides["top"], sides["right"], sides["bottom"])
    honoured = colour if run.resources.honour_fill else None
    if not blank_rectangle(run.instance, rectangle, honoured):
        run.notice("no-pixels", "the data set has no pixel data to alter")


def parameters(shape: str, area: str, fill: str, fill_value: str) -> tuple[dict[str, int], Fill]:
    """Return the sides of the rectangle and what fills it; raise EvaluationError for bad ones."""
    _one_of("shape", shape, "rectangle")
    _one_of("fill", fill, "solid")
    sides = _numbers(area, _SIDES)
    missing = [side for side in ("left", "top", "right", "bottom") if side not in sides]
    if missing:
        raise failed("bad-pixels", f"the rectangle lacks {', '.join(missing)}")
    return sides, _colour(fill_value)


def _one_of(what: str, given: str, known: str) -> None:
    if given.strip().lower() != known:
        raise failed("bad-pixels", f'there is no such {what}; the only one is "{known}"')


def _colour(text: str) -> Fill:
    from dicomedit.pixels.regions import Fill

    numbers = _numbers(text, _COLOURS)
    if not all(0 <= number <= _MOST_COLOUR for number in numbers.values()):
        raise failed("bad-pixels", f"a fill value is not between 0 and {_MOST_COLOUR}")
    if "value" in numbers:
        return Fill((numbers["value"],))
    if {"red", "green", "blue"} <= numbers.keys():
        return Fill((numbers["red"], numbers["green"], numbers["blue"]))
    raise failed("bad-pixels", "the fill lacks a value: v, or all of r, g and b")


def _numbers(text: str, names: dict[str, str]) -> dict[str, int]:
    """Return the numbers of a list such as ``l=1, t=2`` under their full names."""
    found = {}
    for pair in text.split(","):
        name, equals, number = pair.partition("=")
        known = names.get(name.strip().lower())
        if not equals or not re.fullmatch(_INTEGER, number.strip()):
            raise failed("bad-pixels", "the parameters are not of the form name=integer, ...")
        if known is not None:
            found[known] = int(number)
    return found
