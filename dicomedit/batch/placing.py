"""Where the result of one file goes, and whether its path shows whom it is of."""

from __future__ import annotations

from pathlib import Path

from dicomedit.batch.identity import NOTICE, Watch, is_shown
from dicomedit.io.scan import Job, check_outside, prepare_folder
from dicomedit.records import Record, replace

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from dicomedit.batch.layout import Layout
    from dicomedit.batch.names import AskedNames, Names
    from dicomedit.dicom.levels import Instance, Level
    from dicomedit.io.places import Place, Target
    from dicomedit.lang.program import Outcome


class Placing(Record, frozen=False):
    """Places the result of one file. `job` gets the place of the result once this is known."""

    job: Job
    base: Path | Place
    """The folder all inputs are below, or the only input."""

    source: str
    """The name of the input below it."""

    layout: Layout | None
    names: Names | AskedNames | None
    watch: Watch
    identity: tuple[str, ...] = ()
    path: str = ""

    def look(self, root: Level) -> None:
        """Take note of whom an instance is of, before it is edited."""
        self.identity = self.watch.identity_of(root)

    def place(self, instance: Instance, destination: Path | Target | None) -> Path | Target | None:
        """Return where the result of an edited instance goes.

        With a layout the name is claimed, and the folder made. Raises EvaluationError or
        DicomFileError.
        """
        layout = self.layout
        if layout is None or self.names is None:
            is_only = str(self.job.source) == self.source
            self.path = self.job.destination.name if is_only else self.source
            return destination
        self.path = layout.name(instance, self.job.destination.name)
        path = layout.place(self.path)
        check_outside(path, self.base)
        self.names.claim(self.source, self.path)
        self.job = Job(self.job.source, path)
        if destination is None:
            return None
        prepare_folder(path.parent)
        return path

    def told(self, outcome: Outcome) -> Outcome:
        """Return an outcome with a notice when the path of the result shows whom it is of."""
        if outcome.rejected or not is_shown(self.identity, self.path):
            return outcome
        return replace(outcome, notices=(*outcome.notices, NOTICE))
