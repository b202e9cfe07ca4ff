"""Keep a UID map from run to run: JSON, one entry a line, readable by its owner only."""

from __future__ import annotations

from pathlib import Path

from dicomedit.dicom.uids import UidMap
from dicomedit.errors import DicomFileError
from dicomedit.io.write import write_atomically


def load_uid_map(path: Path) -> UidMap:
    """Return the map in a file, an empty one when there is no such file yet."""
    if not path.exists():
        return UidMap()
    import json

    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return UidMap.from_rows((row["prefix"], row["text"], row["uid"]) for row in rows)
    except OSError as error:
        raise DicomFileError(str(path), error.strerror or "cannot be read") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        # The file holds identifiers: nothing of it is shown.
        raise DicomFileError(str(path), "the file is no UID map") from None


def save_uid_map(uid_map: UidMap, path: Path) -> None:
    """Write the map in one step; the file holds original identifiers."""
    from json import dumps

    rows = [
        dumps({"prefix": prefix, "text": text, "uid": uid}, ensure_ascii=False)
        for prefix, text, uid in uid_map.rows()
    ]
    text = "[\n" + ",\n".join(rows) + "\n]\n"
    write_atomically(path, [text.encode("utf-8")], mode=0o600)
