"""Batches and stretches have the effect of running every statement, one after the other.

Each script is compiled twice, the second time without them, so that every statement runs.
"""

from __future__ import annotations

import os

import generated
import pytest
from generated import CHARSET, GIVEN, LOOKUP, REFERENCES, Element, File, Item, Sequence
from hypothesis import assume, given, settings
from second_implementation import (
    Open,
    open_as_encoded,
    open_as_pydicom,
    open_to_throw_away,
    open_unprepared,
    result_of,
)

from dicomedit import Program, ScriptError, compile_script
from dicomedit.lang.stretches import Batch, Stretch

modest = settings(max_examples=int(os.environ.get("DICOMEDIT_EXAMPLES", "200")))

OPEN = pytest.mark.parametrize(
    "open_", [open_as_encoded, open_to_throw_away, open_unprepared, open_as_pydicom]
)

pytestmark = pytest.mark.filterwarnings("ignore")  # pydicom's remarks on odd values


def compiled_plainly(script: str) -> Program:
    """Compile a script whose statements run one after the other, as they do to be counted."""
    return compile_script(script, dialect=6, coverage=True)


def check(file: File, script: str, open_: Open) -> None:
    """Fail unless stretches make no difference: not in what is told, not in one byte."""
    programs = compiled_plainly(script), compile_script(script, dialect=6)
    assert programs[1].wanted == programs[0].wanted
    plain, stretched = (
        result_of(program, open_(file.data, program), variables=GIVEN, lookup=LOOKUP)
        for program in programs
    )
    assert stretched.told == plain.told
    assert stretched.data == plain.data


# --- what could go wrong --------------------------------------------------------------------------

NAME = Element(0x00100010, "PN", b"Doe^Jane")
ID = Element(0x00100020, "LO", b"4711")
UID = Element(0x00081155, "UI", b"1.2.3\0")
LATIN_NAME = Element(0x00100010, "PN", b"M\xfcller")

PLAIN = File((NAME, ID))
EMPTY = File((Element(0x00080060, "CS", b"MR"),))
NESTED = File((Sequence(REFERENCES, (Item((UID, NAME)), Item((UID, ID)))), NAME))
LATIN = File((Element(CHARSET, "CS", b"ISO_IR 100"), LATIN_NAME))
PRIVATE = File((Element(0x00090010, "LO", b"ACME"), Element(0x00091001, "LO", b"private ")))
WRAPPED = File((Element(0x00090010, "LO", b"ACME"), Sequence(0x00091003, (Item((NAME,)),), "UN")))

TRICKY = {
    "deleting what was created before the stretch": (
        EMPTY,
        '(0010,0010) := "A"\n-(0010,0010)\n-(0010,0020)',
    ),
    "deleting what was created below the root": (
        EMPTY,
        '(0008,1140)[1]/(0010,0010) := "A"\n-*/(0010,0020)\n-*/(0010,0010)',
    ),
    "a rule for all levels after nested items were created": (
        NESTED,
        '(0008,1140)[3]/(0010,0010) := "A"\n*/(0010,0010) ?= "B"\n+/(0010,0010) ?= "C"',
    ),
    "a statement of the stretch declares the character set another one deletes": (
        PLAIN,
        '(0010,0020) ?= "x"\n(0010,0010) ?= "Müller"\n-*/(0010,0020)\n-(0008,0005)',
    ),
    "a statement of the stretch declares the character set another one changes": (
        PLAIN,
        '(0008,0005) ?= "ISO_IR 100"\n(0010,0010) ?= "Müller"\n(0008,0005) ?= "ISO_IR 100"',
    ),
    "a character set declared in an item": (
        NESTED,
        '+/(0010,0010) ?= "Müller"\n-*/(0008,0005)\n*/(0008,0005) ?= "ISO_IR 100"\n-(0010,0010)',
    ),
    "a character set changed and removed": (
        LATIN,
        '(0008,0005) ?= "ISO_IR 192"\n-(0010,0010)\n-*/(0008,0005)\n-(0008,0005)',
    ),
    "a character set that cannot go": (LATIN, "-(0010,0020)\n-*/(0008,0005)\n-(0010,0010)"),
    "a condition between": (
        PLAIN,
        '-(0010,0010)\nisPresent[(0010,0010)] ? echo "there" : echo "gone"\n-(0010,0020)',
    ),
    "removed, then created, then removed": (
        PLAIN,
        '-(0010,0010)\n-(0010,0030)\n(0010,0010) := "A"\n(0010,0030) := "20200101"\n'
        '-(0010,0030)\n(0010,0010) ?= "B"',
    ),
    "a sequence removed and created again": (
        NESTED,
        '-(0008,1140)\n-*/(0008,1155)\n(0008,1140)[0]/(0008,1155) := "1.2"\n'
        '*/(0008,1155) ?= "1.3"\n-*/(0010,0010)',
    ),
    "an item removed, and the rest of its sequence": (
        NESTED,
        "-(0008,1140)[0]\n-(0008,1140)[%]\n-*/(0010,0010)\n-(0008,1140)",
    ),
    "the same UID hashed twice": (
        NESTED,
        "hashUIDList[*/(0008,1155)]\nhashUIDList[*/(0008,1155), */(0008,0018)]\n"
        "hashUIDList[(0008,1155), +/(0008,1155)]",
    ),
    "all of a stretch without anything to do": (EMPTY, "-(0010,0010)\n-*/(0010,0020)"),
    "the last statement of all without anything to do": (
        File((Element(0x00080018, "UI", b"\xff"),)),
        '(0010,0010) := "A"\n-(0010,0020)',
    ),
    "a failure in a stretch": (PLAIN, '-(0010,0020)\n(0010,0010) ?= "山"\n(7FE0,0010) ?= "x"'),
    "a failure behind a stretch": (PLAIN, '-(0010,0020)\n-*/(0010,0010)\n(0028,0010) := "x"'),
    "a sequence as a value's target": (NESTED, '-(0010,0020)\n(0008,1140) ?= "x"\n-(0010,0010)'),
    "the transfer syntax stays": (PLAIN, "-(0002,0010)\n-(0010,0010)\n-(0002,0010)"),
    "file meta information": (PLAIN, '(0002,0016) := "AE"\n-(0002,0016)\n-(0010,0010)'),
    "stretches in the bodies of conditions": (
        NESTED,
        'if ((0010,0010) = "Doe^Jane") {\n-(0010,0020)\n-*/(0010,0010)\n} else {\n'
        "-(0008,1140)\n-*/(0008,1155)\n}\n-*/(0010,0020)",
    ),
    "private blocks": (
        PRIVATE,
        '-(0009,{ACME}01)\n-*/(0009,{ACME}XX)\n(0009,{ACME}01) := "A"\n*/(0009,{ACME}01) ?= "B"\n'
        "removeAllPrivateTags\n-*/(0009,{ACME}01)\n-(0010,0010)",
    ),
    "a sequence in UN": (
        WRAPPED,
        '-*/(0010,0020)\n*/(0010,0010) ?= "A"\n(0009,{ACME}03)[0]/(0010,0020) := "B"\n'
        '-*/(0010,0010)\n*/(0010,0020) ?= "C"',
    ),
    "a group length": (
        File((Element(0x00080000, "UL", b"\4\0\0\0"), NAME)),
        '-(0008,0000)\n*/(0008,0000) ?= "1"\n-(0010,0010)',
    ),
    "wildcards between": (PLAIN, '-(0010,0020)\n(0010,00XX) ?= "A"\n-(0010,0010)\n-(XXX@,0010)'),
    "created between neighbours that are removed": (
        File((NAME, Element(0x00100030, "DA", b"20200229"))),
        '-(0010,0010)\n-(0010,0030)\n(0010,0020) := "A"',
    ),
    "created before what is removed, in a file without order": (
        File((ID, NAME)),
        '-(0010,0010)\n-(0010,0020)\n(0008,0050) := "A"\n(0010,2180) := "B"',
    ),
    "a sequence removed with what is changed inside": (
        NESTED,
        '*/(0010,0010) ?= "A"\nhashUIDList[*/(0008,1155)]\n-(0008,1140)\n-+/(0010,0020)',
    ),
    "read, and changed again, after a batch": (
        NESTED,
        '+/(0010,0010) ?= "A"\nhashUIDList[*/(0008,1155)]\n-*/(0010,0020)\n'
        'echo (0008,1140)[0]/(0010,0010)\n(0008,1140)[0]/(0010,0010) := "B"\n'
        'hashUIDList[*/(0008,1155)]\n-*/(0010,0010)\n(0010,0030) := ""',
    ),
    "the same tag in several statements": (
        PLAIN,
        '(0010,0010) ?= "A"\n*/(0010,0010) ?= "B"\n(0010,0010) ?= ""\n-(0010,0010)\n'
        '(0010,0010) ?= "C"',
    ),
}


@OPEN
@pytest.mark.parametrize("name", TRICKY)
def test_stretches_make_no_difference(name: str, open_: Open):
    file, script = TRICKY[name]
    check(file, script, open_)


@pytest.mark.parametrize("name", TRICKY)
def test_the_scripts_have_stretches(name: str):
    _, script = TRICKY[name]
    rows = Stretch | Batch
    assert any(isinstance(each, rows) for each in statements(compile_script(script, dialect=6)))
    assert not any(isinstance(each, rows) for each in statements(compiled_plainly(script)))


def statements(program: Program) -> tuple[object, ...]:
    return program._script.statements


@OPEN
@modest
@given(generated.files, generated.scripts)
def test_stretches_make_no_difference_to_generated_scripts(open_: Open, file: File, script: str):
    try:
        compile_script(script, dialect=6)
    except ScriptError:
        assume(False)
    check(file, script, open_)


@pytest.mark.parametrize("open_", [open_as_encoded, open_to_throw_away])
@modest
@given(generated.files, generated.stretches | generated.batches)
def test_long_rows_make_no_difference(open_: Open, file: File, script: str):
    try:
        compile_script(script, dialect=6)
    except ScriptError:
        assume(False)
    check(file, script, open_)
