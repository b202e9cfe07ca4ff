"""The UID map of a run: saved entry by entry, and asked for from other processes."""

from __future__ import annotations

import os
from pathlib import Path

from dicomedit.dicom.uids import UidMap, is_uid
from dicomedit.errors import DicomFileError
from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicomedit.batch.names import AskedNames
    from dicomedit.batch.work import Work

MOST_CACHED = 10_000
"""Most UIDs, and most answers of the web, that a worker remembers."""


class UidLog(Record, frozen=False):
    """New entries of a UID map in a file beside the journal, one a line, as they are made.

    The file holds original identifiers: only its owner may read it, and it goes when the run is
    complete.
    """

    path: Path
    _descriptor: int | None = None

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Yield prefix, text and UID of every entry; what a kill has torn off is passed over."""
        import json

        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        except OSError as error:
            raise DicomFileError(str(self.path), error.strerror or "cannot be read") from None
        for line in lines[:-1]:
            try:
                prefix, text, uid = json.loads(line)
            except (ValueError, TypeError):
                continue
            if is_uid(uid) and uid.startswith(f"{prefix}."):
                yield prefix, text, uid

    def add(self, prefix: str, text: str, uid: str) -> None:
        """Append an entry; when this returns, it survives the end of the process."""
        from json import dumps

        # The line end comes first, too: a line that a kill has torn off spoils no other.
        line = f"\n{dumps([prefix, text, uid])}\n".encode()
        try:
            if self._descriptor is None:
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
                self._descriptor = os.open(self.path, flags, 0o600)
            if os.write(self._descriptor, line) < len(line):
                raise OSError(0, "it was written in part only; perhaps the disk is full")
        except OSError as error:
            raise DicomFileError(
                str(self.path), f"a new UID cannot be saved: {error.strerror}"
            ) from None

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def remove(self) -> None:
        """Close the file and remove it."""
        self.close()
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise DicomFileError(str(self.path), f"cannot be removed: {error.strerror}") from None


class SavedUidMap(UidMap, frozen=False):
    """A UID map whose new entries are saved before anybody gets to know them.

    `lost` says why an earlier run's entries are gone, so that there must not be new ones.
    """

    log: UidLog | None = field(default=None, repr=False)
    lost: str | None = None

    def uid_for(self, text: str, prefix: str) -> str:
        """Return the UID of a text under a prefix; the first time a new one is made."""
        key = (prefix.rstrip("."), text)
        if key not in self._uids:
            if self.lost is not None and self.log is not None:
                raise DicomFileError(str(self.log.path), self.lost)
            uid = super().uid_for(text, prefix)
            if self.log is not None:
                try:
                    self.log.add(*key, uid)
                except BaseException:
                    del self._uids[key]
                    raise
        return self._uids[key]


class AskedUidMap(UidMap, frozen=False):
    """A UID map that another process keeps; what it has answered is remembered for a while."""

    ask: Callable[[str, tuple[str, ...]], str] = field(default=None, repr=False)

    def uid_for(self, text: str, prefix: str) -> str:
        """Return the UID of a text under a prefix."""
        key = (prefix.rstrip("."), text)
        if key not in self._uids:
            if len(self._uids) >= MOST_CACHED:
                self._uids.clear()
            self._uids[key] = self.ask("uid", (text, prefix))
        return self._uids[key]


def asked_names(work: Work, ask: Callable[[str, tuple[str, ...]], str]) -> AskedNames | None:
    """Return the names of results as another process keeps them, when there is a layout."""
    if work.layout is None:
        return None
    from dicomedit.batch.names import AskedNames

    return AskedNames(ask)


class AskedWeb(Record):
    """The web as another process fetches it; answers are remembered for a while."""

    ask: Callable[[str, tuple[str, ...]], str] = field(repr=False)
    _answers: dict[str, str] = field(factory=dict, repr=False)

    def fetch(self, url: str) -> str:
        """Return the body of the answer."""
        if url not in self._answers:
            if len(self._answers) >= MOST_CACHED:
                self._answers.clear()
            self._answers[url] = self.ask("url", (url,))
        return self._answers[url]
