"""`dicomedit functions`: the functions of the language, in the terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from dicomedit.errors import DicomEditError
from dicomedit.io.bundled import function_examples
from dicomedit.lang.functions.manual import registry_of, remarks, summary
from dicomedit.lang.functions.registry import Function, Registry
from dicomedit.lang.words import nearest

_DESCRIPTION = """\
Tell what the functions of the DicomEdit language do: all of them in a line each, or one with its
arguments and examples. A reference with everything else is docs/language.md.

  dicomedit functions
  dicomedit functions shiftDateByIncrement
  dicomedit functions substring --dialect 4"""

_WIDTH = 80


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = _DESCRIPTION
    parser.set_defaults(command=execute, parser=parser)
    parser.add_argument("name", nargs="?", metavar="NAME", help="a function to explain")
    parser.add_argument(
        "--dialect",
        type=int,
        choices=[4, 6],
        default=6,
        help="the version of the language (default: %(default)s)",
    )
    parser.add_argument(
        "--format", choices=["text", "json"], default="text", help="default: %(default)s"
    )


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    registry = registry_of(given.dialect)
    chosen = list(registry) if given.name is None else [_named(registry, given)]
    if given.format == "json":
        _print_json(chosen, given.dialect)
    elif given.name is None:
        print("\n".join(_overview(registry)))
    else:
        print("\n".join(_page(chosen[0], given.dialect)))
    return 0


def _named(registry: Registry, given: argparse.Namespace) -> Function:
    found = registry.get(given.name)
    if found is None:
        near = nearest(given.name, (each.name for each in registry))
        hint = f'; did you mean "{near}"?' if near else '; "dicomedit functions" lists all'
        message = f"DicomEdit {given.dialect} has no function called {given.name!r}{hint}"
        raise DicomEditError(f"error: {message}")
    return found


def _overview(registry: Registry) -> Iterator[str]:
    for function in registry:
        yield function.signature
        yield from _wrapped(f"{summary(function)}.".replace("``", ""), "    ")


def _page(function: Function, dialect: int) -> Iterator[str]:
    yield function.signature
    for paragraph in function.doc.replace("``", "").split("\n\n"):
        yield ""
        yield from _wrapped(" ".join(paragraph.split()), "")
    notes = [note.replace("`", "") for note in remarks(function)]
    if notes:
        yield ""
    for note in notes:
        yield from _wrapped(note, "  ")
    if dialect == 6:
        yield from ("", "Examples:", "")
        yield from (f"  {line}".rstrip() for line in function_examples(function.name).splitlines())


def _wrapped(text: str, indent: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)


def _print_json(functions: list[Function], dialect: int) -> None:
    import json

    listed = [
        {
            "name": each.name,
            "signature": each.signature,
            "text": each.doc,
            "remarks": list(remarks(each)),
            "examples": function_examples(each.name) if dialect == 6 else None,
        }
        for each in functions
    ]
    json.dump(listed, sys.stdout, indent=2, ensure_ascii=False)
    print()
