"""What an editor offers to complete the word that is being typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from dicomedit.dicom.dictionary import attributes, tag_text
from dicomedit.errors import Span
from dicomedit.lang.functions.manual import registry_of
from dicomedit.lang.functions.registry import Function
from dicomedit.lsp.hover import function_text
from dicomedit.lsp.keywords import KEYWORDS
from dicomedit.lsp.tokens import Token, TokenKind, tokens
from dicomedit.lsp.variables import names

MOST_ATTRIBUTES = 200
"""How many attributes are offered at a time; the more is typed, the fewer there are."""

FEWEST_LETTERS = 2
"""Attributes are offered for so many letters, or right behind a parenthesis."""

_WORD = re.compile(r"\w*\Z")
_OPEN_TAG = re.compile(r"\((?:[0-9A-Fa-f]{0,4}|[0-9A-Fa-f]{4},[ \t]*[0-9A-Fa-f]{0,4}|\w*)\Z")
_CONDITION = re.compile(r"\b(?:if|elseif)[ \t]*\(\w*\Z")


class OfferKind(Enum):
    """What is offered."""

    FUNCTION = "function"
    ATTRIBUTE = "attribute"
    VARIABLE = "variable"
    KEYWORD = "keyword"


@dataclass(frozen=True, slots=True)
class Offer:
    """One completion: its label, what is put in place of `span`, and what is told of it.

    A text that `is_snippet` has places to fill in, such as ``${1:text}``.
    """

    kind: OfferKind
    label: str
    text: str
    span: Span
    detail: str = ""
    documentation: str = ""
    is_snippet: bool = False


def completions(script: str, offset: int, dialect: int) -> list[Offer]:
    """Return what could stand at an offset, in place of the word before it."""
    found = tokens(script)
    if _is_in_text(found, offset):
        return []
    line = script[max(script.rfind("\n", 0, offset), script.rfind("\r", 0, offset)) + 1 : offset]
    opened = None if _CONDITION.search(line) else _OPEN_TAG.search(line)
    if opened is not None:
        typed = opened[0][1:]
        end = offset + (script[offset : offset + 1] == ")")  # which editors add by themselves
        return list(_tags(typed, Span(offset - len(opened[0]), end)))
    typed = _WORD.search(line)[0]  # type: ignore[index]
    span = Span(offset - len(typed), offset)
    has_arguments = script[offset : offset + 1] == "["
    return [
        *_functions(typed, span, dialect, has_arguments),
        *_words(found, typed, span, dialect),
        *_attributes(typed, span),
    ]


def _is_in_text(found: Sequence[Token], offset: int) -> bool:
    """Whether an offset is in a comment or a text: nothing is offered there."""
    for token in found:
        start, end = token.span.start, token.span.end
        if token.kind is TokenKind.COMMENT and start < offset <= end:
            return True
        is_open = len(token.text) == 1 or not token.text.endswith('"')
        if token.kind is TokenKind.TEXT and start < offset < end + is_open:
            return True
    return False


def _functions(typed: str, span: Span, dialect: int, has_arguments: bool) -> Iterator[Offer]:
    for function in registry_of(dialect):
        if function.name.lower().startswith(typed.lower()):
            yield _call(function, span, has_arguments)


def _words(found: Sequence[Token], typed: str, span: Span, dialect: int) -> Iterator[Offer]:
    lower = typed.lower()
    for name in names(found):
        if name.lower().startswith(lower) and name != typed:
            yield Offer(OfferKind.VARIABLE, name, name, span)
    for each in KEYWORDS:
        if each.word.lower().startswith(lower) and dialect in each.dialects:
            yield Offer(OfferKind.KEYWORD, each.word, each.word, span, each.usage, each.text)


def _call(function: Function, span: Span, has_arguments: bool) -> Offer:
    wanted = [each.name for each in function.parameters if not each.has_default]
    if function.rest is not None:
        wanted.append(function.rest.name)
    places = ", ".join(f"${{{number}:{name}}}" for number, name in enumerate(wanted, 1))
    return Offer(
        OfferKind.FUNCTION,
        function.name,
        function.name if has_arguments else f"{function.name}[{places}]",
        span,
        function.signature,
        function_text(function),
        is_snippet=not has_arguments,
    )


def _tags(typed: str, span: Span) -> Iterator[Offer]:
    """Yield the attributes whose tags begin with the digits, or whose keywords have the letters."""
    digits = re.sub(r"[ \t,]", "", typed).upper()
    fitting = [
        each
        for each in attributes()
        if f"{each[0]:08X}".startswith(digits) or typed.lower() in each[2].lower()
    ]
    return _offered(fitting, typed, span)


def _attributes(typed: str, span: Span) -> Iterator[Offer]:
    if len(typed) < FEWEST_LETTERS:
        return iter(())
    return _offered([e for e in attributes() if typed.lower() in e[2].lower()], typed, span)


def _offered(fitting: list[tuple[int, str, str]], typed: str, span: Span) -> Iterator[Offer]:
    lower = typed.lower()
    fitting.sort(key=lambda each: (not each[2].lower().startswith(lower), each[0]))
    for tag, vr, keyword in fitting[:MOST_ATTRIBUTES]:
        text = tag_text(tag)
        yield Offer(OfferKind.ATTRIBUTE, f"{keyword} {text}", text, span, f"VR {vr}")
