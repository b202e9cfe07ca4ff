"""Every tree can be printed and read back, every text is read or refused, and spans are true."""

from __future__ import annotations

from collections.abc import Iterator

import strategies
from hypothesis import given
from hypothesis import strategies as st
from strategies import modest

from dicomedit.errors import ScriptError, Severity, Source
from dicomedit.lang import nodes
from dicomedit.lang.compile import compile_source
from dicomedit.lang.parser import parse, parse_path
from dicomedit.lang.printer import print_script, print_value
from dicomedit.records import Record


def _parsed(text: str) -> nodes.Script:
    return parse(Source("<test>", text)).script


def _nodes_of(part: object) -> Iterator[object]:
    """Yield a node and every node below it."""
    if isinstance(part, tuple):
        for each in part:
            yield from _nodes_of(each)
    elif isinstance(part, Record):
        yield part
        for name in type(part).__match_args__:
            yield from _nodes_of(getattr(part, name))


@modest
@given(strategies.scripts())
def test_what_is_printed_reads_back_as_the_same_tree(script):
    assert _parsed(print_script(script)) == script


@modest
@given(strategies.scripts())
def test_printing_twice_changes_nothing(script):
    printed = print_script(script)
    assert print_script(_parsed(printed)) == printed


@modest
@given(strategies.tag_paths)
def test_a_printed_path_reads_back(path):
    assert parse_path(str(path)) == path


@modest
@given(strategies.scripts(), st.randoms(use_true_random=False))
def test_a_line_continued_anywhere_means_the_same(script, random):
    printed = print_script(script)
    place = random.randrange(len(printed) + 1)
    if not printed[:place].endswith("\\"):
        continued = printed[:place] + random.choice(("\\\n", "\\\r\n")) + printed[place:]
        assert _parsed(continued) == script


@modest
@given(strategies.scripts(), st.booleans())
def test_spans_are_where_the_nodes_are_written(script, with_windows_line_ends):
    text = print_script(script)
    if with_windows_line_ends:
        text = text.replace("\n", "\r\n")
    for node in _nodes_of(_parsed(text)):
        span = getattr(node, "span", None)
        if span is not None:
            assert 0 <= span.start < span.end <= len(text)
            _check_spelling(node, text[span.start : span.end], text)


def _check_spelling(node: object, spelling: str, text: str) -> None:
    match node:
        case nodes.Name(name=name):
            assert spelling == name
        case nodes.Number(value=value):
            assert spelling == value
        case nodes.Path(path=path):
            assert parse_path(spelling) == path
        case nodes.Text() | nodes.ListOf():
            assert spelling == print_value(node)
        case nodes.Call(function=function, name_span=name_span):
            assert spelling == print_value(node)
            assert text[name_span.start : name_span.end] == function


@modest
@given(strategies.scripts())
def test_spans_of_statements_read_back_by_themselves(script):
    text = print_script(script)
    for statement in _parsed(text).statements:
        spelling = text[statement.span.start : statement.span.end]
        assert _parsed(spelling).statements == (statement,)


@modest
@given(strategies.script_like_texts)
def test_any_text_is_read_or_refused(text):
    try:
        parse(Source("<test>", text))
    except ScriptError as error:
        _check_diagnostics(error, text)


@modest
@given(strategies.scripts())
def test_any_tree_is_compiled_or_refused(script):
    text = print_script(script)
    try:
        compile_source(Source("<test>", text), dialect=6)
    except ScriptError as error:
        _check_diagnostics(error, text)


def _check_diagnostics(error: ScriptError, text: str) -> None:
    assert error.diagnostics
    for diagnostic in error.diagnostics:
        assert diagnostic.severity is Severity.ERROR
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text) + 1
        assert diagnostic.code in str(diagnostic)
