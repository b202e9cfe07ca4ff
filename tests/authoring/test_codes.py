"""The registry of codes: every code is in it, and its examples show what they say."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dicomedit import check
from dicomedit.authoring.checking.codes import REGISTRY

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "check"

WITHOUT_EXAMPLE = {
    "include-cycle",
    "include-failed",
    "long-path",
    "nested-too-deeply",
    "too-many-includes",
    "unknown-dialect",
    "unreadable-file",
}
"""Shown by tests of their own, in test_check.py and test_check_command.py."""

EXAMPLES = [code for code in REGISTRY.values() if code.wrong]


def test_every_code_has_an_example():
    assert {code.name for code in REGISTRY.values() if not code.wrong} == WITHOUT_EXAMPLE


@pytest.mark.parametrize("code", EXAMPLES, ids=lambda code: code.name)
def test_example_has_the_finding_and_the_repaired_one_has_not(code):
    found = {each.code: each.severity.value for each in check(code.wrong, dialect=code.dialect)}
    assert found[code.name] in code.severity.split(" or ")
    repaired = check(code.right, dialect=code.dialect)
    assert code.name not in {each.code for each in repaired}
    assert "error" not in {each.severity.value for each in repaired}


def test_page_is_up_to_date():
    script = ROOT / "docs" / "build_diagnostics.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_every_code_that_is_told_is_in_the_registry():
    told = set()
    for folder in ("authoring", "lang", "io"):
        for path in (ROOT / "dicomedit" / folder).rglob("*.py"):
            if path.name not in ("migrate.py", "lowering.py", "format.py"):  # other commands
                told |= set(_told(ast.parse(path.read_text("utf-8"))))
    assert told <= REGISTRY.keys()
    assert len(told) > 75


_MAKERS = {"_error", "_warning", "warning", "Diagnostic", "Problem", "warn", "info", "tell"}


def _told(tree: ast.AST):
    """Yield the first text of every call that makes a finding."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in _MAKERS:
            texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
            codes = [text for text in texts if re.fullmatch(r"[a-z]+(-[a-z]+)*", str(text))]
            yield from codes[:1]


def test_codes_are_told_once():
    assert len(REGISTRY) == len({code.title for code in REGISTRY.values()})
    assert list(REGISTRY) == sorted(REGISTRY)
