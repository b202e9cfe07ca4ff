"""Where the result of a received object goes, below the folder of the results."""

from __future__ import annotations

from pathlib import Path

from dicomedit.dicom.dictionary import SOP_INSTANCE_UID
from dicomedit.dicom.levels import Level, element_name
from dicomedit.dicom.text import read_text
from dicomedit.errors import failed
from dicomedit.io.file_names import safe_name

STUDY_INSTANCE_UID = 0x0020000D
SERIES_INSTANCE_UID = 0x0020000E


def result_path(root: Level) -> Path:
    """Return ``STUDY/SERIES/INSTANCE.dcm``, the UIDs of an edited data set.

    Raises EvaluationError when it does not have all of them: two results could get one name.
    """
    tags = (STUDY_INSTANCE_UID, SERIES_INSTANCE_UID, SOP_INSTANCE_UID)
    study, series, instance = (safe_name(_uid(root, tag)) for tag in tags)
    return Path(study, series, f"{instance}.dcm")


def _uid(root: Level, tag: int) -> str:
    text = read_text(root, tag) if tag in root else None
    if not text:
        raise failed(
            "no-identity",
            "the result has no value here, and no name without it",
            element=element_name(root, tag),
        )
    return text
