"""The table of the confidentiality profile, and what it asks."""

import subprocess
import sys
from pathlib import Path

import pytest

from dicomedit.profiles.confidentiality import OPTIONS, action_text, in_words, read_table

CHECKOUT = Path(__file__).parents[2]
FACTS = CHECKOUT.parent / "shared/data/ps315_e1_1_confidentiality_profile.json"
TABLE = read_table()


def test_the_table_is_whole():
    assert TABLE.edition == "2026c"
    assert len(TABLE.rules) == 656
    assert {option for rule in TABLE.rules for option in rule.options} == {*OPTIONS}
    for rule in TABLE.rules:
        assert in_words(rule.basic)


@pytest.mark.skipif(not FACTS.exists(), reason="the facts it was made from are not here")
def test_the_table_agrees_with_the_facts():
    command = [sys.executable, CHECKOUT / "docs" / "build_profile.py", FACTS, "--check"]
    assert subprocess.run(command, check=False, timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        (0x00100010, "Patient's Name"),
        (0x60023000, "Overlay Data"),
        (0x50020010, "Curve Data"),
        (0x00091001, "Private Attributes"),
        (0x00280010, None),
    ],
)
def test_rules(tag: int, name: str | None):
    rule = TABLE.rule_of(tag)
    assert (rule and rule.name) == name


@pytest.mark.parametrize(
    ("tag", "options", "asked"),
    [
        (0x0020000D, [], "U"),
        (0x0020000D, ["retain-uids"], "K"),
        (0x00080020, ["retain-long-modified-dates"], "C"),
        (0x00080020, ["retain-long-modified-dates", "retain-long-full-dates"], "K"),
        (0x00100020, ["retain-uids"], "Z/D"),
    ],
)
def test_options_change_what_is_asked(tag: int, options: list[str], asked: str):
    rule = TABLE.rule_of(tag)
    assert rule is not None
    assert rule.asked(options) == asked


def test_in_a_sentence():
    assert action_text(TABLE, 0x00100020) == (
        "PS3.15 Table E.1-1: Z/D, empty, or replace by a dummy value"
    )
    assert action_text(TABLE, 0x00280010) is None
