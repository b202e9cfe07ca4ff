"""The grammars, wherever the package was installed from."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lark import Lark

from dicomedit.lang.newlines import Newlines

_IN_WHEEL = Path(__file__).parents[1] / "grammar"
_IN_CHECKOUT = Path(__file__).parents[2] / "grammar"


def grammar_text(name: str) -> str:
    """Return the text of ``grammar/<name>``: in the wheel below the package, else beside it."""
    folder = _IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT
    return (folder / name).read_text(encoding="utf-8")


@cache
def dicomedit6() -> Lark:
    """Return the parser of version 6; it has no state of its own between scripts."""
    return Lark(
        grammar_text("dicomedit6.lark"),
        parser="lalr",
        lexer="basic",
        start=["start", "tag_path"],
        propagate_positions=True,
        maybe_placeholders=True,
        postlex=Newlines(),
    )
