"""The golden cases: what the reference made of a script and a file, one test for each.

`KNOWN_DIFFERENCES` are cases where we deliberately do otherwise; see docs/differences.md.
"""

import os
import re
import warnings
from pathlib import Path

import golden
import pytest
from pydicom import DataElement, dcmread

from dicomedit import DicomEditError, LookupTable, compile_script
from dicomedit.batch.program import DEFAULTS, resources_of
from dicomedit.dicom.dataset_instance import open_instance
from dicomedit.io.read import read_file
from dicomedit.io.write import encode_instance

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


# --- DicomEdit 4 --------------------------------------------------------------------------------

CASES_4 = golden.read_cases("de4.json")


def _open_file(path: Path):
    return read_file(path).open()


def _open_dataset(path: Path):
    return open_instance(dcmread(path))


@pytest.mark.filterwarnings("ignore")  # pydicom's remarks on the inputs
@pytest.mark.parametrize("open_", [_open_file, _open_dataset], ids=["file", "dataset"])
@pytest.mark.parametrize("case", CASES_4, ids=lambda case: case.id)
def test_golden_case_of_version_4(case, open_, tmp_path):
    if case.expect.get("error"):
        with pytest.raises(DicomEditError):
            _edit(case, open_, tmp_path)
        return
    ds = dcmread(_edit(case, open_, tmp_path))
    wanted = case.expect | dict.fromkeys(case.expect_re)
    found = {path: _value_at(ds, path) for path in wanted}
    for path, pattern in case.expect_re.items():
        assert re.fullmatch(pattern, found.pop(path)), case.script
    assert found == case.expect, case.script


def _edit(case: golden.Case, open_, folder: Path) -> Path:
    """Return what a script makes of a file, before its file meta information is renewed."""
    program = compile_script(case.script)
    instance = open_(case.input_path())
    program.edit(instance, case.variables or {}, resources_of(None, None, (), DEFAULTS))
    output = folder / "out.dcm"
    output.write_bytes(b"".join(map(bytes, encode_instance(instance))))
    return output


def _value_at(ds, path: str) -> str | None:
    """Return the text of an element as pydicom reads it; None when it is absent."""
    *above, last = path.split("/")
    for step in above:
        tag, _, item = step.rstrip("]").partition("[")
        ds = ds[int(tag, 16)].value[int(item)]
    tag = int(last, 16)
    level = ds.file_meta if tag >> 16 == 2 else ds
    return _value_text(level[tag]) if tag in level else None


def _value_text(element: DataElement) -> str:
    if element.is_empty:
        return ""
    values = [element.value] if element.VM == 1 else element.value
    is_number = element.VR in ("DS", "IS")
    return "\\".join(v.original_string if is_number else str(v) for v in values)


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
