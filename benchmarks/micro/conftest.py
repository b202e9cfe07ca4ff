"""What the micro-benchmarks work on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1]
sys.path.insert(0, str(BENCHMARKS))

from corpus import write_corpus  # noqa: E402 - a script's folder is no package


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One file of each kind that the benchmarks use."""
    folder = tmp_path_factory.mktemp("files")
    sizes = {"ct": {}, "mr": {"frames": 50}, "sr": {}, "siemens": {}}
    for kind, changes in sizes.items():
        write_corpus(folder, kind, count=1, **changes)
    return {kind: folder / f"{kind}00000.dcm" for kind in sizes}


@pytest.fixture(scope="session", params=["light", "basic-profile"])
def job(request: pytest.FixtureRequest) -> Path:
    """Each job, as the path of its script."""
    return BENCHMARKS / "jobs" / f"{request.param}.das"
