"""What an editor offers; a bar stands for the place where the author is typing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomedit.lsp.completion import MOST_ATTRIBUTES, Offer, OfferKind, completions


def offers(marked: str, dialect: int = 6) -> list[Offer]:
    before, _, after = marked.partition("|")
    return completions(before + after, len(before), dialect)


def chosen(marked: str, label: str, dialect: int = 6) -> str:
    """Return the script after one of the offers was taken."""
    script = marked.replace("|", "", 1)
    offer = next(each for each in offers(marked, dialect) if each.label == label)
    return script[: offer.span.start] + offer.text + script[offer.span.end :]


@pytest.mark.parametrize(
    ("marked", "label", "script"),
    [
        # attributes by keyword and by digits, with the parentheses that editors close
        ("PatientN|", "PatientName (0010,0010)", "(0010,0010)"),
        ("-*/birthd|", "PatientBirthDate (0010,0030)", "-*/(0010,0030)"),
        ("(PatientN|)", "PatientName (0010,0010)", "(0010,0010)"),
        ("(|) := x", "PatientName (0010,0010)", None),
        ("(0010,00|) := x", "PatientName (0010,0010)", "(0010,0010) := x"),
        ("(0010|", "PatientID (0010,0020)", "(0010,0020)"),
        # functions with places for their arguments
        ("x := lowe|", "lowercase", "x := lowercase[${1:text}]"),
        ("x := lowe|[y]", "lowercase", "x := lowercase[y]"),
        ("x := SUBS|", "substring", "x := substring[${1:text}, ${2:start}, ${3:end}]"),
        ("shiftDateBy|", "shiftDateByIncrement", "shiftDateByIncrement[${1:date}, ${2:amount}]"),
        # variables and words
        ('code := "A"\n(0010,0020) := co|', "code", 'code := "A"\n(0010,0020) := code'),
        ("ver|", "version", "version"),
        ("if (PatientN|", "PatientName (0010,0010)", "if ((0010,0010)"),
    ],
)
def test_offers(marked: str, label: str, script: str | None):
    labels = [each.label for each in offers(marked)]
    if script is None:
        assert label not in labels
        assert len(labels) == MOST_ATTRIBUTES
    else:
        assert label in labels
        assert chosen(marked, label) == script


def test_what_begins_with_the_letters_comes_first():
    first = next(each for each in offers("patientn|") if each.kind is OfferKind.ATTRIBUTE)
    assert first.label == "PatientName (0010,0010)"
    assert first.detail == "VR PN"


@pytest.mark.parametrize(
    "marked", ["// PatientN|", 'x := "PatientN|', 'x := "PatientN|"', '(0010,0010) := "lowe|"']
)
def test_nothing_is_offered_in_comments_and_texts(marked: str):
    assert offers(marked) == []


def test_behind_a_text_there_are_offers_again():
    assert "lowercase" in [each.label for each in offers('x := concatenate["a", lowe|')]


def test_a_dialect_has_its_own_functions_and_words():
    assert not [each for each in offers("concat|", 4) if each.kind is OfferKind.FUNCTION]
    assert "removeAllPrivateTags" not in [each.label for each in offers("remove|", 4)]


@given(st.text(), st.integers(min_value=0, max_value=50), st.sampled_from([4, 6]))
def test_any_text_can_be_completed(text: str, offset: int, dialect: int):
    for offer in completions(text, min(offset, len(text)), dialect):
        assert offer.span.start <= min(offset, len(text))
