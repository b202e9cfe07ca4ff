"""Makes the tables of the grammars when the package is built or installed for development."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TablesHook(BuildHookInterface):
    """Writes ``grammar/*.tables``, which go where the grammars go."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the tables before the files of the package are collected."""
        root = Path(self.root)
        for grammar in sorted((root / "grammar").glob("*.lark")):
            tables = _lark_tables(root).build(grammar.read_text(encoding="utf-8"))
            grammar.with_suffix(".tables").write_text(tables, encoding="utf-8", newline="\n")


def _lark_tables(root: Path) -> Any:
    """Load the module by itself: what the package needs is not there while it is built."""
    path = root / "dicomedit" / "lang" / "lark_tables.py"
    spec = importlib.util.spec_from_file_location("lark_tables", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
