"""What an editor shows of the word under the pointer, as Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dicomedit.dicom.dictionary import attribute_name, dictionary_vr, is_private, tag_name
from dicomedit.errors import Span
from dicomedit.lang.functions.manual import registry_of, remarks
from dicomedit.lang.functions.registry import Function
from dicomedit.lsp.keywords import keyword
from dicomedit.lsp.profile import action_text
from dicomedit.lsp.tokens import Token, TokenKind, index_at, is_call
from dicomedit.lsp.variables import definition

_PRIVATE = re.compile(r"\(\s*([^,\s]+)\s*,\s*\{([^}]*)\}(..)\)")


@dataclass(frozen=True, slots=True)
class Hover:
    """A text in Markdown about a stretch of a script."""

    text: str
    span: Span


def hover(script: str, found: Sequence[Token], offset: int, dialect: int) -> Hover | None:
    """Return what is known of the word at an offset; None when there is nothing to say."""
    number = index_at(found, offset)
    if number is None:
        return None
    token = found[number]
    text = _text_about(script, found, number, dialect)
    return None if text is None else Hover(text, token.span)


def _text_about(script: str, found: Sequence[Token], number: int, dialect: int) -> str | None:
    token = found[number]
    if token.kind is TokenKind.TAG:
        return tag_text(token.text)
    if token.kind is TokenKind.NAME and is_call(found, number):
        function = registry_of(dialect).get(token.text)
        return None if function is None else function_text(function)
    known = keyword(token.text, dialect)
    if known is not None:
        return f"`{known.usage}`\n\n{known.text}"
    if token.kind is TokenKind.NAME:
        return _variable_text(script, found, token, dialect)
    return None


def tag_text(tag: str) -> str:
    """Return what is known of a tag as a script spells it."""
    private = _PRIVATE.fullmatch(tag)
    if private is not None:
        group, creator, element = private.groups()
        return (
            f"**Private element** {element} of group {group}, in the block of the private creator"
            f" `{creator}`, wherever that block lies (PS3.5 §7.8.1)"
        )
    digits = re.sub(r"[(),\s]", "", tag)
    if re.search("[Xx@#]", digits):
        return (
            "**Tag pattern**: X stands for any hexadecimal digit, @ for an even one, # for an"
            " odd one"
        )
    return _public_tag_text(int(digits, 16))


def _public_tag_text(tag: int) -> str:
    if is_private(tag):
        return "**Private element**: its meaning depends on the private creator of its block"
    name = attribute_name(tag)
    if not name:
        return f"{tag_name(tag)} is not in the data dictionary (PS3.6)"
    lines = [f"**{name}**", f"`{tag_name(tag)}`, VR {dictionary_vr(tag, signed=False)}"]
    action = action_text(tag)
    if action:
        lines.append(action)
    return "\n\n".join(lines)


def function_text(function: Function) -> str:
    """Return the reference of a function."""
    notes = "\n".join(f"* {note}" for note in remarks(function))
    return "\n\n".join(part for part in (f"`{function.signature}`", function.doc, notes) if part)


def _variable_text(script: str, found: Sequence[Token], token: Token, dialect: int) -> str | None:
    place = definition(found, token.span.start, dialect)
    if place is None:
        return f"`{token.text}`: a variable that gets its value from outside"
    start = max(script.rfind("\n", 0, place.start), script.rfind("\r", 0, place.start)) + 1
    line = script[start:].splitlines()[0].strip()
    return f"`{token.text}`: a variable of the script\n\n```das\n{line}\n```"
