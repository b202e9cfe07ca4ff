"""Where the report of a run goes, which files it consists of, and what it calls others."""

from __future__ import annotations

import os
from pathlib import Path

from dicomedit.batch.report_formats import format_of
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.io.places import Place


class ReportFile(Record):
    """Where the report of a run goes, and what it tells.

    The suffix of `path` is ``.jsonl``, ``.csv`` or ``.parquet``. A `private` report has keyed
    digests in the place of paths; the key is in the file `key`, beside the report if there is
    none given, and is made when it is not there. With `uids` it tells the UIDs that changed, old
    and new, and is for its owner only. `sign` is the file of a private key: the report is signed
    with it, see `dicomedit.batch.signature`.
    """

    path: str | os.PathLike[str]
    private: bool = False
    key: str | os.PathLike[str] | None = None
    uids: bool = False
    sign: str | os.PathLike[str] | None = None


def summary_path(report: Path) -> Path:
    """Return where the summary of a report is, unless it is the report's last line."""
    return report.with_name(f"{report.name}.summary.json")


def files_of(report: Path) -> list[Path]:
    """Return the files a report consists of."""
    return [report] if format_of(report) == ".jsonl" else [report, summary_path(report)]


class Labels(Record):
    """What stands for paths in a report: themselves, or their digests with a secret key."""

    key: bytes | None = field(default=None, repr=False)

    def of(self, path: str, name: str) -> str:
        """Return what stands for a path whose `name` is that below its folder."""
        if self.key is None:
            return path.encode("utf-8", "backslashreplace").decode()
        import hmac

        text = name.replace(os.sep, "/").encode("utf-8", "surrogateescape")
        return f"hmac-sha256:{hmac.new(self.key, text, 'sha256').hexdigest()}"


def is_single(source: Path | Place) -> bool:
    """Whether the input of a run is a single file."""
    return isinstance(source, Path) and not source.is_dir()
