"""The command `dicomedit`, also as ``python -m dicomedit``."""

import sys


def run() -> int:
    """Run the command line of the process; return the exit status."""
    try:
        from dicomedit.cli.main import main
    except KeyboardInterrupt:  # while it is imported: nothing has begun
        return 130
    return main()


if __name__ == "__main__":
    sys.exit(run())
