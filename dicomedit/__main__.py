"""The process of ``python -m dicomedit`` and of the `dicomedit` command."""

import atexit
import gc
import sys


def main() -> int:
    """Run the command line of this process; return the exit status."""
    # What a start makes stays, and most of what is made for a file is gone with it: looking for
    # the rest less often pays, from the first import on.
    gc.set_threshold(50_000)
    atexit.register(gc.freeze)  # what is there at the end goes with the process, unsearched
    try:
        from dicomedit.cli.main import main as run_command
    except KeyboardInterrupt:  # nothing has begun
        return 130
    return run_command()


if __name__ == "__main__":
    sys.exit(main())
