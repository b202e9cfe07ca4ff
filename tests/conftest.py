"""Makes the helper modules of this folder importable, and generated examples dependable."""

import os
import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

# A slow machine is no failure; and what CI finds must be found again by the next run.
settings.register_profile("here", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("here")
