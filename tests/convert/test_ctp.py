"""CTP scripts do as scripts of version 6 what CTP documents of them: the rows of ``ctp.toml``."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.data import get_testdata_file
from pydicom.datadict import dictionary_VR, tag_for_keyword

from dicomedit import LookupTable, ScriptError, apply, compile_script, run
from dicomedit.convert.convert import convert
from dicomedit.convert.ctp import convert_ctp
from dicomedit.convert.fates import CTP, DEID, Row
from dicomedit.convert.unspecified import all_but
from dicomedit.errors import Source

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
ROWS = tomllib.loads((HERE / "ctp.toml").read_text("utf-8"))["case"]


def script_of(rules: list[str]) -> Source:
    lines = ["<script>"]
    for rule in rules:
        kind, tag, action = rule.split(" ", 2)
        lines.append(f'<{kind} en="T" t={quoteattr(tag)}>{escape(action)}</{kind}>')
    return Source("ctp.script", "\n".join([*lines, "</script>"]))


def data_set(elements: dict[str, Any]) -> Dataset:
    ds = Dataset()
    for name, value in elements.items():
        if name.startswith("("):
            tag, vr = int(name[1:5] + name[6:10], 16), name[12:]
        else:
            tag = tag_for_keyword(name)
            vr = dictionary_VR(tag)
        if vr == "SQ":
            ds.add_new(tag, vr, [data_set(item) for item in value])
        else:
            ds.add_new(tag, vr, value.encode() if vr == "UN" else value)
    return ds


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_a_rule_does_what_ctp_documents(row: dict[str, Any]):
    source = script_of(row["rules"])
    found = convert_ctp(
        source, parameters=row.get("set"), approximate=row.get("approximate", False)
    )
    assert [notice.code for notice in found.notices] == row.get("told", [])
    before = data_set(row["before"])
    outcome = apply(found.text, before, lookup=LookupTable.from_text(row.get("lookup", "")))
    assert outcome.rejected == row.get("rejected", False), found.text
    if not outcome.rejected:
        kept = row["before"] if row.get("keep") else {}
        assert before == data_set({**kept, **row["after"]}), found.text


def test_hashes_of_the_same_purpose():
    rules = [
        "p ROOT 1.2",
        "e 00080050 @hash(this,16)",
        "e 00100010 @hashname(this,6,2)",
        "e 00100020 @hashptid(@ROOT,this,8)",
        "e 00080018 @hashuid(@ROOT,this)",
        "e 00080014 @hashuid(@ROOT,SOPInstanceUID)",
    ]
    found = convert_ctp(script_of(rules), approximate=True)
    assert [notice.code for notice in found.notices] == ["approximate"] * 5
    elements = {"AccessionNumber": "A", "PatientName": "Doe", "PatientID": "A"}
    uids = {"SOPInstanceUID": "1.3", "InstanceCreatorUID": "1.4"}
    one, other = data_set({**elements, **uids}), data_set({**elements, **uids, "PatientID": "B"})
    apply(found.text, one)
    apply(found.text, other)
    assert one.SOPInstanceUID == one.InstanceCreatorUID == other.SOPInstanceUID != "1.3"
    assert len(one.AccessionNumber) == 16 and one.AccessionNumber == other.AccessionNumber
    assert len(str(one.PatientName)) == 6 and str(one.PatientName).isdecimal()
    assert len(one.PatientID) == 8 and one.PatientID != other.PatientID


def functions_of(text: str) -> set[str]:
    return set(re.findall(r"@(\w+)\(", text))


def test_every_action_of_the_table_is_tried():
    tried = {name for row in ROWS for rule in row["rules"] for name in functions_of(rule)}
    tried.discard("nonsense")
    assert tried | {"decrypt"} == {name for row in CTP for name in functions_of(row.action)}


@pytest.mark.parametrize("table", [CTP, DEID], ids=["ctp", "deid"])
def test_the_page_has_the_table(table: tuple[Row, ...]):
    page = (HERE.parents[1] / "docs" / "converting.md").read_text("utf-8")
    lines = [f"| `{row.action}` | {row.fate.value} | {row.remark} |" for row in table]
    assert "\n".join(lines) in page


def test_disabled_rules_are_none():
    source = Source("x", '<script><e en="F" t="00100010">X</e></script>')
    before = data_set({"PatientName": "Doe"})
    apply(convert(source).text, before)
    assert before.PatientName == "Doe"


def test_the_older_form():
    text = (
        "# remark\nparam.SITE=S\nset.[0010,0010]PatientName=@param(@SITE)\n"
        "#set.[0010,0020]PatientID=@remove()\nremove.curves=true\nkeep.group18=true\n"
    )
    before = data_set({"PatientName": "Doe", "PatientID": "A", "(5000,0010) US": 1})
    apply(convert(Source("x", text)).text, before)
    assert before == data_set({"PatientName": "S", "PatientID": "A"})


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("<script>\n<e t='1'>", "x:2:10", "no XML"),
        ("<script/>x", "x:1:10", "no XML"),
        ("<!-- --><other/>", "x:1:9", "no rule"),
        ("<script><q t='1'/></script>", "x:1:9", "no rule"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><script>&b;</script>', "x:1:1", "not allowed"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><script/>', "x:1:1", "not allowed"),
        ("set.[0010,0010]PatientName=X\nnonsense", "x:2:1", "no rule"),
        ("nonsense", "x:1:1", "neither"),
    ],
)
def test_what_is_no_script_is_refused_with_its_place(text: str, place: str, message: str):
    with pytest.raises(ScriptError, match=message) as caught:
        convert(Source("x", text))
    assert caught.value.diagnostics[0].location == place


def test_a_text_that_no_script_can_hold_is_not_converted():
    found = convert_ctp(script_of(['e 00100010 say "x"\n-(0010,0020)']))
    before = data_set({"PatientName": "Doe", "PatientID": "A"})
    apply(found.text, before)
    assert before == data_set({"PatientID": "A"})


@given(st.lists(st.integers(0, 0xFFFFFFFF).map(lambda tag: f"{tag & ~0x10000:08X}"), max_size=8))
def test_all_but_some_is_all_others_and_none_of_them(kept: list[str]):
    def matches(pattern: str, tag: str) -> bool:
        signs = {"X": "0123456789ABCDEF", "@": "02468ACE", "#": "13579BDF"}
        return all(t in signs.get(p, p) for p, t in zip(pattern, tag, strict=True))

    patterns = list(all_but(kept))
    near = [f"{int(tag, 16) ^ bit:08X}" for tag in kept for bit in (1, 0x100, 0x20000, 1 << 31)]
    for tag in {*kept, *near, "00100010", "FFFEE000"}:
        assert any(matches(p, tag) for p in patterns) == (tag not in kept)


PIECES = (
    *("@remove()", "@keep()", "@empty()", "@always()", "@contents(this)", "@if(this,exists)"),
    *("@if(PatientID,matches,", "@lookup(this,id)", "@append()", "@param(@P)", "@initials(this)"),
    *("@truncate(this,-2)", "@pathelement(this,1)", "@hash(this)", "@call(", "@process()", "@"),
    *("{", "}", "(", ")", ",", '"', "\\", "x y", "[0010,0010]", "\n", "//", "\u2028", "é", "|"),
)


@settings(max_examples=150, deadline=None)
@example(["@always()\u2028@always()"])
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), max_size=4))
def test_whatever_is_converted_compiles(actions: list[str]):
    tags = ("00100010", "00081140", "0009[GEMS]01", "00091001")
    rules = [f"e {tag} {action}" for tag, action in zip(tags, actions, strict=False)]
    found = convert_ctp(script_of(["p P 1", *rules]), approximate=True)
    compile_script(found.text)


PROFILES = Path(__file__).parents[3] / "shared" / "data" / "ctp_tcia_profiles.json"


@pytest.mark.skipif(not PROFILES.exists(), reason="the profiles of TCIA are not at hand")
@pytest.mark.parametrize("name", ["TCIA-Basic", "TCIA-BasicAdditions"])
@pytest.mark.parametrize("enabled", [False, True])
def test_the_profiles_of_tcia(name: str, enabled: bool, tmp_path: Path):
    kinds = {"parameter": "p", "element": "e", "global": "r"}
    rows = json.loads(PROFILES.read_text("utf-8"))["profiles"][name]
    rules = [
        f"{kinds[row['kind']]} {row['tag']} {row['script']}"
        for row in rows
        if enabled or row["enabled"]
    ]
    given = {"DATEINC": "-2000", "UIDROOT": "1.2"}
    found = convert_ctp(script_of(rules), parameters=given, approximate=True)
    program = compile_script(found.text)
    (tmp_path / "in").mkdir()
    for file in ("CT_small.dcm", "MR_small.dcm", "rtplan.dcm", "reportsi.dcm"):
        data = Path(str(get_testdata_file(file))).read_bytes()
        (tmp_path / "in" / file).write_bytes(data)
    table = LookupTable.from_text("ptid/1CT1 = S1\nptid/4MR1 = S2\nptid/id00001 = S3\n")
    report = run(program, tmp_path / "in", tmp_path / "out", lookup=table)
    assert not [row for row in report.rows if row.status.value == "failed"]
    assert any(row.status.value == "written" for row in report.rows)
