"""`dicomedit functions`: the reference in the terminal."""

import json

import pytest

from dicomedit.cli.main import main
from dicomedit.lang.functions.manual import registry_of, summary


def told(capsys, *arguments: str) -> str:
    assert main(["functions", *arguments]) == 0
    return capsys.readouterr().out


def test_all_functions_are_listed(capsys):
    out = told(capsys)
    for function in registry_of(6):
        assert f"{function.signature}\n    " in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("dialect", [4, 6])
def test_every_function_has_a_page(capsys, dialect: int):
    for function in registry_of(dialect):
        out = told(capsys, function.name, "--dialect", str(dialect))
        assert out.startswith(f"{function.signature}\n\n{summary(function)[:20]}")
        assert ("Examples:" in out) == (dialect == 6)
        assert "`" not in out.partition("Examples:")[0]


def test_a_page(capsys):
    out = told(capsys, "newUID")
    assert "Further" not in out
    out = told(capsys, "substring")
    assert "  start: integer\n" in out
    assert "  Further arguments are ignored.\n" in out


def test_json(capsys):
    (function,) = json.loads(told(capsys, "match", "--format", "json"))
    assert function["signature"] == "match[text, pattern, group]"
    assert "echo match" in function["examples"]
    assert len(json.loads(told(capsys, "--format", "json", "--dialect", "4"))) == 9


@pytest.mark.parametrize(
    ("name", "hint"),
    [("substrng", 'did you mean "substring"?'), ("xyzzy", '"dicomedit functions" lists all')],
)
def test_an_unknown_function(capsys, name: str, hint: str):
    assert main(["functions", name]) == 2
    assert hint in capsys.readouterr().err
