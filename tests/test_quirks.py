"""Cases in which the reference is plainly wrong: here each does what docs/differences.md says.

quirks.json has what we make of each case: an error, or every element that differs from the input.
"""

import json
import re
from pathlib import Path

import golden
import pytest

from dicomedit import EvaluationError, LookupTable, ScriptError, compile_script

HERE = json.loads(Path(__file__).with_name("quirks.json").read_text("utf-8"))
CASES = golden.read_cases("de6-quirks.json")
DIFFERENCES = Path(__file__).parents[1] / "docs" / "differences.md"


@pytest.mark.filterwarnings("ignore")  # pydicom's remarks on the inputs
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_quirk(case, tmp_path):
    expected = HERE[case.id]
    output = tmp_path / "out.dcm"
    try:
        program = compile_script(case.script, dialect=6)
        outcome = program.apply_file(
            case.input_path(),
            output,
            variables=case.variables,
            lookup=LookupTable.from_text(case.lookup),
        )
    except ScriptError as error:
        assert expected == {"error": error.diagnostics[0].code}
        assert not output.exists()
        return
    except EvaluationError as error:
        assert expected == {"error": error.code}
        assert not output.exists()
        return
    before, after = golden.dump_file(case.input_path()), golden.dump_file(output)
    own = golden.Case(case.id, case.script, case.input, {"elements": expected["elements"]})
    assert not golden.differences(own, before, after)
    assert list(outcome.echo) == expected.get("stdout", [])


def test_every_quirk_is_decided():
    assert HERE.keys() == {case.id for case in CASES}


def test_every_quirk_is_explained():
    explained = set(re.findall(r"`([a-z]+-\d{3})`", DIFFERENCES.read_text("utf-8")))
    assert {case.id for case in CASES} <= explained
