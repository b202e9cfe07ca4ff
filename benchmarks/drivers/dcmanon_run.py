"""Anonymize a folder's files with dcmanon, its own rules and those of a file: ACTIONS IN OUT."""

import json
import sys
from pathlib import Path

from dcmanon import Anonymizer

actions, source, out = map(Path, sys.argv[1:])
out.mkdir(parents=True, exist_ok=True)
anonymizer = Anonymizer(tag_actions=json.loads(actions.read_text("utf-8")))
for path in sorted(source.iterdir()):
    (out / path.name).write_bytes(anonymizer.anonymize(str(path)))
