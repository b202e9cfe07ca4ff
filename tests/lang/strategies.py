"""Hypothesis strategies: whole syntax trees, tag paths of every kind, text that is like scripts.

Spans are of no account in comparisons, so every node gets the same one.
"""

from __future__ import annotations

import os

from hypothesis import settings
from hypothesis import strategies as st

from dicomedit.dicom.paths import AnyItem, Levels, TagPath, TagStep
from dicomedit.errors import Span
from dicomedit.lang import nodes

KEYWORDS = frozenset(
    ("if", "elseif", "else", "echo", "describe", "hidden", "const", "immutable", "export")
) | frozenset(("version", "removeAllPrivateTags"))

_NOWHERE = Span(0, 0)

modest = settings(max_examples=80, deadline=None, derandomize="CI" in os.environ)
"""How long the tests of this folder look for a counterexample; the same ones each time in CI."""

# --- words and texts ----------------------------------------------------------------------------

names = st.one_of(
    st.sampled_from(("x", "X", "face", "a1b2", "_", "iff", "versions", "Echo", "lowercase", "e5")),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True),
).filter(lambda name: name not in KEYWORDS)

integers = st.from_regex(r"0|-?[1-9][0-9]{0,20}", fullmatch=True)
floats = st.from_regex(r"-?(0|[1-9][0-9]{0,9})\.[0-9]{1,9}", fullmatch=True)
numbers = st.builds(nodes.Number, integers | floats, st.just(_NOWHERE))

_plain = st.characters(exclude_categories=("Cs",), exclude_characters='"\\\r\n')
_tempting = st.sampled_from(("\\", "//", "{", "}", "?", ":", "(0010,0010)", "'", ";", "\ufeff"))
texts = st.lists(_plain | _tempting, max_size=8).map("".join)
"""Texts as a script can hold them: anything but a double quote and a line end."""

_escapes = st.sampled_from((r"\\", r"\n", r"\t", r"\(", r"\)", r"\101"))
spelt_texts = st.lists(_plain | _escapes, max_size=8).map("".join)
"""Texts as they are spelt between the quotes, escapes included."""

# --- tag paths ----------------------------------------------------------------------------------

_digits = "0123456789ABCDEFX@#"
_group_starts = st.text(_digits, min_size=3, max_size=3)
_public_groups = st.builds(str.__add__, _group_starts, st.sampled_from("02468ACE@"))
_private_groups = st.builds(str.__add__, _group_starts, st.sampled_from("13579BDF#"))

_items = st.none() | st.just(AnyItem.ANY) | st.integers(-1, 10**11)
_creator_characters = st.characters(
    exclude_categories=("Cs",),
    exclude_characters="}\\\x7f" + "".join(map(chr, range(0x20))),
)
creators = st.one_of(
    st.sampled_from(
        ("ACME 1.0", "1.2.840.113681", 'a"b', "a//b", "a;b", "(0010,0010", "{", "NULL")
    ),
    st.text(_creator_characters, min_size=1, max_size=8),
).filter(lambda creator: creator == creator.strip() != "")

public_steps = st.builds(
    TagStep, _public_groups, st.text(_digits, min_size=4, max_size=4), st.none(), _items
)
private_steps = st.builds(
    TagStep, _private_groups, st.text(_digits, min_size=2, max_size=2), creators, _items
)
steps = public_steps | private_steps | st.sampled_from(Levels)
tag_paths = st.builds(TagPath, st.lists(steps, min_size=1, max_size=4).map(tuple))
paths = st.builds(nodes.Path, tag_paths, st.just(_NOWHERE))

# --- expressions --------------------------------------------------------------------------------

text_nodes = st.builds(nodes.Text, texts, st.just(_NOWHERE))
name_nodes = st.builds(nodes.Name, names, st.just(_NOWHERE))
_leaves = text_nodes | numbers | name_nodes | paths
_kinds = st.sampled_from(("leaf", "leaf", "leaf", "call", "list"))


@st.composite
def expressions(draw: st.DrawFn, depth: int = 2) -> nodes.Expr:
    """Draw an expression with calls and lists up to `depth` deep."""
    kind = draw(_kinds) if depth else "leaf"
    if kind == "call":
        return draw(calls(depth))
    if kind == "list":
        elements = draw(st.lists(expressions(depth - 1), max_size=3))
        return nodes.ListOf(tuple(elements), _NOWHERE)
    return draw(_leaves)


@st.composite
def calls(draw: st.DrawFn, depth: int = 2) -> nodes.Call:
    """Draw a call of a function of any name."""
    arguments = draw(st.lists(expressions(depth - 1), max_size=3))
    return nodes.Call(draw(names), tuple(arguments), _NOWHERE, _NOWHERE)


@st.composite
def conditions(draw: st.DrawFn) -> nodes.Condition:
    """Draw a comparison or a call."""
    if draw(st.booleans()):
        return draw(calls())
    operator = draw(st.sampled_from(nodes.Operator))
    return nodes.Comparison(draw(expressions()), operator, draw(expressions()), _NOWHERE)


# --- statements ---------------------------------------------------------------------------------

_ACTIONS = {
    nodes.Assign: lambda: st.builds(nodes.Assign, paths, expressions(), st.just(_NOWHERE)),
    nodes.AssignIfExists: lambda: st.builds(
        nodes.AssignIfExists, paths, expressions(), st.just(_NOWHERE)
    ),
    nodes.Define: lambda: st.builds(nodes.Define, names, expressions(), st.just(_NOWHERE)),
    nodes.Delete: lambda: st.builds(nodes.Delete, paths, st.just(_NOWHERE)),
    nodes.CallStatement: lambda: st.builds(nodes.CallStatement, calls(), st.just(_NOWHERE)),
    nodes.Echo: lambda: st.builds(nodes.Echo, st.none() | expressions(), st.just(_NOWHERE)),
}
_STATEMENTS = _ACTIONS | {
    nodes.Conditional: lambda: st.builds(
        nodes.Conditional, conditions(), actions(), st.none() | actions(), st.just(_NOWHERE)
    ),
    nodes.Describe: lambda: st.builds(nodes.Describe, names, spelt_texts, st.just(_NOWHERE)),
    nodes.Mark: lambda: st.builds(
        nodes.Mark, names, st.sampled_from(nodes.VariableMark), st.just(_NOWHERE)
    ),
    nodes.Export: lambda: st.builds(nodes.Export, names, spelt_texts, st.just(_NOWHERE)),
    nodes.Version: lambda: st.builds(nodes.Version, spelt_texts, st.just(_NOWHERE)),
    nodes.Include: lambda: st.builds(nodes.Include, spelt_texts, st.just(_NOWHERE)),
    nodes.RemoveAllPrivateTags: lambda: st.just(nodes.RemoveAllPrivateTags(_NOWHERE)),
}


@st.composite
def actions(draw: st.DrawFn) -> nodes.Action:
    """Draw a statement that may be a branch of ``condition ? action : action``."""
    return draw(_ACTIONS[draw(st.sampled_from(list(_ACTIONS)))]())


@st.composite
def statements(draw: st.DrawFn, depth: int = 2) -> nodes.Statement:
    """Draw any statement, with if-chains up to `depth` deep inside one another."""
    kinds = [*_STATEMENTS, *([nodes.IfChain] * 3 if depth else [])]
    kind = draw(st.sampled_from(kinds))
    if kind is not nodes.IfChain:
        return draw(_STATEMENTS[kind]())
    bodies = st.lists(statements(depth - 1), max_size=2).map(tuple)
    branches = st.lists(st.builds(nodes.Branch, conditions(), bodies), min_size=1, max_size=3)
    return nodes.IfChain(tuple(draw(branches)), draw(st.none() | bodies), _NOWHERE)


@st.composite
def scripts(draw: st.DrawFn) -> nodes.Script:
    """Draw a whole script."""
    return nodes.Script(tuple(draw(st.lists(statements(), max_size=4))))


# --- text that is like scripts ------------------------------------------------------------------

_WORDS = (*KEYWORDS, "x", "a1", "lowercase", "else if", "lowercase[", "include a", "(0009,{A}01)")
_MARKS = (
    "(0010,0010)",
    "(0010,",
    "{A}",
    '"',
    '"text"',
    '"a\\',
    "[0]",
    "[%]",
    "//",
    "/*",
    ":=",
    "?=",
)
_SIGNS = (
    "==",
    "!=",
    "!~",
    "&&",
    "007",
    "1.5",
    "1e5",
    *"=~!?:-[](){},%*+.;#'/0",
    "\ufeff",
    "\0",
    "é",
)
_BLANKS = ("\\", "\\\n", "\\\r\n", "\n", "\r\n", "\r", " ", " ", "\t", "\u00a0", "\u2028")
_pieces = st.sampled_from((*sorted(_WORDS), *_MARKS, *_SIGNS, *_BLANKS))
script_like_texts = st.one_of(
    st.lists(_pieces, max_size=25).map("".join),
    st.text(
        st.sampled_from("()[]{},/\"\\:=?~!-*+.%;#'@Xx0189AFaf \t\r\n\0\u00e9\ufeff"), max_size=60
    ),
)
