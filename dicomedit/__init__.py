"""dicomedit: de-identify DICOM data sets and files with scripts in the DicomEdit language."""

from dicomedit.batch.program import Options, Program, apply, compile_script
from dicomedit.batch.run import Report, Row, Status, run
from dicomedit.dicom.levels import Change
from dicomedit.dicom.uids import UidMap
from dicomedit.errors import (
    Diagnostic,
    DicomEditError,
    DicomFileError,
    EvaluationError,
    ScriptError,
)
from dicomedit.io.fetch import UrlFetcher
from dicomedit.lang.lookup import LookupTable
from dicomedit.lang.program import Outcome, Variable

__all__ = [
    "Change",
    "Diagnostic",
    "DicomEditError",
    "DicomFileError",
    "EvaluationError",
    "LookupTable",
    "Options",
    "Outcome",
    "Program",
    "Report",
    "Row",
    "ScriptError",
    "Status",
    "UidMap",
    "UrlFetcher",
    "Variable",
    "apply",
    "compile_script",
    "run",
]
