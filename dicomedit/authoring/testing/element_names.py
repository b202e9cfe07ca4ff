"""Names of elements as files of tests spell them: keywords, tags and paths of both."""

from __future__ import annotations

import re

from dicomedit.dicom.dictionary import keywords, tag_of_keyword, tag_text
from dicomedit.dicom.paths import MAX_STEPS, Levels, Step, TagPath, TagStep
from dicomedit.lang.parser import parse_path
from dicomedit.lang.words import nearest

_STEP = re.compile(r"(\([^(){}]*(?:\{[^{}]*\}[^(){}]*)?\)|[*+.]|\w+)(\[[^][]*\])?(?:/|$)")
_PRIVATE = re.compile(r"\(([0-9A-Fa-f]{3}[13579BDFbdf])[ \t]*,[ \t]*([0-9A-Fa-f]{4})\)")
_LEVELS = {level.value: level for level in Levels}


class UnknownName(Exception):
    """A name that names no element; the text says why."""


def path_of(name: str) -> TagPath:
    """Return the path of a name such as ``PatientName`` or ``(0008,1140)[0]/(0008,1155)``.

    Raises UnknownName.
    """
    steps: list[Step] = []
    position = 0
    while position < len(name):
        found = _STEP.match(name, position)
        if found is None:
            raise UnknownName(f'"{name}" is no keyword, tag or path')
        steps += _steps(found[1], found[2] or "", name)
        position = found.end()
    if not 0 < len(steps) <= MAX_STEPS or name.endswith("/") or isinstance(steps[-1], Levels):
        raise UnknownName(f'"{name}" is no keyword, tag or path')
    path = TagPath(tuple(steps))
    if path.plural_reason is not None and any(map(_is_private_number, steps)):
        raise UnknownName(f'"{name}" needs the creator, such as (0019,{{ACME}}01)')
    return path


def singular_path_of(name: str) -> TagPath:
    """Return the path of a name that means one element; raise UnknownName for any other."""
    path = path_of(name)
    if path.plural_reason is not None:
        raise UnknownName(f'"{name}" does not name one element: {path.plural_reason}')
    return path


def _is_private_number(step: Step) -> bool:
    return isinstance(step, TagStep) and step.creator is None and step.group[-1] in "13579BDF"


def _steps(text: str, item: str, name: str) -> tuple[Step, ...]:
    """Return a step; of private tags, unlike scripts, also those without a creator."""
    if text in _LEVELS and not item:
        return (_LEVELS[text],)
    private = _PRIVATE.fullmatch(text)
    # The parser checks the item number as well; any public tag will do for that.
    parsed = parse_path(("(0000,0000)" if private else _tag(text)) + item)
    if parsed is None:
        raise UnknownName(f'"{name}" is no keyword, tag or path')
    if private is None:
        return parsed.steps
    (step,) = parsed.steps
    group, element = private[1].upper(), private[2].upper()
    return (TagStep(group, element, None, getattr(step, "item", None)),)


def _tag(text: str) -> str:
    if not text.isidentifier():
        return text
    tag = tag_of_keyword(text)
    if tag is None:
        near = nearest(text, (keyword for *_, keyword in keywords()))
        guess = "" if near is None else f'; did you mean "{near}"?'
        raise UnknownName(f'no attribute has the keyword "{text}"{guess}')
    return tag_text(tag)
