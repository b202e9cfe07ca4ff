"""``python -m dicomedit``"""

import sys

from dicomedit.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
