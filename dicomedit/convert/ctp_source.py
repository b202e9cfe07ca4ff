"""Read an anonymizer script of RSNA CTP: the XML form, and the older form of properties."""

from __future__ import annotations

import re

from dicomedit.convert.rules import Rule, refusal
from dicomedit.errors import Source, Span

_KINDS = ("parameter", "element", "keep", "remove")
_PROPERTY = re.compile(
    r"(?P<off>#?)(?:param\.(?P<parameter>\w+)|set\.(?P<element>[^=]*?)|keep\.(?P<keep>\w+)"
    r"|remove\.(?P<remove>\w+))\s*=(?P<action>.*)"
)


def is_ctp(text: str) -> bool:
    """Whether a text looks like an anonymizer script."""
    if re.match(r"\s*(<\?xml|<!--|<!DOCTYPE|<script)", text):
        return True
    return bool(re.search(r"(?m)^#?(set\.\[|param\.\w+=)", text))


def read_rules(source: Source) -> list[Rule]:
    """Return the rules that are enabled; raise ScriptError for what is no such script."""
    if source.text.lstrip("\ufeff \t\r\n").startswith("<"):
        return _read_xml(source)
    return list(_read_properties(source))


def _read_xml(source: Source) -> list[Rule]:
    from dicomedit.convert.ctp_xml import rules_of_xml

    return rules_of_xml(source)


def _read_properties(source: Source) -> list[Rule]:
    rules = []
    offset = 0
    for line in source.text.splitlines(keepends=True):
        found = _PROPERTY.match(line.rstrip("\r\n"))
        span = Span(offset, offset + len(line.rstrip("\r\n")))
        offset += len(line)
        if found is None:
            if line.strip() and not line.startswith(("#", "!")):
                raise refusal(source, span, "this line is no rule of a CTP script")
            continue
        kind = next(each for each in _KINDS if found[each] is not None)
        if not found["off"]:
            target = re.sub(r"\A(\[[0-9A-Fa-f]{4},?[0-9A-Fa-f]{4}\]).*", r"\1", found[kind].strip())
            target = target.removeprefix("group") if kind == "keep" else target
            rules.append(Rule(kind, target, found["action"].strip(), span))
    return rules
