"""Scripts that mean harm, or are very wrong, end in a clear error soon and in bounded memory."""

import resource
import time

import pytest
from pydicom.dataset import Dataset

from dicomedit import DicomEditError, EvaluationError, ScriptError, apply, compile_script

SECONDS = 30  # far more than needed: the guard is against hanging
GROWTH = 1_500  # MiB

DOUBLING = 'v := "aaaaaaaaaaaaaaaa"\n'

SCRIPTS = {
    "catastrophic regular expression": (f'"{"a" * 40}!" ~ "(a|aa)+$" ? echo "x"', "slow-match"),
    "huge repetition": ('"a" ~ "(((a{1000}){1000}){1000})" ? echo "x"', "bad-pattern"),
    "wildcards by the thousand": (f"-{'*/' * 10_000}(0010,0010)", "long-path"),
    "path by the thousand": (f'{"(0008,1140)[0]/" * 10_000}(0010,0010) := "a"', "long-path"),
    "blocks 10,000 deep": (f"{'if (true[]) {' * 10_000}{'}' * 10_000}", "nested-too-deeply"),
    "lists 10,000 deep": (f"v := {'{' * 10_000}{'}' * 10_000}", "nested-too-deeply"),
    "calls 10,000 deep": (f'v := {"uppercase[" * 10_000}"a"{"]" * 10_000}', "nested-too-deeply"),
    "huge item": ('(0008,1140)[2000000000]/(0008,1155) := "1"', "too-many-items"),
    "item of 5,000 digits": (f'(0008,1140)[{"9" * 5000}]/(0008,1155) := "1"', "too-many-items"),
    "text that doubles": (DOUBLING + "v := concatenate[v, v]\n" * 60, "text-too-long"),
    "replacement that doubles": (DOUBLING + 'v := replace[v, "a", v]\n' * 60, "text-too-long"),
    "format that doubles": (DOUBLING + 'v := format["{0}{0}", v]\n' * 60, "text-too-long"),
    "list that doubles": ("v := {1}\n" + "v := {v, v}\n" * 60 + "blankValues[v]", "list-too-long"),
    "centuries": (
        '(0010,0010) := shiftDateByIncrement["20200101", 2147483647, "years"]',
        "bad-date",
    ),
    "a megabyte of quotes": ('"' * 1_000_000, "syntax"),
    "a megabyte of parentheses": ("(" * 1_000_000, "syntax"),
    "a megabyte of backslashes": ("\\" * 1_000_000, "unknown-character"),
    "a megabyte of zeros": ("\0" * 1_000_000, "unknown-character"),
    "ten thousand errors": ("foo bar\n" * 10_000, "syntax"),
}


def code_of(error: DicomEditError) -> str:
    if isinstance(error, ScriptError):
        return error.diagnostics[0].code
    assert isinstance(error, EvaluationError)
    return error.code


@pytest.mark.parametrize("name", SCRIPTS)
def test_ends_in_an_error(name):
    script, code = SCRIPTS[name]
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DicomEditError) as caught:
        apply(script, Dataset(), dialect=6)
    assert code_of(caught.value) == code
    assert len(str(caught.value)) < 50_000
    assert time.monotonic() - start < SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < GROWTH


def test_many_items_that_are_allowed():
    ds = Dataset()
    apply('(0008,1140)[9999]/(0008,1155) := "1"', ds, dialect=6)
    assert len(ds.ReferencedImageSequence) == 10_000


def test_include_bomb(tmp_path):
    (tmp_path / "bomb.das").write_text('include "a.das"\n' * 1000, "utf-8")
    (tmp_path / "a.das").write_text('include "b.das"\n' * 1000, "utf-8")
    (tmp_path / "b.das").write_text('echo "boom"\n', "utf-8")
    with pytest.raises(ScriptError) as caught:
        compile_script(tmp_path / "bomb.das", dialect=6, include_from=tmp_path)
    assert caught.value.diagnostics[0].code == "too-many-includes"


def test_include_cycle_names_the_chain(tmp_path):
    (tmp_path / "one.das").write_text('include "two.das"\n', "utf-8")
    (tmp_path / "two.das").write_text('include "one.das"\n', "utf-8")
    with pytest.raises(ScriptError) as caught:
        compile_script(tmp_path / "one.das", dialect=6, include_from=tmp_path)
    message = str(caught.value)
    assert "include-cycle" in message
    assert "one.das -> " in message and "two.das -> " in message


@pytest.mark.parametrize("location", ["../secret.das", "/etc/passwd", "http://host/a.das"])
def test_include_stays_in_its_folder(tmp_path, location):
    folder = tmp_path / "allowed"
    folder.mkdir()
    (tmp_path / "secret.das").write_text('echo "secret"\n', "utf-8")
    script = folder / "main.das"
    script.write_text(f'include "{location}"\n', "utf-8")
    with pytest.raises(ScriptError, match="include-failed"):
        compile_script(script, dialect=6, include_from=folder)


def test_include_is_off_by_default():
    with pytest.raises(ScriptError, match="include-not-allowed"):
        compile_script('include "a.das"', dialect=6)
