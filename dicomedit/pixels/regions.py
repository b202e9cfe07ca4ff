"""Rectangles, and what they are filled with."""

from __future__ import annotations

from dicomedit.errors import failed
from dicomedit.records import Record


class Rectangle(Record):
    """Columns `left` up to, not including, `right`; rows `top` up to, not including, `bottom`."""

    left: int
    top: int
    right: int
    bottom: int

    def normalised(self) -> Rectangle:
        """Return the same area with its corners in order."""
        left, right = sorted((self.left, self.right))
        top, bottom = sorted((self.top, self.bottom))
        return Rectangle(left, top, right, bottom)

    def clipped(self, rows: int, columns: int) -> Rectangle | None:
        """Return the part, corners in order, that lies on an image; None when there is none."""
        area = self.normalised()
        left, right = max(area.left, 0), min(area.right, columns)
        top, bottom = max(area.top, 0), min(area.bottom, rows)
        return Rectangle(left, top, right, bottom) if left < right and top < bottom else None


class Fill(Record):
    """What an area is filled with: one value for all samples of a pixel, or one for each."""

    samples: tuple[int, ...]

    def values(self, samples_per_pixel: int, bits_stored: int) -> tuple[int, ...]:
        """Return one value per sample; an error when their number or size does not fit."""
        if len(self.samples) not in (1, samples_per_pixel):
            raise failed(
                "pixel-fill",
                f"a fill of {len(self.samples)} values does not fit pixels of {samples_per_pixel}",
            )
        if not all(0 <= sample < 1 << bits_stored for sample in self.samples):
            raise failed(
                "pixel-fill", f"a fill value does not fit in the {bits_stored} bits of a sample"
            )
        return self.samples * (samples_per_pixel // len(self.samples))
