"""The grammar by which editors colour scripts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from textmate import GRAMMAR, pieces, scopes

CHECKOUT = Path(__file__).parents[2]
CONFORMANCE = CHECKOUT.parent / "shared" / "conformance"


def test_it_is_up_to_date():
    command = [sys.executable, CHECKOUT / "editors" / "build_grammar.py", "--check"]
    assert subprocess.run(command, check=False, timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('version "6.6" // x', "version:keyword.other //:comment.line.double-slash"),
        ("-*/(0010,00X0)[%]", "*:keyword.operator.levels (0010,00X0):constant.other.tag"),
        ("(0010,0010)[12]", "[12]:constant.numeric.item"),
        ("(0009,{ACME}01)", "{ACME}:string.unquoted.private-creator 01):constant.other.tag"),
        ("x := lowercase[y]", "x:variable.other.assignment lowercase:support.function"),
        ("unheardOf[y]", "unheardOf:entity.name.function y:variable.other"),
        ("if (new = 1)", "if:keyword.control new:variable.other 1:constant.numeric"),
        ("(0020,000D) := new UID", " new:keyword.other UID:variable.other"),
        (r'"\" {0}"', r"\":constant.character.escape {0}:constant.other.placeholder"),
    ],
)
def test_scopes(line: str, expected: str):
    found = {piece[:2] if piece.startswith("//") else piece: scope for scope, piece in scopes(line)}
    for piece in (" " + expected if expected.startswith("new") else expected).split(" "):
        word, _, scope = piece.rpartition(":")
        if word:
            found_scope = found.get(word) or found.get(f" {word}")
            assert found_scope == f"{scope}.dicomedit", (word, found)


@pytest.mark.parametrize("dialect", ["de4", "de6"])
def test_every_word_of_the_golden_scripts_has_a_scope(dialect: str):
    cases = json.loads((CONFORMANCE / f"{dialect}.json").read_text("utf-8"))
    lines = {line for case in cases for line in case["script"].splitlines()}
    for line in lines:
        covered = set()
        inside = None
        for start, end, scope in pieces(line):
            covered.update(range(start, end))
            if scope.startswith("string.quoted"):
                covered.update(range(start if inside is None else inside, end))
                inside = start if inside is None else None
        bare = {line[at] for at in range(len(line)) if at not in covered and line[at].isalnum()}
        assert not bare, (line, bare)


def test_the_extension_names_the_grammar():
    package = json.loads((CHECKOUT / "editors/vscode/package.json").read_text("utf-8"))
    (grammar,) = package["contributes"]["grammars"]
    assert grammar["scopeName"] == GRAMMAR["scopeName"]
    for path in (grammar["path"], package["main"]):
        assert (CHECKOUT / "editors/vscode" / path).is_file()
