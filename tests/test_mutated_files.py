"""Damaged files: both implementations do the same with each, or it is refused.

Files are made from pydicom's small test files: bits flipped, ends cut off, lengths that lie, bytes
deleted and repeated, VRs and delimiters where none belong. DICOMEDIT_MUTANTS is their number.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from random import Random

import pydicom.data
import pytest
from second_implementation import (
    open_as_encoded,
    open_as_pydicom,
    open_unprepared,
    pydicom_agrees,
    result_of,
)

from dicomedit import DicomFileError, compile_script

MUTANTS = int(os.environ.get("DICOMEDIT_MUTANTS", "1500"))
BATCHES = 10

TEST_FILES = Path(pydicom.data.__file__).parent / "test_files"
FILES = sorted(p for p in TEST_FILES.rglob("*.dcm") if p.stat().st_size < 40_000)

PROGRAM = compile_script("""version "6.6"
-*/(0010,0010)
-*/(0008,0080)
*/(0008,1155) ?= "1.2.3"
+/(0008,0104) ?= "meaning"
(0010,0020) := "P1"
(0008,1140)[0]/(0008,1155) := "1.2.4"
hashUIDList[*/(0020,000D), */(0020,000E)]
-(0008,11XX)
removeAllPrivateTags
""")

LENGTHS_32 = (0, 1, 2, 7, 8, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)
LENGTHS_16 = (0, 1, 2, 6, 8, 0x7FFF, 0xFFFE, 0xFFFF)
WORDS = (b"SQ\0\0", b"UN\0\0", b"OB\0\0", b"LO\4\0", b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0")
WORDS += (b"\xfe\xff\xdd\xe0", b"\xff\xff\xff\xff", b"\x02\0\x10\0", b"\xe0\x7f\x10\0")


def mutant(data: bytes, chance: Random) -> bytes:
    """Return a file's bytes with some damage behind the prefix."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if len(changed) < 140:
            break
        # Headers are what matters, and most of them stand at the beginning.
        limit = len(changed) if chance.random() < 0.3 else min(len(changed), 3_000)
        damage(changed, chance.randrange(132, limit - 4), chance)
    return bytes(changed)


def damage(changed: bytearray, at: int, chance: Random) -> None:
    """Do one of the things that happen to files."""
    match chance.randrange(7):
        case 0:
            changed[at] ^= 1 << chance.randrange(8)
        case 1:
            del changed[at:]
        case 2:
            changed[at : at + 4] = struct.pack("<L", chance.choice(LENGTHS_32))
        case 3:
            changed[at : at + 2] = struct.pack("<H", chance.choice(LENGTHS_16))
        case 4:
            del changed[at : at + chance.randrange(1, 24)]
        case 5:
            changed[at:at] = changed[at : at + chance.randrange(1, 24)]
        case 6:
            word = chance.choice(WORDS)
            changed[at : at + len(word)] = word


def outcome_of(data: bytes) -> str:
    """Edit a damaged file in every way; return what came of it, the same each time."""
    try:
        instances = [
            each(data, PROGRAM) for each in (open_as_pydicom, open_as_encoded, open_unprepared)
        ]
    except DicomFileError:
        return "refused"
    expected, *others = (result_of(PROGRAM, instance) for instance in instances)
    for found in others:
        assert found.told == expected.told
        assert found.elements == expected.elements
        if found.elements:
            pydicom_agrees(found.data)  # where it can read what the damage has left
    return "edited" if expected.ending == "written" else "failed"


@pytest.mark.filterwarnings("ignore")  # pydicom's remarks on odd values
@pytest.mark.parametrize("batch", range(BATCHES))
def test_both_implementations_do_the_same_with_a_damaged_file(batch: int):
    counts = dict.fromkeys(("refused", "edited", "failed"), 0)
    for number in range(batch, MUTANTS, BATCHES):
        chance = Random(number)
        path = FILES[number % len(FILES)]
        data = mutant(path.read_bytes(), chance)
        try:
            counts[outcome_of(data)] += 1
        except Exception as error:
            raise AssertionError(f"mutant {number} of {path.name}") from error
    # Neither is all damage refused, nor does none of it matter.
    assert counts["refused"] > MUTANTS // BATCHES // 10
    assert counts["edited"] > MUTANTS // BATCHES // 20
    print(counts)  # shown with -s
