"""What is found out about a script and the confidentiality profile."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dicomedit.authoring.profile.profile_coverage import Coverage, Finding, Verdict, coverage
from dicomedit.authoring.profile.profile_report import as_data, html_report, text_report
from dicomedit.cli.main import main
from dicomedit.errors import ScriptError, Source
from dicomedit.profiles.confidentiality import read_table

SCRIPTS = Path(__file__).parents[2] / "scripts"


def covered(text: str, *options: str, version: str = 'version "6.6"\n', **given) -> Coverage:
    return coverage(Source("a.das", version + text), options=options, **given)


def finding(found: Coverage, tag: str) -> Finding:
    return next(each for each in found.findings if each.rule.shown_tag == tag)


# A script, an attribute, and what is said of it.
CASES = [
    ("", "(0010,0030)", Verdict.UNTOUCHED, "kept"),
    ("-*/(0010,0030)", "(0010,0030)", Verdict.DONE, "removed"),
    ("-(0010,0030)", "(0010,0030)", Verdict.TOP_ONLY, "removed at the top level, kept in"),
    ("-+/(0010,0030)", "(0010,0030)", Verdict.ITEMS_ONLY, "kept at the top level, removed in"),
    ('*/(0010,0030) ?= ""', "(0010,0030)", Verdict.DONE, "emptied"),  # Z is asked
    ('*/(0010,1040) ?= ""', "(0010,1040)", Verdict.MILDER, "emptied"),  # X is asked
    ('*/(0010,1040) ?= "none"', "(0010,1040)", Verdict.MILDER, "replaced by a constant"),
    ('*/(0010,0010) ?= "A"', "(0010,0010)", Verdict.DONE, "replaced by a constant"),
    (
        '(0010,0010) := lowercase[(0010,0010)]\n+/(0010,0010) ?= ""',
        "(0010,0010)",
        Verdict.MILDER,
        "replaced by a value made from it at the top level, emptied",
    ),
    ("hashUIDList[*/(0020,000D)]", "(0020,000D)", Verdict.DONE, "replaced by a value made from it"),
    ('(0008,0060) = "US" ? -*/(0010,0030)', "(0010,0030)", Verdict.UNTOUCHED, "kept"),
    ('(0010,0030) ~ ".+" ? -(0010,0030)', "(0010,0030)", Verdict.TOP_ONLY, "removed at the top"),
    ("-*/(0008,1110)", "(0008,1110)", Verdict.DONE, "removed"),
    ("removeAllPrivateTags", "(private)", Verdict.DONE, "removed"),
    ("-*/(60X@,3000)", "(60xx,3000)", Verdict.DONE, "removed"),
    ("-*/(6000,3000)", "(60xx,3000)", Verdict.UNTOUCHED, "kept"),  # there may be (6002,3000)
]


@pytest.mark.parametrize(
    ("text", "tag", "verdict", "done"), CASES, ids=[c[0] or "-" for c in CASES]
)
def test_verdicts(text: str, tag: str, verdict: Verdict, done: str):
    found = finding(covered(text), tag)
    if "US" in text:
        verdict = Verdict.SOMETIMES  # with the condition taken as true it is done
    assert (found.verdict, found.done[: len(done)]) == (verdict, done)


def test_a_condition_that_held_is_told():
    text = '(0010,0030) ~ ".+" ? removeTags[(0010,0030)]\n-+/(0010,0030)'
    assert finding(covered(text), "(0010,0030)").verdict is Verdict.CONDITIONAL


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ('if ((0008,0060) = "OT") { -*/(0010,0030) }', Verdict.CONDITIONAL),
        ('if ((0008,0060) = "CT") { -*/(0010,0030) }', Verdict.SOMETIMES),
        (
            'if ((0008,0060) = "CT") { echo "x" } else { -*/(0010,0030) }',
            Verdict.CONDITIONAL,
        ),
        (
            'if ((0008,0060) = "CT") { -*/(0010,0030) } else { -*/(0010,0030) }',
            Verdict.DONE,
        ),
    ],
)
def test_blocks(text: str, verdict: Verdict):
    assert finding(covered(text), "(0010,0030)").verdict is verdict


def test_options():
    text = 'shiftDateTimeSequenceByIncrement["86400", */(0008,0020)]'
    assert finding(covered(text), "(0008,0020)").verdict is Verdict.MILDER
    moved = covered(text, "retain-long-modified-dates")
    assert finding(moved, "(0008,0020)").verdict is Verdict.DONE
    assert finding(moved, "(0008,0021)").verdict is Verdict.UNTOUCHED
    kept = covered("", "retain-long-full-dates")
    assert finding(kept, "(0008,0020)").verdict is Verdict.DONE


def test_cleaning_cannot_be_judged():
    text = '*/(0008,1030) ?= concatenate["Study ", (0020,0010)]'
    found = covered(text, "clean-descriptors")
    assert finding(found, "(0008,1030)").asked == "C"
    assert finding(found, "(0008,1030)").verdict is Verdict.UNJUDGED


def everything_removed() -> str:
    """Return a script that removes whatever the table names."""
    lines = []
    for rule in read_table().rules:
        if rule.tag != "private":
            group, element = rule.tag[:4].replace("xx", "X@"), rule.tag[4:].replace("x", "X")
            lines.append(f"-*/({group},{element})")
    return "\n".join(['version "6.6"', *lines, "removeAllPrivateTags"])


def test_a_script_that_does_what_the_table_asks():
    found = covered(everything_removed(), version="")
    assert found.is_complete
    assert {each.verdict for each in found.findings} == {Verdict.DONE}


def test_version_4():
    found = covered('(0010,0030) ~ ".+" : -(0010,0030)\n-(0010,1040)', version="")
    assert finding(found, "(0010,0030)").verdict is Verdict.TOP_ONLY
    assert finding(found, "(0010,1040)").verdict is Verdict.TOP_ONLY


def test_a_statement_that_fails_does_not_count_and_is_told():
    text = "(0010,0030) := shiftDateByIncrement[(0010,0010), 1]\n-*/(0010,1040)"
    found = covered(text)
    assert [line for line, _ in found.left_out] == [2]
    assert finding(found, "(0010,0030)").verdict is Verdict.UNTOUCHED
    assert finding(found, "(0010,1040)").verdict is Verdict.DONE
    assert "note: line 2 fails on the made-up data" in text_report(found)


def test_rejections_do_not_hide_what_is_done():
    found = covered('(0010,0020) ~ ".*" ? reject["no"]\nreject[]\n-*/(0010,0030)')
    assert found.can_reject
    assert finding(found, "(0010,0030)").verdict is Verdict.DONE
    assert "the script rejects some files" in text_report(found)


def test_variables_and_tables_are_made_up_unless_given():
    text = '*/(0010,0010) ?= name\n*/(0010,0020) ?= lookup["pid", (0010,0020)]'
    found = covered(text)
    assert finding(found, "(0010,0010)").verdict is Verdict.DONE
    assert finding(found, "(0010,0020)").verdict is Verdict.DONE


def test_a_script_with_errors():
    with pytest.raises(ScriptError):
        covered("-(0010")


def test_the_bundled_header_script_has_known_gaps():
    path = SCRIPTS / "basic-header.das"
    found = coverage(Source(path.name, path.read_text("utf-8")))
    assert not found.is_complete
    assert {each.rule.keyword for each in found.of(Verdict.MILDER)} == {"PatientName", "PatientID"}
    assert found.of(Verdict.TOP_ONLY) == []
    done = {each.rule.keyword for each in found.of(Verdict.DONE)}
    assert {"PatientBirthDate", "InstitutionName", "StudyInstanceUID"} <= done


class Page(HTMLParser):
    """Knows whether all that is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows = 0
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.rows += tag == "tr"
        if tag not in ("meta", "!doctype"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_escaped():
    found = coverage(Source("<b>&.das", 'version "6.6"\n-*/(0010,0030)'))
    page = html_report([found])
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;.das" in page
    assert Page(page).rows > len(found.findings)
    assert "http" not in page


def test_data():
    data = json.loads(json.dumps(as_data(covered("-*/(0010,0030)"))))
    assert data["counts"]["done"] == 1
    assert data["complete"] is False
    (birth_date,) = [each for each in data["attributes"] if each["tag"] == "(0010,0030)"]
    assert birth_date["done"] == ["removed", "removed", "removed"]


# --- the command ---------------------------------------------------------------------------------


def told(capsys, *arguments: str) -> tuple[int, str]:
    status = main(["check", "--profile", "basic", *arguments])
    return status, capsys.readouterr().out


def test_command(tmp_path: Path, capsys):
    script = tmp_path / "a.das"
    script.write_text('version "6.6"\n-(0010,0030)\n', "utf-8")
    status, out = told(capsys, str(script))
    assert status == 1
    assert "(0010,0030)  Patient's Birth Date" in out
    status, out = told(capsys, str(script), "--format", "json", "--option", "retain-uids")
    assert json.loads(out)[0]["options"] == ["retain-uids"]
    status, out = told(capsys, str(script), "--format", "html")
    assert out.startswith("<!doctype html>")


def test_a_complete_script_ends_well(tmp_path: Path, capsys):
    script = tmp_path / "a.das"
    script.write_text(everything_removed(), "utf-8")
    assert told(capsys, str(script))[0] == 0


def test_what_cannot_be_read_is_an_error(tmp_path: Path, capsys):
    assert told(capsys, str(tmp_path / "none.das"))[0] == 2
