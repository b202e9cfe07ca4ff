"""Elements to text, as the table shows them and as rows are matched by them."""

from __future__ import annotations

from pathlib import Path

from dicomedit.dicom.levels import Instance
from dicomedit.dicom.paths import TagPath, TagStep
from dicomedit.dicom.resolve import find
from dicomedit.dicom.text import read_text
from dicomedit.errors import DicomEditError
from dicomedit.io.read import SkippedFileError, read_header
from dicomedit.lang.dialect4.reading import read as read_element
from dicomedit.records import Record, field

Values = tuple["str | None", ...]


class Header(Record):
    """What was read of one file: a text for each element, None where it is absent.

    Of a file that could not be read `error` says why, as one line without values; `is_skipped`
    when it is none that a run would edit.
    """

    path: Path
    values: Values = field(default=(), repr=False)
    error: str | None = None
    is_skipped: bool = False


def read_value(instance: Instance, path: TagPath) -> str | None:
    """Return the text of the element a singular path names, or None when it is absent.

    Elements of the top level are read as DicomEdit 4 does; that language knows no others.
    """
    if len(path.steps) == 1:
        (step,) = path.steps
        if isinstance(step, TagStep) and step.creator is None:
            return read_element(instance, step.number)
    target = find(instance, path)
    return None if target is None else read_text(target.level, target.tag)


class HeaderReader(Record):
    """Reads some elements of files. Can be pickled, to be used in other processes."""

    paths: tuple[TagPath, ...]

    def read_all(self, files: list[Path]) -> list[Header]:
        """Read several files; whatever is wrong with one is told in its place."""
        return [self.read(each) for each in files]

    def read(self, file: Path) -> Header:
        """Read one file."""
        try:
            instance = read_header(file, unzips=True).open()
            return Header(file, tuple(read_value(instance, path) for path in self.paths))
        except SkippedFileError as error:
            return Header(file, error=error.summary(), is_skipped=True)
        except DicomEditError as error:
            summary = getattr(error, "summary", None)
            return Header(file, error=summary() if callable(summary) else type(error).__name__)
        except Exception as error:
            # A defect of ours on a broken file: its text could show what the file holds.
            return Header(file, error=f"{type(error).__name__}; please report this")
