"""`dicomedit lsp`: help for editors while a script is written."""

from __future__ import annotations

import argparse
import sys

_DESCRIPTION = """\
Serve an editor by the Language Server Protocol: diagnostics while a script is written, what a tag
or a function means, completion, the place where a variable gets its value, formatting. Editors
start it by themselves; docs/editors.md tells how to set them up. It needs pygls:
pip install "dicomedit[lsp]"."""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = _DESCRIPTION
    parser.set_defaults(command=execute, parser=parser)
    parser.add_argument(
        "--dialect",
        type=int,
        choices=[4, 6],
        help="read all scripts as this version of the language",
    )
    parser.add_argument(
        "--stdio",
        action="store_true",
        help="talk through standard input and output, as is done without it, too",
    )
    parser.add_argument(
        "--tcp",
        type=int,
        metavar="PORT",
        help="listen on a port of this machine instead",
    )


def execute(given: argparse.Namespace) -> int:
    """Run the command."""
    try:
        from dicomedit.lsp.server import Server
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in ("pygls", "lsprotocol"):
            raise
        print('error: pygls is missing: pip install "dicomedit[lsp]"', file=sys.stderr)
        return 2
    from importlib.metadata import version

    server = Server(version("dicomedit"), given.dialect)
    if given.tcp is None:
        server.start_io()
    else:
        server.start_tcp("127.0.0.1", given.tcp)
    return 0
