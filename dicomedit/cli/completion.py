"""`dicomedit completion`: what makes a shell complete the command's arguments."""

from __future__ import annotations

import argparse
import sys

_DESCRIPTION = """\
Print the script with which a shell completes commands, options and file names of dicomedit. It
needs shtab: pip install "dicomedit[completion]".

  bash:  dicomedit completion bash > ~/.local/share/bash-completion/completions/dicomedit
  zsh:   dicomedit completion zsh > ~/.zfunc/_dicomedit      (a folder in $fpath)
  fish:  dicomedit completion fish > ~/.config/fish/completions/dicomedit.fish"""

_NO_FILES = frozenset(
    ("HOST", "N", "NAME", "NAME=VALUE", "NUMBER", "PATTERN", "PORT", "ROOT", "SECONDS", "TITLE")
)
"""What an argument may stand for that is not a file; these names are used in all commands."""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = _DESCRIPTION
    parser.set_defaults(command=execute, parser=parser)
    parser.add_argument("shell", choices=["bash", "zsh", "fish"], help="the shell")


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    try:
        import shtab
    except ModuleNotFoundError:
        print('error: shtab is missing: pip install "dicomedit[completion]"', file=sys.stderr)
        return 2
    print(shtab.complete(_prepared(), shell=given.shell))
    return 0


def _prepared() -> argparse.ArgumentParser:
    """Return the parser of all commands, with a line about each and files where they belong."""
    from dicomedit.cli.main import COMMANDS, build_parser

    parser = build_parser(list(COMMANDS))
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                command.description = COMMANDS[name]
                _complete_files(command)
    return parser


def _complete_files(parser: argparse.ArgumentParser) -> None:
    import shtab

    for action in parser._actions:
        takes_value = action.nargs != 0 and action.choices is None
        if takes_value and action.metavar not in _NO_FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
