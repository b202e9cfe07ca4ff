"""What is said to have no effect has none: without the statement, files become the same."""

from __future__ import annotations

import copy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydicom import Dataset

from dicomedit import DicomEditError, apply, check

pytestmark = pytest.mark.filterwarnings("ignore:Invalid value")  # pydicom's, of what is stored

WITHOUT_EFFECT = {"no-effect", "overwritten-value", "unreachable", "earlier-wins"}

PATHS = ["(0010,0010)", "(0010,0020)", "(0008,0050)", "(0008,1140)[0]/(0008,1155)"]
PLURAL = [*PATHS, "*/(0010,0010)", "+/(0010,0020)", "(0008,1140)", "(0008,1140)/(0008,1155)"]
PLURAL += [
    "(0010,00XX)",
    "(0008,1140)[1]",
    "*",
    "./(0008,1155)",
    "(0019,{ACME}01)",
    "(0019,{ACME}XX)",
]
VALUES = [
    '"1.2"',
    '""',
    "(0010,0020)",
    "(0010,0010)",
    "v",
    'lookup["a", "b"]',
    'concatenate["1", v]',
]
CONDITIONS = ['(0010,0020) = "4711"', '(0010,0010) ~ ".+"', '"a" = "b"', "isPresent[(0008,0050)]"]

paths, plural, values = map(st.sampled_from, (PATHS, PLURAL, VALUES))
actions = st.one_of(
    st.builds("{} := {}".format, paths, values),
    st.builds("{} ?= {}".format, plural, values),
    st.builds("-{}".format, plural),
    st.builds("removeTags[{}]".format, plural),
    st.builds("v := {}".format, values),
    st.builds('set["{}", "2.3"]'.format, st.sampled_from(PATHS)),
    st.sampled_from(['(0019,{ACME}01) := "x"', "reject[]", "hashUIDList[*/(0008,1155)]"]),
)
statements = st.one_of(
    actions,
    st.builds("{} ? {}".format, st.sampled_from(CONDITIONS), actions),
    st.builds("{} ? {} : {}".format, st.sampled_from(CONDITIONS), actions, actions),
    st.just("removeAllPrivateTags"),
)

PATTERNS_4 = [
    "(0010,0010)",
    "(0010,0020)",
    "(0010,00XX)",
    "(0008,0050)",
    "(0008,1140)",
    "(XXX#,XXXX)",
]
targets_4 = st.sampled_from(PATTERNS_4[:4])
actions_4 = st.one_of(
    st.builds("{} := {}".format, targets_4, st.sampled_from(['"1"', '"2"', "(0010,0020)"])),
    st.builds("-{}".format, st.sampled_from(PATTERNS_4)),
)
statements_4 = st.one_of(actions_4, st.builds('(0010,0020) = "4711" : {}'.format, actions_4))


def dataset() -> Dataset:
    ds = Dataset()
    ds.PatientName, ds.PatientID, ds.AccessionNumber = "Doe^Jane", "4711", "A77"
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", "1.2.3"
    ds.ReferencedImageSequence = [Dataset(), Dataset()]
    for number, item in enumerate(ds.ReferencedImageSequence):
        item.ReferencedSOPInstanceUID = f"1.2.3.{number}"
        item.PatientID = "4711"
    block = ds.private_block(0x19, "ACME", create=True)
    block.add_new(1, "LO", "coil")
    return ds


DS = dataset()


def result(lines: list[str], dialect: int) -> Dataset | str:
    """Return what a script makes of the data set, or how it ends otherwise."""
    ds = copy.deepcopy(DS)
    try:
        outcome = apply("\n".join(lines), ds, variables={"v": "w"}, dialect=dialect)
    except DicomEditError as error:
        return getattr(error, "code", "error")
    return "rejected" if outcome.rejected else ds


def check_without_effect(lines: list[str], dialect: int) -> None:
    whole = result(lines, dialect)
    for found in check("\n".join(lines), dialect=dialect, variables=["v"]):
        is_branch = " ? " in lines[found.line - 1] and found.code != "unreachable"
        if found.code in WITHOUT_EFFECT and not is_branch and not isinstance(whole, str):
            without = [each for number, each in enumerate(lines, 1) if number != found.line]
            assert result(without, dialect) == whole, str(found)


@given(st.lists(statements, min_size=1, max_size=6))
@example(['(0010,0020) := "1.2"', "(0010,0010) := (0010,0020)", '(0010,0020) := "2"'])
@example(["-(0008,1140)", '(0008,1140)[0]/(0008,1155) := "1.2"', "-(0008,1140)/(0008,1155)"])
@example(['(0008,1140)[0]/(0008,1155) := "1.2"', "-(0008,1140)[0]/(0008,1155)"])
@example(["-*", '(0019,{ACME}01) := "x"', "-*"])
def test_statements_without_effect(lines):
    check_without_effect(lines, 6)


@given(st.lists(statements_4, min_size=1, max_size=5))
def test_statements_without_effect_in_version_4(lines):
    check_without_effect(lines, 4)
