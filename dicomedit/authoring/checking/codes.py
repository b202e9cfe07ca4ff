"""Every code a check can tell: what it means, how severe it is, and how it is repaired."""

from __future__ import annotations

from dicomedit.authoring.checking.code import Code
from dicomedit.authoring.checking.codes_language import CODES as _LANGUAGE
from dicomedit.authoring.checking.codes_logic import CODES as _LOGIC
from dicomedit.authoring.checking.codes_values import CODES as _VALUES

REGISTRY: dict[str, Code] = {
    code.name: code for code in sorted((*_LANGUAGE, *_LOGIC, *_VALUES), key=lambda each: each.name)
}
"""All codes by name."""
