"""What the words of the language mean, in a sentence each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word of the language: how it is used, what it does, and in which dialects it is one."""

    word: str
    usage: str
    text: str
    dialects: tuple[int, ...] = (4, 6)


KEYWORDS = (
    Keyword("version", 'version "6.6"', "Says which version the script is written in.", (6,)),
    Keyword(
        "if",
        "if (condition) { ... }",
        "Carries out statements where a condition is true.",
        (6,),
    ),
    Keyword("elseif", "elseif (condition) { ... }", "Another condition, when none was true.", (6,)),
    Keyword("else", "else { ... }", "What is done when no condition was true.", (6,)),
    Keyword("echo", "echo value", "Tells a value to whoever runs the script."),
    Keyword("describe", 'describe name "text"', "Says what a variable from outside stands for."),
    Keyword(
        "hidden", "describe name hidden", "The variable should not be shown to whoever is asked."
    ),
    Keyword("const", "describe name const", "Accepted; has no effect.", (6,)),
    Keyword("immutable", "describe name immutable", "Accepted; has no effect.", (6,)),
    Keyword(
        "export", 'export name "field"', "Names the field of the host that a variable is meant for."
    ),
    Keyword(
        "removeAllPrivateTags",
        "removeAllPrivateTags",
        "Removes every private element at every level.",
        (6,),
    ),
    Keyword("new", "(gggg,eeee) := new UID", "Makes a new value, such as a UID.", (4,)),
    Keyword("include", 'include "file.das"', "Takes in the statements of another file.", (6,)),
)


def keyword(word: str, dialect: int) -> Keyword | None:
    """Return what a word means in a dialect, if it is one of the language."""
    return next((each for each in KEYWORDS if each.word == word and dialect in each.dialects), None)
