"""The kinds of files a corpus can be made of, each with its usual size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kinds import big, ct, mr, shapes, siemens, sr, us
from kinds.common import Spec


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: what writes it, and how much of it makes a corpus."""

    write: Callable[[Spec, int, Path], None]
    usual: Spec


KINDS = {
    "ct": Kind(ct.write, Spec(count=200, rows=512)),
    "mr": Kind(mr.write, Spec(count=4, rows=128, frames=350)),
    "sr": Kind(sr.write, Spec(count=60, depth=20)),
    "us": Kind(us.write, Spec(count=12, rows=480, frames=24)),
    "siemens": Kind(siemens.write, Spec(count=200, rows=256)),
    "big": Kind(big.write, Spec(count=1, size=1 << 30)),
    "wide": Kind(shapes.write_wide, Spec(count=1, elements=1_000)),
    "deep": Kind(shapes.write_deep, Spec(count=1, depth=32)),
}
