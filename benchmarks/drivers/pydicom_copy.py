"""Read each file of a folder with pydicom and write it again: IN OUT."""

import sys
from pathlib import Path

from pydicom import dcmread

source, out = map(Path, sys.argv[1:])
out.mkdir(parents=True, exist_ok=True)
for path in sorted(source.iterdir()):
    dcmread(path).save_as(out / path.name)
