"""Positions of editors, the words of scripts, and where variables come from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomedit.lsp.positions import offset_of, position_of
from dicomedit.lsp.tokens import TokenKind, tokens
from dicomedit.lsp.variables import definition, names, occurrences


@pytest.mark.parametrize(
    ("text", "offset", "position"),
    [
        ("ab\ncd", 4, (1, 1)),
        ("ab\r\ncd", 4, (1, 0)),
        ("ab\rcd", 3, (1, 0)),
        ("\U0001f600x", 1, (0, 2)),
        ("a\u2028b\n", 3, (0, 3)),
        ("", 0, (0, 0)),
    ],
)
def test_positions(text: str, offset: int, position: tuple[int, int]):
    assert position_of(text, offset) == position
    assert offset_of(text, *position) == offset


@pytest.mark.parametrize("position", [(0, 99), (7, 0)])
def test_positions_beyond_the_end_are_at_an_end(position: tuple[int, int]):
    assert offset_of("ab\ncd", *position) == {(0, 99): 2, (7, 0): 5}[position]


@given(st.text(alphabet="a\n\r\U0001f600é"), st.data())
def test_positions_lead_back(text: str, data: st.DataObject):
    offset = data.draw(st.integers(min_value=0, max_value=len(text)))
    between = text[offset - 1 : offset + 1] == "\r\n"  # no position is there
    assert between or offset_of(text, *position_of(text, offset)) == offset


@given(st.text())
def test_tokens_are_pieces_in_order(text: str):
    end = 0
    for token in tokens(text):
        assert text[token.span.start : token.span.end] == token.text
        assert token.span.start >= end
        end = token.span.end


def test_kinds():
    kinds = [token.kind for token in tokens('if (x = "a") { -(0010,{A}01)[3] } // end')]
    assert " ".join(kind.value for kind in kinds) == (
        "keyword sign name sign text sign sign sign tag sign number sign sign comment"
    )
    assert kinds[0] is TokenKind.KEYWORD


SCRIPT = 'describe Site "s"\ncode := "1"\n(0010,0010) := site\n(0010,0020) := code // code\n'


def test_definitions():
    found = tokens(SCRIPT)
    assert names(found) == ["Site", "code"]
    span = definition(found, SCRIPT.rindex("code //"), 6)
    assert span is not None
    assert span.start == SCRIPT.index("code")
    assert definition(found, SCRIPT.index("(0010"), 6) is None


def test_names_of_version_4_may_be_of_either_case():
    found, place = tokens(SCRIPT), SCRIPT.index("site")
    assert definition(found, place, 6) is None
    assert definition(found, place, 4) is not None
    assert len(occurrences(found, place, 4)) == 2


def test_occurrences_are_not_in_comments():
    assert len(occurrences(tokens(SCRIPT), SCRIPT.index("code"), 6)) == 2
