"""What is known of one kind of finding."""

from __future__ import annotations

from dicomedit.records import Record


class Code(Record):
    """One kind of finding.

    `wrong` is a script that has it and `right` the same script repaired, both read as `dialect`,
    or by the rule of the language when that is None. They are empty where no short script shows
    the finding. `severity` names two where it depends.
    """

    name: str
    severity: str
    title: str
    explanation: str
    wrong: str = ""
    right: str = ""
    dialect: int | None = 6
