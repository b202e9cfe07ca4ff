"""What a script of DicomEdit 4 says its variables are when nobody gives them a value."""

from __future__ import annotations

from dicomedit.errors import Source
from dicomedit.lang import nodes
from dicomedit.lang.dialect4.compile import compile_source
from dicomedit.lang.program import CompiledScript


def default_texts(source: Source) -> dict[str, str]:
    """Return the definitions of variables, by name in lower case, as the script spells them.

    A plain text is given without its quotes.
    """
    _, script = compile_source(source)
    found: dict[str, str] = {}
    for statement in script.statements:
        if isinstance(statement, nodes.Define):
            value = statement.value
            spelt = source.text[value.span.start : value.span.end]
            text = value.value if isinstance(value, nodes.Text | nodes.Number) else spelt
            found.setdefault(statement.name.lower(), text)
    return found


def echoing(source: Source, name: str) -> CompiledScript:
    """Return a script that only tells what a variable of another one is for a data set."""
    _, script = compile_source(source)
    kept = [each for each in script.statements if isinstance(each, nodes.Define)]
    lines = [source.text[each.span.start : each.span.end] for each in kept]
    text = "\n".join([*lines, f"echo {name}"])
    return compile_source(Source(source.name, text))[0]
