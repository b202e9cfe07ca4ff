"""The Application Level Confidentiality Profile (PS3.15 Annex E): what is asked of attributes.

The table is ``confidentiality.tsv`` beside this file, made by ``docs/build_profile.py``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

OPTIONS = {
    "retain-uids": "Retain UIDs",
    "retain-device-identity": "Retain Device Identity",
    "retain-institution-identity": "Retain Institution Identity",
    "retain-patient-characteristics": "Retain Patient Characteristics",
    "retain-long-full-dates": "Retain Longitudinal Temporal Information with Full Dates",
    "retain-long-modified-dates": "Retain Longitudinal Temporal Information with Modified Dates",
    "retain-safe-private": "Retain Safe Private",
    "clean-descriptors": "Clean Descriptors",
    "clean-structured-content": "Clean Structured Content",
    "clean-graphics": "Clean Graphics",
}
"""The options of PS3.15 §E.3 that change what is asked of an attribute."""

PRIVATE = "private"

ACTIONS = {
    "D": "replace by a dummy value",
    "Z": "empty",
    "X": "remove",
    "K": "keep",
    "C": "clean: values of like meaning without identity",
    "U": "replace by a UID that is the same throughout",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table. `tag` has eight digits, x for any, or is ``private``."""

    tag: str
    keyword: str
    name: str
    vr: str
    basic: str
    options: Mapping[str, str]

    def asked(self, options: Collection[str] = ()) -> str:
        """Return the action that is asked with some options: the mildest they allow, as X/Z."""
        given = [action for name, action in self.options.items() if name in options]
        for action in ("K", "C"):
            if action in given:
                return action
        return self.basic

    @property
    def shown_tag(self) -> str:
        """The tag as it is printed."""
        if self.tag == PRIVATE:
            return "(private)"
        return f"({self.tag[:4].upper()},{self.tag[4:].upper()})".replace("X", "x")


@dataclass(frozen=True, slots=True)
class Table:
    """The whole table, and the edition of the standard it is from."""

    edition: str
    rules: tuple[Rule, ...]

    def rule_of(self, tag: int) -> Rule | None:
        """Return the row that a tag is in, if there is one."""
        digits = f"{tag:08x}"
        for rule in self.rules:
            if re.fullmatch(rule.tag.replace("x", "."), digits):
                return rule
        if tag & 0x10000:
            return next((rule for rule in self.rules if rule.tag == PRIVATE), None)
        return None


def read_table() -> Table:
    """Return the table that comes with the package."""
    text = Path(__file__).with_name("confidentiality.tsv").read_text("utf-8")
    head, *lines = text.splitlines()
    edition = re.search(r"PS3\.15 (\S+),", head)
    return Table(edition[1] if edition else "", tuple(map(_rule, lines)))


def _rule(line: str) -> Rule:
    tag, keyword, name, vr, basic, options = line.split("\t")
    pairs = (option.partition("=") for option in options.split(",") if option)
    return Rule(tag, keyword, name, vr, basic, {name: action for name, _, action in pairs})


def in_words(action: str) -> str:
    """Return an action such as X/Z in words."""
    words = [ACTIONS[letter] for letter in action.rstrip("*").split("/")]
    return ", or ".join(words)


def action_text(table: Table, tag: int) -> str | None:
    """Return in a sentence what the basic profile asks of an attribute; None when nothing."""
    rule = table.rule_of(tag)
    if rule is None:
        return None
    return f"PS3.15 Table E.1-1: {rule.basic}, {in_words(rule.basic)}"
