"""What each function of the language does, in words that fit into a sentence.

In a phrase ``{0}`` stands for the first argument, ``{1+}`` for the second and all after it,
``{1;}`` for the same with semicolons between them. Where the arguments of a part in angle brackets
were not given, what follows the bar in it takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

VALUES = {
    "collectValues": "the list of {0+} with all their values",
    "concatenate": "{0+} joined together",
    "false": 'the word "false"',
    "format": "the text {0}< with {1+} in the places in braces>",
    "getURL": "the answer of the web server at {0}",
    "hashUID": "the UID that always stands for {0}",
    "lookup": "what the lookup table has under {0} for {1}",
    "lowercase": "{0} in small letters",
    "mapUID": "the new UID that stands for {0} during this run and begins with {1}",
    "match": "what group {2} of the pattern {1} finds in {0}",
    "newUID": "a new random UID",
    "normalizeString": "{0} with every character that is not ASCII replaced by <{1}|_>",
    "replace": "{0} with every {1} replaced by {2}",
    "shiftDateByIncrement": "the date of {0} moved by {1}, counted in <{2}|days>",
    "shiftDateTimeByIncrement": "the date and time of {0} moved by {1}, counted in <{2}|seconds>",
    "substring": "the characters of {0} from position {1} up to, not including, {2}",
    "true": 'the word "true"',
    "uppercase": "{0} in capital letters",
    "urlEncode": "{0} written as part of a web address",
    "valueAt": "the value of {0}",
}
"""Functions that make a value, as nouns."""

CONDITIONS = {
    "and": "this is all true: {0;}",
    "equals": "{0+} are all the same",
    "ismatch": "{0} as a whole fits the pattern {1}",
    "isPresent": "the data set has {0+}",
    "or": "any of this is true: {0;}",
}
"""Functions that tell whether something is so, as clauses."""

ACTIONS = {
    "alterPixels": "blacks out a {0} of every frame of the image, at {1}",
    "blankValues": "empties every element, at any level, whose whole value is one of {0+}",
    "delete": "removes {0}",
    "hashUIDList": "replaces each value of {0+} with the UID that always stands for it",
    "mapReferencedUIDs": "replaces each value of {1+} with a new UID that stands for it during this"
    " run and begins with {0}",
    "reject": "rejects the file, so that nothing is written for it<, if this is true: {0}>",
    "removeTags": "removes {0+}",
    "retainPrivateTags": "removes every private element< but {0+}>",
    "scalePatientAgeAndDobFromStudyDate": "makes nobody older than 89 years: moves birth dates and"
    " caps ages, at every level",
    "set": "sets {0} to {1}",
    "shiftDateTimeListByIncrement": "moves the dates and times in {0} by {1}, counted in {2}",
    "shiftDateTimeSequenceByIncrement": "moves the dates and times in {1+} by {0} seconds",
}
"""Functions that change the data set or end the work on it, as verbs."""

VALUES_4 = {
    "format": VALUES["format"],
    "getURL": VALUES["getURL"],
    "hashUID": VALUES["hashUID"],
    "lowercase": VALUES["lowercase"],
    "match": "group {2} of {0}, if {0} as a whole fits the pattern {1}",
    "replace": VALUES["replace"],
    "substring": VALUES["substring"],
    "uppercase": VALUES["uppercase"],
    "urlEncode": "{0} written as web forms do",
}
"""The functions of DicomEdit 4."""

MAY_BE_NOTHING = frozenset(("lookup", "match", "valueAt"))
"""Functions that often give nothing."""

_EVERYWHERE = " everywhere"
_OPTIONAL = re.compile(r"<([^<>|]*)\|?([^<>|]*)>")
_PLACE = re.compile(r"\{(\d+)([+;]?)\}")


def filled(phrase: str, arguments: Sequence[str]) -> str:
    """Return a phrase with its arguments, which are phrases themselves."""

    def has_all(part: str) -> bool:
        return all(int(place[1]) < len(arguments) for place in _PLACE.finditer(part))

    def argument(place: re.Match[str]) -> str:
        number = int(place[1])
        if place[2] == ";":
            return "; ".join(arguments[number:]) or "nothing"
        if place[2]:
            return enumerated(arguments[number:])
        return arguments[number] if number < len(arguments) else "nothing"

    kept = _OPTIONAL.sub(lambda part: part[1] if has_all(part[1]) else part[2], phrase)
    return _PLACE.sub(argument, kept).strip()


def visible(text: str) -> str:
    """Return a text on one line, without what a terminal would obey."""
    return "".join(each if each.isprintable() else " " for each in text)


def enumerated(phrases: Sequence[str]) -> str:
    """Return phrases as one: ``a``, ``a and b``, or ``a, b and c``."""
    if len(phrases) > 1 and all(each.endswith(_EVERYWHERE) for each in phrases):
        names = [each.removesuffix(_EVERYWHERE) for each in phrases]
        return f"{enumerated(names)} (all of them everywhere)"
    if len(phrases) < 2:
        return "".join(phrases) or "nothing"
    return f"{', '.join(phrases[:-1])} and {phrases[-1]}"
