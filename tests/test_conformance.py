"""The golden cases: what the reference made of a script and a file, one test for each.

`KNOWN_DIFFERENCES` are cases where we deliberately do otherwise; see docs/differences.md.
"""

import os
import warnings
from pathlib import Path

import golden
import pytest

from dicomedit import DicomEditError, LookupTable, compile_script

KNOWN_DIFFERENCES = {
    "realfile-023": "keeping (0043,1010), which nobody asked to keep, would be a leak",
    "alterpixels-025": "the reference loses the last sample of an image of odd length",
}

CASES = golden.read_cases("de6.json")


@pytest.fixture(scope="session")
def dump_of_input():
    dumps: dict[str, golden.Dump] = {}

    def dump(case: golden.Case) -> golden.Dump:
        if case.input not in dumps:
            dumps[case.input] = golden.dump_file(case.input_path())
        return dumps[case.input]

    return dump


@pytest.mark.filterwarnings("ignore")  # pydicom's remarks on the inputs
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_golden_case(case, tmp_path, dump_of_input, request):
    if case.id in KNOWN_DIFFERENCES:
        reason = KNOWN_DIFFERENCES[case.id]
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    output = tmp_path / "out.dcm"
    result, echo = _apply(case, output)
    assert result == next(iter(case.expect.keys() - {"stdout"})), case.script
    assert output.exists() == (result == "elements")
    if result == "elements":
        differences = golden.differences(case, dump_of_input(case), golden.dump_file(output))
        assert not differences, case.script
        assert echo == case.expect.get("stdout", echo)


def _apply(case: golden.Case, output: Path) -> tuple[str, list[str]]:
    try:
        program = compile_script(case.script, dialect=6)
        outcome = program.apply_file(
            case.input_path(),
            output,
            variables=case.variables,
            lookup=LookupTable.from_text(case.lookup),
        )
    except DicomEditError:
        return "error", []
    return ("rejected" if outcome.rejected else "elements"), list(outcome.echo)


@pytest.mark.filterwarnings("default")  # told at the end of a run outside CI
def test_cases_are_the_shared_ones():
    if not golden.SHARED.is_dir():
        message = f"the shared golden cases are not at {golden.SHARED}; the copy was not compared"
        if os.environ.get("CI"):
            pytest.fail(message)
        warnings.warn(message, stacklevel=1)
        return
    for shared in sorted(golden.SHARED.rglob("*")):
        if shared.is_file():
            copy = golden.FOLDER / shared.relative_to(golden.SHARED)
            assert copy.read_bytes() == shared.read_bytes(), copy
