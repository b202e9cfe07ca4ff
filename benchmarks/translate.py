"""Say the jobs of ``jobs/*.das`` in the languages of the peers, as far as those can say them.

    python benchmarks/translate.py          writes jobs/JOB.PEER.* anew
    python benchmarks/translate.py --check  changes nothing; exit status 1 when one is out of date

Only the few forms that the jobs are written in are understood; any other line is an error. What a
peer cannot say is left out of its file, and told in docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

JOBS = Path(__file__).parent / "jobs"
NAMES = ("light", "basic-profile")

CONSTANT_UID = "2.25.1"
"""What a peer without a function for UIDs puts in the place of each."""


class Action(Enum):
    """What a rule does with the elements it names."""

    SET = ":="
    REPLACE = "?="
    REMOVE = "-"
    HASH = "hashUID"


class Levels(Enum):
    """Where the elements stand that a rule names."""

    TOP = ""
    ALL = "*/"
    BELOW = "+/"


@dataclass(frozen=True, slots=True)
class Rule:
    """One statement of a job. `tag` is ``GGGG,EEEE``; `value` is empty when there is none."""

    action: Action
    levels: Levels
    tag: str
    value: str = ""

    @property
    def number(self) -> str:
        """The tag as eight digits."""
        return self.tag.replace(",", "")

    @property
    def pair(self) -> str:
        """The tag as gdcmanon takes it."""
        return ",".join(f"{int(part, 16):x}" for part in self.tag.split(","))


@dataclass(frozen=True, slots=True)
class Job:
    """A whole script: rules without wildcards, and whether private elements go."""

    rules: tuple[Rule, ...]
    removes_private: bool


_TAG = r"(?P<levels>[*+]/)?\((?P<tag>[0-9A-F]{4},[0-9A-F]{4})\)"
_STATEMENTS = (
    (Action.REMOVE, re.compile(rf"-{_TAG}")),
    (Action.HASH, re.compile(rf"hashUIDList\[{_TAG}\]")),
    (Action.HASH, re.compile(rf"{_TAG} := hashUID\[\((?P=tag)\)\]")),
    (Action.SET, re.compile(rf'{_TAG} := "(?P<value>[^"]*)"')),
    (Action.REPLACE, re.compile(rf'{_TAG} \?= "(?P<value>[^"]*)"')),
)
_WILDCARD = re.compile(r"-\([0-9A-FX@]{4},[0-9A-FX@]{4}\)")
_PRIVATE = "removeAllPrivateTags"


def read_job(path: Path) -> Job:
    """Return what a script says."""
    lines = [line.partition("//")[0].strip() for line in path.read_text("utf-8").splitlines()]
    statements = [line for line in lines if line and not line.startswith("version")]
    rules = (_rule(each) for each in statements if each != _PRIVATE)
    return Job(tuple(rule for rule in rules if rule), _PRIVATE in statements)


def _rule(statement: str) -> Rule | None:
    for action, pattern in _STATEMENTS:
        found = pattern.fullmatch(statement)
        if found is not None:
            parts = found.groupdict()
            levels = Levels(parts["levels"] or "")
            return Rule(action, levels, parts["tag"], parts.get("value") or "")
    if _WILDCARD.fullmatch(statement):
        return None
    raise ValueError(f"no job is written like this: {statement}")


def _top_last(job: Job) -> list[Rule]:
    """Return the rules so that what is meant for all levels does not undo what is for the top."""
    return sorted(job.rules, key=lambda rule: rule.action is Action.SET or _makes_main_uid(rule))


def _makes_main_uid(rule: Rule) -> bool:
    return rule.action is Action.HASH and rule.levels is Levels.TOP and rule.tag in _GENERATED


# --- the peers' languages -----------------------------------------------------------------------


def gdcmanon(job: Job) -> str:
    """Return the options of ``gdcmanon --dumb``, which sees the top level only."""
    return _lines(
        _gdcmanon_option(rule)
        for rule in job.rules
        if rule.levels is not Levels.BELOW and rule.tag != _GDCMANON_STOPS_AT
    )


_GDCMANON_STOPS_AT = "300A,0083"
"""Referenced Dose Reference UID, which gdcmanon 3.0.21 cannot replace: it ends without a word."""


def _gdcmanon_option(rule: Rule) -> str:
    if rule.action is Action.REMOVE:
        return f"--remove\n{rule.pair}"
    value = CONSTANT_UID if rule.action is Action.HASH else rule.value
    return f"--replace\n{rule.pair}={value}" if value else f"--empty\n{rule.pair}"


def dcmodify(job: Job) -> str:
    """Return the options of ``dcmodify``; the three main UIDs it makes itself."""
    private = ["--erase-private"] if job.removes_private else []
    return _lines([*map(_dcmodify_option, _top_last(job)), *private])


_GENERATED = {
    "0008,0018": "--gen-inst-uid",
    "0020,000D": "--gen-stud-uid",
    "0020,000E": "--gen-ser-uid",
}


def _dcmodify_option(rule: Rule) -> str:
    top = rule.levels is Levels.TOP
    if rule.action is Action.REMOVE:
        return f"{'--erase' if top else '--erase-all'}\n({rule.tag})"
    if _makes_main_uid(rule):
        return _GENERATED[rule.tag]
    if rule.action is Action.SET:
        return f"--insert\n({rule.tag})={rule.value}"
    value = CONSTANT_UID if rule.action is Action.HASH else rule.value
    return f"{'--modify' if top else '--modify-all'}\n({rule.tag})={value}"


def deid(job: Job) -> str:
    """Return a recipe; a field that is named by its tag means all levels."""
    rules = (rule for rule in _top_last(job) if not _is_said_for_the_top(rule))
    return "FORMAT dicom\n\n%header\n\n" + _lines(map(_deid_action, rules))


def _is_said_for_the_top(rule: Rule) -> bool:
    """Whether a UID's rule for sequences repeats the one for the top level."""
    return rule.action is Action.HASH and rule.levels is Levels.BELOW


def _deid_action(rule: Rule) -> str:
    if rule.action is Action.REMOVE:
        return f"REMOVE {rule.number}"
    if rule.action is Action.HASH:
        return f"REPLACE {rule.number} deid_func:pydicom_uuid"
    if not rule.value:
        return f"BLANK {rule.number}"
    return f"{'ADD' if rule.action is Action.SET else 'REPLACE'} {rule.number} {rule.value}"


def dicom_anonymizer(job: Job) -> str:
    """Return a dictionary for dicom-anonymizer, which sees the top level only."""
    actions = {
        _hexadecimal(rule): _anonymizer_action(rule)
        for rule in job.rules
        if rule.levels is not Levels.BELOW
    }
    return _object(actions)


def _hexadecimal(rule: Rule) -> str:
    group, element = rule.tag.split(",")
    return f"(0x{group}, 0x{element})"


def _anonymizer_action(rule: Rule) -> object:
    if rule.action is Action.REMOVE:
        return "delete"
    if rule.action is Action.HASH:
        return "replace_UID"
    return {"action": "replace_with_value", "value": rule.value}


def dcmanon(job: Job) -> str:
    """Return tag actions for dcmanon; its own rules hold beside them."""
    actions = {
        rule.number: _dcmanon_action(rule) for rule in job.rules if rule.levels is not Levels.BELOW
    }
    return _object(actions)


def _dcmanon_action(rule: Rule) -> dict[str, str]:
    if rule.action is Action.REMOVE:
        return {"action": "remove"}
    if rule.action is Action.HASH:
        return {"action": "hashuid"}
    return {"action": "replace", "value": rule.value} if rule.value else {"action": "empty"}


def _object(members: Mapping[str, object]) -> str:
    """Return JSON with one member a line."""
    lines = (f" {json.dumps(name)}: {json.dumps(value)}" for name, value in members.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _lines(parts: Iterable[str]) -> str:
    return "\n".join(parts) + "\n"


LANGUAGES: dict[str, Callable[[Job], str]] = {
    "gdcmanon.txt": gdcmanon,
    "dcmodify.txt": dcmodify,
    "deid.txt": deid,
    "dicom-anonymizer.json": dicom_anonymizer,
    "dcmanon.json": dcmanon,
}

OWN_RULES = {"dcmanon.json"}
"""Languages that can only add to a long list of rules: none of them can say a short job."""


def translations() -> Iterator[tuple[Path, str]]:
    """Yield each file that is made from a job, and what it should hold."""
    for name in NAMES:
        job = read_job(JOBS / f"{name}.das")
        for suffix, translate in LANGUAGES.items():
            if name == "light" and suffix in OWN_RULES:
                continue
            yield JOBS / f"{name}.{suffix}", translate(job)


def main() -> None:
    """Write the files, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    stale = []
    for path, text in translations():
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(path.name)
            if not check:
                path.write_text(text, "utf-8")
    if check and stale:
        raise SystemExit(f"out of date: {', '.join(stale)}")


if __name__ == "__main__":
    main()
