"""Write the TextMate grammar of the language, with which editors colour scripts, anew.

python editors/build_grammar.py          brings editors/vscode/syntaxes up to date
python editors/build_grammar.py --check  changes nothing; exit status 1 when it is out of date

One grammar serves both dialects: the names of functions and words are those of the package.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from dicomedit.lang.functions.manual import registry_of
from dicomedit.lsp.keywords import KEYWORDS

FILE = Path(__file__).parent / "vscode" / "syntaxes" / "dicomedit.tmLanguage.json"

BRANCHES = ("if", "elseif", "else")
HEX = "[0-9A-Fa-fXx@#]"


def grammar() -> dict[str, Any]:
    """Return the grammar."""
    return {
        "name": "DicomEdit",
        "scopeName": "source.dicomedit",
        "fileTypes": ["das"],
        "patterns": [{"include": f"#{name}"} for name in _repository()],
        "repository": _repository(),
    }


def _repository() -> dict[str, Any]:
    functions = sorted({each.name for dialect in (4, 6) for each in registry_of(dialect)})
    words = [each.word for each in KEYWORDS if each.word not in BRANCHES and each.word != "new"]
    return {
        "comment": _match("comment.line.double-slash", r"//.*$"),
        "text": {
            "name": "string.quoted.double.dicomedit",
            "begin": '"',
            "end": '"|$',
            "patterns": [
                _match("constant.character.escape", r"\\(?:[btnfr\"'()\\]|[0-7]{3})"),
                _match("constant.other.placeholder", r"\{[0-9]+\}"),
            ],
        },
        "privateTag": {
            "match": rf"(\({HEX}{{4}}[ \t]*,[ \t]*)(\{{[^}}]*\}})({HEX}{{2}}\))",
            "captures": {
                "1": {"name": "constant.other.tag.dicomedit"},
                "2": {"name": "string.unquoted.private-creator.dicomedit"},
                "3": {"name": "constant.other.tag.dicomedit"},
            },
        },
        "tag": _match("constant.other.tag", rf"\({HEX}{{4}}[ \t]*,[ \t]*{HEX}{{4}}\)"),
        "item": _match("constant.numeric.item", r"(?<=\))\[(?:[0-9]+|%)\]"),
        "branch": _match("keyword.control", rf"\b(?:{'|'.join(BRANCHES)})\b"),
        "generator": _match("keyword.other", r"(?<=:=)[ \t]*new\b"),
        "word": _match("keyword.other", rf"\b(?:{'|'.join(words)})\b"),
        "function": _match("support.function", rf"\b(?:{'|'.join(functions)})(?=[ \t]*\[)"),
        "call": _match("entity.name.function", r"\b[A-Za-z_]\w*(?=[ \t]*\[)"),
        "definition": _match("variable.other.assignment", r"\b[A-Za-z_]\w*(?=[ \t]*:=)"),
        "variable": _match("variable.other", r"\b[A-Za-z_]\w*"),
        "number": _match("constant.numeric", r"-?\b[0-9][0-9.\w]*"),
        "levels": _match("keyword.operator.levels", r"[*+.](?=/)"),
        "operator": _match("keyword.operator", r":=|\?=|!=|!~|[=~?:/-]"),
        "punctuation": _match("punctuation.separator", r"[,;]"),
    }


def _match(scope: str, expression: str) -> dict[str, str]:
    return {"name": f"{scope}.dicomedit", "match": expression}


def main(arguments: list[str]) -> int:
    """Update the file, or tell whether it is up to date."""
    current = json.dumps(grammar(), indent=2) + "\n"
    if arguments == ["--check"]:
        is_new = not FILE.exists() or FILE.read_text("utf-8") != current
        if is_new:
            print(f"{FILE} is out of date: run python {__file__}", file=sys.stderr)
        return int(is_new)
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    FILE.write_text(current, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
