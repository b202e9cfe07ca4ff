"""Check a report, its signature, and the results of the run against it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from dicomedit.batch.report_file import Labels, files_of, summary_path
from dicomedit.batch.report_formats import format_of, read_rows
from dicomedit.batch.signature import signature_path, verify_files
from dicomedit.errors import DicomFileError
from dicomedit.records import Record

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any


class Finding(Record):
    """Something that is not as the report says: ``missing``, ``changed``, ``extra`` or ``report``.

    `name` is the result's name below the output folder, or what stands for it in the report.
    """

    kind: str
    name: str
    reason: str


class Checked(Record):
    """What was found: how many results are as the report says, and all that is not.

    `public_key` is the key of the signature, None when there was none.
    """

    summary: dict[str, Any]
    intact: int
    findings: tuple[Finding, ...]
    public_key: bytes | None = None


class _Contents(Record):
    """What a report says: digest and size of each result, by what stands for its path."""

    summary: dict[str, Any]
    results: dict[str, tuple[str | None, int | None]]
    problems: tuple[Finding, ...]


def check_report(
    report: Path,
    *,
    output: Path | None = None,
    report_key: Path | None = None,
    public_key: bytes | None = None,
    unsigned: bool = False,
) -> Checked:
    """Check the signature of a report, then the results against what it says.

    `output` is where the results are now; otherwise they are looked for where they were written.
    `report_key` is the file with the key of a private report. An `unsigned` report needs no
    signature, but one that is there has to be right. Raises DicomFileError when something
    that is needed cannot be read.
    """
    signer: bytes | None = None
    findings: list[Finding] = []
    files = files_of(report)
    for each in files:
        if not each.is_file():
            raise DicomFileError(str(each), "there is no such file")
    if signature_path(report).exists():
        try:
            signer = verify_files(report, files, public_key)
        except DicomFileError as error:
            return Checked({}, 0, (Finding("report", Path(error.path).name, error.reason),))
    elif not unsigned or public_key is not None:
        findings.append(Finding("report", report.name, "there is no signature"))
    try:
        contents = _read(report)
    except (KeyError, TypeError, AttributeError):  # other kinds of values than a run writes
        raise DicomFileError(str(report), "this is no report of dicomedit run") from None
    findings += contents.problems
    folder = _folder(report, contents.summary, output)
    intact = 0
    if folder is not None:
        for finding in _compare(contents, folder, _labels(contents.summary, report_key, report)):
            if finding is None:
                intact += 1
            else:
                findings.append(finding)
    return Checked(contents.summary, intact, tuple(findings), signer)


def _read(report: Path) -> _Contents:
    """Return what a report says; what is wrong with it becomes findings."""
    results: dict[str, tuple[str | None, int | None]] = {}
    problems: list[Finding] = []
    is_last_line = format_of(report) == ".jsonl"
    summary = {} if is_last_line else _sidecar(report)
    count = 0
    for row in read_rows(report):
        if is_last_line and summary:
            problems.append(Finding("report", report.name, "there is more after its summary"))
            break
        if row.get("kind") == "summary":
            summary = row
            continue
        count += 1
        _take(row, results, problems)
    if not summary:
        problems.append(Finding("report", report.name, "it has no summary: it was cut off"))
    elif summary.get("files") != count:
        problems.append(Finding("report", report.name, "it has not as many rows as it should"))
    for each in summary.get("others", ()):
        results[_beside(summary, each["output"])] = each["sha256"], each["size"]
    return _Contents(summary, results, tuple(problems))


def _take(
    row: dict[str, Any],
    results: dict[str, tuple[str | None, int | None]],
    problems: list[Finding],
) -> None:
    name = row.get("output")
    if name is None:
        return
    if name in results:
        problems.append(Finding("report", name, "it is listed twice"))
    results[name] = row.get("output_sha256"), row.get("output_size")


def _beside(summary: dict[str, Any], label: str) -> str:
    return label if summary.get("is_private") else _path(summary, label)


def _path(summary: dict[str, Any], name: str) -> str:
    """Return the path of a result as the run wrote it."""
    output = str(summary.get("output"))
    return f"{output}/{name}" if "://" in output else str(Path(output, name))


def _sidecar(report: Path) -> dict[str, Any]:
    from json import loads

    path = summary_path(report)
    try:
        values = loads(path.read_bytes())
    except OSError as error:
        raise DicomFileError(str(path), error.strerror or "cannot be read") from None
    except ValueError:
        values = None
    if not isinstance(values, dict) or values.get("kind") != "summary":
        raise DicomFileError(str(path), "this is no summary of a report")
    return values


def _folder(report: Path, summary: dict[str, Any], output: Path | None) -> Path | None:
    """Return where the results are; None when there are none to look at."""
    if summary.get("is_dry_run"):
        raise DicomFileError(str(report), "the report of a dry run has no results to check")
    if summary.get("is_delivered"):
        return None
    if output is None:
        if summary.get("is_private"):
            reason = "a private report does not say where the results are: give --output"
            raise DicomFileError(str(report), reason)
        name = summary.get("output")
        if not isinstance(name, str):
            raise DicomFileError(str(report), "it does not say where the results are: --output")
        output = Path(name)
        if "://" in name:
            reason = "results in a store are not fetched: copy them, and give --output"
            raise DicomFileError(str(report), reason)
    if not output.is_dir():
        raise DicomFileError(str(output), "there is no such folder of results")
    return output


def _labels(summary: dict[str, Any], key: Path | None, report: Path) -> Labels:
    if not summary.get("is_private"):
        return Labels()
    from dicomedit.batch.report_key import read_key

    return Labels(read_key(report.with_name(f"{report.name}.key") if key is None else key))


def _compare(contents: _Contents, folder: Path, labels: Labels) -> Iterator[Finding | None]:
    """Yield what is not as the report says, and None for each result that is."""
    left = dict(contents.results)
    summary = contents.summary
    for name in sorted(_names(folder)):
        label = labels.of(_path(summary, name), name)
        if label not in left:
            if not summary.get("is_single"):
                yield Finding("extra", name, "the report does not know it")
            continue
        yield _difference(folder / name, name, left.pop(label))
    for label in left:
        yield Finding("missing", label, "it is not there")


def _difference(path: Path, name: str, expected: tuple[str | None, int | None]) -> Finding | None:
    from dicomedit.batch.work import digest_of

    digest, size = expected
    if digest is None:
        return Finding("changed", name, "the report has no digest of it")
    try:
        if path.is_symlink():
            return Finding("changed", name, "it is a link")
        if path.stat().st_size != size:
            return Finding("changed", name, "it has another size")
        if digest_of(path) != digest:
            return Finding("changed", name, "it has another SHA-256")
    except OSError as error:
        return Finding("changed", name, error.strerror or "it cannot be read")
    return None


def _names(folder: Path) -> Iterator[str]:
    """Yield the names of all that is no folder, below a folder."""
    lost: list[OSError] = []
    for where, folders, names in os.walk(folder, onerror=lost.append):
        links = [each for each in folders if os.path.islink(os.path.join(where, each))]
        for name in (*names, *links):
            yield os.path.relpath(os.path.join(where, name), folder)
    if lost:
        reason = lost[0].strerror or "cannot be read"
        raise DicomFileError(str(lost[0].filename or folder), reason)
