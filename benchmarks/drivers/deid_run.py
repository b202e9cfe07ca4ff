"""Clean the headers of a folder's files with deid: RECIPE IN OUT [--remove-private]."""

import sys
from pathlib import Path

from deid.config import DeidRecipe
from deid.dicom import replace_identifiers

recipe, source, out, *private = sys.argv[1:]
Path(out).mkdir(parents=True, exist_ok=True)
replace_identifiers(
    dicom_files=[str(path) for path in sorted(Path(source).iterdir())],
    deid=DeidRecipe(recipe),
    save=True,
    overwrite=True,
    output_folder=out,
    remove_private=bool(private),
)
