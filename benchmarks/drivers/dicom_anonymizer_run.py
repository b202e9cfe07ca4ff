"""Run dicom-anonymizer with a dictionary in place of its own rules: DICTIONARY IN OUT [...].

The command line of dicom-anonymizer can only add to its own rules. With ``--remove-private``
private elements go, too.
"""

import sys
from pathlib import Path

from dicomanonymizer.anonymizer import parse_dictionary_argument
from dicomanonymizer.simpledicomanonymizer import anonymize_dicom_file

dictionary, source, out, *private = sys.argv[1:]
rules: dict = {}
parse_dictionary_argument(dictionary, rules)
Path(out).mkdir(parents=True, exist_ok=True)
for path in sorted(Path(source).iterdir()):
    anonymize_dicom_file(str(path), str(Path(out, path.name)), rules, bool(private), dict)
