"""Makes the modules beside the tests of the language importable: strategies for scripts."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "lang"))
