"""What is found in an input and cannot be an input itself, with the reason."""

from __future__ import annotations

from dicomedit.errors import DicomFileError
from dicomedit.io.places import Loaded, Opened, Place
from dicomedit.io.read import SkippedFileError

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.dicom.headers import Data


class Unusable(Place):
    """Something that is in an input and cannot, or need not, be edited, for a reason."""

    text: str
    reason: str
    skipped: bool = False
    """Passed over, not failed."""

    def __str__(self) -> str:
        return self.text

    def read(self, opened: Opened) -> Data:
        """Raise DicomFileError with the reason."""
        raise (SkippedFileError if self.skipped else DicomFileError)(self.text, self.reason)

    def load(self, opened: Opened) -> Loaded:
        """Raise DicomFileError with the reason."""
        self.read(opened)
        raise AssertionError("there is nothing to read")
