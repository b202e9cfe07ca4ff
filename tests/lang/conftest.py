"""Makes the modules of this folder importable, and adds the option that rewrites golden texts."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def pytest_addoption(parser):
    parser.addoption(
        "--rewrite-golden",
        action="store_true",
        help="write the golden texts anew; name the folder: pytest tests/lang --rewrite-golden",
    )
