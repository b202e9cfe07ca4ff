"""Plain command lines mean what argparse takes them for; all others are left to it."""

from __future__ import annotations

import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomedit.cli import run
from dicomedit.cli.main import COMMANDS, main, read
from dicomedit.cli.parser import build_parser, parse
from dicomedit.cli.plain import PlainParser

PLAIN = {
    "paths only": ["a.das", "in", "out"],
    "one path": ["a.das"],
    "several scripts": ["a.das", "b.das", "in", "out"],
    "options before, between and after paths": ["-q", "a.das", "--jobs", "2", "in", "out", "-q"],
    "values collected": ["--set", "a=1", "--set", "b=", "a.das", "in", "out"],
    "the last value counts": ["--lookup", "a", "--lookup", "b", "a.das", "in", "out"],
    "numbers and choices": ["--dialect", "4", "--on-error", "stop", "--timeout", "2.5", "a", "b"],
    "empty words": ["", "--set", "", "in", "out"],
    "no journal": ["--no-journal", "a.das", "in", "out"],
}
FOR_ARGPARSE = {
    "nothing": [],
    "no path": ["-q"],
    "help": ["a.das", "in", "out", "--help"],
    "an option cut short": ["--resu", "a.das", "in", "out"],
    "a value in the same word": ["--jobs=2", "a.das", "in", "out"],
    "flags in one word": ["-qsa.das", "in", "out"],
    "standard input": ["a.das", "-", "out"],
    "the end of options": ["a.das", "--", "in", "out"],
    "a value that begins with a hyphen": ["--set", "-a=1", "a.das", "in", "out"],
    "no value": ["a.das", "in", "out", "--set"],
    "an unknown option": ["--no-such", "a.das", "in", "out"],
    "no number": ["--jobs", "many", "a.das", "in", "out"],
    "a number out of range": ["--jobs", "0", "a.das", "in", "out"],
    "no choice": ["--dialect", "5", "a.das", "in", "out"],
    "options that exclude each other": ["--no-journal", "--journal", "j", "a.das", "in", "out"],
}


def by_argparse(arguments: list[str]) -> dict[str, object] | None:
    """Return what a command line gives; None when it is refused, or asks for help."""
    try:
        given = vars(parse(build_parser(["run", *arguments], COMMANDS), ["run", *arguments]))
    except SystemExit:
        return None
    return given | {"parser": None}


def plain_parser() -> PlainParser:
    parser = PlainParser(argparse.Namespace)
    run.set_up(parser)  # type: ignore[arg-type]
    return parser


def plainly(arguments: list[str]) -> dict[str, object] | None:
    given = plain_parser().read(arguments)
    return None if given is None else vars(given) | {"parser": None}


@pytest.mark.parametrize("arguments", PLAIN.values(), ids=PLAIN)
def test_plain_command_lines(arguments: list[str]):
    assert plainly(arguments) == by_argparse(arguments) != None  # noqa: E711


@pytest.mark.parametrize("arguments", FOR_ARGPARSE.values(), ids=FOR_ARGPARSE)
def test_command_lines_for_argparse(arguments: list[str]):
    assert plainly(arguments) is None


OPTIONS = sorted(plain_parser()._options)
VALUES = ["a.das", "in", "out", "", "a=b", "x y", "@list", "0", "3", "2.5", "4", "stop", "run"]
ODD = ["-", "--", "-1", "--jobs=2", "--no-journ", "-qq", "-sa.das", "--version", "--", "-h", "-v 1"]

words = st.sampled_from(OPTIONS) | st.sampled_from(VALUES) | st.sampled_from(ODD)
pairs = st.tuples(st.sampled_from(OPTIONS), st.sampled_from(VALUES)).map(list)
flags = st.sampled_from(VALUES).map(lambda word: [word])


@given(st.lists(pairs | flags | words.map(lambda word: [word]), max_size=9))
def test_any_command_line_means_the_same_or_is_left(parts: list[list[str]]):
    arguments = [word for part in parts for word in part]
    found = plainly(arguments)
    assert found is None or found == by_argparse(arguments)


def test_defaults_are_not_shared():
    parser = plain_parser()
    parser.read(["--set", "a=1", "a.das"]).variables.append("b=2")
    assert parser.read(["a.das"]).variables == []


def test_a_mistake_is_told_as_by_argparse(capsys, tmp_path):
    script = tmp_path / "a.das"
    script.write_text('version "6.6"')
    for arguments in ([str(script)], [str(script), "in", "out", "--set", "1=2"]):
        with pytest.raises(SystemExit) as plain:
            main(["run", *arguments])
        told = capsys.readouterr()
        with pytest.raises(SystemExit) as full:
            main(["run", *arguments, "--jobs=1"])
        assert capsys.readouterr() == told
        assert plain.value.code == full.value.code == 2
        assert "usage: dicomedit run" in told.err


def test_only_the_command_that_is_plain_often_is_read_plainly():
    assert type(read(["run", "a.das", "in", "out"])) is not argparse.Namespace
    assert type(read(["check", "a.das"])) is argparse.Namespace


@pytest.mark.parametrize(
    "described", [{"nargs": "?"}, {"action": "count"}, {"action": "extend", "nargs": "+"}]
)
def test_what_is_for_argparse_only(described):
    with pytest.raises(ValueError, match="--new is for argparse only"):
        plain_parser().add_argument("--new", **described)
