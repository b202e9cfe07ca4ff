"""Writes the report of a run: what became of each input, for an auditor.

It is written under another name while the run lasts, and gets its own when the run has come to
its end. What it says of each file is in `docs/report.md`; values of elements are never in it.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from pathlib import Path

from dicomedit.batch.report_file import Labels, files_of, is_single, summary_path
from dicomedit.batch.rows import WITH_OUTPUT, Row, Status
from dicomedit.batch.version import VERSION
from dicomedit.errors import DicomEditError, DicomFileError
from dicomedit.io.places import below
from dicomedit.io.write import write_atomically

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from dicomedit.batch.facts import Facts
    from dicomedit.batch.report_formats import Sink
    from dicomedit.batch.signature import PrivateKey
    from dicomedit.batch.work import Work
    from dicomedit.io.places import Place
    from dicomedit.io.scan import Plan


class ReportWriter:
    """Writes what became of each file of a run, and at last the summary.

    When the disk is full the run goes on; that there is no report is told at its end.
    """

    def __init__(
        self,
        path: Path,
        part: Path,
        sink: Sink,
        work: Work,
        planned: Plan,
        labels: Labels,
        signer: PrivateKey | None = None,
    ) -> None:
        self.path = path
        self._part = part
        self._sink = sink
        self._work = work
        self._planned = planned
        self._labels = labels
        self._signer = signer
        self._error: OSError | ValueError | None = None
        self._started = time.time()
        self._counts: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()
        self._totals: Counter[str] = Counter()
        self._scripts = _scripts(work)
        self._digests = [each["sha256"] for each in self._scripts]
        self._waiting: dict[int, Row] = {}

    def expect(self, row: Row) -> None:
        """Remember a row that is there already, but not yet its turn."""
        self._waiting[id(row)] = row

    def take(self, row: Row) -> None:
        """Write what became of a file."""
        self._waiting.pop(id(row), None)
        values = self._values(row)
        self._counts[row.status.value] += 1
        if values["code"] is not None:
            self._codes[values["code"]] += 1
        self._totals["kept"] += row.is_kept
        for name in ("added", "changed", "removed"):
            self._totals[name] += values[name] or 0
        if self._error is None:
            try:
                self._sink.write(values)
            except (OSError, ValueError) as error:  # such as text that cannot be encoded
                self._error = error

    def _values(self, row: Row) -> dict[str, Any]:
        has_output = row.status in WITH_OUTPUT
        values: dict[str, Any] = {
            "kind": "file",
            "input": self._input(row.source),
            "output": self._output(row) if has_output else None,
            "status": row.status.value,
            "code": row.code,
            "reason": self._reason(row),
            **_counts(row.facts if has_output else None),
            **_digests(row),
            "script_sha256": self._digests,
            "seconds": row.facts.seconds if row.facts else None,
            "is_kept": row.is_kept,
            "answer": row.answer,
        }
        if self._work.audit is not None and self._work.audit.uids:
            names = ("element", "old", "new")
            pairs = row.facts.uids if row.facts else ()
            values["uids"] = [dict(zip(names, each, strict=True)) for each in pairs]
        if values["input_sha256"] is None or row.is_kept:
            self._complete(row, values)
        return values

    def _complete(self, row: Row, values: dict[str, Any]) -> None:
        """Read what nobody has noted: an earlier run without report, a worker that was lost."""
        from dicomedit.batch.work import digest_of

        with contextlib.suppress(OSError, DicomEditError):
            if values["input_sha256"] is None:
                values["input_size"] = row.source.stat().st_size
                values["input_sha256"] = digest_of(row.source)
        if (
            not row.is_kept
            or values["output"] is None
            or values["output_sha256"]
            or self._work.delivery is not None
        ):
            return
        with contextlib.suppress(OSError, DicomEditError):
            values["output_sha256"] = digest_of(row.destination)
            values["output_size"] = row.destination.stat().st_size

    def _input(self, path: Path | Place) -> str:
        return self._labels.of(str(path), below(path, self._work.source))

    def _output(self, row: Row) -> str:
        if self._work.delivery is not None:  # named as the input is, below the peer's address
            return self._labels.of(str(row.destination), below(row.source, self._work.source))
        name = below(row.destination, self._planned.folder)
        return self._labels.of(str(row.destination), name)

    def _reason(self, row: Row) -> str | None:
        if row.reason is None:
            return None
        reason = row.reason.encode("utf-8", "backslashreplace").decode()
        if self._labels.key is None:
            return reason
        for path in (row.source, row.destination):
            reason = reason.replace(str(path), "(private)")
        return reason

    # --- the end ------------------------------------------------------------------------------

    def end(self, *, is_complete: bool, has_directory: bool = False) -> None:
        """Finish the report and give it its name; raise DicomFileError when this cannot be.

        `has_directory`: the run has written a DICOMDIR beside its results.
        """
        try:
            for row in list(self._waiting.values()):
                self.take(row)
            if self._error is not None:
                raise self._error
            others = self._directory() if has_directory and is_complete else []
            self._finish({**self._summary(is_complete), "others": others})
        except (OSError, ValueError) as error:
            self.abandon()
            why = getattr(error, "strerror", None) or type(error).__name__
            reason = f"the report cannot be written: {why}"
            raise DicomFileError(str(self.path), reason, code="cannot-write") from None
        except BaseException:
            self.abandon()
            raise

    def abandon(self) -> None:
        """Leave no report."""
        with contextlib.suppress(Exception):
            self._sink.discard()
        with contextlib.suppress(OSError):
            self._part.unlink()

    def _finish(self, summary: dict[str, Any]) -> None:
        from dicomedit.batch.signature import sign_files, signature_path

        is_last_line = self._sink.close(summary)
        with contextlib.suppress(FileNotFoundError):
            signature_path(self.path).unlink()  # that of the report before this
        if not is_last_line:
            from json import dumps

            text = dumps(summary, indent=1) + "\n"
            write_atomically(summary_path(self.path), [text.encode()])
        self._part.replace(self.path)
        if self._signer is not None:
            sign_files(self.path, files_of(self.path), self._signer)

    def _summary(self, is_complete: bool) -> dict[str, Any]:
        work, folder = self._work, self._planned.folder
        now = time.time()
        output = str(folder if work.delivery is None else work.delivery.name)
        return {
            "kind": "summary",
            "dicomedit": VERSION,
            "started": _time_of(self._started),
            "ended": _time_of(now),
            "seconds": round(now - self._started, 3),
            "input": self._labels.of(str(work.source), str(work.source)),
            "output": self._labels.of(output, output),
            "is_single": is_single(work.source),
            "is_delivered": work.delivery is not None,
            "is_private": self._labels.key is not None,
            "is_dry_run": work.dry_run,
            "is_complete": is_complete,
            "scripts": self._scripts,
            "files": sum(self._counts.values()),
            "planned": self._planned.count,
            "kept": self._totals["kept"],
            "status": {each.value: self._counts[each.value] for each in Status},
            "codes": dict(sorted(self._codes.items())),
            "added": self._totals["added"],
            "changed": self._totals["changed"],
            "removed": self._totals["removed"],
        }

    def _directory(self) -> list[dict[str, Any]]:
        """Return what there is in the output besides results: a DICOMDIR."""
        from dicomedit.batch.work import digest_of

        path = Path(str(self._planned.folder)) / "DICOMDIR"
        name = self._labels.of(path.name, path.name)
        return [{"output": name, "sha256": digest_of(path), "size": path.stat().st_size}]


def _counts(facts: Facts | None) -> dict[str, Any]:
    return {
        "statements": len(facts.fired) if facts else None,
        "lines": [f"{script}:{line}" for script, line in facts.fired] if facts else [],
        "added": facts.added if facts else None,
        "changed": facts.changed if facts else None,
        "removed": facts.removed if facts else None,
    }


def _digests(row: Row) -> dict[str, Any]:
    facts, stamp = row.facts, row.stamp
    return {
        "input_sha256": stamp.digest if stamp else None,
        "input_size": stamp.size if stamp else None,
        "output_sha256": facts.output_digest if facts else None,
        "output_size": facts.output_size if facts else None,
    }


def _scripts(work: Work) -> list[dict[str, str]]:
    """Return name and digest of every script, and of what it includes."""
    from hashlib import sha256

    return [
        {"name": each.name, "sha256": sha256(each.text.encode("utf-8", "replace")).hexdigest()}
        for each in work.sources()
    ]


def _time_of(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
