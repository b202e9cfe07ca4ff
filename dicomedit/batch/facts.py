"""What a report tells of a file beyond its row."""

from __future__ import annotations

from dicomedit.records import Record, field

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any


class Facts(Record):
    """What was done to one file, without values of elements, but for UIDs when asked.

    `fired` are the statements that stored or removed something, as number of the script and line;
    `added`, `changed` and `removed` count elements. `uids` are the path, old and new value of each
    UI element that has another value now. `code` names the reason why there is no output.
    """

    fired: tuple[tuple[int, int], ...] = ()
    added: int = 0
    changed: int = 0
    removed: int = 0
    output_digest: str | None = None
    output_size: int | None = None
    seconds: float | None = None
    code: str | None = None
    uids: tuple[tuple[str, str, str], ...] = field(default=(), repr=False)

    def values(self, *, with_uids: bool = True) -> tuple[object, ...]:
        """Return the facts as plain values, which `facts_of` takes."""
        names = [name for name in Facts._fields if with_uids or name != "uids"]
        return tuple(getattr(self, name) for name in names)


def facts_of(values: Any) -> Facts | None:
    """Return facts of what `values` gave, perhaps by way of JSON; None when they are none."""
    if not isinstance(values, list | tuple) or not 8 <= len(values) <= 9:
        return None
    fired, *rest = values
    return Facts(tuple((script, line) for script, line in fired), *rest)
