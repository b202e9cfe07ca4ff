"""The wheel: built, installed somewhere else, and used there; and what an import costs."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]

FOR_TESTS_OF_SCRIPTS = ("dicomedit/authoring/testing/", "dicomedit/cli/test.py")
"""Modules with "test" in their names that are no tests of the package."""

pytestmark = pytest.mark.slow


def run(*command: object, cwd: Path, **options) -> str:
    """Return standard output; standard error is part of the message when it fails."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    result = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=environment,
        timeout=600,
        **options,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(
        sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, CHECKOUT,
        cwd=folder,
    )  # fmt: skip
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory) -> Path:
    """The `bin` folder of an environment with nothing but the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    run(folder / "bin/python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return folder / "bin"


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_holds_the_package_the_grammar_and_the_scripts(wheel: Path):
    found = set(names(wheel))
    for path in (CHECKOUT / "dicomedit").rglob("*.py"):
        assert str(path.relative_to(CHECKOUT)) in found
    for path in (*(CHECKOUT / "grammar").glob("*.lark"), *(CHECKOUT / "scripts").glob("*.das")):
        assert f"dicomedit/{path.relative_to(CHECKOUT)}" in found
    for path in (CHECKOUT / "docs" / "examples").glob("*.das"):
        assert f"dicomedit/examples/{path.name}" in found
    tables = {f"dicomedit/grammar/dicomedit{dialect}.tables" for dialect in (4, 6)}
    assert tables <= set(found)
    assert "dicomedit/py.typed" in found
    assert {"dicomedit/dicom/dictionary.tsv", "dicomedit/remap/remap.xsd"} <= found


def test_the_wheel_holds_nothing_else(wheel: Path):
    for name in names(wheel):
        top, _, rest = name.partition("/")
        assert top == "dicomedit" or top.endswith(".dist-info"), name
        is_for_users = name.startswith(FOR_TESTS_OF_SCRIPTS) or rest.endswith(".test.toml")
        assert is_for_users or "test" not in rest.lower(), name
        known = name.endswith(
            (".py", ".lark", ".tables", ".das", ".test.toml", ".tsv", ".typed", ".xsd")
        )
        assert known or ".dist-info/" in name, name


def test_the_wheel_is_one_for_all_platforms(wheel: Path):
    assert wheel.name.startswith("dicomedit-")
    assert wheel.name.endswith("-py3-none-any.whl")


def test_the_installed_command(installed: Path, tmp_path: Path):
    out = run(installed / "dicomedit", "demo", "here", cwd=tmp_path)
    assert "The images are in here/original, the edited ones in here/cleaned." in out
    assert len(list((tmp_path / "here/cleaned").rglob("*.dcm"))) == 6


USE = """
import dicomedit
assert "site-packages" in dicomedit.__file__, dicomedit.__file__
report = dicomedit.run('version "6.6"\\n(0010,0010) := "ANON"', "here/original", "out")
print(len(report.rows), report.failed)
"""


def test_the_installed_package(installed: Path, tmp_path: Path):
    run(installed / "dicomedit", "demo", "here", cwd=tmp_path)
    assert run(installed / "python", "-c", USE, cwd=tmp_path) == "6 False\n"
    out = run(installed / "python", "-m", "dicomedit", "--version", cwd=tmp_path)
    assert out == run(installed / "dicomedit", "--version", cwd=tmp_path)


READ = """
import sys
import dicomedit
dicomedit.compile_script('version "6.6"\\n(0010,0010) := "ANON"')
print("lark" in sys.modules)
"""


def test_the_installed_package_reads_good_scripts_without_lark(installed: Path, tmp_path: Path):
    assert run(installed / "python", "-c", READ, cwd=tmp_path) == "False\n"


def test_an_import_brings_in_nothing_slow(tmp_path: Path):
    code = "import dicomedit, sys; print(*sys.modules)"
    loaded = set(run(sys.executable, "-c", code, cwd=tmp_path).split())
    slow = {"pydicom", "numpy", "PIL", "openjpeg", "jpeg_ls", "requests", "rich", "lark", "regex"}
    assert not loaded & (slow | {"argparse", "dataclasses", "typing"})
