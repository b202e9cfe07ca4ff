"""The programs that are compared: which of them are here, and how each is told to do a job."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import translate

HERE = Path(__file__).parent
DRIVERS = HERE / "drivers"
OURS = "dicomedit"

Command = Callable[[str, Path, Path], "list[str] | None"]
"""Job, input folder and output folder to a command; None when the peer cannot do the job."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One program. `version` gives None when it is not here."""

    name: str
    version: Callable[[], str | None]
    command: Command


def script(job: str) -> Path:
    """Return the job as a DicomEdit script."""
    return translate.JOBS / f"{job}.das"


def _translation(job: str, suffix: str) -> str:
    return str(translate.JOBS / f"{job}.{suffix}")


def _arguments(job: str, suffix: str) -> list[str]:
    return Path(_translation(job, suffix)).read_text("utf-8").splitlines()


def _private_option(job: str) -> list[str]:
    return ["--remove-private"] if translate.read_job(script(job)).removes_private else []


def _output_of(command: Sequence[str]) -> str | None:
    """Return what a command prints, or None when it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


# --- the yardsticks and dicomedit itself --------------------------------------------------------


def _copy(job: str, source: Path, out: Path) -> list[str]:
    return ["cp", "-r", str(source), str(out)]


def _pydicom(job: str, source: Path, out: Path) -> list[str]:
    return [sys.executable, str(DRIVERS / "pydicom_copy.py"), str(source), str(out)]


def _dicomedit(job: str, source: Path, out: Path) -> list[str]:
    command = [sys.executable, "-m", "dicomedit", "run", "-q", "--jobs", "1", "--no-journal"]
    return [*command, str(script(job)), str(source), str(out)]


# --- packages of Python -------------------------------------------------------------------------


def _python(package: str) -> str:
    """Return the Python that has a package, by environment variable; see README.md."""
    own = f"DICOMEDIT_BENCH_{package.upper().replace('-', '_')}"
    return os.environ.get(own) or os.environ.get("DICOMEDIT_BENCH_PYTHON") or sys.executable


def _package_version(package: str, python: str | None = None) -> str | None:
    program = f"from importlib.metadata import version; print(version({package!r}))"
    return _output_of([python or _python(package), "-c", program])


def _deid(job: str, source: Path, out: Path) -> list[str]:
    command = [_python("deid"), str(DRIVERS / "deid_run.py"), _translation(job, "deid.txt")]
    return [*command, str(source), str(out), *_private_option(job)]


def _dicom_anonymizer(job: str, source: Path, out: Path) -> list[str]:
    rules = _translation(job, "dicom-anonymizer.json")
    command = [_python("dicom-anonymizer"), str(DRIVERS / "dicom_anonymizer_run.py"), rules]
    return [*command, str(source), str(out), *_private_option(job)]


def _dicognito(job: str, source: Path, out: Path) -> list[str] | None:
    if job == "light":
        return None
    return [_python("dicognito"), "-m", "dicognito", "-q", str(source), "-o", str(out)]


def _dcmanon(job: str, source: Path, out: Path) -> list[str] | None:
    if job == "light":
        return None
    command = [_python("dcmanon"), str(DRIVERS / "dcmanon_run.py")]
    return [*command, _translation(job, "dcmanon.json"), str(source), str(out)]


# --- programs of other kinds --------------------------------------------------------------------


def _program(name: str) -> str | None:
    return os.environ.get(f"DICOMEDIT_BENCH_{name.upper()}") or shutil.which(name)


def _gdcmanon_version() -> str | None:
    """Return the version, which stands in the first line: ``gdcmanon: gdcm 3.0.21 $Date$``."""
    program = _program("gdcmanon")
    told = _output_of([program, "--version"]) if program else None
    return told.split()[2] if told else None


def _gdcmanon(job: str, source: Path, out: Path) -> list[str]:
    """Return gdcmanon's command; the output folder has to be there."""
    return _run_gdcmanon(["--dumb", *_arguments(job, "gdcmanon.txt")], source, out)


def _run_gdcmanon(options: Sequence[str], source: Path, out: Path) -> list[str]:
    paths = ["-i", str(source), "-o", str(out)]
    shell = ["sh", "-c", 'mkdir -p "$0" && exec "$@"', str(out)]
    return [*shell, _program("gdcmanon") or "", *options, *paths]


def _gdcmanon_own_version() -> str | None:
    """Return the version, if there is an openssl to make the certificate with that it asks for."""
    return _gdcmanon_version() if shutil.which("openssl") else None


@cache
def _certificate() -> str:
    """Return the path of a certificate: gdcmanon's own profile encrypts the original values."""
    folder = Path(tempfile.mkdtemp())
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    request += ["-subj", "/CN=benchmark"]
    command = [*request, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return str(certificate)


def _gdcmanon_own(job: str, source: Path, out: Path) -> list[str] | None:
    """Return the command for the basic profile that is built into gdcmanon."""
    if job != "basic-profile":
        return None
    return _run_gdcmanon(["-e", "-c", _certificate(), "--continue"], source, out)


def _dcmodify_version() -> str | None:
    """Return the version, which stands in the first line: ``$dcmtk: dcmodify v3.6.7 ... $``."""
    program = _program("dcmodify")
    told = _output_of([program, "--version"]) if program else None
    return told.split()[2].removeprefix("v") if told else None


_COPY_AND_EDIT = 'cp -r "$0" "$1" && out=$1 && shift && exec "$@" "$out"/*'


def _dcmodify(job: str, source: Path, out: Path) -> list[str]:
    """Return a copy and dcmodify's command: it edits files where they are."""
    options = ["--no-backup", "--ignore-missing-tags", *_arguments(job, "dcmodify.txt")]
    edit = [_program("dcmodify") or "", *options]
    return ["sh", "-c", _COPY_AND_EDIT, str(source), str(out), *edit]


def _npm_version() -> str | None:
    folder = os.environ.get("DICOMEDIT_BENCH_NPM")
    if folder is None or shutil.which("node") is None:
        return None
    program = "console.log(require(process.argv[1]).version)"
    return _output_of(["node", "-e", program, f"{folder}/node_modules/dicomedit/package.json"])


def _npm(job: str, source: Path, out: Path) -> list[str] | None:
    """Return the command; the package has neither ``*/`` in deletions nor hashUIDList."""
    if job != "light":
        return None
    driver = str(DRIVERS / "dicomedit_npm.js")
    return ["node", driver, str(script(job)), str(source), str(out)]


def _java_version() -> str | None:
    jars = os.environ.get("DICOMEDIT_JARS")
    if jars is None or shutil.which("java") is None:
        return None
    return Path(jars.split(os.pathsep)[0]).stem


def _java(job: str, source: Path, out: Path) -> list[str]:
    """Return the command of the Java program: one jar is run, several are a class path."""
    jars = os.environ["DICOMEDIT_JARS"]
    starter = ["-jar", jars]
    if os.pathsep in jars:
        starter = ["-cp", jars, os.environ["DICOMEDIT_JAVA_CLASS"]]
    return ["java", *starter, "-s", str(script(job)), "-i", str(source), "-o", str(out)]


PEERS = (
    Peer("copy", lambda: "cp -r", _copy),
    Peer("pydicom", lambda: _package_version("pydicom", sys.executable), _pydicom),
    Peer("gdcmanon", _gdcmanon_version, _gdcmanon),
    Peer("gdcmanon -e", _gdcmanon_own_version, _gdcmanon_own),
    Peer("dcmodify", _dcmodify_version, _dcmodify),
    Peer("dcmanon", lambda: _package_version("dcmanon"), _dcmanon),
    Peer("dicom-anonymizer", lambda: _package_version("dicom-anonymizer"), _dicom_anonymizer),
    Peer("dicognito", lambda: _package_version("dicognito"), _dicognito),
    Peer("deid", lambda: _package_version("deid"), _deid),
    Peer("npm dicomedit", _npm_version, _npm),
    Peer("Java DicomEdit", _java_version, _java),
    Peer(OURS, lambda: _package_version("dicomedit", sys.executable), _dicomedit),
)
"""In the order of the table: yardsticks, peers, dicomedit."""


def present(names: Sequence[str] | None = None) -> dict[Peer, str]:
    """Return the peers that are here, or those of them that are named, with their versions."""
    wanted = [peer for peer in PEERS if names is None or peer.name in names]
    versions = {peer: peer.version() for peer in wanted}
    return {peer: version for peer, version in versions.items() if version is not None}
