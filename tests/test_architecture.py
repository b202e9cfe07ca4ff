"""The rooms of the package, the directions in which they may import each other, and how soon."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import dicomedit

PACKAGE = Path(dicomedit.__file__).parent

# Each room may import itself and those below it, never one beside it.
TIERS = (
    {"cli"},
    {"web", "net", "lsp"},
    {"web", "net"},
    {"authoring"},
    {"batch"},
    {"remap", "profiles", "compare", "convert"},
    {"lang", "io"},
    {"pixels"},
    {"dicom"},
    {"errors"},
    {"records"},
)
TIER_OF = {room: number for number, rooms in enumerate(TIERS) for room in rooms}

ONLY_IN = {
    "pydicom": {"dicom", "pixels", "io", "compare", "net", "authoring"},
    "pynetdicom": {"net"},
    "lark": {"lang"},
    "regex": {"lang"},
    "numpy": {"pixels"},
    "requests": {"io"},
    "fsspec": {"io"},
    "rich": {"cli"},
    "openpyxl": {"remap"},
    "argparse": {"cli"},
    "pygls": {"lsp"},
    "shtab": {"cli"},
    "pytest": {"authoring"},
}

# Slow packages are imported in the function that needs them, but for these modules, which are
# imported that way themselves.
AT_ONCE_ONLY_IN = {
    "pydicom": {
        "dicom/dataset.py",
        "dicom/dataset_charset.py",
        "dicom/dataset_instance.py",
        "dicom/decode.py",
        "io/synthetic.py",
        "net/receiver.py",
    },
    "pynetdicom": {
        "net/association.py",
        "net/limits.py",
        "net/receiver.py",
        "net/sender.py",
        "net/server.py",
        "net/store.py",
    },
    "lark": {"lang/diagnosis.py", "lang/lark_tables.py", "lang/syntax_errors.py"},
    "regex": {
        "lang/java_regex_classes.py",
        "lang/java_regex_properties.py",
        "lang/java_regex_reader.py",
    },
    "requests": {"io/download.py"},
    "urllib3": {"io/download.py"},
    "PIL": set(),
    "pygls": {"lsp/server.py"},
    "lsprotocol": {"lsp/server.py"},
    "shtab": set(),
    "fsspec": set(),
    "zipfile": set(),
    "tarfile": set(),
    "numpy": set(),
    "rich": set(),
    "openpyxl": set(),
}
SLOW = AT_ONCE_ONLY_IN.keys()

MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(module: str) -> str:
    return module.split(".")[1]


def imported(path: Path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module


def imported_at_once(path: Path) -> Iterator[str]:
    """Yield what a module imports while it is imported: not in functions, not for type checkers."""
    waiting: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_slow_packages_are_imported_when_needed(path: Path):
    place = path.relative_to(PACKAGE).as_posix()
    for name in imported_at_once(path):
        allowed = AT_ONCE_ONLY_IN.get(name.split(".")[0])
        assert allowed is None or place in allowed, f"{place} must not import {name} at once"


def loaded(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has after running something."""
    code = f"{code}; import sys; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import dicomedit",
        "import dicomedit.cli.main",
        "from dicomedit.dicom import charsets, dates, dictionary, java_numbers, text, uids",
        "from dicomedit.io import fetch, scan, source",
    ],
)
def test_an_import_brings_in_nothing_slow(code: str):
    assert not loaded(code) & SLOW


def test_the_command_knows_its_commands_by_name():
    assert not {name for name in loaded("import dicomedit.cli.main") if "dicomedit.batch" in name}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    if parts[0] in ("__init__", "__main__"):
        return
    own = parts[0]
    for name in imported(path):
        if name.startswith("dicomedit."):
            room = room_of(name)
            assert room == own or TIER_OF[room] > TIER_OF[own], f"{own} must not import {name}"
        allowed = ONLY_IN.get(name.split(".")[0])
        assert allowed is None or own in allowed, f"{own} must not import {name}"


def test_modules_have_no_cycle():
    graph = {
        ".".join(("dicomedit", *path.relative_to(PACKAGE).with_suffix("").parts)): {
            name for name in imported(path) if name.startswith("dicomedit.")
        }
        for path in MODULES
    }
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]):
        assert module not in trail, " -> ".join((*trail, module))
        if module not in done:
            for name in graph.get(module, ()):
                visit(name, (*trail, module))
            done.add(module)

    for module in graph:
        visit(module, ())


def test_no_module_is_longer_than_its_subject():
    for path in MODULES:
        assert len(path.read_text("utf-8").splitlines()) <= 500, path


def test_front_door():
    assert dicomedit.__all__ == sorted(dicomedit.__all__)
    assert all(hasattr(dicomedit, name) for name in dicomedit.__all__)
    assert sorted(name for names in dicomedit._HOMES.values() for name in names) == (
        dicomedit.__all__
    )


def test_the_front_door_is_the_same_for_type_checkers():
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    shown = {
        (alias.name, node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("dicomedit.")
        for alias in node.names
    }
    homes = {(n, f"dicomedit.{home}") for home, names in dicomedit._HOMES.items() for n in names}
    assert shown == homes


def test_names_are_there_before_they_are_imported():
    code = "import dicomedit; assert {*dicomedit.__all__} <= {*dir(dicomedit)}"
    assert "dicomedit.batch.run" not in loaded(code)
    code = "from dicomedit import *; assert run.__module__ == 'dicomedit.batch.run'"
    assert "dicomedit.batch.run" in loaded(code)


def test_other_names_are_not_there():
    with pytest.raises(AttributeError, match="'dicomedit' has no attribute 'nothing'"):
        _ = dicomedit.nothing
