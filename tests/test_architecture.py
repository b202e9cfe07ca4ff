"""The rooms of the package and the directions in which they may import each other."""

import ast
from pathlib import Path

import pytest

import dicomedit

PACKAGE = Path(dicomedit.__file__).parent

# Each room may import itself and those below it, never one beside it.
TIERS = (
    {"cli"},
    {"web", "net"},
    {"batch"},
    {"remap", "profiles", "compare"},
    {"lang", "io"},
    {"pixels"},
    {"dicom"},
    {"errors"},
)
TIER_OF = {room: number for number, rooms in enumerate(TIERS) for room in rooms}

ONLY_IN = {
    "pydicom": {"dicom", "pixels", "io", "compare", "net"},
    "lark": {"lang"},
    "requests": {"io"},
    "rich": {"cli"},
    "argparse": {"cli"},
}

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
