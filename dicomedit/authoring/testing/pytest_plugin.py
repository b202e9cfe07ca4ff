"""A plugin of pytest that collects the tests of scripts, ``*.test.toml``, like any others.

It is found by pytest itself; ``-p no:dicomedit`` switches it off. Nothing of this package is
imported before the first such file is met.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from dicomedit.authoring.testing.cases import Case
    from dicomedit.authoring.testing.run_cases import Runner

SUFFIX = ".test.toml"  # as in `cases`, which is not imported for every file there is


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take up a file of tests."""
    if file_path.name.endswith(SUFFIX):
        return ScriptTests.from_parent(parent, path=file_path)
    return None


class ScriptTests(pytest.File):
    """A file of tests."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield its cases."""
        from dicomedit.authoring.testing.cases import read_cases
        from dicomedit.authoring.testing.run_cases import Runner
        from dicomedit.errors import DicomEditError

        try:
            cases = read_cases(self.path)
        except DicomEditError as error:
            raise self.CollectError(str(error)) from None
        runner = Runner()
        for case in cases:
            yield ScriptTest.from_parent(self, name=case.name, case=case, runner=runner)


class CaseFailed(Exception):
    """A case that did not come out as expected."""


class ScriptTest(pytest.Item):
    """One case."""

    def __init__(self, *, case: Case, runner: Runner, **options: Any) -> None:
        super().__init__(**options)
        self._case = case
        self._runner = runner

    def runtest(self) -> None:
        """Run it."""
        result = self._runner.run(self._case)
        if result.failures:
            raise CaseFailed("\n".join(result.failures))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what is told of a failure: no traceback, which says nothing of the script."""
        if isinstance(excinfo.value, CaseFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the case stands, and its name."""
        return self.path, None, self.name
