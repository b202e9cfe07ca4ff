"""Hypothesis strategies: whole syntax trees, tag paths of every kind, and text that is like scripts.

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

modest = settings(max_examples=150, deadline=None, derandomize="CI" in os.environ)
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

_items = st.none() | st.just(AnyItem.ANY) | st.integers(-1, 10**12)
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


def calls(arguments: st.SearchStrategy[nodes.Expr]) -> st.SearchStrategy[nodes.Call]:
    """Return calls of functions of any name."""
    several = st.lists(arguments, max_size=3).map(tuple)
    return st.builds(nodes.Call, names, several, st.just(_NOWHERE), st.just(_NOWHERE))


def lists(elements: st.SearchStrategy[nodes.Expr]) -> st.SearchStrategy[nodes.ListOf]:
    """Return lists, the empty one too."""
    return st.builds(nodes.ListOf, st.lists(elements, max_size=3).map(tuple), st.just(_NOWHERE))


_expressions = st.recursive(
    text_nodes | numbers | name_nodes | paths,
    lambda inside: calls(inside) | lists(inside),
    max_leaves=6,
)
# Deferred, because hypothesis would otherwise print the whole of it again and again.
expressions: st.SearchStrategy[nodes.Expr] = st.deferred(lambda: _expressions)
call_nodes = calls(expressions)
_comparisons = st.builds(
    nodes.Comparison, expressions, st.sampled_from(nodes.Operator), expressions, st.just(_NOWHERE)
)
conditions: st.SearchStrategy[nodes.Condition] = st.deferred(lambda: call_nodes | _comparisons)

# --- statements ---------------------------------------------------------------------------------

_actions = st.one_of(
    st.builds(nodes.Assign, paths, expressions, st.just(_NOWHERE)),
    st.builds(nodes.AssignIfExists, paths, expressions, st.just(_NOWHERE)),
    st.builds(nodes.Define, names, expressions, st.just(_NOWHERE)),
    st.builds(nodes.Delete, paths, st.just(_NOWHERE)),
    st.builds(nodes.CallStatement, call_nodes, st.just(_NOWHERE)),
    st.builds(nodes.Echo, st.none() | expressions, st.just(_NOWHERE)),
)
actions: st.SearchStrategy[nodes.Action] = st.deferred(lambda: _actions)
_simple_statements = st.one_of(
    actions,
    st.builds(nodes.Conditional, conditions, actions, st.none() | actions, st.just(_NOWHERE)),
    st.builds(nodes.Describe, names, spelt_texts, st.just(_NOWHERE)),
    st.builds(nodes.Mark, names, st.sampled_from(nodes.VariableMark), st.just(_NOWHERE)),
    st.builds(nodes.Export, names, spelt_texts, st.just(_NOWHERE)),
    st.builds(nodes.Version, spelt_texts, st.just(_NOWHERE)),
    st.builds(nodes.RemoveAllPrivateTags, st.just(_NOWHERE)),
)
simple_statements: st.SearchStrategy[nodes.Statement] = st.deferred(lambda: _simple_statements)


def if_chains(inside: st.SearchStrategy[nodes.Statement]) -> st.SearchStrategy[nodes.IfChain]:
    """Return if-chains over the given statements, with empty blocks too."""
    bodies = st.lists(inside, max_size=2).map(tuple)
    branches = st.lists(st.builds(nodes.Branch, conditions, bodies), min_size=1, max_size=3)
    return st.builds(nodes.IfChain, branches.map(tuple), st.none() | bodies, st.just(_NOWHERE))


statements = st.recursive(simple_statements, if_chains, max_leaves=5)
scripts = st.builds(nodes.Script, st.lists(statements, max_size=4).map(tuple))

# --- text that is like scripts ------------------------------------------------------------------

_pieces = st.sampled_from(
    (*sorted(KEYWORDS), "x", "a1", "lowercase", "(0010,0010)", "(0010,", "(0009,{ACME}01)", "{A}")
    + ('"', '"text"', '"a\\', "\\", "\\\n", "\\\r\n", "\n", "\r\n", "\r", "//", "/*", "/", ":=")
    + ("?=", "=", "==", "!=", "~", "!~", "!", "?", ":", "-", "[", "]", "(", ")", "{", "}", ",")
    + ("%", "*", "+", ".", ";", "#", "'", "&&", "0", "007", "1.5", "1e5", "\ufeff", "\0", "\u00e9")
    + (" ", " ", "\t", "\u00a0", "\u2028", "[0]", "[%]", "else if", "lowercase[")
)
script_like_texts = st.one_of(
    st.lists(_pieces, max_size=25).map("".join),
    st.text(
        st.sampled_from("()[]{},/\"\\:=?~!-*+.%;#'@Xx0189AFaf \t\r\n\0\u00e9\ufeff"), max_size=60
    ),
)
