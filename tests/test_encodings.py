"""The same script gives the same result in every encoding of one data set.

The inputs hold the same data set in explicit and implicit VR, in big endian and deflated; every
golden case on the first of them is applied to all four. Left out of the comparison are binary
pixels, whose bytes differ, and private elements: implicit VR does not tell what they are.
"""

from functools import cache

import golden
import pytest

from dicomedit import DicomEditError, LookupTable, compile_script

COPIES = ("ile", "ebe", "dfl")

READS_A_PRIVATE_NUMBER = {"vr-098"}
"""In implicit VR a private number has no VR and cannot be told from text."""

RANDOM = ("newUID", "mapUID", "mapReferencedUIDs")

CASES = [
    case
    for case in golden.read_cases("de6.json")
    if case.input == "de6-base_ele.dcm"
    and "(0002," not in case.script
    and not any(name in case.script for name in RANDOM)
    and case.id not in READS_A_PRIVATE_NUMBER
]


@cache
def copy_of(encoding: str):
    return golden.FOLDER / "inputs" / f"de6-base_{encoding}.dcm"


def result(case: golden.Case, encoding: str, tmp_path) -> object:
    output = tmp_path / f"{encoding}.dcm"
    try:
        outcome = compile_script(case.script, dialect=6).apply_file(
            copy_of(encoding),
            output,
            variables=case.variables,
            lookup=LookupTable.from_text(case.lookup),
        )
    except DicomEditError:
        return "error"
    return "rejected" if outcome.rejected else comparable(golden.dump_file(output))


def comparable(dump: golden.Dump) -> dict[str, str]:
    return {
        path: text
        for path, (vr, text) in dump.items()
        if vr != "OW" and path != "00020010" and not any(map(is_private, path.split("/")))
    }


def is_private(step: str) -> bool:
    return bool(int(step[:4], 16) & 1)


@pytest.mark.filterwarnings("ignore")  # pydicom's remarks on the inputs
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_same_result_in_every_encoding(case, tmp_path):
    expected = result(case, "ele", tmp_path)
    for encoding in COPIES:
        assert result(case, encoding, tmp_path) == expected, encoding
