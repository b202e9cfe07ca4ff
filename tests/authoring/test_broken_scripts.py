"""What people read about broken scripts, compared whole.

The texts are in ``tests/golden/check``; ``pytest tests/lang tests/authoring --rewrite-golden``
writes them anew, to be reviewed as a diff.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from dicomedit import check
from dicomedit.authoring.checking.codes import REGISTRY
from dicomedit.authoring.checking.report import as_text

FOLDER = Path(__file__).parents[1] / "golden" / "check"

MORE = {
    "also-deleted-in-a-sequence": (6, "-(0008,1140)\n-(0008,1140)/(0008,1155)\n"),
    "also-deleted-twice": (6, "removeTags[*/(0010,0010)]\n-(0010,0010)\n"),
    "also-question-equals-on-a-sequence": (6, '(0008,1140) ?= ""\n'),
    "also-assigned-to-itself": (6, "(0010,0020) := (0010,0020)\n"),
    "also-assigned-and-deleted": (6, '(0010,0010) := "A"\n-*/(0010,0010)\n'),
    "also-lookup-by-a-variable": (6, 'id := lookup["pid", (0010,0020)]\n(0010,0020) := id\n'),
    "also-absent-element-assigned": (6, "(0010,0010) := (0010,0020)\n"),
    "also-not-empty": (6, '(0010,0020) != "" ? -(0010,0010)\n'),
    "also-code-as-pattern": (6, '(0008,0060) !~ "MR" ? reject[]\n'),
    "also-blank-in-compared-text": (6, '(0008,0060) = "MR " ? reject[]\n'),
    "also-number-compared": (6, '(0028,0010) = "0512" ? reject[]\n'),
    "also-long-text": (6, '(0008,0050) := "an accession number that is too long"\n'),
    "also-lower-case-code": (6, '(0008,0060) := "mr"\n'),
    "also-no-such-day": (6, '(0010,0030) := "19010229"\n'),
    "also-value-from-a-variable": (6, 'day := "1.1.1900"\n(0010,0030) := day\n'),
    "also-number-out-of-range": (6, "(0028,0010) := 70000\n"),
    "also-binary": (6, '(7FE0,0010) := "x"\n'),
    "also-not-ascii": (6, '(0008,0060) := "Größe"\n'),
    "also-false-call": (6, "false[] ? reject[]\n"),
    "also-several-variables": (
        6,
        "(0010,0010) := a\n(0010,0020) := b\n(0010,0020) ~ b ? reject[]\n",
    ),
    "also-all-branches-reject": (
        6,
        'if ((0008,0060) = "MR") {\n    reject[]\n} else {\n    reject[]\n}\n-(0010,0010)\n',
    ),
    "also-echo-without-value": (6, "-(0010,0010)\necho\n"),
    "also-indented-version": (None, '  version "6.6"\n-(0010,0010)\n'),
    "also-private-elements-removed": (6, "removeAllPrivateTags\n-(0019,{ACME 1.0}01)\n"),
    "also-name-with-carets": (6, '(0010,0010) = "Doe^Jane^^^" ? reject[]\n'),
    "also-lookup-compared-with-empty": (
        6,
        'id := lookup["pid", (0010,0020)]\nid = "" ? reject[]\n(0010,0020) := id\n',
    ),
    "also-keyword-read": (6, 'Modality = "MR" ? -(0008,1030)\n'),
    "v4-keyword-read": (4, 'Modality = "MR" : -(0008,1030)\n'),
    "also-switch": (6, 'blanks := "no"\nblanks = "yes" ? -(0008,1030)\n'),
    "also-transfer-syntax": (6, '(0002,0010) := "1.2.840.10008.1.2"\n-(0002,0010)\n'),
    "also-several": (6, '-(0010,0031)\nfoo := "a"\n(0008,0020) := "1.1.2020"\nlowercse["A"]\n'),
    "v4-unknown-element": (4, "-(0010,0031)\n"),
    "v4-value": (
        4,
        '(0008,0020) := "1.1.2020"\n(0028,0010) := "many"\n(0008,0050) := hashUID["a"]\n',
    ),
    "v4-sequences": (4, '(0008,1140) := ""\n(0010,0010) := (0008,1140)\n'),
    "v4-earlier-wins": (4, '(0010,0010) := "A"\n(0008,0060) = "MR" : (0010,0010) := "B"\n'),
    "v4-conditions": (4, '"a" = "b" : -(0010,0010)\n(0008,103E) ~ "LOCALIZER" : -(0008,103E)\n'),
    "v4-variables": (4, 'site := "A"\n(0010,0020) := subject\n(0008,0080) := sitee\n'),
    "v4-format": (4, '(0010,0010) := "{1}" (0010,0020)\n(0010,0020) := "{0}"\n'),
    "v4-characters": (
        4,
        '(0010,0010) := substring["abc", 2, 9]\n(0010,0020) := match["a", "a", 1]\n',
    ),
}
"""More than the examples of the registry, by dialect."""


def compare(name: str, rendered: str, *, rewrite: bool) -> None:
    file = FOLDER / f"{name}.txt"
    if rewrite:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(rendered, "utf-8", newline="\n")
    assert rendered == file.read_text("utf-8")


def rendered(script: str, dialect: int | None, code: str = "") -> str:
    """Return what is printed; a missing version statement is told only where it matters."""
    found = check(script, dialect=dialect, name="study.das")
    shown = [each for each in found if each.code != "missing-version" or each.code == code]
    return as_text(shown) + "\n"


@pytest.fixture
def rewrite(request):
    return request.config.getoption("--rewrite-golden", default=False)


@pytest.mark.parametrize("code", [c for c in REGISTRY.values() if c.wrong], ids=lambda c: c.name)
def test_example_of_a_code(code, rewrite):
    compare(code.name, rendered(code.wrong, code.dialect, code.name), rewrite=rewrite)


@pytest.mark.parametrize("name", MORE)
def test_broken_script(name, rewrite):
    dialect, script = MORE[name]
    compare(name, rendered(script, dialect), rewrite=rewrite)


def test_every_stored_text_belongs_to_a_script():
    known = {code.name for code in REGISTRY.values() if code.wrong}
    assert {file.stem for file in FOLDER.iterdir()} == known | MORE.keys()
