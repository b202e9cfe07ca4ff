"""The driver and its tables: the same nodes, from the same texts, as Lark's own parser gives."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st
from lark import Token, Transformer
from lark.exceptions import UnexpectedInput
from strategies import modest

from dicomedit.errors import ScriptError, Source
from dicomedit.lang import driver, grammar, lark_tables, tables
from dicomedit.lang.builder import Builder
from dicomedit.lang.diagnosis import lark_parser
from dicomedit.lang.newlines import join_lines
from dicomedit.lang.parser import parse, parse_path
from dicomedit.lang.printer import print_script

CHECKOUT = Path(__file__).parents[2]


class LarkBuilder(Transformer):
    """Makes the nodes of the tree that Lark makes, with the same builder."""

    def __init__(self, builder: Builder) -> None:
        super().__init__()
        self._builder = builder

    def __default__(self, data, children, meta):
        start, end = (0, 0) if meta.empty else (meta.start_pos, meta.end_pos)
        return getattr(self._builder, data)(children, start, end)

    def __default_token__(self, token: Token) -> str:
        return str(token)


def by_lark(text: str, start: str = "start") -> str | None:
    """Return the nodes, spans and all, as text; None for a text that is refused."""
    joined = join_lines(text)
    try:
        tree = lark_parser().parse(joined.text, start=start)
    except UnexpectedInput:
        return None
    return repr(LarkBuilder(Builder(joined)).transform(tree))


def by_driver(text: str, start: str = "start") -> str | None:
    joined = join_lines(text)
    try:
        return repr(driver.parse(grammar.tables(), joined.text, start, Builder(joined)))
    except driver.Rejected:
        return None


def scripts_on_file():
    for path in sorted((CHECKOUT / "tests/conformance").glob("*.json")):
        for case in json.loads(path.read_text("utf-8")):
            yield case["script"]
    for folder in ("scripts", "docs/examples"):
        for path in sorted((CHECKOUT / folder).glob("*.das")):
            yield path.read_text("utf-8")


SCRIPTS = sorted(set(scripts_on_file()))


# --- the same as Lark ---------------------------------------------------------------------------


def test_scripts_on_file():
    assert len(SCRIPTS) > 1000
    accepted = 0
    for script in SCRIPTS:
        expected = by_lark(script)
        assert by_driver(script) == expected, script
        accepted += expected is not None
    assert accepted > len(SCRIPTS) / 2


def test_scripts_on_file_that_went_wrong():
    """One piece of each is lost, doubled or moved."""
    pick = random.Random(1)
    for script in SCRIPTS:
        first, last = sorted(pick.choices(range(len(script) + 1), k=2))
        last = min(last, first + 6)
        piece = script[first:last]
        other = pick.randrange(len(script) + 1)
        for changed in (
            script[:first] + script[last:],
            script[:last] + piece + script[last:],
            script[:other] + piece + script[other:],
        ):
            assert by_driver(changed) == by_lark(changed), changed


@modest
@given(strategies.scripts(), st.sampled_from(("\n", "\r\n", "\n\n", " // a\n", "\n;")))
def test_any_script(script, line_end):
    text = print_script(script).replace("\n", line_end)
    assert by_driver(text) == by_lark(text)


@modest
@given(strategies.scripts(), st.integers(0, 2000), st.integers(0, 4), strategies.script_like_texts)
def test_any_script_with_something_in_it(script, place, lost, text):
    printed = print_script(script)
    place = place % (len(printed) + 1)
    changed = printed[:place] + text[:6] + printed[place + lost :]
    assert by_driver(changed) == by_lark(changed)


@modest
@given(strategies.script_like_texts)
def test_any_text(text):
    assert by_driver(text) == by_lark(text)
    assert by_driver(text, "tag_path") == by_lark(text, "tag_path")


@modest
@given(strategies.tag_paths)
def test_any_path(path):
    assert by_driver(str(path), "tag_path") == by_lark(str(path), "tag_path") != None  # noqa: E711
    assert parse_path(str(path)) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\r",
        "\n\n",
        ";",
        "// comment",
        "// comment\n",
        "echo",
        'echo "a" // b',
        "if (a = b) {\n\n}\n\nelse\n\n{\n;\n}\n\n",
        "if (a[]) {} // c\n// d\nelseif (b = c) { -(0010,0010) } else {}",
        "v := {\n1,\n\n2\n}",
        "v := {}",
        "v := {1}",
        "v := f[]",
        "(0010,0010)[%]/*/+/./(0009,{A b}0X)[3] ?= a[b, {c}]",
        "-\\\n(0010,\\\n0010)",
        'a = b ? x := 1 : echo "no"',
    ],
)
def test_corners(text):
    assert by_driver(text) == by_lark(text) != None  # noqa: E711


# --- errors, depth and size ---------------------------------------------------------------------


def test_what_the_driver_refuses_is_explained():
    with pytest.raises(ScriptError, match="did you mean"):
        parse(Source("x", 'ecko "a"'))


def test_an_error_of_the_builder_is_not_taken_for_one_of_the_script(monkeypatch):
    monkeypatch.setattr(Builder, "echo", lambda *_: {}["nothing"])
    with pytest.raises(driver.Rejected) as caught:
        parse(Source("x", "echo 1"))
    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize(
    ("opening", "middle", "closing"),
    [("if (a[]) {\n", "", "\n}"), ("v := {", "", "}"), ("x := f[1, ", "2", "]")],
)
def test_depth(opening, middle, closing):
    again = opening.rpartition(":= ")[2]
    for depth, code in ((100, None), (3_000, "nested-too-deeply")):
        text = opening + again * (depth - 1) + middle + closing * depth
        if code is None:
            parse(Source("x", text))
            continue
        with pytest.raises(ScriptError) as caught:
            parse(Source("x", text))
        assert caught.value.diagnostics[0].code == code
        with pytest.raises(ScriptError) as caught:  # a mistake is worth more than the depth
            parse(Source("x", text + "\n$"))
        assert caught.value.diagnostics[0].code == "unknown-character"


def test_a_megabyte():
    line = '*/(0008,0080)[0]/(0010,0010) ?= format["{0}", x, {1, "two"}] // why\n'
    text = line * (1_000_000 // len(line))
    start = time.monotonic()
    assert len(parse(Source("x", text)).script.statements) == text.count("\n")
    assert time.monotonic() - start < 20  # it takes less than one second


# --- tables -------------------------------------------------------------------------------------


@pytest.fixture
def fresh_tables():
    grammar.tables.cache_clear()
    yield
    grammar.tables.cache_clear()


def test_both_sides_speak_of_the_same_format():
    assert f"{lark_tables.HEADER} " == tables.FORMAT


def test_building_twice_gives_the_same():
    """In another process, whose sets have another order."""
    code = "from dicomedit.lang import grammar, lark_tables; import sys; sys.stdout.reconfigure("
    code += "encoding='utf-8'); print(lark_tables.build(grammar.grammar_of(6)), end='')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    built = done.stdout.decode("utf-8").replace("\r\n", "\n")
    assert built == lark_tables.build(grammar.grammar_of(6))


def test_the_tables_of_the_build_are_those_of_the_grammar():
    built = CHECKOUT / "grammar" / "dicomedit6.tables"
    if not built.exists():
        pytest.skip("this checkout was not installed")
    text = built.read_text("utf-8")
    again = 'the grammar has changed: pip install -e ".[test]" again'
    assert tables.is_current(text, grammar.grammar_of(6)), again
    assert text.partition("\n")[2] == lark_tables.build(grammar.grammar_of(6)).partition("\n")[2]


@pytest.mark.parametrize("found", ["none", "other grammar", "other format", "cut"])
def test_without_tables_of_the_build_they_are_made_in_memory(found, monkeypatch, fresh_tables):
    text = lark_tables.build(grammar.grammar_of(6))
    built = {
        "none": None,
        "other grammar": text.replace("start:", "start :"),
        "other format": text.replace("tables 1 ", "tables 2 "),
        "cut": text[: len(text) // 2],
    }[found]
    read = grammar._text

    def changed(name: str) -> str:
        if not name.endswith(".tables"):
            return read(name)
        if built is None:
            raise FileNotFoundError(name)
        return built

    monkeypatch.setattr(grammar, "_text", changed)
    assert parse_path("(0010,0010)") is not None
    assert by_driver('echo "a"') == by_lark('echo "a"')


def test_tables_of_the_build_are_used(monkeypatch, fresh_tables):
    text = lark_tables.build(grammar.grammar_of(6))
    read = grammar._text
    monkeypatch.setattr(
        grammar, "_text", lambda name: text if name.endswith(".tables") else read(name)
    )
    monkeypatch.setattr(grammar, "_build", lambda _: pytest.fail("built again"))
    assert parse_path("(0010,0010)") is not None


def test_renaming_rules_are_skipped():
    """Of all the rules that only rename, few are left to be reduced by."""
    known = grammar.tables()
    rules, rows = range(len(known.rules.lines)), range(len(known.rows.lines))
    renaming = {number for number in rules if known.rules[number].origin == "_statement"}
    reduced = {~action for number in rows for action in known.rows[number].values() if action < 0}
    assert len(renaming) > 5
    assert not renaming & reduced


def test_a_good_script_needs_no_lark():
    if not (CHECKOUT / "grammar" / "dicomedit6.tables").exists():
        pytest.skip("this checkout was not installed")
    code = (
        "import sys; from dicomedit.errors import Source;"
        "from dicomedit.lang.parser import parse, parse_path;"
        "parse(Source('x', 'echo 1')), parse_path('(0010,0010)'), parse_path('(0010');"
        "print('lark' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "False\n"
