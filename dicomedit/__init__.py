"""dicomedit: de-identify DICOM data sets and files with scripts in the DicomEdit language.

What the package offers is imported when it is first asked for (PEP 562): a command that needs a
part of it does not wait for the rest.
"""

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.authoring.checking.check import check
    from dicomedit.batch.program import Options, Program, apply, compile_script
    from dicomedit.batch.report_file import ReportFile
    from dicomedit.batch.rows import Row, Status
    from dicomedit.batch.run import iterate, run
    from dicomedit.batch.stream import Report, Rows
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
    "ReportFile",
    "Row",
    "Rows",
    "ScriptError",
    "Status",
    "UidMap",
    "UrlFetcher",
    "Variable",
    "apply",
    "check",
    "compile_script",
    "iterate",
    "run",
]

_HOMES = {
    "authoring.checking.check": ("check",),
    "batch.program": ("Options", "Program", "apply", "compile_script"),
    "batch.report_file": ("ReportFile",),
    "batch.rows": ("Row", "Status"),
    "batch.run": ("iterate", "run"),
    "batch.stream": ("Report", "Rows"),
    "dicom.levels": ("Change",),
    "dicom.uids": ("UidMap",),
    "errors": ("Diagnostic", "DicomEditError", "DicomFileError", "EvaluationError", "ScriptError"),
    "io.fetch": ("UrlFetcher",),
    "lang.lookup": ("LookupTable",),
    "lang.program": ("Outcome", "Variable"),
}

if not TYPE_CHECKING:  # which would take any name for one that exists

    def __getattr__(name):
        """Import a name on its first use."""
        home = next((home for home, names in _HOMES.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
        return value


def __dir__() -> list[str]:
    """List what is not imported yet, too."""
    return sorted({*globals(), *__all__})
