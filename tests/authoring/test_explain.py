"""Scripts in plain language: what is said of each statement, and that nothing is left unsaid."""

from __future__ import annotations

import re
from pathlib import Path

import golden
import pytest
from hypothesis import given
from strategies import modest, statements

from dicomedit.authoring.explaining.explain import explain_script
from dicomedit.authoring.explaining.phrases import ACTIONS, CONDITIONS, VALUES, VALUES_4, filled
from dicomedit.authoring.explaining.telling import explanation_text
from dicomedit.authoring.explaining.wording import Wording
from dicomedit.authoring.formatting.reading import all_statements, read_script
from dicomedit.dicom.paths import Levels, Step
from dicomedit.errors import ScriptError, Source
from dicomedit.lang import nodes
from dicomedit.lang.dialect4 import nodes as nodes4
from dicomedit.lang.dialect4.functions import REGISTRY as REGISTRY_4
from dicomedit.lang.functions import REGISTRY

FOLDER = Path(__file__).parent / "explained"
SCRIPTS = sorted(FOLDER.glob("*.das"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_explanations(path: Path):
    found = explain_script(path.read_text("utf-8"), name=path.name)
    assert explanation_text(found) == path.with_suffix(".txt").read_text("utf-8")


def statements_in(name: str) -> list[object]:
    source = Source(name, (FOLDER / name).read_text("utf-8"))
    return list(all_statements(read_script(source).statements))


def kinds(union: object) -> set[type]:
    return set(union.__args__)  # type: ignore[attr-defined]


def test_every_kind_of_statement_is_explained():
    found = statements_in("statements.das")
    assert {type(each) for each in found} == kinds(nodes.Statement)
    found = statements_in("version4.das")
    assert {type(each) for each in found} == kinds(nodes4.Statement)


@pytest.mark.parametrize(
    ("name", "registry"), [("functions.das", REGISTRY), ("version4.das", REGISTRY_4)]
)
def test_every_function_is_explained(name: str, registry):
    text = re.sub(r'"[^"]*"', '""', (FOLDER / name).read_text("utf-8"))
    assert set(re.findall(r"(\w+)\[", text)) == {function.name for function in registry}


def test_every_function_has_a_phrase_of_its_kind():
    acting = {function.name for function in REGISTRY if not function.has_value}
    assert acting == ACTIONS.keys()
    valued = {function.name for function in REGISTRY if function.has_value}
    assert valued == VALUES.keys() | CONDITIONS.keys()
    assert not VALUES.keys() & CONDITIONS.keys()
    assert {function.name for function in REGISTRY_4} == VALUES_4.keys()


@pytest.mark.parametrize("phrases", [VALUES, CONDITIONS, ACTIONS])
def test_phrases_have_a_place_for_every_argument(phrases: dict[str, str]):
    unsaid = {"alterPixels": {2, 3}, "newUID": {0}, "match": set()}
    for name, phrase in phrases.items():
        function = REGISTRY.get(name)
        assert function is not None
        count = len(function.parameters)
        places = {int(number) for number, _ in re.findall(r"\{(\d)([+;]?)\}", phrase)}
        wanted = set(range(count + (function.rest is not None)))
        many = re.search(r"\{(\d)[+;]\}", phrase)
        covered = places | (set(range(int(many[1]), count + 1)) if many else set())
        assert wanted - covered == unsaid.get(name, set()), name


def test_optional_parts_of_phrases():
    assert filled("{0}< by {1}>", ["a"]) == "a"
    assert filled("{0}< by {1}>", ["a", "b"]) == "a by b"
    assert filled("{0} in <{1}|days>", ["a"]) == "a in days"
    assert filled("{0} in <{1}|days>", ["a", "b"]) == "a in b"
    assert filled("{0;}", ["a", "b"]) == "a; b"
    assert filled("{0+}", ["a everywhere", "b everywhere"]) == "a and b (all of them everywhere)"
    assert filled("all{0+}", []) == "allnothing"
    assert filled("{0+}", ["a", "b", "c"]) == "a, b and c"


@modest
@given(statements())
def test_every_statement_has_words(statement: nodes.Statement):
    for dialect in (4, 6):
        assert Wording(dialect).statement(statement)


@pytest.mark.parametrize("dialect", [6, 4])
def test_golden_scripts(dialect: int):
    explained = 0
    for text in {case.script for case in golden.read_cases(f"de{dialect}.json")}:
        try:
            found = explain_script(text, dialect=dialect)
        except ScriptError:
            continue
        explained += 1
        assert found.dialect == dialect
        script = read_script(Source("", text), dialect)
        assert len(found.sentences) >= len(list(all_statements(script.statements)))
        lines = [sentence.line for sentence in found.sentences]
        assert lines == sorted(lines)
    assert explained > 200


def test_every_kind_of_value_is_explained():
    text = repr(statements_in("statements.das"))
    assert all(f"{kind.__name__}(" in text for kind in kinds(nodes.Expr))
    assert {each.value for each in nodes.Operator} <= set(re.findall(r"'([=~!]+)'", text))


@pytest.mark.parametrize(
    ("definitions", "is_told"),
    [
        ('x := lookup["pid", (0010,0020)]', True),
        ("x := (0010,0020)", True),
        ("y := (0010,0020)\nx := hashUID[y]", True),
        ("x := z\nz := y\ny := (0010,0020)", True),
        ('(0008,0060) = "CT" ? x := "A" : x := (0010,0020)', True),
        ('if ((0008,0060) = "CT") {\nx := (0010,0020)\n}', True),
        ('x := "A"\ny := (0010,0020)', False),
        ('x := concatenate["A", (0010,0020)]', False),
    ],
)
def test_it_is_told_when_a_variable_may_leave_an_element_as_it_is(definitions: str, is_told: bool):
    (*_, last) = explain_script(f"{definitions}\n(0010,0020) := x", dialect=6).sentences
    assert last.text.endswith("it stays as it is.") is is_told


def test_sentences_are_one_line_without_control_characters():
    (sentence,) = explain_script('echo "a\nb\x1b[1m"', dialect=4).sentences
    assert sentence.text == 'Prints "a b [1m".'


def form(step: Step) -> str:
    """Return what kind of step of a path this is."""
    if isinstance(step, Levels):
        return step.name
    item = "" if step.item is None else " item" if isinstance(step.item, int) else " any item"
    kind = "public" if step.creator is None else "private"
    return f"{kind}{' wildcard' if step.has_wildcard else ''}{item}"


def test_every_form_of_path_is_explained():
    paths = [each.target.path for each in statements_in("paths.das") if hasattr(each, "target")]
    first = {form(path.steps[0]) for path in paths if len(path.steps) > 1}
    inner = {form(step) for path in paths for step in path.steps[1:-1]}
    last = {form(path.steps[-1]) for path in paths}
    levels = {each.name for each in Levels}
    assert first >= {*levels, "public", "public item", "public any item"}
    assert inner >= {*levels, "private any item"}
    single = {"public", "public wildcard", "private", "private wildcard", "public item"}
    assert last >= {*single, *levels, "public any item"}


def test_what_is_nested_too_deeply_is_an_error():
    with pytest.raises(ScriptError, match="nested too deeply"):
        explain_script("echo " + "concatenate[" * 600 + '"a"' + "]" * 600, dialect=6)


def test_what_could_not_be_run_is_not_explained():
    with pytest.raises(ScriptError, match="lowercse"):
        explain_script('version "6.6"\nx := lowercse["A"]')
    with pytest.raises(ScriptError):
        explain_script('version "6.6"\n(0010,0010) :=')
