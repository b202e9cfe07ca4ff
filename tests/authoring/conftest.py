"""A folder with a script, into which tests of the script are put; and strategies for scripts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "lang"))  # the strategies

SCRIPT = """version "6.6"
(0010,0020) := "ANON"
"""


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a script and a file of tests beside it; return the path of that."""

    def write(tests: str, script: str = SCRIPT) -> Path:
        (tmp_path / "anon.das").write_text(script, "utf-8")
        path = tmp_path / "anon.test.toml"
        path.write_text(tests, "utf-8")
        return path

    return write
