"""Ask for the variables of the scripts of a remap, as DicomRemap has always asked for them."""

from __future__ import annotations

import argparse
import sys

from dicomedit.batch.remap import RemapRecipe
from dicomedit.errors import DicomEditError, Source
from dicomedit.io.read import read_header
from dicomedit.io.roots import Inputs
from dicomedit.lang.dialect4.defaults import default_texts, echoing
from dicomedit.lang.program import Resources

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dicomedit.batch.program import Program
    from dicomedit.lang.program import Variable

_MOST_TRIED = 50
"""Most files that are tried for an example of a default."""


def ask_for_variables(
    programs: Sequence[Program], given: dict[str, str], inputs: Inputs, options: argparse.Namespace
) -> dict[str, str]:
    """Return the values of variables, those included that a person was asked for.

    A default that is accepted gives no value here: it stays an expression, evaluated for each
    object. Hidden variables are not asked for. Ends the command when a value is missing and
    nobody can be asked.
    """
    known = {name.lower() for name in given}
    open_ones = [each for each in _variables(programs) if each.name.lower() not in known]
    may_ask = not options.no_input and sys.stdin is not None and sys.stdin.isatty()
    asked = [each for each in open_ones if may_ask and not each.hidden]
    missing = [each for each in open_ones if each.required and each not in asked]
    if missing:
        names = ", ".join(
            f"{each.name} ({each.description})" if each.description else each.name
            for each in missing
        )
        advice = " ".join(f"--var {each.name}=..." for each in missing)
        options.parser.error(f"a value is needed for {names}; add {advice}")
    found = dict(given)
    defaults = _Defaults(programs, inputs, show_values=options.show_values)
    for each in asked:
        default = defaults.shown(each)
        answer = _ask(each, default)
        if answer or (each.required and not default):
            found[each.name] = answer
    return found


def _variables(programs: Iterable[Program]) -> list[Variable]:
    found: dict[str, Variable] = {}
    for program in programs:
        # What a script of version 6 sets itself, it sets whatever it is given.
        is_lazy = isinstance(program.recipe, RemapRecipe)
        for variable in program.variables:
            if is_lazy or variable.required:
                found.setdefault(variable.name.lower(), variable)
    return list(found.values())


def _ask(variable: Variable, default: str) -> str:
    shown = f" [{default}]" if default else ""
    try:
        return input(f"Enter value for {variable.description or variable.name}{shown}: ")
    except EOFError:
        return ""  # the end of the input counts as empty answers


class _Defaults:
    """What variables are when nobody gives them a value.

    Shown is the expression, or, with values, what it gives for the first file.
    """

    def __init__(self, programs: Sequence[Program], inputs: Inputs, *, show_values: bool) -> None:
        self._sources = [
            script.source
            for program in programs
            if isinstance(program.recipe, RemapRecipe)
            for script in program.recipe.scripts
        ]
        self._inputs = inputs
        self._show_values = show_values

    def shown(self, variable: Variable) -> str:
        """Return what a question shows as the default, empty without one."""
        for source in self._sources:
            text = default_texts(source).get(variable.name.lower())
            if text is not None:
                return (self._show_values and self._example(source, variable.name)) or text
        return ""

    def _example(self, source: Source, name: str) -> str:
        script = echoing(source, name)
        for _, file in zip(range(_MOST_TRIED), self._inputs.find(), strict=False):
            try:
                outcome = script.edit(read_header(file, unzips=True).open(), {}, Resources())
            except DicomEditError:
                continue
            return outcome.echo[0]
        return ""
