"""Plain command lines, read without argparse: to begin with that takes as long as a few files do.

A command line is plain when it leaves no doubt: options are spelt in full and stand apart from
their values, no value begins with a hyphen, and all of them are what the command wants. Whatever
else is given, right or wrong, is read by argparse, which also tells of mistakes and prints help.
Commands tell both by the same calls what arguments they have.
"""

from __future__ import annotations

from types import SimpleNamespace

from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, NoReturn


_ACTIONS = frozenset(("store", "store_true", "append"))


class _Option(Record):
    dest: str
    action: str
    type: Callable[[str], object]
    choices: Sequence[object] | None
    group: object
    """What excludes this option once another of the same group was given."""

    def take(self, rest: Iterator[str], found: dict[str, Any]) -> bool:
        """Take the value that comes next, or none; return False when that is not plain."""
        if self.action == "store_true":
            found[self.dest] = True
            return True
        text = next(rest, "-")
        if text.startswith("-"):
            return False
        try:
            value = self.type(text)
        except ValueError:
            return False
        if self.action == "append":
            found[self.dest].append(value)
        else:
            found[self.dest] = value
        return self.choices is None or value in self.choices


class PlainParser:
    """Stands for an `argparse.ArgumentParser`, or a group of one, to a command that sets it up.

    There are options that are flags, that store or that collect a value, and one row of paths.
    """

    usage: str
    description: str

    def __init__(self, in_full: Callable[[], argparse.Namespace]) -> None:
        """`in_full` reads the whole command line with argparse."""
        self._in_full = in_full
        self._options: dict[str, _Option] = {}
        self._defaults: dict[str, object] = {}
        self._paths = ""

    def add_argument_group(self, _title: str) -> PlainParser:
        """Return what the options of a group are told to."""
        return self

    def add_mutually_exclusive_group(self) -> _ExclusiveGroup:
        """Return what options are told to of which only one may be given."""
        return _ExclusiveGroup(self)

    def set_defaults(self, **values: object) -> None:
        """Give a command line values that no argument gives."""
        self._defaults.update(values)

    def add_argument(
        self,
        *names: str,
        dest: str | None = None,
        action: str = "store",
        default: object = None,
        type: Callable[[str], object] = str,
        choices: Sequence[object] | None = None,
        nargs: str | None = None,
        metavar: str | None = None,
        help: str | None = None,
        group: object = None,
    ) -> None:
        """Learn of an option, or of the paths, as argparse does; raise ValueError for others."""
        is_option = names[0].startswith("-")
        if action not in _ACTIONS or nargs != (None if is_option else "+"):
            raise ValueError(f"{names[0]} is for argparse only")
        if not is_option:
            self._paths = names[0]
            return
        spelt = next((name for name in names if name.startswith("--")), names[0])
        dest = dest or spelt.lstrip("-").replace("-", "_")
        option = _Option(dest, action, type, choices, group)
        self._options.update(dict.fromkeys(names, option))
        self._defaults[dest] = False if action == "store_true" else default

    def read(self, arguments: Sequence[str]) -> Any:
        """Return what a command line gives, as argparse would, or None when it is not plain."""
        found = {
            name: [*value] if isinstance(value, list) else value
            for name, value in self._defaults.items()
        }
        paths: list[str] = []
        groups: list[object] = []
        rest = iter(arguments)
        for word in rest:
            if not word.startswith("-"):
                paths.append(word)
                continue
            option = self._options.get(word)
            if option is None or option.group in groups or not option.take(rest, found):
                return None
            groups += [] if option.group is None else [option.group]
        return SimpleNamespace(**found, **{self._paths: paths}) if paths else None

    def error(self, message: str) -> NoReturn:
        """Tell of a mistake as argparse does, and end the process."""
        self._in_full().parser.error(message)
        raise AssertionError("argparse ends the process")


class _ExclusiveGroup:
    def __init__(self, parser: PlainParser) -> None:
        self._parser = parser

    def add_argument(self, *names: str, **described: Any) -> None:
        self._parser.add_argument(*names, group=self, **described)
