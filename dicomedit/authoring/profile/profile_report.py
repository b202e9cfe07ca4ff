"""What a script leaves of the confidentiality profile, as a text, as JSON, as a page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from dicomedit.authoring.profile.profile_coverage import FINDINGS, Coverage, Finding, Verdict
from dicomedit.profiles.confidentiality import OPTIONS, in_words

_HEADINGS = {
    Verdict.UNTOUCHED: "Left untouched",
    Verdict.TOP_ONLY: "Treated only at the top level, not in sequences",
    Verdict.ITEMS_ONLY: "Treated only in sequences, not at the top level",
    Verdict.MILDER: "Treated more mildly than asked",
    Verdict.SOMETIMES: "Treated under a condition that did not hold for the made-up data",
    Verdict.CONDITIONAL: "Done as asked, under a condition",
    Verdict.UNJUDGED: "Changed where cleaning is asked: look at the result",
    Verdict.DONE: "Done as asked",
}

_CAUTION = (
    "This compares a script with a table. It does not see identity in pixels, in free text, or in"
    " elements that the table does not name."
)


def text_report(found: Coverage) -> str:
    """Return what a terminal shows; what is done as asked is only counted."""
    return "".join(f"{line}\n" for line in _lines(found))


def _lines(found: Coverage) -> Iterator[str]:
    yield f"{found.script}: PS3.15 {found.edition} Table E.1-1, {_profile(found)}"
    for note in _notes(found):
        yield f"  {note}"
    for verdict, heading in _HEADINGS.items():
        listed = found.of(verdict)
        if listed and verdict is not Verdict.DONE:
            yield ""
            yield f"{heading}: {len(listed)}"
            for finding in listed:
                yield f"  {finding.rule.shown_tag}  {finding.rule.name}"
                if verdict is not Verdict.UNTOUCHED:
                    yield f"      asked {finding.asked} ({in_words(finding.asked)}); {finding.done}"
    yield ""
    yield "Summary"
    for verdict, heading in _HEADINGS.items():
        yield f"  {len(found.of(verdict)):>4}  {heading[0].lower()}{heading[1:]}"
    yield ""
    yield _CAUTION


def _profile(found: Coverage) -> str:
    named = ", ".join(OPTIONS[option] for option in found.options)
    return f"basic profile with {named}" if named else "basic profile"


def _notes(found: Coverage) -> Iterator[str]:
    for line, code in found.left_out:
        yield f"note: line {line} fails on the made-up data ({code}) and did not count"
    if found.can_reject:
        yield "note: the script rejects some files; that did not count"


def as_data(found: Coverage) -> dict[str, object]:
    """Return all that was found in a form for JSON."""
    return {
        "script": found.script,
        "edition": found.edition,
        "profile": "basic",
        "options": list(found.options),
        "complete": found.is_complete,
        "counts": {_key(verdict): len(found.of(verdict)) for verdict in Verdict},
        "left_out": [{"line": line, "code": code} for line, code in found.left_out],
        "can_reject": found.can_reject,
        "attributes": [
            {
                "tag": finding.rule.shown_tag,
                "keyword": finding.rule.keyword or None,
                "name": finding.rule.name,
                "asked": finding.asked,
                "verdict": _key(finding.verdict),
                "done": [fate.name.lower().replace("_", "-") for fate in finding.fates],
            }
            for finding in found.findings
        ],
    }


def _key(verdict: Verdict) -> str:
    return verdict.name.lower().replace("_", "-")


_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884;
  vertical-align: top; }
code { font-family: ui-monospace, monospace; white-space: nowrap; }
.counts td:first-child { text-align: right; width: 4rem; font-variant-numeric: tabular-nums; }
.finding { border-left: .3rem solid #c62828; padding-left: .6rem; }
.fine { border-left: .3rem solid #2e7d32; padding-left: .6rem; }
.look { border-left: .3rem solid #ef6c00; padding-left: .6rem; }
.caution { opacity: .8; }
"""


def html_report(reports: list[Coverage]) -> str:
    """Return a page with everything in itself about one or more scripts."""
    title = "Scripts and the confidentiality profile"
    body = "\n".join(line for found in reports for line in _page(found))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n"
        f'<p class="caution">{_CAUTION}</p>\n</body>\n</html>\n'
    )


def _page(found: Coverage) -> Iterator[str]:
    yield f"<h1><code>{escape(found.script)}</code></h1>"
    yield f"<p>PS3.15 {escape(found.edition)} Table E.1-1, {escape(_profile(found))}</p>"
    for note in _notes(found):
        yield f"<p>{escape(note)}</p>"
    yield '<table class="counts">'
    for verdict, heading in _HEADINGS.items():
        yield f"<tr><td>{len(found.of(verdict))}</td><td>{escape(heading)}</td></tr>"
    yield "</table>"
    for verdict, heading in _HEADINGS.items():
        listed = found.of(verdict)
        if listed:
            yield f'<h2 class="{_class(verdict)}">{escape(heading)} ({len(listed)})</h2>'
            yield "<table>\n<tr><th>Tag</th><th>Attribute</th><th>Asked</th><th>Done</th></tr>"
            yield from map(_row, listed)
            yield "</table>"


def _class(verdict: Verdict) -> str:
    if verdict in FINDINGS:
        return "finding"
    return "fine" if verdict is Verdict.DONE else "look"


def _row(finding: Finding) -> str:
    rule = finding.rule
    asked = f"{finding.asked}: {in_words(finding.asked)}"
    cells = (rule.name, asked, finding.done)
    shown = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f"<tr><td><code>{escape(rule.shown_tag)}</code></td>{shown}</tr>"
